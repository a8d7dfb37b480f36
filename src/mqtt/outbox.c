/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/outbox.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"

/* so many states go before the one that is to be the last: it must not wait for ever */
#define AHEAD_MAX 1000

#define N_BUCKETS (sizeof((struct pf_outbox *)0)->buckets / sizeof(struct pf_outgoing *))

/* FNV-1a, 32 bit: small, and good enough for topics that the owner of the machine chose. */
static uint32_t hash_of(const char *text)
{
	uint32_t hash = 2166136261u;

	for (; *text; text++)
		hash = (hash ^ (unsigned char)*text) * 16777619u;
	return hash;
}

static struct pf_outgoing **bucket_of(struct pf_outbox *outbox, uint32_t hash)
{
	return &outbox->buckets[hash % N_BUCKETS];
}

static struct pf_outgoing *make_copy(const struct pf_link_publication *publication)
{
	const size_t topic_size = strlen(publication->topic) + 1;
	struct pf_outgoing *message = pf_calloc(1, sizeof *message + topic_size +
							   publication->payload_size +
							   publication->correlation_size);
	char *payload = message->bytes + topic_size;
	char *correlation = payload + publication->payload_size;

	memcpy(message->bytes, publication->topic, topic_size);
	if (publication->payload_size)
		memcpy(payload, publication->payload, publication->payload_size);
	if (publication->correlation_data) {
		memcpy(correlation, publication->correlation_data, publication->correlation_size);
		message->correlation_data = (const uint8_t *)correlation;
		message->correlation_size = publication->correlation_size;
	}
	message->topic = message->bytes;
	message->payload = (const uint8_t *)payload;
	message->payload_size = publication->payload_size;
	message->qos = publication->qos;
	message->retain = publication->retain;
	message->state = publication->state;
	message->token = publication->token;
	message->expiry_s = publication->expiry_s;
	message->born_ns = publication->born_ns ? publication->born_ns : pf_clock_now_ns();
	message->hash = hash_of(publication->topic);
	return message;
}

/*
 * Before `place`, if there is one; else before the one that is to be the last of the states, if it
 * waits; else at the end.
 */
static void put_in(struct pf_outbox *outbox, struct pf_outgoing *message, struct pf_outgoing *place)
{
	if (!place && message->state && outbox->barrier && outbox->n_ahead < AHEAD_MAX) {
		place = outbox->barrier;
		outbox->n_ahead++;
	}
	message->next = place;
	message->previous = place ? place->previous : outbox->last;
	if (place)
		place->previous = message;
	else
		outbox->last = message;
	if (message->previous)
		message->previous->next = message;
	else
		outbox->first = message;
}

static void append(
	struct pf_outbox *outbox, struct pf_outgoing *message, struct pf_outgoing *place, bool last)
{
	put_in(outbox, message, place);
	if (last) {
		outbox->barrier = message;
		outbox->n_ahead = 0;
	}
	if (message->state) {
		struct pf_outgoing **bucket = bucket_of(outbox, message->hash);

		message->same_bucket = *bucket;
		*bucket = message;
		outbox->n_states++;
	} else {
		outbox->n_others++;
		outbox->n_kept += message->token != 0;
	}
}

static void unlink_from_bucket(struct pf_outbox *outbox, struct pf_outgoing *message)
{
	struct pf_outgoing **link = bucket_of(outbox, message->hash);

	while (*link != message)
		link = &(*link)->same_bucket;
	*link = message->same_bucket;
	message->same_bucket = NULL;
}

static void take_out(struct pf_outbox *outbox, struct pf_outgoing *message)
{
	if (message->previous)
		message->previous->next = message->next;
	else
		outbox->first = message->next;
	if (message->next)
		message->next->previous = message->previous;
	else
		outbox->last = message->previous;
	message->previous = message->next = NULL;
	if (message == outbox->barrier)
		outbox->barrier = NULL;
	if (message->state) {
		unlink_from_bucket(outbox, message);
		outbox->n_states--;
	} else {
		outbox->n_others--;
		outbox->n_kept -= message->token != 0;
	}
}

/* While fewer states wait, each change of those that say so is sent. */
#define EACH_MAX 1000

static struct pf_outgoing *find_state(struct pf_outbox *outbox, const char *topic)
{
	const uint32_t hash = hash_of(topic);

	for (struct pf_outgoing *m = *bucket_of(outbox, hash); m; m = m->same_bucket)
		if (m->hash == hash && strcmp(m->topic, topic) == 0)
			return m;
	return NULL;
}

void pf_outbox_init(struct pf_outbox *outbox)
{
	*outbox = (struct pf_outbox){0};
}

void pf_outbox_done(struct pf_outbox *outbox)
{
	struct pf_outgoing *message;

	while ((message = pf_outbox_take(outbox)))
		free(message);
}

static size_t n_answers(const struct pf_outbox *outbox)
{
	return outbox->n_others - outbox->n_kept;
}

static bool is_crowded(const struct pf_outbox *outbox)
{
	return n_answers(outbox) >= PF_OUTBOX_CROWD;
}

int pf_outbox_put(struct pf_outbox *outbox, const struct pf_link_publication *publication,
	struct pf_outgoing **ret_replaced)
{
	const bool keeps = publication->each && outbox->n_states < EACH_MAX;
	struct pf_outgoing *older = publication->state && !keeps
					    ? find_state(outbox, publication->topic)
					    : NULL;
	struct pf_outgoing *place = NULL;

	if (older) {
		place = is_crowded(outbox) ? older->next : NULL;
		take_out(outbox, older);
		*ret_replaced = older;
	}
	if (publication->state ? outbox->n_states >= PF_OUTBOX_STATES_MAX
			       : outbox->n_others >= PF_OUTBOX_OTHERS_MAX)
		return -ENOBUFS;
	append(outbox, make_copy(publication), place, publication->last);
	return 0;
}

uint32_t pf_outgoing_rest_s(const struct pf_outgoing *message, uint64_t now_ns)
{
	const uint64_t age_ns = now_ns > message->born_ns ? now_ns - message->born_ns : 0;
	const uint64_t age_s = age_ns / PF_NS_PER_S;

	if (message->expiry_s == 0)
		return 0;
	return age_s < message->expiry_s ? (uint32_t)(message->expiry_s - age_s) : 1;
}

struct pf_outgoing *pf_outbox_take(struct pf_outbox *outbox)
{
	struct pf_outgoing *message = outbox->first;

	if (message)
		take_out(outbox, message);
	return message;
}

struct pf_outgoing *pf_outbox_take_passing(struct pf_outbox *outbox)
{
	struct pf_outgoing *message = outbox->first;

	while (message && message->state && message != outbox->barrier)
		message = message->next;
	if (message)
		take_out(outbox, message);
	return message;
}

bool pf_outbox_has_room(const struct pf_outbox *outbox)
{
	return n_answers(outbox) < PF_OUTBOX_ROOM;
}

bool pf_outbox_is_empty(const struct pf_outbox *outbox)
{
	return !outbox->first;
}

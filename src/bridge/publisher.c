/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/publisher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

struct pf_state {
	char *topic;
	char *payload; /* NULL: nothing set yet */
	int qos;
	uint32_t expiry_s; /* how long a content is true; 0: for ever */
	uint64_t set_ns;   /* CLOCK_BOOTTIME */
	bool retain;
	bool orphan; /* removed, but not yet cleared at the broker */
	bool left;   /* to somebody else, who publishes on the topic */
	struct pf_state *previous, *next;
};

static void publish(struct pf_publisher *publisher, const struct pf_state *state)
{
	const struct pf_link_publication publication = {.topic = state->topic,
		.payload = state->payload,
		.payload_size = strlen(state->payload),
		.qos = state->qos,
		.retain = state->retain,
		.state = true,
		.expiry_s = state->expiry_s,
		.born_ns = state->set_ns};

	pf_debug("publish %s %s", state->topic, state->payload);
	/* what cannot be taken now is published again at the next connect */
	(void)pf_link_publish(publisher->link, &publication);
}

struct pf_state *pf_state_add(
	struct pf_publisher *publisher, const char *topic, int qos, bool retain)
{
	struct pf_state *state = pf_calloc(1, sizeof *state);

	state->topic = pf_strdup(topic);
	state->qos = qos;
	state->retain = retain;
	state->previous = publisher->last;
	if (publisher->last)
		publisher->last->next = state;
	else
		publisher->first = state;
	publisher->last = state;
	return state;
}

static void unlink_and_free(struct pf_publisher *publisher, struct pf_state *state)
{
	if (state->previous)
		state->previous->next = state->next;
	else
		publisher->first = state->next;
	if (state->next)
		state->next->previous = state->previous;
	else
		publisher->last = state->previous;
	free(state->topic);
	free(state->payload);
	free(state);
}

void pf_state_remove(struct pf_publisher *publisher, struct pf_state *state, bool clear)
{
	if (!state)
		return;
	if (clear && state->retain && state->payload)
		state->orphan = true;
	else
		unlink_and_free(publisher, state);
}

static bool is_taken_over(const struct pf_publisher *publisher, const struct pf_state *orphan)
{
	for (const struct pf_state *state = publisher->first; state; state = state->next)
		if (!state->orphan && strcmp(state->topic, orphan->topic) == 0)
			return true;
	return false;
}

void pf_publisher_sweep(struct pf_publisher *publisher)
{
	struct pf_state *next;

	for (struct pf_state *state = publisher->first; state && publisher->connected;
		state = next) {
		next = state->next;
		if (!state->orphan)
			continue;
		if (!is_taken_over(publisher, state))
			pf_state_set(publisher, state, "");
		unlink_and_free(publisher, state);
	}
}

void pf_state_set_expiry(struct pf_state *state, uint32_t expiry_s)
{
	state->expiry_s = expiry_s;
}

void pf_state_set(struct pf_publisher *publisher, struct pf_state *state, const char *payload)
{
	char *copy = pf_strdup(payload);

	free(state->payload);
	state->payload = copy;
	state->set_ns = pf_clock_now_ns();
	if (publisher->connected)
		publish(publisher, state);
}

void pf_state_leave(struct pf_state *state)
{
	state->left = true;
	free(state->payload);
	state->payload = pf_strdup("");
}

const char *pf_state_payload(const struct pf_state *state)
{
	return state->payload;
}

static bool is_true(const struct pf_state *state, uint64_t now_ns)
{
	return state->payload && !state->left &&
	       (state->expiry_s == 0 || now_ns - state->set_ns < state->expiry_s * PF_NS_PER_S);
}

void pf_publisher_connected(struct pf_publisher *publisher)
{
	const uint64_t now_ns = pf_clock_now_ns();

	publisher->connected = true;
	pf_publisher_sweep(publisher);
	for (struct pf_state *state = publisher->first; state; state = state->next)
		if (is_true(state, now_ns))
			publish(publisher, state);
}

void pf_publisher_disconnected(struct pf_publisher *publisher)
{
	publisher->connected = false;
}

void pf_publisher_announce(struct pf_publisher *publisher, const char *topic, const char *payload)
{
	const struct pf_link_publication publication = {.topic = topic,
		.payload = payload,
		.payload_size = strlen(payload),
		.qos = 1,
		.retain = true,
		.state = true,
		.last = true};

	if (publisher->connected)
		(void)pf_link_publish(publisher->link, &publication);
}

void pf_publisher_send(struct pf_publisher *publisher, const char *topic, const char *payload,
	int qos, const uint8_t *correlation_data, size_t correlation_size)
{
	const struct pf_link_publication publication = {.topic = topic,
		.payload = payload,
		.payload_size = strlen(payload),
		.qos = qos,
		.correlation_data = correlation_data,
		.correlation_size = correlation_size};

	if (publisher->connected)
		(void)pf_link_publish(publisher->link, &publication);
}

void pf_publisher_done(struct pf_publisher *publisher)
{
	while (publisher->first)
		unlink_and_free(publisher, publisher->first);
}

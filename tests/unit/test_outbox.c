/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "../t.h"
#include "base/clock.h"
#include "mqtt/outbox.h"

static struct pf_outbox outbox;

static int put_publication(const struct pf_link_publication *publication)
{
	struct pf_outgoing *replaced = NULL;
	const int r = pf_outbox_put(&outbox, publication, &replaced);

	if (replaced)
		T_STR(replaced->topic, publication->topic);
	free(replaced);
	return r;
}

static int put_as(const char *topic, const char *text, bool state, bool last)
{
	const struct pf_link_publication publication = {.topic = topic,
		.payload = text,
		.payload_size = strlen(text),
		.qos = 1,
		.state = state,
		.retain = state,
		.last = last};

	return put_publication(&publication);
}

static int put(const char *topic, const char *text, bool state)
{
	return put_as(topic, text, state, false);
}

/* How many go with the connection. */
static int take_passing(void)
{
	struct pf_outgoing *message;
	int n = 0;

	for (; (message = pf_outbox_take_passing(&outbox)); n++)
		free(message);
	return n;
}

/* Takes everything out as "topic=payload ". */
static const char *take_all(void)
{
	static char all[4096];
	struct pf_outgoing *message;
	size_t used = 0;

	all[0] = '\0';
	while ((message = pf_outbox_take(&outbox))) {
		used += (size_t)snprintf(all + used, sizeof all - used, "%s=%.*s ", message->topic,
			(int)message->payload_size, (const char *)message->payload);
		free(message);
	}
	return all;
}

static void first_in_first_out(void)
{
	pf_outbox_init(&outbox);
	T_TRUE(pf_outbox_is_empty(&outbox));
	T_INT(put("a", "1", false), 0);
	T_INT(put("b", "2", true), 0);
	T_INT(put("a", "3", false), 0);
	T_FALSE(pf_outbox_is_empty(&outbox));
	T_STR(take_all(), "a=1 b=2 a=3 ");
	T_TRUE(pf_outbox_is_empty(&outbox));
	pf_outbox_done(&outbox);
}

/* Fault then recovery while waiting: the value must still come before `online`. */
static void newest_state_joins_the_end(void)
{
	pf_outbox_init(&outbox);
	(void)put("error", "broken", true);
	(void)put("online", "no", true);
	(void)put("ack", "x", false);
	(void)put("error", "", true);
	(void)put("value", "7", true);
	(void)put("online", "yes", true);
	T_INT(outbox.n_states, 3);
	T_INT(outbox.n_others, 1);
	T_STR(take_all(), "ack=x error= value=7 online=yes ");
	pf_outbox_done(&outbox);
}

/* Commands repeat the state: it must not be put off for as long as they come. */
static void each_change_is_sent_of_what_says_so_until_many_wait(void)
{
	struct pf_link_publication publication = {
		.topic = "door", .payload_size = 1, .state = true, .each = true};
	char payload[2] = "";

	pf_outbox_init(&outbox);
	for (int i = 0; i < 3; i++) {
		payload[0] = (char)('0' + i);
		publication.payload = payload;
		T_INT(put_publication(&publication), 0);
	}
	T_STR(take_all(), "door=0 door=1 door=2 ");
	for (int i = 0; i < 5000; i++)
		T_INT(put_publication(&publication), 0);
	T_INT(outbox.n_states, 1000);
	pf_outbox_done(&outbox);
}

static void a_state_is_sent_however_often_it_is_replaced(void)
{
	struct pf_outgoing *message = NULL;
	int n = 0;

	pf_outbox_init(&outbox);
	for (int i = 0; i < PF_OUTBOX_CROWD; i++)
		(void)put("ack", "x", false);
	(void)put("state", "old", true);
	do {
		free(message);
		(void)put("ack", "x", false);
		(void)put("state", "new", true);
		message = pf_outbox_take(&outbox);
	} while (!message->state && n++ < 1000);
	T_INT(n, PF_OUTBOX_CROWD);
	T_STR(message->topic, "state");
	T_INT(message->payload[0], 'n');
	free(message);
	T_INT(outbox.n_states, 0);
	T_STR(outbox.last->topic, "ack");
	pf_outbox_done(&outbox);
}

static void topics_with_the_same_bucket_stay_apart(void)
{
	char topic[16], text[16];

	pf_outbox_init(&outbox);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 1000; i++) {
			(void)snprintf(topic, sizeof topic, "t%d", i);
			(void)snprintf(text, sizeof text, "%d", round);
			T_INT(put(topic, text, true), 0);
		}
	T_INT(outbox.n_states, 1000);
	for (int i = 0; i < 1000; i++) {
		struct pf_outgoing *message = pf_outbox_take(&outbox);

		(void)snprintf(topic, sizeof topic, "t%d", i);
		T_STR(message->topic, topic);
		T_INT(message->payload[0], '1');
		free(message);
	}
	T_TRUE(pf_outbox_is_empty(&outbox));
	pf_outbox_done(&outbox);
}

static void others_are_dropped_states_stay(void)
{
	pf_outbox_init(&outbox);
	(void)put("ack", "1", false);
	(void)put("s", "2", true);
	(void)put("ack", "3", false);
	T_INT(take_passing(), 2);
	T_STR(take_all(), "s=2 ");
	pf_outbox_done(&outbox);
}

static void is_bounded(void)
{
	pf_outbox_init(&outbox);
	for (int i = 0; i < PF_OUTBOX_OTHERS_MAX; i++)
		T_INT(put("ack", "x", false), 0);
	T_INT(put("ack", "x", false), -ENOBUFS);
	T_INT(put("state", "x", true), 0);
	free(pf_outbox_take(&outbox));
	T_INT(put("ack", "x", false), 0);
	pf_outbox_done(&outbox);
	T_TRUE(pf_outbox_is_empty(&outbox));

	pf_outbox_init(&outbox);
	for (int i = 0; i < PF_OUTBOX_STATES_MAX; i++) {
		char topic[16];

		(void)snprintf(topic, sizeof topic, "%d", i);
		T_INT(put(topic, "x", true), 0);
	}
	T_INT(put("one more", "x", true), -ENOBUFS);
	T_INT(put("17", "newer", true), 0);
	pf_outbox_done(&outbox);
}

static void everything_is_copied(void)
{
	char topic[] = "topic", payload[] = "pay\0load", data[] = "c\0d";
	const struct pf_link_publication publication = {.topic = topic,
		.payload = payload,
		.payload_size = 8,
		.qos = 2,
		.retain = true,
		.expiry_s = 90,
		.born_ns = 5,
		.correlation_data = (const uint8_t *)data,
		.correlation_size = 3};
	struct pf_outgoing *message;

	pf_outbox_init(&outbox);
	T_INT(put_publication(&publication), 0);
	memset(topic, 'x', sizeof topic - 1);
	memset(payload, 'x', sizeof payload);
	memset(data, 'x', sizeof data);
	message = pf_outbox_take(&outbox);
	T_STR(message->topic, "topic");
	T_INT(message->payload_size, 8);
	T_INT(memcmp(message->payload, "pay\0load", 8), 0);
	T_INT(message->correlation_size, 3);
	T_INT(memcmp(message->correlation_data, "c\0d", 3), 0);
	T_INT(message->qos, 2);
	T_TRUE(message->retain);
	T_INT(message->expiry_s, 90);
	T_INT(message->born_ns, 5);
	T_FALSE(message->state);
	free(message);
	pf_outbox_done(&outbox);
}

/* The broker counts from reception on, the content is true from its birth on. */
static void waiting_takes_from_the_time_to_live(void)
{
	const uint64_t born_ns = 1000 * PF_NS_PER_S;
	struct pf_outgoing message = {.expiry_s = 30, .born_ns = born_ns};

	T_INT(pf_outgoing_rest_s(&message, born_ns), 30);
	T_INT(pf_outgoing_rest_s(&message, born_ns + PF_NS_PER_S - 1), 30);
	T_INT(pf_outgoing_rest_s(&message, born_ns + 10 * PF_NS_PER_S), 20);
	T_INT(pf_outgoing_rest_s(&message, born_ns + 29 * PF_NS_PER_S), 1);
	T_INT(pf_outgoing_rest_s(&message, born_ns + 30 * PF_NS_PER_S), 1);
	T_INT(pf_outgoing_rest_s(&message, born_ns + 9000 * PF_NS_PER_S), 1);
	T_INT(pf_outgoing_rest_s(&message, born_ns - 5), 30);
	message.expiry_s = UINT32_MAX;
	T_INT(pf_outgoing_rest_s(&message, born_ns + PF_NS_PER_S), UINT32_MAX - 1);
	message.expiry_s = 0;
	T_INT(pf_outgoing_rest_s(&message, born_ns + PF_NS_PER_S), 0);
}

static void a_life_begins_now_if_not_said_otherwise(void)
{
	const struct pf_link_publication publication = {.topic = "t", .state = true};
	const uint64_t before_ns = pf_clock_now_ns();
	struct pf_outgoing *message;

	pf_outbox_init(&outbox);
	T_INT(put_publication(&publication), 0);
	message = pf_outbox_take(&outbox);
	T_TRUE(message->born_ns >= before_ns && message->born_ns <= pf_clock_now_ns());
	free(message);
	pf_outbox_done(&outbox);
}

/* `online` comes after all states, also after those that change while they wait. */
static void the_last_state_stays_the_last(void)
{
	pf_outbox_init(&outbox);
	(void)put("door", "open", true);
	(void)put("pump", "OFF", true);
	(void)put_as("status", "online", true, true);
	(void)put("ack", "done", false);
	(void)put("door", "closed", true);
	(void)put("new", "1", true);
	T_STR(take_all(), "pump=OFF door=closed new=1 status=online ack=done ");
	/* once it is out, states queue up as usual */
	(void)put("ack", "done", false);
	(void)put("door", "open", true);
	T_STR(take_all(), "ack=done door=open ");
	/* its own newer one joins the end, as any state does */
	(void)put_as("status", "online", true, true);
	(void)put("ack", "done", false);
	(void)put_as("status", "offline", true, true);
	T_STR(take_all(), "ack=done status=offline ");
	pf_outbox_done(&outbox);
}

static void the_last_state_does_not_wait_for_ever(void)
{
	const char *all;

	pf_outbox_init(&outbox);
	(void)put_as("status", "online", true, true);
	for (int i = 0; i < 1000; i++)
		(void)put("fast", "1", true);
	(void)put("fast", "2", true);
	all = take_all();
	T_STR(all, "status=online fast=2 ");
	pf_outbox_done(&outbox);
}

static void the_last_state_goes_with_its_connection(void)
{
	pf_outbox_init(&outbox);
	(void)put("door", "open", true);
	(void)put("ack", "done", false);
	(void)put_as("status", "online", true, true);
	T_INT(take_passing(), 2);
	(void)put("pump", "OFF", true);
	T_STR(take_all(), "door=open pump=OFF ");
	pf_outbox_done(&outbox);
}

T_MAIN("outbox", T(first_in_first_out), T(newest_state_joins_the_end),
	T(each_change_is_sent_of_what_says_so_until_many_wait),
	T(a_state_is_sent_however_often_it_is_replaced), T(the_last_state_stays_the_last),
	T(the_last_state_does_not_wait_for_ever), T(the_last_state_goes_with_its_connection),
	T(topics_with_the_same_bucket_stay_apart), T(others_are_dropped_states_stay), T(is_bounded),
	T(everything_is_copied), T(waiting_takes_from_the_time_to_live),
	T(a_life_begins_now_if_not_said_otherwise))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "../t.h"
#include "base/memory.h"
#include "mqtt/queue.h"

static struct pf_queue queue;

static bool put(const char *topic, int number)
{
	const size_t size = strlen(topic) + 1;
	struct pf_incoming *message = pf_calloc(1, sizeof *message + size);

	memcpy(message->bytes, topic, size);
	message->message.topic = message->bytes;
	message->message.time_ns = (uint64_t)number;
	return pf_queue_put(&queue, message);
}

static void put_many(const char *topic, int from, int n)
{
	for (int i = from; i < from + n; i++)
		(void)put(topic, i);
}

/* The next as "topic=number"; "" if there is none. */
static const char *take(void)
{
	static char text[64];
	struct pf_incoming *message = pf_queue_take(&queue);

	text[0] = '\0';
	if (message)
		(void)snprintf(text, sizeof text, "%s=%d", message->message.topic,
			(int)message->message.time_ns);
	free(message);
	return text;
}

/* What was dropped as "topic=n "; sorted by nothing. */
static const char *take_dropped(void)
{
	static char text[256];
	size_t used = 0;
	uint64_t n;
	char *topic;

	text[0] = '\0';
	while (pf_queue_take_dropped(&queue, &topic, &n)) {
		used += (size_t)snprintf(text + used, sizeof text - used, "%s=%d ", topic, (int)n);
		free(topic);
	}
	return text;
}

static void first_in_first_out(void)
{
	pf_queue_init(&queue);
	T_TRUE(put("a", 1));
	T_TRUE(put("b", 2));
	T_TRUE(put("a", 3));
	T_STR(take(), "a=1");
	T_STR(take(), "b=2");
	T_STR(take(), "a=3");
	T_STR(take(), "");
	T_TRUE(queue.lanes == NULL);
	T_STR(take_dropped(), "");
	pf_queue_done(&queue);
}

/* An interlock needs the order of its commands: a burst is no flood. */
static void bursts_stay_in_order(void)
{
	pf_queue_init(&queue);
	put_many("up", 0, PF_QUEUE_BURST);
	(void)put("down", 1);
	for (int i = 0; i < PF_QUEUE_BURST; i++)
		T_HAS(take(), "up=");
	T_STR(take(), "down=1");
	pf_queue_done(&queue);
}

static void a_flood_lets_others_pass(void)
{
	char expected[32];

	pf_queue_init(&queue);
	put_many("pump", 0, PF_QUEUE_BURST + 10);
	(void)put("lamp", 1);
	(void)put("lamp", 2);
	T_STR(take(), "lamp=1");
	T_STR(take(), "lamp=2");
	for (int i = 0; i < PF_QUEUE_BURST + 10; i++) {
		(void)snprintf(expected, sizeof expected, "pump=%d", i);
		T_STR(take(), expected);
	}
	T_STR(take(), "");
	pf_queue_done(&queue);
}

static void what_is_too_much_is_dropped_and_counted(void)
{
	char expected[32];

	pf_queue_init(&queue);
	put_many("pump", -2, PF_QUEUE_MAX);
	T_FALSE(put("pump", PF_QUEUE_MAX - 2));
	T_FALSE(put("pump", PF_QUEUE_MAX - 1));
	T_INT(queue.n, PF_QUEUE_MAX);
	T_STR(take_dropped(), "pump=2 ");
	T_STR(take_dropped(), "");
	for (int i = 0; i < PF_QUEUE_MAX; i++) {
		(void)snprintf(expected, sizeof expected, "pump=%d", i);
		T_STR(take(), expected);
	}
	T_STR(take(), "");
	T_TRUE(queue.lanes == NULL);
	pf_queue_done(&queue);
}

/* The oldest of the flood makes room: the flood stays in order, and what it ends with counts. */
static void others_find_room_in_a_full_queue(void)
{
	pf_queue_init(&queue);
	put_many("pump", 0, PF_QUEUE_MAX);
	T_FALSE(put("lamp", 1));
	T_FALSE(put("lamp", 2));
	T_INT(queue.n, PF_QUEUE_MAX);
	T_STR(take_dropped(), "pump=2 ");
	T_STR(take(), "lamp=1");
	T_STR(take(), "lamp=2");
	T_STR(take(), "pump=2");
	T_INT(queue.n, PF_QUEUE_MAX - 3);
	pf_queue_done(&queue);
}

/* Two floods share the room, and each has its count. */
static void floods_share(void)
{
	size_t n[2] = {0, 0};
	const char *text;

	pf_queue_init(&queue);
	put_many("a", 0, PF_QUEUE_MAX);
	put_many("b", 0, PF_QUEUE_MAX);
	while (*(text = take()))
		n[*text - 'a']++;
	T_INT(n[0], PF_QUEUE_MAX / 2);
	T_INT(n[1], PF_QUEUE_MAX / 2);
	T_TRUE(queue.lanes != NULL);
	T_HAS(take_dropped(), "a=512 ");
	T_TRUE(queue.lanes == NULL);
	pf_queue_done(&queue);
}

static void more_topics_than_room(void)
{
	char topic[16];
	uint64_t dropped = 0, n;
	char *name;

	pf_queue_init(&queue);
	for (int i = 0; i < 2 * PF_QUEUE_MAX; i++) {
		(void)snprintf(topic, sizeof topic, "t%d", i);
		(void)put(topic, i);
	}
	T_INT(queue.n, PF_QUEUE_MAX);
	while (pf_queue_take_dropped(&queue, &name, &n)) {
		dropped += n;
		free(name);
	}
	T_INT(dropped, PF_QUEUE_MAX);
	pf_queue_done(&queue);
	T_TRUE(queue.lanes == NULL);
}

T_MAIN("queue", T(first_in_first_out), T(bursts_stay_in_order), T(a_flood_lets_others_pass),
	T(what_is_too_much_is_dropped_and_counted), T(others_find_room_in_a_full_queue),
	T(floods_share), T(more_topics_than_room))

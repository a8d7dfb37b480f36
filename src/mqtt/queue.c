/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/queue.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

/* A lane that is found moves to the front: messages of a topic come in a row. */
static struct pf_lane *get_lane(struct pf_queue *queue, const char *topic)
{
	struct pf_lane **link = &queue->lanes, *lane;

	while (*link && strcmp((*link)->topic, topic) != 0)
		link = &(*link)->next;
	lane = *link;
	if (lane) {
		*link = lane->next;
	} else {
		lane = pf_calloc(1, sizeof *lane + strlen(topic) + 1);
		memcpy(lane->topic, topic, strlen(topic) + 1);
	}
	lane->next = queue->lanes;
	queue->lanes = lane;
	return lane;
}

static void drop_lane(struct pf_queue *queue, struct pf_lane *lane)
{
	struct pf_lane **link = &queue->lanes;

	while (*link != lane)
		link = &(*link)->next;
	*link = lane->next;
	free(lane);
}

static struct pf_lane *longest_lane(const struct pf_queue *queue)
{
	struct pf_lane *longest = queue->lanes;

	for (struct pf_lane *lane = queue->lanes; lane; lane = lane->next)
		if (lane->n > longest->n)
			longest = lane;
	return longest;
}

static bool is_quiet(const struct pf_lane *lane)
{
	return lane->n <= PF_QUEUE_BURST;
}

static void resize_lane(struct pf_queue *queue, struct pf_lane *lane, size_t n)
{
	queue->n_quiet -= is_quiet(lane) ? lane->n : 0;
	queue->n = queue->n - lane->n + n;
	lane->n = n;
	queue->n_quiet += is_quiet(lane) ? lane->n : 0;
}

static void append(struct pf_queue *queue, struct pf_incoming *message)
{
	message->previous = queue->last;
	message->next = NULL;
	if (queue->last)
		queue->last->next = message;
	else
		queue->first = message;
	queue->last = message;
	resize_lane(queue, message->lane, message->lane->n + 1);
}

static void take_out(struct pf_queue *queue, struct pf_incoming *message)
{
	if (message->previous)
		message->previous->next = message->next;
	else
		queue->first = message->next;
	if (message->next)
		message->next->previous = message->previous;
	else
		queue->last = message->previous;
	resize_lane(queue, message->lane, message->lane->n - 1);
}

static void drop_oldest(struct pf_queue *queue, struct pf_lane *lane)
{
	struct pf_incoming *message = queue->first;

	while (message->lane != lane)
		message = message->next;
	take_out(queue, message);
	free(message);
	lane->dropped++;
}

void pf_queue_init(struct pf_queue *queue)
{
	*queue = (struct pf_queue){0};
}

void pf_queue_done(struct pf_queue *queue)
{
	struct pf_incoming *message;

	while ((message = pf_queue_take(queue)))
		free(message);
	while (queue->lanes)
		drop_lane(queue, queue->lanes);
}

bool pf_queue_put(struct pf_queue *queue, struct pf_incoming *message)
{
	const bool full = queue->n >= PF_QUEUE_MAX;

	message->lane = get_lane(queue, message->message.topic);
	if (full)
		drop_oldest(queue, longest_lane(queue));
	append(queue, message);
	return !full;
}

struct pf_incoming *pf_queue_take(struct pf_queue *queue)
{
	struct pf_incoming *message = queue->first;
	struct pf_lane *lane;

	if (!message)
		return NULL;
	while (queue->n_quiet > 0 && !is_quiet(message->lane))
		message = message->next;
	lane = message->lane;
	take_out(queue, message);
	if (lane->n == 0 && lane->dropped == 0)
		drop_lane(queue, lane);
	return message;
}

bool pf_queue_take_dropped(struct pf_queue *queue, char **ret_topic, uint64_t *ret_n)
{
	struct pf_lane *lane = queue->lanes;

	while (lane && lane->dropped == 0)
		lane = lane->next;
	if (!lane)
		return false;
	*ret_topic = pf_strdup(lane->topic);
	*ret_n = lane->dropped;
	lane->dropped = 0;
	if (lane->n == 0)
		drop_lane(queue, lane);
	return true;
}

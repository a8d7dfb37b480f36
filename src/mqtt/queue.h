/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Messages that came in and wait to be handled: in the order they came, bounded, and fair to each
 * topic, so that one that is flooded does not crowd out the others.
 *
 * When PF_QUEUE_MAX wait, the topic with the most of them loses its oldest: what a flood ends
 * with, an "off" maybe, is what has to count. A topic with more than PF_QUEUE_BURST waiting lets
 * the others pass; each topic's own messages stay in order. What was dropped is counted by topic.
 *
 * Pure and not thread-safe. Owns the messages in it.
 */

#ifndef PF_MQTT_QUEUE_H
#define PF_MQTT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/session.h"

#define PF_QUEUE_MAX   1024
#define PF_QUEUE_BURST 256

/* The messages of one topic. */
struct pf_lane {
	struct pf_lane *next;
	size_t n;
	uint64_t dropped; /* not told yet */
	char topic[];
};

struct pf_queue {
	struct pf_incoming *first, *last;
	struct pf_lane *lanes; /* with something waiting, or to tell */
	size_t n;
	size_t n_quiet; /* of topics without a flood */
};

/* Makes an empty queue. */
void pf_queue_init(struct pf_queue *queue);

/* Frees what waits. */
void pf_queue_done(struct pf_queue *queue);

/* Puts a message in and takes it over; false: it or another one was dropped for it. */
bool pf_queue_put(struct pf_queue *queue, struct pf_incoming *message);

/* Takes the next out; the caller owns it. NULL: none waits. */
struct pf_incoming *pf_queue_take(struct pf_queue *queue);

/*
 * How many messages of one topic were dropped since that was last told, and the topic (to be
 * freed); call it until it is false: nothing to tell.
 */
bool pf_queue_take_dropped(struct pf_queue *queue, char **ret_topic, uint64_t *ret_n);

#endif

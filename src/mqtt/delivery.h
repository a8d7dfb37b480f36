/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What becomes of each message. One that is taken in waits in the outbox, then is on its way, and
 * has one end, whatever happens: sent, confirmed, refused, put off, never to be sent, replaced, or
 * lost with its connection. `done` is called with it exactly once, whoever published the message.
 *
 *   put -> waits -> next -> on its way -> end
 *            |                  |
 *            +-- replaced       +-- lost
 *            +-- lost (but states, which wait for the next connection)
 *
 * Each message has a number of its own, never used again, so that an answer that comes twice, late
 * or to nothing changes nothing. Pure, main loop only. `done` may put more in.
 */

#ifndef PF_MQTT_DELIVERY_H
#define PF_MQTT_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/fate.h"
#include "mqtt/outbox.h"
#include "mqtt/session.h"

struct pf_deliveries {
	struct pf_outbox outbox;
	int window, n; /* how many may be, and are, on their way */
	struct {
		uint64_t serial; /* 0: unused */
		uint64_t token;
		bool state;
		char *topic;
	} ways[PF_WINDOW_MAX];
	uint64_t last_serial;
	void (*done)(void *user, const struct pf_delivery *delivery);
	void *user;
};

/* Makes it empty. */
void pf_deliveries_init(struct pf_deliveries *deliveries,
	void (*done)(void *user, const struct pf_delivery *delivery), void *user);

/* Frees all without a word: see pf_deliveries_flush(). */
void pf_deliveries_free(struct pf_deliveries *deliveries);

/* Takes a copy in. 0; -ENOBUFS: too many wait, it is not taken in, and has no end. */
int pf_deliveries_put(
	struct pf_deliveries *deliveries, const struct pf_link_publication *publication);

/* A new connection: at most `window` messages may be on their way. */
void pf_deliveries_open(struct pf_deliveries *deliveries, int window);

/* The next to go out, with its serial, owned by the caller; NULL: none waits, or can go now. */
struct pf_outgoing *pf_deliveries_next(struct pf_deliveries *deliveries);

/* One on its way has come to its end. An unknown number changes nothing. */
void pf_deliveries_end(
	struct pf_deliveries *deliveries, uint64_t serial, enum pf_fate fate, const char *reason);

/* The connection is gone: all is lost but the states that wait. */
void pf_deliveries_lose(struct pf_deliveries *deliveries);

/* There will be no connection any more: all is lost. */
void pf_deliveries_flush(struct pf_deliveries *deliveries);

#endif

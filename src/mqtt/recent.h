/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The messages that went out last, by the library's number: the broker may refuse one of them, and
 * then its topic is wanted. Link thread only.
 */

#ifndef PF_MQTT_RECENT_H
#define PF_MQTT_RECENT_H

#include "mqtt/outbox.h"
#include "mqtt/session.h"

/* All zero: empty. */
struct pf_recent {
	struct {
		int id;
		struct pf_outgoing *message;
	} slots[4 * PF_WINDOW_MAX]; /* at id modulo their number */
};

/* Takes a message over; id 0: it cannot be refused, and is freed. */
void pf_recent_keep(struct pf_recent *recent, struct pf_outgoing *message, int id);

/* The topic of a message, borrowed; or NULL: too many came after it. */
const char *pf_recent_topic(const struct pf_recent *recent, int id);

/* Frees all. */
void pf_recent_done(struct pf_recent *recent);

#endif

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

/* That the broker refuses a message, with its topic unless too many came after it; to be freed. */
char *pf_recent_refusal(const struct pf_recent *recent, int id, const char *reason);

/* Frees all. */
void pf_recent_done(struct pf_recent *recent);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The messages on their way: how many there may be, and which of them have a token and are to be
 * told of when the broker has them. The library tells a message's number only when it has sent it,
 * and the broker's answer may be known before. Pure, main loop only.
 */

#ifndef PF_MQTT_WINDOW_H
#define PF_MQTT_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/inbox.h"

/* The token of all states: they have an owner who publishes them again, and who does not ask. */
#define PF_TOKEN_STATE UINT64_MAX

struct pf_window {
	int size, n;
	size_t n_kept; /* with a token: in the outbox (but for states) or on their way */
	struct {
		int id; /* the library's number; 0: unused */
		uint64_t token;
	} sent[PF_WINDOW_MAX];
	int early[2 * PF_WINDOW_MAX]; /* the last answers to numbers not known; a ring */
	size_t next_early;
};

/* A new connection: nothing is on its way; at most `size` messages may be. */
void pf_window_open(struct pf_window *window, int size);

/*
 * The connection is gone, and n_others messages of the outbox with it: how many of all of these had
 * no token and are lost.
 */
size_t pf_window_lost(struct pf_window *window, size_t n_others);

/* A message goes out. A state gets its token. */
void pf_window_sent(struct pf_window *window, struct pf_outgoing *message);

/*
 * Takes PF_NEWS_SENT, _DONE or _LEFT. The token of the message that the broker has, or 0: it is a
 * state, it has none, or it cannot be told yet.
 */
uint64_t pf_window_take(struct pf_window *window, const struct pf_news *news);

#endif

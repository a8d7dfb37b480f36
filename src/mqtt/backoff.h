/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * How long to wait before the next attempt: up to 2 s, then up to 4 s and so on to a maximum, and
 * always at least half of that. A house full of clients that lose their broker in one instant does
 * not come back in one instant. Pure: the caller brings the random bits.
 */

#ifndef PF_MQTT_BACKOFF_H
#define PF_MQTT_BACKOFF_H

#include <stdint.h>

struct pf_backoff {
	uint32_t next_ms, max_ms;
};

/* Starts at 2 s (or max_ms if that is less). */
void pf_backoff_init(struct pf_backoff *backoff, uint32_t max_ms);

/* The wait before the next attempt: half of the step to all of it. */
uint32_t pf_backoff_next_ms(struct pf_backoff *backoff, uint32_t random);

/* Begins anew: a connection has lasted. */
void pf_backoff_reset(struct pf_backoff *backoff);

#endif

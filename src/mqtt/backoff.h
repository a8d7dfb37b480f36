/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * How long to wait before the next attempt: doubles from 1 s to a maximum, with jitter so that a
 * house full of clients does not come back in one instant. Pure: the caller brings the random bits.
 */

#ifndef PF_MQTT_BACKOFF_H
#define PF_MQTT_BACKOFF_H

#include <stdint.h>

struct pf_backoff {
	uint32_t next_ms, max_ms;
};

/* Starts at 1 s (or max_ms if that is less). */
void pf_backoff_init(struct pf_backoff *backoff, uint32_t max_ms);

/* The wait before the next attempt: 3/4 to 5/4 of the step, never above the maximum. */
uint32_t pf_backoff_next_ms(struct pf_backoff *backoff, uint32_t random);

/* Begins anew at 1 s: an attempt has lasted. */
void pf_backoff_reset(struct pf_backoff *backoff);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Whether the broker, or with a heartbeat topic the controller, has been away for too long.
 *
 * Broker: counts from the detected loss, and from the start until the broker is reached; one loss
 * fires once. Heartbeat: counts from the last heartbeat; while the broker is away none comes.
 * Firing ends with the next accepted command, which counts as a heartbeat; that the cause goes
 * away ends nothing. Pure: the time is passed in (CLOCK_BOOTTIME, ns). Main loop only.
 */

#ifndef PF_OUTPUT_FAILSAFE_H
#define PF_OUTPUT_FAILSAFE_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

struct pf_failsafe {
	uint64_t away_ns; /* since when nothing is heard; PF_NEVER: the broker is there */
	bool link_up;
	bool fired; /* and no command was accepted since */
};

/* The broker has not been reached yet, no heartbeat has come. */
void pf_failsafe_init(struct pf_failsafe *failsafe, uint64_t now_ns);

/* The link to the broker is up or down; again the same: nothing happens. */
void pf_failsafe_link(struct pf_failsafe *failsafe, const struct pf_failsafe_config *config,
	uint64_t now_ns, bool up);

/* A heartbeat came at this time, which may be past. */
void pf_failsafe_heartbeat(
	struct pf_failsafe *failsafe, const struct pf_failsafe_config *config, uint64_t now_ns);

/* A command was accepted. */
void pf_failsafe_accept(
	struct pf_failsafe *failsafe, const struct pf_failsafe_config *config, uint64_t now_ns);

/* The configuration was replaced by one of another form: counts anew. */
void pf_failsafe_reconfigure(
	struct pf_failsafe *failsafe, const struct pf_failsafe_config *config, uint64_t now_ns);

/* When it fires; PF_NEVER: not as things are. */
uint64_t pf_failsafe_due_ns(
	const struct pf_failsafe *failsafe, const struct pf_failsafe_config *config);

#endif

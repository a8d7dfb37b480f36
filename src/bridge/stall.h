/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Notices that the loop, or the whole process, stood still (a frozen or suspended machine, a
 * stopped process): what had been sent meanwhile arrives in one go afterwards, and a relay must not
 * move because of a command that is no longer meant.
 *
 * Main loop only. Times are CLOCK_BOOTTIME in ns.
 */

#ifndef PF_BRIDGE_STALL_H
#define PF_BRIDGE_STALL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/timer.h"

struct pf_stall {
	struct pf_timers *timers;
	struct pf_timer tick;
	uint64_t alive_ns; /* when the loop was last seen running */
	uint64_t late_ns;  /* what arrives before this was sent during a stall */
};

/* Begins to watch: wakes the loop once a second. timers is borrowed. */
void pf_stall_init(struct pf_stall *stall, struct pf_timers *timers, uint64_t now_ns);

/* Ends watching. */
void pf_stall_done(struct pf_stall *stall);

/* Whether a message that was received at time_ns and is looked at now may have waited too long. */
bool pf_stall_is_stale(struct pf_stall *stall, uint64_t now_ns, uint64_t time_ns);

#endif

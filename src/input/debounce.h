/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A stable window: a level counts once it has held for the window. An edge means "something
 * changed, read the level": edges open or prolong the window, and when it ends the level read then
 * decides. So the final state is never lost, however the kernel's event queue fared. Pure: the
 * time is passed in (CLOCK_BOOTTIME, ns; edge stamps CLOCK_MONOTONIC, ns).
 */

#ifndef PF_INPUT_DEBOUNCE_H
#define PF_INPUT_DEBOUNCE_H

#include <stdbool.h>
#include <stdint.h>

struct pf_debounce {
	uint64_t window_ns;
	bool level;        /* as last reported */
	bool open;         /* the window is open */
	uint64_t end_ns;   /* when it ends */
	uint64_t stamp_ns; /* of the first edge of the burst: when the contact moved */
};

/* A line with a known level. window_ms may be 0: then every edge counts at once. */
void pf_debounce_init(struct pf_debounce *debounce, uint32_t window_ms, bool level);

/* An edge at stamp_ns, or a change that was found without one. Opens or prolongs the window. */
void pf_debounce_edge(struct pf_debounce *debounce, uint64_t now_ns, uint64_t stamp_ns);

/* When to read the level and call pf_debounce_settle(); PF_NEVER if no window is open. */
uint64_t pf_debounce_wake_ns(const struct pf_debounce *debounce);

/*
 * The level read at now_ns. Closes the window if it has ended; true if the level is news: it
 * differs from what was last reported. *ret_stamp_ns is then the burst's first stamp: a contact
 * moved when it began to bounce, not when it had come to rest.
 */
bool pf_debounce_settle(
	struct pf_debounce *debounce, uint64_t now_ns, bool level, uint64_t *ret_stamp_ns);

#endif

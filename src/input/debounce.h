/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A stable window: a level counts once it has held for the window, judged by the kernel's stamps of
 * the edges. So it does not matter when they are looked at: what would have been reported in time
 * is reported late, in the same order. Only what the last edge has left open is settled by a level
 * that is read after it: so the final state is never lost, however the kernel's queue fared. Pure:
 * the time is passed in (CLOCK_MONOTONIC, ns, what the kernel stamps edges with).
 */

#ifndef PF_INPUT_DEBOUNCE_H
#define PF_INPUT_DEBOUNCE_H

#include <stdbool.h>
#include <stdint.h>

#include "pinferry/driver.h"

struct pf_debounce {
	uint64_t window_ns;
	bool level;           /* as last reported */
	bool open;            /* the window is open */
	bool candidate;       /* the level since the last edge */
	bool doubted;         /* a level was read that no edge tells of */
	uint64_t end_ns;      /* when the window ends */
	uint64_t stamp_ns;    /* of the first edge of the burst: when the contact moved */
	uint64_t n_returns;   /* pulses of this burst so far, or bounces */
	uint64_t n_swallowed; /* pulses shorter than the window that were not reported */
	uint64_t n_untold;    /* changes that no edge told of */
};

/* A level that has held for the window. */
struct pf_debounced {
	bool level;
	uint64_t stamp_ns; /* since when, the bouncing included */
	uint64_t held_ns;  /* when it had held for long enough */
};

enum pf_settled {
	PF_SETTLED_NOTHING, /* nothing to report, or the window has not ended: see _wake_ns() */
	PF_SETTLED_REPORT,  /* one report */
	PF_SETTLED_DOUBT,   /* an edge may have come since: take the edges, then read again */
};

/* A line with a known level. window_ms may be 0: then every edge counts at once. */
void pf_debounce_init(struct pf_debounce *debounce, uint32_t window_ms, bool level);

/*
 * An edge opens or prolongs the window. Whether the level before it had held for long enough: then
 * that is to be reported. Where edges were missed, nobody knows.
 */
bool pf_debounce_edge(
	struct pf_debounce *debounce, const struct pf_edge *edge, struct pf_debounced *ret_report);

/* When to read the level, after the edges, and to settle; PF_NEVER: not at all. */
uint64_t pf_debounce_wake_ns(const struct pf_debounce *debounce);

/*
 * The level that was read after all edges had been taken, at now_ns or before. If the window has
 * ended and the level is not what the last edge says, it is doubted once: that edge may be on its
 * way. The second time it counts.
 */
enum pf_settled pf_debounce_settle(
	struct pf_debounce *debounce, uint64_t now_ns, bool level, struct pf_debounced *ret_report);

#endif

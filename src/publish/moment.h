/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * When something happened, as it is published: wall time, and whether that can be believed. Main
 * loop only.
 */

#ifndef PF_PUBLISH_MOMENT_H
#define PF_PUBLISH_MOMENT_H

#include <stdbool.h>
#include <stdint.h>

#include "hw/board.h"

/* The wall clock, and what is known of it. */
struct pf_moment_clock {
	const struct pf_board *board; /* borrowed */
	bool is_set;                  /* seen once */
};

struct pf_moment {
	int64_t wall_ms;     /* by the clock as it is set now */
	bool unsynchronised; /* the clock has not been set yet */
};

/*
 * Whether the clock has been set since boot. Once seen, that holds: without network the clock goes
 * on, a little wrong.
 */
bool pf_moment_clock_is_set(struct pf_moment_clock *clock);

/* Of a CLOCK_BOOTTIME in the past, ns. */
struct pf_moment pf_moment_of(struct pf_moment_clock *clock, uint64_t time_ns);

/* Of the stamp of an edge: CLOCK_MONOTONIC, ns. */
struct pf_moment pf_moment_of_edge(struct pf_moment_clock *clock, uint64_t stamp_ns);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "publish/moment.h"

#include "base/clock.h"

bool pf_moment_clock_is_set(struct pf_moment_clock *clock)
{
	clock->is_set = clock->is_set || pf_board_clock_is_set(clock->board);
	return clock->is_set;
}

struct pf_moment pf_moment_of(struct pf_moment_clock *clock, uint64_t time_ns)
{
	/* the clock may be set between the two lines: better doubted than believed */
	const bool unsynchronised = !pf_moment_clock_is_set(clock);

	return (struct pf_moment){
		.wall_ms = pf_clock_wall_of_ms(time_ns), .unsynchronised = unsynchronised};
}

struct pf_moment pf_moment_of_edge(struct pf_moment_clock *clock, uint64_t stamp_ns)
{
	const bool unsynchronised = !pf_moment_clock_is_set(clock);

	return (struct pf_moment){.wall_ms = pf_clock_wall_of_monotonic_ms(stamp_ns),
		.unsynchronised = unsynchronised};
}

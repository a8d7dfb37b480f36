/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * When a sensor is due: on a fixed grid (phase + k * interval) that never drifts, and after
 * failures at doubling distances. Pure: the time is passed in. Times are CLOCK_BOOTTIME in ns.
 */

#ifndef PF_SENSOR_SCHEDULE_H
#define PF_SENSOR_SCHEDULE_H

#include <stddef.h>
#include <stdint.h>

struct pf_schedule {
	uint64_t interval_ns;
	uint64_t grid_ns; /* some point of the grid, not in the future of due_ns */
	uint64_t due_ns;
	uint32_t n_failures; /* in a row */
};

/*
 * The i-th of n sensors with this interval (milliseconds) is first due within a second after
 * now_ns, so that values come soon; the sensors are spread over that second, or over the interval
 * if that is shorter.
 */
void pf_schedule_init(
	struct pf_schedule *schedule, uint32_t interval_ms, uint64_t now_ns, size_t i, size_t n);

/* After a good sample: the next point of the grid. Points that have gone by are left out. */
void pf_schedule_success(struct pf_schedule *schedule, uint64_t now_ns);

/* After a failure that is not told yet: once more very soon. The grid stays. */
void pf_schedule_again(struct pf_schedule *schedule, uint64_t now_ns);

/* After a failure: retry after 1, 2, 4, ... 60 s (pf_backoff_ms()). */
void pf_schedule_failure(struct pf_schedule *schedule, uint64_t now_ns);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"
#include "base/backoff.h"
#include "base/clock.h"
#include "sensor/schedule.h"

#define S PF_NS_PER_S

static void grid_does_not_drift(void)
{
	struct pf_schedule schedule;
	uint64_t now_ns = 1000 * S;

	pf_schedule_init(&schedule, 10000, now_ns, 0, 1);
	T_INT(schedule.due_ns, 1000 * S);
	for (unsigned i = 0; i < 8640; i++) {
		/* each sample is taken up to 0.9 s late and takes its time */
		now_ns = schedule.due_ns + (i % 10) * 100 * PF_NS_PER_MS;
		pf_schedule_success(&schedule, now_ns);
	}
	/* a day later: 8640 intervals of 10 s, to the nanosecond */
	T_INT(schedule.due_ns, (1000 + 86400) * S);
}

static void late_sample_leaves_points_out(void)
{
	struct pf_schedule schedule;

	pf_schedule_init(&schedule, 500, 0, 0, 1);
	pf_schedule_success(&schedule, 1760 * PF_NS_PER_MS);
	T_INT(schedule.due_ns, 2000 * PF_NS_PER_MS);
}

static void failures_double_up_to_a_minute_and_the_grid_stays(void)
{
	static const unsigned expected_s[] = {1, 2, 4, 8, 16, 32, 60, 60};
	struct pf_schedule schedule;
	uint64_t now_ns = 0;

	pf_schedule_init(&schedule, 3600000, 0, 0, 1);
	for (size_t i = 0; i < sizeof expected_s / sizeof *expected_s; i++) {
		pf_schedule_failure(&schedule, now_ns);
		T_INT(schedule.due_ns - now_ns, expected_s[i] * S);
		now_ns = schedule.due_ns;
	}
	pf_schedule_success(&schedule, now_ns);
	T_INT(schedule.due_ns, 3600 * S);
	T_INT(schedule.n_failures, 0);
	T_INT(pf_backoff_ms(UINT32_MAX), 60000);
}

static void sensors_are_spread_over_the_first_second(void)
{
	struct pf_schedule schedule;

	pf_schedule_init(&schedule, 60000, 0, 3, 4);
	T_INT(schedule.due_ns, 750 * PF_NS_PER_MS);
	pf_schedule_init(&schedule, 100, 0, 1, 2);
	T_INT(schedule.due_ns, 50 * PF_NS_PER_MS);
}

T_MAIN("schedule", T(grid_does_not_drift), T(late_sample_leaves_points_out),
	T(failures_double_up_to_a_minute_and_the_grid_stays),
	T(sensors_are_spread_over_the_first_second))

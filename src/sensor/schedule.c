/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sensor/schedule.h"

#include <assert.h>

#include "base/backoff.h"
#include "base/clock.h"

#define AGAIN_MS 100u /* a disturbance is over by then */

void pf_schedule_init(
	struct pf_schedule *schedule, uint32_t interval_ms, uint64_t now_ns, size_t i, size_t n)
{
	const uint64_t interval_ns = interval_ms * PF_NS_PER_MS;
	const uint64_t spread_ns = interval_ns < PF_NS_PER_S ? interval_ns : PF_NS_PER_S;

	assert(interval_ms > 0 && i < n);
	*schedule = (struct pf_schedule){.interval_ns = interval_ns};
	schedule->due_ns = now_ns + spread_ns * i / n;
	schedule->grid_ns = schedule->due_ns;
}

void pf_schedule_success(struct pf_schedule *schedule, uint64_t now_ns)
{
	const uint64_t age_ns = now_ns > schedule->grid_ns ? now_ns - schedule->grid_ns : 0;

	schedule->n_failures = 0;
	schedule->grid_ns += age_ns / schedule->interval_ns * schedule->interval_ns;
	schedule->due_ns = schedule->grid_ns + schedule->interval_ns;
}

void pf_schedule_again(struct pf_schedule *schedule, uint64_t now_ns)
{
	schedule->due_ns = now_ns + AGAIN_MS * PF_NS_PER_MS;
}

void pf_schedule_failure(struct pf_schedule *schedule, uint64_t now_ns)
{
	schedule->n_failures++;
	schedule->due_ns = now_ns + pf_backoff_ms(schedule->n_failures) * PF_NS_PER_MS;
}

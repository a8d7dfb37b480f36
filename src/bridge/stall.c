/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/stall.h"

#include "base/clock.h"
#include "base/memory.h"

#define TICK_NS  PF_NS_PER_S
#define STALL_NS (5 * PF_NS_PER_S)

/* How long, after a stall, messages come in that had been waiting for us. */
#define GRACE_NS PF_NS_PER_S

static void see_alive(struct pf_stall *stall, uint64_t now_ns)
{
	if (now_ns > stall->alive_ns + STALL_NS)
		stall->late_ns = now_ns + GRACE_NS;
	stall->alive_ns = now_ns;
}

static void on_tick(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_stall *stall = PF_OWNER(timer, struct pf_stall, tick);

	see_alive(stall, now_ns);
	pf_timer_set(stall->timers, timer, now_ns + TICK_NS);
}

void pf_stall_init(struct pf_stall *stall, struct pf_timers *timers, uint64_t now_ns)
{
	*stall = (struct pf_stall){.timers = timers, .alive_ns = now_ns};
	pf_timer_init(&stall->tick, on_tick);
	pf_timer_set(timers, &stall->tick, now_ns + TICK_NS);
}

void pf_stall_done(struct pf_stall *stall)
{
	pf_timer_stop(stall->timers, &stall->tick);
}

bool pf_stall_is_stale(struct pf_stall *stall, uint64_t now_ns, uint64_t time_ns)
{
	/* commands are served before timers, so this may be the first to notice */
	see_alive(stall, now_ns);
	return now_ns < stall->late_ns || (now_ns > time_ns && now_ns - time_ns > STALL_NS);
}

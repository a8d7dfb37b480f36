/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"

#include "base/clock.h"
#include "bridge/stall.h"

#define S PF_NS_PER_S

static struct pf_timers timers;
static struct pf_stall stall;

/* Watching since the 100th second. */
static void begin(void)
{
	T_INT(pf_timers_init(&timers, ev_default_loop(0)), 0);
	pf_stall_init(&stall, &timers, 100 * S);
}

static void end(void)
{
	pf_stall_done(&stall);
	pf_timers_done(&timers);
}

/* What the loop does once a second. */
static void tick_at(uint64_t now_ns)
{
	stall.tick.fire(&stall.tick, now_ns);
}

static void a_message_in_a_running_loop_is_fresh(void)
{
	begin();
	T_FALSE(pf_stall_is_stale(&stall, 100 * S, 100 * S));
	tick_at(101 * S);
	tick_at(102 * S);
	T_FALSE(pf_stall_is_stale(&stall, 102 * S + S / 2, 102 * S));
	end();
}

static void a_message_that_waited_in_the_inbox_is_stale(void)
{
	begin();
	for (uint64_t t = 101; t <= 110; t++)
		tick_at(t * S);
	T_FALSE(pf_stall_is_stale(&stall, 110 * S, 105 * S));
	T_TRUE(pf_stall_is_stale(&stall, 110 * S, 105 * S - 1));
	/* a time ahead of ours is no reason */
	T_FALSE(pf_stall_is_stale(&stall, 110 * S, 111 * S));
	end();
}

static void what_comes_right_after_a_stall_is_stale(void)
{
	begin();
	tick_at(101 * S);
	/* received just now, but it had been waiting outside the process */
	T_TRUE(pf_stall_is_stale(&stall, 107 * S, 107 * S));
	T_TRUE(pf_stall_is_stale(&stall, 107 * S + S / 2, 107 * S + S / 2));
	tick_at(107 * S + S / 2);
	T_FALSE(pf_stall_is_stale(&stall, 108 * S, 108 * S));
	end();
}

static void the_tick_notices_a_stall_too(void)
{
	begin();
	tick_at(101 * S);
	tick_at(106 * S + 1);
	T_TRUE(pf_stall_is_stale(&stall, 107 * S, 107 * S));
	T_FALSE(pf_stall_is_stale(&stall, 107 * S + 1, 107 * S + 1));
	end();
}

static void a_short_delay_is_no_stall(void)
{
	begin();
	tick_at(101 * S);
	T_FALSE(pf_stall_is_stale(&stall, 106 * S, 106 * S));
	tick_at(106 * S);
	tick_at(111 * S);
	T_FALSE(pf_stall_is_stale(&stall, 111 * S, 111 * S));
	end();
}

T_MAIN("stall", T(a_message_in_a_running_loop_is_fresh),
	T(a_message_that_waited_in_the_inbox_is_stale), T(what_comes_right_after_a_stall_is_stale),
	T(the_tick_notices_a_stall_too), T(a_short_delay_is_no_stall))

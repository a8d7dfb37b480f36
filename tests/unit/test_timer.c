/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/timer.h"

#define N 200

struct probe {
	struct pf_timer timer;
	uint64_t due_ns;
};

static struct ev_loop *loop;
static struct pf_timers timers;
static struct probe probes[N];
static struct probe *fired[N];
static int n_fired, n_expected;

static void on_fire(struct pf_timer *timer, uint64_t now_ns)
{
	struct probe *probe = PF_OWNER(timer, struct probe, timer);

	T_TRUE(now_ns >= probe->due_ns);
	fired[n_fired++] = probe;
	if (n_fired == n_expected)
		ev_break(loop, EVBREAK_ALL);
}

static void begin(void)
{
	loop = ev_loop_new(EVFLAG_NOENV);
	T_INT(pf_timers_init(&timers, loop), 0);
	n_fired = 0;
	for (int i = 0; i < N; i++)
		pf_timer_init(&probes[i].timer, on_fire);
}

static void end(void)
{
	pf_timers_done(&timers);
	ev_loop_destroy(loop);
}

static void fire_in_the_order_of_their_deadlines(void)
{
	const uint64_t start_ns = pf_clock_now_ns();
	unsigned seed = 7;

	begin();
	for (int i = 0; i < N; i++) {
		seed = seed * 1103515245 + 12345;
		probes[i].due_ns = start_ns + seed / 65536 % 50 * PF_NS_PER_MS;
		pf_timer_set(&timers, &probes[i].timer, probes[i].due_ns);
	}
	/* every third is stopped, every fifth is moved */
	n_expected = N;
	for (int i = 0; i < N; i += 3) {
		pf_timer_stop(&timers, &probes[i].timer);
		pf_timer_stop(&timers, &probes[i].timer);
		n_expected--;
	}
	for (int i = 0; i < N; i += 5) {
		n_expected += probes[i].timer.place == 0;
		probes[i].due_ns = start_ns + (uint64_t)(50 - i / 5) * PF_NS_PER_MS;
		pf_timer_set(&timers, &probes[i].timer, probes[i].due_ns);
	}
	ev_run(loop, 0);
	T_INT(n_fired, n_expected);
	for (int i = 1; i < n_fired; i++)
		T_TRUE(fired[i - 1]->due_ns <= fired[i]->due_ns);
	T_INT(timers.n, 0);
	end();
}

static void past_deadline_fires_at_once(void)
{
	begin();
	n_expected = 2;
	pf_timer_set(&timers, &probes[0].timer, 0);
	pf_timer_set(&timers, &probes[1].timer, pf_clock_now_ns() - PF_NS_PER_S);
	ev_run(loop, 0);
	T_INT(n_fired, 2);
	end();
}

static void never_stops_a_timer(void)
{
	begin();
	pf_timer_set(&timers, &probes[0].timer, 1);
	pf_timer_set(&timers, &probes[0].timer, PF_NEVER);
	ev_run(loop, EVRUN_NOWAIT);
	T_INT(n_fired, 0);
	T_INT(probes[0].timer.place, 0);
	end();
}

T_MAIN("timer", T(fire_in_the_order_of_their_deadlines), T(past_deadline_fires_at_once),
	T(never_stops_a_timer))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Timers of the main loop on CLOCK_BOOTTIME: a deadline that passed while the machine was
 * suspended fires at once when it wakes. libev's own timers stand still meanwhile, so all of ours
 * hang on one timerfd, which is a libev watcher. Main loop only.
 *
 * A timer is embedded in its owner, who stops it before it goes away. Times in ns.
 */

#ifndef PF_BASE_TIMER_H
#define PF_BASE_TIMER_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pf_timer {
	void (*fire)(struct pf_timer *timer, uint64_t now_ns);
	uint64_t due_ns;
	size_t place; /* in the heap, from 1; 0: not running */
};

struct pf_timers {
	struct ev_loop *loop;
	struct ev_io watcher;
	struct pf_timer **heap; /* the earliest first */
	size_t n, capacity;
};

/* Starts the mechanism in a loop. 0 or a negative errno. */
int pf_timers_init(struct pf_timers *timers, struct ev_loop *loop);

/* Ends it; running timers are forgotten. */
void pf_timers_done(struct pf_timers *timers);

/* Makes a timer that does not run. fire is called once per pf_timer_set(). */
void pf_timer_init(struct pf_timer *timer, void (*fire)(struct pf_timer *timer, uint64_t now_ns));

/* (Re)starts a timer for due_ns; PF_NEVER stops it. */
void pf_timer_set(struct pf_timers *timers, struct pf_timer *timer, uint64_t due_ns);

/* Stops a timer; one that does not run is fine. */
void pf_timer_stop(struct pf_timers *timers, struct pf_timer *timer);

#endif

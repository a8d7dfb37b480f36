/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/timer.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"

static void put(struct pf_timers *timers, size_t place, struct pf_timer *timer)
{
	timers->heap[place - 1] = timer;
	timer->place = place;
}

/* Moves a timer from its place towards the root, then towards the leaves, until it fits. */
static void settle(struct pf_timers *timers, struct pf_timer *timer)
{
	size_t place = timer->place;

	while (place > 1 && timers->heap[place / 2 - 1]->due_ns > timer->due_ns) {
		put(timers, place, timers->heap[place / 2 - 1]);
		place /= 2;
	}
	for (size_t child = 2 * place; child <= timers->n; child = 2 * place) {
		if (child < timers->n &&
			timers->heap[child]->due_ns < timers->heap[child - 1]->due_ns)
			child++;
		if (timers->heap[child - 1]->due_ns >= timer->due_ns)
			break;
		put(timers, place, timers->heap[child - 1]);
		place = child;
	}
	put(timers, place, timer);
}

static void take_out(struct pf_timers *timers, struct pf_timer *timer)
{
	struct pf_timer *last = timers->heap[timers->n - 1];
	const size_t place = timer->place;

	timers->n--;
	timer->place = 0;
	if (last == timer)
		return;
	put(timers, place, last);
	settle(timers, last);
}

static void arm(struct pf_timers *timers)
{
	const uint64_t due_ns = timers->n ? timers->heap[0]->due_ns : 0;
	struct itimerspec when = {0};

	if (timers->n) {
		when.it_value.tv_sec = (time_t)(due_ns / PF_NS_PER_S);
		/* all zero would disarm: nothing is due in the first nanosecond after boot */
		when.it_value.tv_nsec = (long)(due_ns % PF_NS_PER_S) | (due_ns == 0);
	}
	(void)timerfd_settime(timers->watcher.fd, TFD_TIMER_ABSTIME, &when, NULL);
}

static void on_timerfd(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct pf_timers *timers = watcher->data;
	const uint64_t now_ns = pf_clock_now_ns();
	uint64_t expirations;

	(void)loop;
	(void)events;
	if (read(watcher->fd, &expirations, sizeof expirations) < 0 && errno != EAGAIN)
		return;
	while (timers->n && timers->heap[0]->due_ns <= now_ns) {
		struct pf_timer *timer = timers->heap[0];

		take_out(timers, timer);
		timer->fire(timer, now_ns);
	}
	arm(timers);
}

int pf_timers_init(struct pf_timers *timers, struct ev_loop *loop)
{
	const int fd = timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	*timers = (struct pf_timers){.loop = loop};
	ev_io_init(&timers->watcher, on_timerfd, fd, EV_READ);
	timers->watcher.data = timers;
	ev_io_start(loop, &timers->watcher);
	return 0;
}

void pf_timers_done(struct pf_timers *timers)
{
	for (size_t i = 0; i < timers->n; i++)
		timers->heap[i]->place = 0;
	ev_io_stop(timers->loop, &timers->watcher);
	close(timers->watcher.fd);
	free(timers->heap);
	*timers = (struct pf_timers){0};
}

void pf_timer_init(struct pf_timer *timer, void (*fire)(struct pf_timer *timer, uint64_t now_ns))
{
	*timer = (struct pf_timer){.fire = fire};
}

void pf_timer_set(struct pf_timers *timers, struct pf_timer *timer, uint64_t due_ns)
{
	const struct pf_timer *first = timers->n ? timers->heap[0] : NULL;

	if (due_ns == PF_NEVER) {
		pf_timer_stop(timers, timer);
		return;
	}
	timer->due_ns = due_ns;
	if (timer->place == 0) {
		if (timers->n == timers->capacity) {
			timers->capacity = timers->capacity ? 2 * timers->capacity : 16;
			timers->heap = pf_reallocarray(
				timers->heap, timers->capacity, sizeof *timers->heap);
		}
		timers->n++;
		put(timers, timers->n, timer);
	}
	settle(timers, timer);
	if (timers->heap[0] != first || timer == first)
		arm(timers);
}

void pf_timer_stop(struct pf_timers *timers, struct pf_timer *timer)
{
	const bool first = timer->place == 1;

	if (timer->place == 0)
		return;
	take_out(timers, timer);
	if (first)
		arm(timers);
}

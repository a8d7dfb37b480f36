/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <semaphore.h>

#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "hw/worker.h"

struct task {
	struct pf_job job;
	sem_t *gate; /* run() waits here, if set */
	sem_t *entered;
	int ran, done;
};

static struct ev_loop *loop;
static int n_done, n_expected;

static void run(struct pf_job *job)
{
	struct task *task = PF_OWNER(job, struct task, job);

	if (task->entered)
		sem_post(task->entered);
	if (task->gate)
		sem_wait(task->gate);
	task->ran++;
}

static void done(struct pf_job *job)
{
	struct task *task = PF_OWNER(job, struct task, job);

	task->done = ++n_done;
	if (n_done == n_expected)
		ev_break(loop, EVBREAK_ALL);
}

static void give_up(struct ev_loop *l, struct ev_timer *timer, int events)
{
	(void)timer;
	(void)events;
	T_STR("deadline of the test", "not reached");
	ev_break(l, EVBREAK_ALL);
}

static void run_loop(int expected)
{
	struct ev_timer deadline;

	n_expected = expected;
	ev_timer_init(&deadline, give_up, 10, 0);
	ev_timer_start(loop, &deadline);
	ev_run(loop, 0);
	ev_timer_stop(loop, &deadline);
}

static void jobs_run_in_order_and_come_back_to_the_loop(void)
{
	struct task tasks[50];
	struct pf_worker *worker;

	loop = ev_loop_new(EVFLAG_NOENV);
	n_done = 0;
	T_INT(pf_worker_new(loop, "i2c-1", &worker), 0);
	T_STR(pf_worker_name(worker), "i2c-1");
	for (int i = 0; i < 50; i++) {
		tasks[i] = (struct task){.job = {run, done}};
		T_TRUE(pf_worker_submit(worker, &tasks[i].job));
	}
	run_loop(50);
	for (int i = 0; i < 50; i++) {
		T_INT(tasks[i].ran, 1);
		T_INT(tasks[i].done, i + 1);
	}
	T_INT(pf_worker_busy_ns(worker, pf_clock_now_ns()), 0);
	T_TRUE(pf_worker_free(worker));
	ev_loop_destroy(loop);
}

static void hung_call_is_reported_and_not_waited_for(void)
{
	/* static: the thread that is left behind still uses them */
	static struct task hung, waiting;
	static sem_t gate, entered;
	struct pf_worker *worker;
	uint64_t start_ns;

	sem_init(&gate, 0, 0);
	sem_init(&entered, 0, 0);
	hung = (struct task){.job = {run, done}, .gate = &gate, .entered = &entered};
	waiting = (struct task){.job = {run, done}};
	loop = ev_loop_new(EVFLAG_NOENV);
	T_INT(pf_worker_new(loop, "w1", &worker), 0);
	start_ns = pf_clock_now_ns();
	T_TRUE(pf_worker_submit(worker, &hung.job));
	T_TRUE(pf_worker_submit(worker, &waiting.job));
	sem_wait(&entered);
	T_TRUE(pf_worker_busy_ns(worker, start_ns + 60 * PF_NS_PER_S) > 50 * PF_NS_PER_S);
	start_ns = pf_clock_now_ns();
	T_FALSE(pf_worker_free(worker));
	T_TRUE(pf_clock_now_ns() - start_ns < 2 * PF_NS_PER_S);
	T_INT(waiting.ran, 0);
	sem_post(&gate);
}

T_MAIN("worker", T(jobs_run_in_order_and_come_back_to_the_loop),
	T(hung_call_is_reported_and_not_waited_for))

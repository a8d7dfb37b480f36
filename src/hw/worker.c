/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/worker.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"

/* The oldest Raspberry Pi has no atomic access to 64 bits; 32 bits of these last for 13 years. */
#define NS_PER_TENTH (100 * PF_NS_PER_MS)

/* How long pf_worker_free() waits for the call under way. */
#define END_MS 200

struct pf_worker {
	struct ev_loop *loop;
	struct ev_async finished; /* wakes the loop to call done() */
	struct pf_mailbox todo, done;
	struct pf_mailbox ended; /* the thread's last word */
	pthread_t thread;
	_Atomic uint32_t busy_since_tenths; /* rounded up; 0: idle */
	char *name;
};

static void *work(void *argument)
{
	struct pf_worker *worker = argument;
	struct pf_job *job;

	while ((job = pf_mailbox_wait(&worker->todo, UINT32_MAX))) {
		atomic_store(&worker->busy_since_tenths,
			(uint32_t)(pf_clock_now_ns() / NS_PER_TENTH + 1));
		job->run(job);
		atomic_store(&worker->busy_since_tenths, 0);
		/* never full: it has room for more than todo and the job under way */
		(void)pf_mailbox_put(&worker->done, job);
		ev_async_send(worker->loop, &worker->finished);
	}
	(void)pf_mailbox_put(&worker->ended, worker);
	return NULL;
}

static void on_finished(struct ev_loop *loop, struct ev_async *watcher, int events)
{
	struct pf_worker *worker = watcher->data;
	struct pf_job *job;

	(void)loop;
	(void)events;
	while ((job = pf_mailbox_take(&worker->done)))
		job->done(job);
}

static void release(struct pf_worker *worker)
{
	pf_mailbox_done(&worker->todo);
	pf_mailbox_done(&worker->done);
	pf_mailbox_done(&worker->ended);
	free(worker->name);
	free(worker);
}

int pf_worker_new(struct ev_loop *loop, const char *name, struct pf_worker **ret_worker)
{
	struct pf_worker *worker = pf_calloc(1, sizeof *worker);
	char thread_name[16];
	int r;

	worker->loop = loop;
	worker->name = pf_strdup(name);
	pf_mailbox_init(&worker->todo, PF_WORKER_JOBS_MAX);
	pf_mailbox_init(&worker->done, PF_WORKER_JOBS_MAX + 2);
	pf_mailbox_init(&worker->ended, 1);
	ev_async_init(&worker->finished, on_finished);
	worker->finished.data = worker;
	ev_set_priority(&worker->finished, EV_MINPRI); /* readings after commands and timers */
	(void)snprintf(thread_name, sizeof thread_name, "bus %s", name);
	r = pf_thread_start(thread_name, work, worker, &worker->thread);
	if (r) {
		release(worker);
		return r;
	}
	ev_async_start(loop, &worker->finished);
	/* the loop does not live for its workers' sake */
	ev_unref(loop);
	*ret_worker = worker;
	return 0;
}

bool pf_worker_free(struct pf_worker *worker)
{
	if (!worker)
		return true;
	ev_ref(worker->loop);
	ev_async_stop(worker->loop, &worker->finished);
	while (pf_mailbox_take(&worker->todo))
		;
	pf_mailbox_close(&worker->todo);
	/* an idle one ends at once; one that hangs in a call is left alone */
	if (!pf_mailbox_wait(&worker->ended, END_MS)) {
		pthread_detach(worker->thread);
		return false;
	}
	pthread_join(worker->thread, NULL);
	release(worker);
	return true;
}

bool pf_worker_submit(struct pf_worker *worker, struct pf_job *job)
{
	return pf_mailbox_put(&worker->todo, job);
}

uint64_t pf_worker_busy_ns(const struct pf_worker *worker, uint64_t now_ns)
{
	const uint64_t since_ns = atomic_load(&worker->busy_since_tenths) * NS_PER_TENTH;

	return since_ns && now_ns > since_ns ? now_ns - since_ns : 0;
}

const char *pf_worker_name(const struct pf_worker *worker)
{
	return worker->name;
}

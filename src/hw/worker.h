/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A worker: one thread that makes the blocking calls of one bus, in the order they were asked
 * for. So drivers of a bus never run at the same time and never block the main loop.
 *
 * A job is embedded in its owner. From pf_worker_submit() until its done() the job belongs to the
 * worker: the owner leaves what run() uses alone. A worker that hangs in a call is reported by
 * pf_worker_busy_ns() and never waited for.
 *
 * All functions are called from the main loop; run() is called on the worker's thread with all
 * signals blocked, done() in the main loop.
 */

#ifndef PF_HW_WORKER_H
#define PF_HW_WORKER_H

#include <ev.h>
#include <stdbool.h>
#include <stdint.h>

struct pf_worker;

struct pf_job {
	void (*run)(struct pf_job *job);
	void (*done)(struct pf_job *job);
};

/* Most jobs that can wait in one worker; each user has at most one or two under way. */
#define PF_WORKER_JOBS_MAX 4096

/* Starts a worker. name is copied ("i2c-1"). 0 or a negative errno. */
int pf_worker_new(struct ev_loop *loop, const char *name, struct pf_worker **ret_worker);

/*
 * Ends the worker: jobs not yet run are forgotten without done(). Waits
 * 0.2 s at most. Returns true if everything is freed; false if the thread hangs in a job: then
 * thread and worker are left behind, and whatever run() may still touch must not be freed either.
 * NULL is fine (true).
 */
bool pf_worker_free(struct pf_worker *worker);

/* Hands a job over. false: too many jobs wait; the job still belongs to the caller. */
bool pf_worker_submit(struct pf_worker *worker, struct pf_job *job);

/* How long, at now_ns, the job under way has been running, to a tenth of a second; 0 if none is. */
uint64_t pf_worker_busy_ns(const struct pf_worker *worker, uint64_t now_ns);

/* The name given. */
const char *pf_worker_name(const struct pf_worker *worker);

#endif

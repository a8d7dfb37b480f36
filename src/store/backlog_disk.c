/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/backlog_disk.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "hw/worker.h"
#include "store/backlog_clean.h"
#include "store/backlog_file.h"
#include "store/backlog_plan.h"

#define FOLDER "buffer"

struct pf_backlog_disks {
	struct pf_backlog_host host;
	struct pf_worker *worker;
	char *folder;
};

struct pf_backlog_disk {
	struct pf_backlog_disks *all;
	struct pf_backlog *backlog; /* NULL: dropped, freed when the job has come back */
	char *name, *path;
	void (*loaded)(void *user, size_t n_dropped);
	void *user;
	bool is_loaded;
	struct pf_timer timer;

	struct pf_backlog_on_disk now;
	uint32_t n_failures; /* in a row */

	/* a job under way: the worker's then */
	struct pf_job job;
	bool busy;
	enum pf_backlog_work work; /* PF_BACKLOG_NOTHING: reads the file */
	struct pf_backlog_text text;
	struct pf_backlog_found found;
	int result;
	struct pf_backlog_on_disk after; /* what is known if it succeeds */
};

/* ---- on the worker ----------------------------------------------------------------------------
 */

static void run(struct pf_job *job)
{
	struct pf_backlog_disk *disk = PF_OWNER(job, struct pf_backlog_disk, job);

	switch (disk->work) {
	case PF_BACKLOG_NOTHING:
		disk->result = pf_backlog_file_load(disk->path, &disk->found);
		break;
	case PF_BACKLOG_APPEND:
		disk->result = pf_backlog_file_append(
			disk->path, disk->text.bytes, disk->text.size);
		break;
	case PF_BACKLOG_COMPACT:
		disk->result = pf_backlog_file_compact(disk->path, &disk->after.n_lines);
		break;
	case PF_BACKLOG_REMOVE:
		disk->result = pf_backlog_file_remove(disk->path);
		break;
	case PF_BACKLOG_SYNC:
		disk->result = pf_backlog_file_sync(disk->path);
		break;
	}
}

/* ---- what came of it --------------------------------------------------------------------------
 */

static void free_disk(struct pf_backlog_disk *disk)
{
	pf_timer_stop(disk->all->host.timers, &disk->timer);
	pf_backlog_found_done(&disk->found);
	free(disk->text.bytes);
	free(disk->name);
	free(disk->path);
	free(disk);
}

/* An earlier run has left this, or what it has left cannot be read and goes. */
static void take_loaded(struct pf_backlog_disk *disk)
{
	struct pf_backlog_found *found = &disk->found;
	size_t n_dropped;

	if (disk->result < 0)
		pf_warning("sensor %s: the readings in %s cannot be read and are dropped: %s",
			disk->name, disk->path, strerror(-disk->result));
	if (found->n_bad > 0)
		pf_warning("sensor %s: %zu torn or garbled lines in %s are passed over", disk->name,
			found->n_bad, disk->path);
	if (found->n > 0)
		pf_notice("sensor %s: %zu readings of an earlier run are to be sent", disk->name,
			found->n);
	disk->now.n_lines = disk->result < 0 ? 1 : found->n_lines + found->n_bad;
	disk->now.written_id = found->last_id;
	n_dropped = pf_backlog_load(disk->backlog, found->readings, found->n, found->last_id);
	disk->now.gone_id = pf_backlog_gone_until(disk->backlog);
	free(found->readings);
	*found = (struct pf_backlog_found){0};
	disk->is_loaded = true;
	disk->loaded(disk->user, n_dropped);
}

static void take_failure(struct pf_backlog_disk *disk)
{
	const struct pf_backlog_host *host = &disk->all->host;

	if (disk->n_failures++ == 0) {
		pf_warning("sensor %s: %s cannot be written: %s; readings wait in memory only",
			disk->name, disk->path, strerror(-disk->result));
		host->failed(host->user);
	}
	pf_timer_set(host->timers, &disk->timer,
		pf_clock_now_ns() + pf_backoff_ms(disk->n_failures) * PF_NS_PER_MS);
}

static void take_success(struct pf_backlog_disk *disk)
{
	if (disk->n_failures > 0)
		pf_notice("sensor %s: %s is written again", disk->name, disk->path);
	disk->n_failures = 0;
	disk->now = disk->after;
}

static void done(struct pf_job *job)
{
	struct pf_backlog_disk *disk = PF_OWNER(job, struct pf_backlog_disk, job);

	disk->busy = false;
	if (!disk->backlog) {
		free_disk(disk);
		return;
	}
	if (!disk->is_loaded)
		take_loaded(disk);
	else if (disk->result < 0)
		take_failure(disk);
	else
		take_success(disk);
	pf_backlog_disk_changed(disk);
}

static void submit(struct pf_backlog_disk *disk)
{
	/* never full: each sensor has this one job, and there are fewer sensors than places */
	disk->busy = pf_worker_submit(disk->all->worker, &disk->job);
}

void pf_backlog_disk_changed(struct pf_backlog_disk *disk)
{
	const struct pf_backlog_host *host = &disk->all->host;
	uint64_t next_ns = PF_NEVER;

	/* a failed write waits for its next try */
	if (disk->busy || !disk->is_loaded || (disk->n_failures > 0 && disk->timer.place))
		return;
	disk->work = pf_backlog_plan(&disk->now, disk->backlog, pf_clock_now_ns(),
		host->is_connected(host->user), &disk->text, &disk->after, &next_ns);
	if (disk->work != PF_BACKLOG_NOTHING)
		submit(disk);
	if (disk->timer.place ? disk->timer.due_ns != next_ns : next_ns != PF_NEVER)
		pf_timer_set(host->timers, &disk->timer, next_ns);
}

static void on_timer(struct pf_timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	pf_backlog_disk_changed(PF_OWNER(timer, struct pf_backlog_disk, timer));
}

/* ---- life -------------------------------------------------------------------------------------
 */

bool pf_backlog_disks_are_there(const char *state_dir)
{
	char *folder = pf_format("%s/" FOLDER, state_dir);
	const bool there = access(folder, F_OK) == 0;

	free(folder);
	return there;
}

int pf_backlog_disks_new(const struct pf_backlog_host *host, const struct pf_config *config,
	struct pf_backlog_disks **ret_disks)
{
	struct pf_backlog_disks *disks = pf_calloc(1, sizeof *disks);
	const int r = pf_worker_new(host->loop, FOLDER, &disks->worker);

	if (r < 0) {
		free(disks);
		return r;
	}
	disks->host = *host;
	disks->folder = pf_format("%s/" FOLDER, config->state_dir);
	pf_backlog_clean_others(disks->worker, disks->folder, config);
	*ret_disks = disks;
	return 0;
}

struct pf_backlog_disk *pf_backlog_disk_new(struct pf_backlog_disks *disks, const char *name,
	struct pf_backlog *backlog, void (*loaded)(void *user, size_t n_dropped), void *user)
{
	struct pf_backlog_disk *disk = pf_calloc(1, sizeof *disk);

	disk->all = disks;
	disk->backlog = backlog;
	disk->name = pf_strdup(name);
	disk->path = pf_format("%s/%s", disks->folder, name);
	disk->loaded = loaded;
	disk->user = user;
	disk->job = (struct pf_job){.run = run, .done = done};
	pf_timer_init(&disk->timer, on_timer);
	disk->work = PF_BACKLOG_NOTHING;
	submit(disk);
	return disk;
}

bool pf_backlog_disk_is_loaded(const struct pf_backlog_disk *disk)
{
	return disk->is_loaded;
}

void pf_backlog_disk_drop(struct pf_backlog_disk *disk)
{
	if (!disk)
		return;
	pf_timer_stop(disk->all->host.timers, &disk->timer);
	/* behind a job that is under way, and before any that comes for the same name */
	pf_backlog_clean_one(disk->all->worker, disk->path);
	disk->backlog = NULL;
	if (!disk->busy)
		free_disk(disk);
}

/* ---- the end ----------------------------------------------------------------------------------
 */

/* Runs the job here and now. */
static int run_now(struct pf_backlog_disk *disk, enum pf_backlog_work work)
{
	disk->work = work;
	run(&disk->job);
	return disk->result;
}

/* A job was under way: what it has come to is seen in the file. */
static void look_again(struct pf_backlog_disk *disk)
{
	struct pf_backlog_found *found = &disk->found;

	pf_backlog_found_done(found);
	(void)run_now(disk, PF_BACKLOG_NOTHING);
	if (!disk->is_loaded) {
		take_loaded(disk);
		return;
	}
	disk->now.n_lines = found->n_lines + found->n_bad;
	if (disk->now.n_lines > 0)
		disk->now.written_id = found->last_id;
	disk->now.gone_id = 0;
	pf_backlog_found_done(found);
}

static int write_rest(struct pf_backlog_disk *disk)
{
	enum pf_backlog_work work;

	while ((work = pf_backlog_plan_end(&disk->now, disk->backlog, &disk->text, &disk->after))) {
		if (run_now(disk, work) < 0)
			return disk->result;
		disk->now = disk->after;
	}
	return run_now(disk, PF_BACKLOG_SYNC);
}

bool pf_backlog_disk_free(struct pf_backlog_disk *disk)
{
	int r;

	if (disk->busy || !disk->is_loaded)
		look_again(disk);
	r = write_rest(disk);
	if (r < 0 && disk->n_failures == 0)
		pf_warning("sensor %s: %s cannot be written: %s", disk->name, disk->path,
			strerror(-r));
	free_disk(disk);
	return r == 0;
}

bool pf_backlog_disks_end(struct pf_backlog_disks *disks)
{
	struct pf_worker *worker = disks->worker;

	disks->worker = NULL;
	return pf_worker_free(worker);
}

void pf_backlog_disks_free(struct pf_backlog_disks *disks)
{
	if (!disks)
		return;
	free(disks->folder);
	free(disks);
}

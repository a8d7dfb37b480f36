/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/kept_file.h"

#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "hw/worker.h"
#include "store/state_file.h"

/* Changes within this time after a write are written together. */
#define GAP_MS 500

/* The same for what must not wait. */
#define URGENT_GAP_MS 50

struct pf_kept_file {
	struct pf_timers *timers;
	struct pf_worker *worker;
	struct pf_kept_source source;
	char *state_dir;
	char *written; /* what is on the disk, or NULL: not known */
	struct pf_timer write;
	uint64_t written_ns; /* when a write began the last time */
	bool urgent;         /* what is to be written next */
	uint32_t n_failures; /* in a row */
	/* a write under way; the job and its text are the worker's then */
	struct pf_job job;
	bool busy, again;
	char *text;
	int result;
};

/* What is behind is not to be obeyed: better none. */
static void write_text(struct pf_kept_file *file, const char *text)
{
	file->result = pf_state_file_write(file->state_dir, file->source.name, text);
	if (file->result < 0)
		(void)pf_state_file_remove(file->state_dir, file->source.name);
}

static void run(struct pf_job *job)
{
	struct pf_kept_file *file = PF_OWNER(job, struct pf_kept_file, job);

	write_text(file, file->text);
}

static uint64_t gap_end_ns(const struct pf_kept_file *file)
{
	return file->written_ns + (file->urgent ? URGENT_GAP_MS : GAP_MS) * PF_NS_PER_MS;
}

static void report(struct pf_kept_file *file)
{
	if (file->result == 0 && file->n_failures)
		pf_notice("%s/%s: written again", file->state_dir, file->source.name);
	else if (file->result < 0 && !file->n_failures)
		pf_warning("%s/%s: cannot be written: %s; %s", file->state_dir, file->source.name,
			strerror(-file->result), file->source.loss);
	file->n_failures = file->result < 0 ? file->n_failures + 1 : 0;
}

static void done(struct pf_job *job)
{
	struct pf_kept_file *file = PF_OWNER(job, struct pf_kept_file, job);

	file->busy = false;
	report(file);
	free(file->written);
	file->written = file->result == 0 ? file->text : NULL;
	if (file->result < 0)
		free(file->text);
	file->text = NULL;
	if (file->n_failures)
		pf_timer_set(file->timers, &file->write,
			pf_clock_now_ns() + pf_backoff_ms(file->n_failures) * PF_NS_PER_MS);
	else if (file->again)
		pf_timer_set(file->timers, &file->write, gap_end_ns(file));
}

static void on_write(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_kept_file *file = PF_OWNER(timer, struct pf_kept_file, write);

	file->text = file->source.make_text(file->source.user);
	file->again = file->urgent = false;
	/* the worker always has room: there is this one job */
	if (!file->written || strcmp(file->text, file->written) != 0)
		file->busy = pf_worker_submit(file->worker, &file->job);
	if (file->busy) {
		file->written_ns = now_ns;
		return;
	}
	free(file->text);
	file->text = NULL;
}

void pf_kept_file_changed(struct pf_kept_file *file, bool urgent)
{
	file->urgent = file->urgent || urgent;
	if (file->busy)
		file->again = true;
	else if (!file->n_failures ||
		 !file->write.place) /* a failed write waits for its next try */
		pf_timer_set(file->timers, &file->write, gap_end_ns(file));
}

int pf_kept_file_new(struct ev_loop *loop, struct pf_timers *timers, const char *state_dir,
	const struct pf_kept_source *source, const char *text, struct pf_kept_file **ret_file)
{
	struct pf_kept_file *file = pf_calloc(1, sizeof *file);
	const int r = pf_worker_new(loop, source->name, &file->worker);

	if (r < 0) {
		free(file);
		return r;
	}
	file->timers = timers;
	file->source = *source;
	file->state_dir = pf_strdup(state_dir);
	file->written = text ? pf_strdup(text) : NULL;
	file->job = (struct pf_job){.run = run, .done = done};
	pf_timer_init(&file->write, on_write);
	*ret_file = file;
	return 0;
}

void pf_kept_file_free(struct pf_kept_file *file)
{
	char *text;

	if (!file)
		return;
	pf_timer_stop(file->timers, &file->write);
	if (!pf_worker_free(file->worker)) {
		/* the job still uses the file */
		pf_warning("%s/%s: the disk hangs, it may be out of date", file->state_dir,
			file->source.name);
		return;
	}
	text = file->source.make_text(file->source.user);
	if (file->busy || !file->written || strcmp(text, file->written) != 0) {
		write_text(file, text);
		report(file);
	}
	free(text);
	free(file->text);
	free(file->written);
	free(file->state_dir);
	free(file);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/record_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bridge/record_file.h"
#include "hw/worker.h"
#include "output/interlock.h"

/* Changes within this time after a write are written together. */
#define GAP_MS 500

/* The same where a crash before the write would leave a relay as it is for good. */
#define URGENT_GAP_MS 50

struct pf_record_store {
	struct pf_timers *timers;
	struct pf_worker *worker;
	char *state_dir;
	char boot_id[PF_BOOT_ID_SIZE];
	struct pf_record old; /* of the last run, but for the lines that are in the new one */
	struct pf_record record;
	struct pf_timer write;
	uint64_t written_ns; /* when a write began the last time */
	char *written;       /* what is on the disk, or NULL: not known */
	/* a write under way; the job and its text are the worker's then */
	struct pf_job job;
	bool busy, again;
	bool urgent; /* what is to be written next */
	char *text;
	int result;
	uint32_t n_failures; /* in a row */
};

/* The new record and what is left of the old one, as text; to be freed. */
static char *make_text(const struct pf_record_store *store)
{
	const size_t n = store->record.n, n_old = store->old.n;
	struct pf_record all = store->record;
	char *text;

	all.n = n + n_old;
	all.outputs = pf_calloc(all.n, sizeof *all.outputs);
	for (size_t i = 0; i < all.n; i++)
		all.outputs[i] = i < n ? store->record.outputs[i] : store->old.outputs[i - n];
	text = pf_record_encode(&all);
	free(all.outputs);
	return text;
}

static void run(struct pf_job *job)
{
	struct pf_record_store *store = PF_OWNER(job, struct pf_record_store, job);

	store->result = pf_record_write(store->state_dir, store->text);
}

static void schedule(struct pf_record_store *store, uint64_t due_ns)
{
	store->again = store->busy;
	if (!store->busy)
		pf_timer_set(store->timers, &store->write, due_ns);
}

static void take_result(struct pf_record_store *store)
{
	if (store->result == 0) {
		if (store->n_failures)
			pf_notice("record in %s: written again", store->state_dir);
		store->n_failures = 0;
		free(store->written);
		store->written = store->text;
	} else {
		if (!store->n_failures++)
			pf_warning("record in %s: cannot be written: %s; after a crash the "
				   "outputs' states are not known",
				store->state_dir, strerror(-store->result));
		free(store->text);
	}
	store->text = NULL;
}

static uint64_t gap_end_ns(const struct pf_record_store *store)
{
	return store->written_ns + (store->urgent ? URGENT_GAP_MS : GAP_MS) * PF_NS_PER_MS;
}

static void done(struct pf_job *job)
{
	struct pf_record_store *store = PF_OWNER(job, struct pf_record_store, job);

	store->busy = false;
	take_result(store);
	if (store->n_failures)
		schedule(
			store, pf_clock_now_ns() + pf_backoff_ms(store->n_failures) * PF_NS_PER_MS);
	else if (store->again)
		schedule(store, gap_end_ns(store));
}

static void on_write(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_record_store *store = PF_OWNER(timer, struct pf_record_store, write);

	store->text = make_text(store);
	if (store->written && strcmp(store->text, store->written) == 0) {
		free(store->text);
		store->text = NULL;
		return;
	}
	store->written_ns = now_ns;
	store->again = store->urgent = false;
	store->busy = pf_worker_submit(store->worker, &store->job);
	/* never full: there is this one job */
	if (!store->busy)
		free(store->text);
}

/* A change: it is written soon, at once if the last write was some time ago. */
static void change(struct pf_record_store *store)
{
	const uint64_t due_ns = gap_end_ns(store), now_ns = pf_clock_now_ns();

	/* a failed write waits for its next try */
	if (!store->n_failures || !store->write.place)
		schedule(store, due_ns > now_ns ? due_ns : now_ns);
}

/* Times of another boot say nothing in this one. */
static void forget_times(struct pf_record *record)
{
	for (size_t i = 0; i < record->n; i++)
		record->outputs[i].on_ns = record->outputs[i].off_ns =
			record->outputs[i].period_ns = 0;
}

static void load_old(struct pf_record_store *store, const struct pf_board *board, bool needed)
{
	const int r = pf_record_load(store->state_dir, board, &store->old);

	if (r == 0 && !pf_record_is_of(&store->old, store->boot_id))
		forget_times(&store->old);
	if (r == 0 || (r == -ENOENT && !needed))
		return;
	pf_warning("record in %s: %s; outputs with initial = \"last\" start off", store->state_dir,
		r == -ENOENT    ? "there is none"
		: r == -EBADMSG ? "torn or garbled"
		: r == -EXDEV   ? "of another board"
				: strerror(-r));
}

int pf_record_store_new(struct ev_loop *loop, struct pf_timers *timers, const char *state_dir,
	const char *driver_dir, const struct pf_board *board, bool needed,
	struct pf_record_store **ret_store)
{
	struct pf_record_store *store = pf_calloc(1, sizeof *store);
	char *board_name;
	const int r = pf_worker_new(loop, "record", &store->worker);

	if (r < 0) {
		free(store);
		return r;
	}
	store->timers = timers;
	store->state_dir = pf_strdup(state_dir);
	store->job = (struct pf_job){.run = run, .done = done};
	pf_timer_init(&store->write, on_write);
	pf_record_boot_id(store->boot_id);
	board_name = pf_record_board(board);
	pf_record_init(&store->record, store->boot_id, board_name, driver_dir);
	free(board_name);
	load_old(store, board, needed);
	change(store);
	*ret_store = store;
	return 0;
}

void pf_record_store_free(struct pf_record_store *store)
{
	char *text;

	if (!store)
		return;
	pf_timer_stop(store->timers, &store->write);
	if (!pf_worker_free(store->worker)) {
		/* the job still uses the store */
		pf_warning("record in %s: the disk hangs, it may be out of date", store->state_dir);
		return;
	}
	text = make_text(store);
	if (!store->written || store->busy || strcmp(text, store->written) != 0)
		store->result = pf_record_write(store->state_dir, text);
	if (store->result < 0 && !store->n_failures)
		pf_warning("record in %s: cannot be written: %s", store->state_dir,
			strerror(-store->result));
	free(text);
	free(store->text);
	free(store->written);
	free(store->state_dir);
	pf_record_done(&store->old);
	pf_record_done(&store->record);
	free(store);
}

struct pf_record *pf_record_store_old(struct pf_record_store *store)
{
	return &store->old;
}

void pf_record_store_changed(struct pf_record_store *store)
{
	change(store);
}

struct pf_history pf_record_store_history(const struct pf_record_store *store,
	const struct pf_output_config *config, const struct pf_line_info *line, uint64_t now_ns)
{
	/* one that was removed and has come back in the same run is in the new record */
	if (pf_record_find(&store->record, config->driver->name, line))
		return pf_record_history(&store->record, store->boot_id, config, line, now_ns);
	return pf_record_history(
		&store->old, store->old.boot_id ? store->old.boot_id : "", config, line, now_ns);
}

/*
 * Whether a pulse has begun that only the record can end after a crash: else the line is left as
 * it is, with this `on_exit`.
 */
static bool is_urgent(const struct pf_record_store *store, const struct pf_output *output,
	const struct pf_line_info *line)
{
	const struct pf_recorded *recorded = pf_record_find(
		&store->record, output->config->driver->name, line);
	bool level;

	return output->config->on_exit == PF_ON_EXIT_KEEP && pf_output_unfinished(output, &level) &&
	       !(recorded && recorded->unfinished);
}

void pf_record_store_set(struct pf_record_store *store, const struct pf_output *output,
	const struct pf_line_info *line)
{
	const char *driver = output->config->driver->name;
	bool was_old;

	/* until it is held, the last run knows more */
	if (!output->started)
		return;
	store->urgent = store->urgent || is_urgent(store, output, line);
	was_old = pf_record_remove(&store->old, driver, line);
	if (pf_record_set(&store->record, output, line,
		    output->group ? output->group->dead_time_ms : 0) ||
		was_old)
		change(store);
}

void pf_record_store_remove(
	struct pf_record_store *store, const char *driver, const struct pf_line_info *line)
{
	const bool was_old = pf_record_remove(&store->old, driver, line);

	if (pf_record_remove(&store->record, driver, line) || was_old)
		change(store);
}

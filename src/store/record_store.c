/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/record_store.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "store/kept_file.h"
#include "store/record_file.h"

struct pf_record_store {
	struct pf_held *held;
	struct pf_kept_file *file;
	struct pf_record old; /* of the last run, but for the lines that are in the new one */
	struct pf_record record;
	unsigned n_open; /* begun and not ended yet */
	bool changed;    /* since then */
	bool failing;    /* the last write of what is held did */
};

/* ---- writing ------------------------------------------------------------------------------ */

/* The new record and what is left of the old one; its lines are borrowed, their list is not. */
static struct pf_record all_of(const struct pf_record_store *store)
{
	const size_t n = store->record.n, n_old = store->old.n;
	struct pf_record all = store->record;

	all.n = n + n_old;
	all.outputs = pf_calloc(all.n, sizeof *all.outputs);
	for (size_t i = 0; i < all.n; i++)
		all.outputs[i] = i < n ? store->record.outputs[i] : store->old.outputs[i - n];
	return all;
}

/* What the disk is to have. */
static char *make_text(void *user)
{
	struct pf_record all = all_of(user);
	char *text = pf_record_encode_last(&all);

	free(all.outputs);
	return text;
}

static void report(struct pf_record_store *store, int r)
{
	if (r == 0 && store->failing)
		pf_notice("record in %s: written again", pf_held_path(store->held));
	else if (r < 0 && !store->failing)
		pf_warning("record in %s: cannot be written: %s; after a crash the outputs' states "
			   "are not known",
			pf_held_path(store->held), strerror(-r));
	store->failing = r < 0;
}

static void write_held(struct pf_record_store *store)
{
	struct pf_record all = all_of(store);

	report(store, pf_held_write(store->held, &all));
	free(all.outputs);
}

/* on_disk: whether that is to know, too. */
static void changed(struct pf_record_store *store, bool on_disk)
{
	if (on_disk)
		pf_kept_file_changed(store->file, false);
	store->changed = true;
	if (store->n_open)
		return;
	store->changed = false;
	write_held(store);
}

void pf_record_store_begin(struct pf_record_store *store)
{
	store->n_open++;
}

void pf_record_store_end(struct pf_record_store *store)
{
	store->n_open--;
	if (!store->n_open && store->changed)
		changed(store, false);
}

void pf_record_store_changed(struct pf_record_store *store)
{
	changed(store, true);
}

/* ---- life --------------------------------------------------------------------------------- */

static const char *explain(int error)
{
	switch (-error) {
	case ENOENT:
		return "there is none";
	case EBADMSG:
		return "torn or garbled";
	case EXDEV:
		return "of another machine or board";
	default:
		return strerror(-error);
	}
}

static void load_old(struct pf_record_store *store, const char *state_dir,
	const struct pf_board *board, bool needed)
{
	int r = pf_held_load(store->held, board, &store->old);

	if (r == -EBADMSG)
		pf_warning("record in %s: torn or garbled; what the last run has left is not known",
			pf_held_path(store->held));
	/* the disk may be behind what was held in this boot */
	if (r == -ENOENT) {
		r = pf_record_load(state_dir, board, &store->old);
		if (r < 0 && (r != -ENOENT || needed))
			pf_warning("record in %s: %s; outputs with initial = \"last\" start off",
				state_dir, explain(r));
	}
}

int pf_record_store_new(struct ev_loop *loop, struct pf_timers *timers, struct pf_held *held,
	const char *state_dir, const char *driver_dir, const struct pf_board *board, bool needed,
	struct pf_record_store **ret_store)
{
	struct pf_record_store *store = pf_calloc(1, sizeof *store);
	const struct pf_kept_source source = {.name = "record",
		.loss = "after a boot outputs with initial = \"last\" start off",
		.make_text = make_text,
		.user = store};
	const int r = pf_kept_file_new(loop, timers, state_dir, &source, NULL, &store->file);

	if (r < 0) {
		free(store);
		return r;
	}
	store->held = held;
	pf_held_init(held, board, driver_dir, &store->record);
	load_old(store, state_dir, board, needed);
	pf_kept_file_changed(store->file, false);
	*ret_store = store;
	return 0;
}

void pf_record_store_free(struct pf_record_store *store)
{
	if (!store)
		return;
	pf_kept_file_free(store->file);
	pf_record_done(&store->old);
	pf_record_done(&store->record);
	free(store);
}

struct pf_record *pf_record_store_old(struct pf_record_store *store)
{
	return &store->old;
}

/* ---- lines -------------------------------------------------------------------------------- */

const struct pf_recorded *pf_record_store_find(
	const struct pf_record_store *store, const char *driver, const struct pf_line_info *line)
{
	/* one that was removed and has come back in the same run is in the new record */
	const struct pf_recorded *recorded = pf_record_find(&store->record, driver, line);

	return recorded ? recorded : pf_record_find(&store->old, driver, line);
}

const struct pf_recorded *pf_record_store_find_key(
	const struct pf_record_store *store, const char *driver, const char *key)
{
	const struct pf_recorded *recorded = pf_record_find_key(&store->record, driver, key);

	return recorded ? recorded : pf_record_find_key(&store->old, driver, key);
}

/* Whether the disk is to know what is different now. */
static bool is_lasting(const struct pf_recorded *before, const struct pf_recorded *recorded)
{
	return !before || before->last != recorded->last ||
	       before->active_low != recorded->active_low ||
	       strcmp(before->name, recorded->name) != 0;
}

void pf_record_store_set(struct pf_record_store *store, const struct pf_recorded *recorded,
	const struct pf_line_info *line)
{
	const bool lasting = is_lasting(
		pf_record_find(&store->record, recorded->driver, line), recorded);
	const bool was_old = pf_record_remove(&store->old, recorded->driver, line);

	if (pf_record_set(&store->record, recorded) || was_old)
		changed(store, lasting || was_old);
}

void pf_record_store_remove(
	struct pf_record_store *store, const char *driver, const struct pf_line_info *line)
{
	const bool was_old = pf_record_remove(&store->old, driver, line);

	if (pf_record_remove(&store->record, driver, line) || was_old)
		changed(store, true);
}

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
	struct pf_kept_file *file;
	char boot_id[PF_BOOT_ID_SIZE];
	struct pf_record old; /* of the last run, but for the lines that are in the new one */
	struct pf_record record;
};

/* The new record and what is left of the old one, as text; to be freed. */
static char *make_text(void *user)
{
	const struct pf_record_store *store = user;
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

/* Times of another boot say nothing in this one. */
static void forget_times(struct pf_record *record)
{
	for (size_t i = 0; i < record->n; i++)
		record->outputs[i].on_ns = record->outputs[i].off_ns =
			record->outputs[i].period_ns = 0;
}

static void load_old(struct pf_record_store *store, const char *state_dir,
	const struct pf_board *board, bool needed)
{
	const int r = pf_record_load(state_dir, board, &store->old);

	if (r == 0 && !pf_record_is_of(&store->old, store->boot_id))
		forget_times(&store->old);
	if (r == 0 || (r == -ENOENT && !needed))
		return;
	pf_warning("record in %s: %s; outputs with initial = \"last\" start off", state_dir,
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
	const struct pf_kept_source source = {.name = "record",
		.loss = "after a crash the outputs' states are not known",
		.make_text = make_text,
		.user = store};
	char *board_name;
	const int r = pf_kept_file_new(loop, timers, state_dir, &source, NULL, &store->file);

	if (r < 0) {
		free(store);
		return r;
	}
	pf_record_boot_id(store->boot_id);
	board_name = pf_record_board(board);
	pf_record_init(&store->record, store->boot_id, board_name, driver_dir);
	free(board_name);
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

void pf_record_store_changed(struct pf_record_store *store)
{
	pf_kept_file_changed(store->file, false);
}

const struct pf_recorded *pf_record_store_find(const struct pf_record_store *store,
	const char *driver, const struct pf_line_info *line, bool *ret_this_boot)
{
	/* one that was removed and has come back in the same run is in the new record */
	const struct pf_recorded *recorded = pf_record_find(&store->record, driver, line);

	*ret_this_boot = recorded ? *store->boot_id != '\0'
				  : store->old.boot_id &&
					    pf_record_is_of(&store->old, store->boot_id);
	if (recorded)
		return recorded;
	return pf_record_find(&store->old, driver, line);
}

/*
 * Whether a pulse has begun that only the record can end after a crash: else the line is left as
 * it is, with this `on_exit`.
 */
static bool is_urgent(const struct pf_record_store *store, const struct pf_recorded *recorded,
	const struct pf_line_info *line)
{
	const struct pf_recorded *before = pf_record_find(&store->record, recorded->driver, line);

	return recorded->on_exit == PF_ON_EXIT_KEEP && recorded->unfinished &&
	       !(before && before->unfinished);
}

void pf_record_store_set(struct pf_record_store *store, const struct pf_recorded *recorded,
	const struct pf_line_info *line)
{
	const bool urgent = is_urgent(store, recorded, line);
	const bool was_old = pf_record_remove(&store->old, recorded->driver, line);

	if (pf_record_set(&store->record, recorded) || was_old)
		pf_kept_file_changed(store->file, urgent);
}

void pf_record_store_remove(
	struct pf_record_store *store, const char *driver, const struct pf_line_info *line)
{
	const bool was_old = pf_record_remove(&store->old, driver, line);

	if (pf_record_remove(&store->record, driver, line) || was_old)
		pf_kept_file_changed(store->file, false);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Keeps both copies of the record of the lines (record.h) up to date while the daemon runs: that of
 * what is held at once (held.h), that on the disk a little later (kept_file.h). Main loop only.
 */

#ifndef PF_STORE_RECORD_STORE_H
#define PF_STORE_RECORD_STORE_H

#include <ev.h>

#include "base/timer.h"
#include "hw/board.h"
#include "store/held.h"
#include "store/record.h"

struct pf_record_store;

/*
 * Reads what the last run has left: of this boot all, else what the disk has kept. What is torn,
 * and a missing one where `needed` (some output has `initial = "last"`), is one warning. `held` is
 * borrowed, the strings are copied. 0 or a negative errno: there is no thread for the worker.
 */
int pf_record_store_new(struct ev_loop *loop, struct pf_timers *timers, struct pf_held *held,
	const char *state_dir, const char *driver_dir, const struct pf_board *board, bool needed,
	struct pf_record_store **ret_store);

/*
 * Writes what is not written yet, which may block for as long as the disk does, and frees the
 * store. NULL is fine.
 */
void pf_record_store_free(struct pf_record_store *store);

/*
 * What the last run has left of lines that nobody has claimed yet: first all of them, and in the
 * end those that are no longer configured. To be changed by pf_safe_state() only; afterwards
 * pf_record_store_changed().
 */
struct pf_record *pf_record_store_old(struct pf_record_store *store);

/* Changes from here on are written together at the end: nothing moves until then. They nest. */
void pf_record_store_begin(struct pf_record_store *store);

/* Writes them, if this is the last end. */
void pf_record_store_end(struct pf_record_store *store);

/* The old record was changed: it is written. */
void pf_record_store_changed(struct pf_record_store *store);

/* What is known of a line, or NULL. Valid until the next change. */
const struct pf_recorded *pf_record_store_find(
	const struct pf_record_store *store, const char *driver, const struct pf_line_info *line);

/* The same of a line that cannot be found now, by how the configuration names it. */
const struct pf_recorded *pf_record_store_find_key(
	const struct pf_record_store *store, const char *driver, const char *key);

/*
 * Records what a line is, or is about to be (copied), before this returns; to be called before and
 * after each change, cheap if nothing is different. The line is then no longer among the old ones.
 */
void pf_record_store_set(struct pf_record_store *store, const struct pf_recorded *recorded,
	const struct pf_line_info *line);

/* Forgets a line whose output is gone from the configuration and has been brought to rest. */
void pf_record_store_remove(
	struct pf_record_store *store, const char *driver, const struct pf_line_info *line);

#endif

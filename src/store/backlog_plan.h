/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What is to be done next with the file of a backlog, and when. Pure: the time is passed in.
 *
 * With the broker away each reading is written at once; with a connection only one that the broker
 * has not confirmed within PF_BACKLOG_PATIENCE_MS, so that usually nothing is written at all. What
 * was written is brought to the disk PF_BACKLOG_SYNC_S later. When nothing waits, there is no file.
 */

#ifndef PF_STORE_BACKLOG_PLAN_H
#define PF_STORE_BACKLOG_PLAN_H

#include "store/backlog.h"
#include "store/backlog_file.h"

#define PF_BACKLOG_PATIENCE_MS 1000
#define PF_BACKLOG_SYNC_S      10

/* That readings are gone is written at most so often: while many are sent each would tell it. */
#define PF_BACKLOG_GONE_GAP_MS 200

enum pf_backlog_work {
	PF_BACKLOG_NOTHING,
	PF_BACKLOG_APPEND,
	PF_BACKLOG_COMPACT,
	PF_BACKLOG_REMOVE,
	PF_BACKLOG_SYNC
};

/* What is known of the file. {0}: there is none. Times are of CLOCK_BOOTTIME. */
struct pf_backlog_on_disk {
	uint64_t written_id;  /* readings up to this one are in the file, or gone */
	uint64_t gone_id;     /* it says that all up to this one are gone */
	size_t n_lines;       /* 0: there is no file */
	uint64_t unsynced_ns; /* since when something may not have come to the disk; 0: all has */
	uint64_t told_ns;     /* when it was last told which are gone */
	bool spare;           /* most of its lines are not needed any more */
};

/*
 * The next work, with the text to append, and what is known when it is done (of PF_BACKLOG_COMPACT
 * without n_lines). PF_BACKLOG_NOTHING: look again at *ret_ns (PF_NEVER: when something changes).
 */
enum pf_backlog_work pf_backlog_plan(const struct pf_backlog_on_disk *now,
	const struct pf_backlog *backlog, uint64_t now_ns, bool connected,
	struct pf_backlog_text *text, struct pf_backlog_on_disk *ret_after, uint64_t *ret_ns);

/* The same for the end: everything is written now. PF_BACKLOG_NOTHING: all is. */
enum pf_backlog_work pf_backlog_plan_end(const struct pf_backlog_on_disk *now,
	const struct pf_backlog *backlog, struct pf_backlog_text *text,
	struct pf_backlog_on_disk *ret_after);

/* All readings up to this one are gone. */
uint64_t pf_backlog_gone_until(const struct pf_backlog *backlog);

#endif

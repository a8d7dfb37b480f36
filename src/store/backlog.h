/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The readings of one sensor that the broker does not have yet: a bounded queue, first in first
 * out. What is handed over stays at the front until the broker has it. Pure, main loop only.
 *
 * A reading is a text and an id, which only rises; gaps are possible.
 */

#ifndef PF_STORE_BACKLOG_H
#define PF_STORE_BACKLOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A reading that waits; one block. */
struct pf_reading_text {
	uint64_t id;
	uint64_t time_ns;  /* CLOCK_BOOTTIME when it was taken; 0: in an earlier run */
	uint32_t expiry_s; /* how long it is true; 0: for ever */
	bool confirmed;    /* the broker has it, but not all before it */
	char text[];
};

struct pf_backlog {
	struct pf_reading_text **ring;
	size_t capacity, first, n;
	size_t n_sent; /* at the front: handed over since the last connect */
	size_t limit;
	size_t n_doubtful; /* dropped while on their way: the broker may have them all the same */
	uint64_t last_id;
};

/* Makes an empty backlog of at most `limit` readings. */
void pf_backlog_init(struct pf_backlog *backlog, size_t limit);

/* Frees all readings. */
void pf_backlog_done(struct pf_backlog *backlog);

/* Changes the limit. How many of the oldest had to be dropped for it. */
size_t pf_backlog_limit(struct pf_backlog *backlog, size_t limit);

/* Adds the newest reading (copied). How many of the oldest had to be dropped for it. */
size_t pf_backlog_put(
	struct pf_backlog *backlog, uint64_t taken_ns, const char *text, uint32_t expiry_s);

/*
 * Puts what an earlier run has left in front: n readings in order of their ids, taken over; those
 * that are there get new ids behind them and behind last_id. Before anything is handed over. How
 * many of the oldest were dropped.
 */
size_t pf_backlog_load(
	struct pf_backlog *backlog, struct pf_reading_text **readings, size_t n, uint64_t last_id);

/* The i-th reading from the front, i < n. */
const struct pf_reading_text *pf_backlog_at(const struct pf_backlog *backlog, size_t i);

/* The next reading to be handed over; NULL: none. Borrowed until it is gone. */
const struct pf_reading_text *pf_backlog_next(struct pf_backlog *backlog);

/* That reading is handed over. */
void pf_backlog_sent(struct pf_backlog *backlog);

/* Whether a reading is the newest of all. */
bool pf_backlog_is_newest(const struct pf_backlog *backlog, const struct pf_reading_text *reading);

/* The broker has the reading: it goes, as soon as those before it have gone. */
void pf_backlog_confirm(struct pf_backlog *backlog, uint64_t id);

/* Whether a reading that was handed over is still there. */
bool pf_backlog_has(const struct pf_backlog *backlog, uint64_t id);

/* What was handed over and is not confirmed is to be handed over again. */
void pf_backlog_again(struct pf_backlog *backlog);

/*
 * The connection is gone: what was handed over and is not confirmed waits again. How many readings
 * that were dropped while on their way turn out to be lost.
 */
size_t pf_backlog_lost(struct pf_backlog *backlog);

/* A reading with an id, for pf_backlog_load(); to be freed with free(). */
struct pf_reading_text *pf_reading_text_new(uint64_t id, const char *text, size_t size);

#endif

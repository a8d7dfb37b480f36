/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Readings that wait, on the disk: one file per sensor, STATE_DIR/buffer/NAME, to which lines are
 * only ever appended. A line is a reading, or says that all readings up to an id are gone:
 *
 *   CHECKSUM ID {"temperature":21.4,"time":"..."}
 *   CHECKSUM ID -
 *
 * with the CRC-32 of the rest of the line. Ids rise. A torn or garbled line is passed over, the
 * others count. Nothing waits: there is no file.
 *
 * The calls on files block. Thread-safe.
 */

#ifndef PF_STORE_BACKLOG_FILE_H
#define PF_STORE_BACKLOG_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "store/backlog.h"

/* A growing text. {0} is an empty one; bytes is freed with free(). */
struct pf_backlog_text {
	char *bytes;
	size_t size, capacity;
};

/* What a file holds. */
struct pf_backlog_found {
	struct pf_reading_text **readings; /* to be freed, array and readings, by who takes them */
	size_t n;
	size_t n_lines; /* good ones */
	size_t n_bad;   /* lines that were torn or garbled */
	uint64_t last_id;
};

/* Adds the line of a reading. */
void pf_backlog_text_add(struct pf_backlog_text *text, uint64_t id, const char *payload);

/* Adds the line that says that all readings up to `id` are gone. */
void pf_backlog_text_gone(struct pf_backlog_text *text, uint64_t id);

/* What stands in a text of any content. Pure. */
void pf_backlog_decode(const char *bytes, size_t size, struct pf_backlog_found *ret_found);

/* Frees what pf_backlog_decode() and pf_backlog_load_file() gave. */
void pf_backlog_found_done(struct pf_backlog_found *found);

/* Reads a file; none, and an empty directory, is an empty result. 0 or a negative errno. */
int pf_backlog_file_load(const char *path, struct pf_backlog_found *ret_found);

/*
 * Appends to the file, which with its folder is made if it is not there. 0; or a negative errno:
 * then the file is as before, as far as the disk lets it.
 */
int pf_backlog_file_append(const char *path, const char *bytes, size_t size);

/* Waits until what was appended or removed is on the disk. 0 or a negative errno. */
int pf_backlog_file_sync(const char *path);

/*
 * Writes what still waits into a new file that takes the old one's place. 0 and the lines it has;
 * or a negative errno.
 */
int pf_backlog_file_compact(const char *path, size_t *ret_n_lines);

/* Removes the file. 0, also if there is none, or a negative errno. */
int pf_backlog_file_remove(const char *path);

#endif

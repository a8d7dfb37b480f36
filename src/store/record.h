/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The record of the lines that the daemon holds: where each is, what it is to end in, and what it
 * was last. With it a start after a crash, and `pinferry safe-state` with an edited or broken
 * configuration, bring the very lines to rest that were in use.
 *
 * This is the data and its text. The text is a line with a version and a checksum, and JSON; what
 * is torn or garbled is found out and counts as missing. Times are CLOCK_BOOTTIME and mean
 * something within the boot that is named only. record_file.h reads and writes it, record_store.h
 * keeps it up to date. Pure. Not thread-safe.
 */

#ifndef PF_STORE_RECORD_H
#define PF_STORE_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "pinferry/driver.h"

/* So many ids of commands are recorded of an output. */
#define PF_RECORD_IDS 32

/* So many groups are recorded of an output; the last then stands for all. */
#define PF_RECORD_GROUPS 16

/* A group in which it has to wait for others, or others for it. */
struct pf_recorded_group {
	char *name; /* NULL: no more; "": any */
	uint32_t dead_time_ms;
};

/* One line. Strings are its own. */
struct pf_recorded {
	char *name;   /* of the output, for messages */
	char *driver; /* the line driver's name */
	char *label;  /* of the chip: it stays, */
	char *chip;   /* where this name may move to another chip */
	uint32_t offset;
	bool active_low;
	enum pf_drive drive;
	enum pf_on_exit on_exit;
	uint32_t min_off_ms;
	char *interlock; /* name of the group, or NULL */
	uint32_t dead_time_ms;
	bool last;                  /* for `initial = "last"` */
	bool level;                 /* what was put on it */
	uint64_t on_ns, off_ns;     /* the last changes */
	uint64_t period_ns;         /* since when max_on_s counts */
	bool unfinished, end_level; /* a pulse was running, and what it was to end in */
	bool at_rest;               /* nothing is to be done about it any more */
	char *key;                  /* how the configuration names the line */
	char *ids[PF_RECORD_IDS];   /* of the last commands, the oldest first; NULL: no more */
	/* from before a reload, where it or another one may have been on ever since */
	struct pf_recorded_group before[PF_RECORD_GROUPS];
	uint64_t rested_ns; /* until then a dead time after others goes on */
};

struct pf_record {
	char *boot_id;
	char *machine;     /* which machine the boot was one of */
	char *state_dir;   /* of the daemon, */
	char *config_file; /* and what it was started with */
	uint64_t written_ns;
	char *board;      /* "" is this machine; else the directory of a simulated one */
	char *driver_dir; /* where the drivers came from */
	struct pf_recorded *outputs;
	size_t n;
};

/* Makes an empty record; the strings are copied. */
void pf_record_init(
	struct pf_record *record, const char *boot_id, const char *board, const char *driver_dir);

/* Frees what is in it; one that is all zero is fine. */
void pf_record_done(struct pf_record *record);

/* The record as text; to be freed. */
char *pf_record_encode(const struct pf_record *record);

/*
 * The same with nothing but what another boot may know of: which lines there are, and what
 * `initial = "last"` restores. Decoded, every line of it is at rest and has no times.
 */
char *pf_record_encode_last(const struct pf_record *record);

/*
 * The record that a text of `size` bytes is of. 0, or -EBADMSG: torn, garbled, or of a version
 * that is not known; then *ret_record is untouched.
 */
int pf_record_decode(const char *text, size_t size, struct pf_record *ret_record);

/*
 * The record of a line, or NULL. A chip that has got another name since is found by its label, if
 * no other chip has it.
 */
struct pf_recorded *pf_record_find(
	const struct pf_record *record, const char *driver, const struct pf_line_info *line);

/* The record of a line that cannot be found now, by how the configuration names it; or NULL. */
struct pf_recorded *pf_record_find_key(
	const struct pf_record *record, const char *driver, const char *key);

/*
 * Puts in what is known of a line (copied), in place of what was known of it. Whether anything is
 * different now.
 */
bool pf_record_set(struct pf_record *record, const struct pf_recorded *recorded);

/* Takes over (copied) what `other` has of lines that are not recorded. */
void pf_record_add_missing(struct pf_record *record, const struct pf_record *other);

/* Forgets a line; one that is not recorded is fine. Whether it was. */
bool pf_record_remove(
	struct pf_record *record, const char *driver, const struct pf_line_info *line);

/*
 * Whether two lines are, or were, in a group of which that still means something; ret_group, if not
 * NULL, is then the one with the longest dead time, its name borrowed. A line is in none with
 * itself.
 */
bool pf_recorded_are_together(const struct pf_recorded *a, const struct pf_recorded *b,
	struct pf_recorded_group *ret_group);

/* Whether a line is, or was, in the group of that name (NULL: no group); ret_group as above. */
bool pf_recorded_is_in(
	const struct pf_recorded *recorded, const char *name, struct pf_recorded_group *ret_group);

/* Forgets number i; the last takes its place. */
void pf_record_drop(struct pf_record *record, size_t i);

/*
 * Whether two records are of the same boot of the same machine, and of the same board; an unknown
 * boot is like no other.
 */
bool pf_record_is_from(const struct pf_record *record, const struct pf_record *here);

/* Whether they are of the same machine and board. */
bool pf_record_is_near(const struct pf_record *record, const struct pf_record *here);

#endif

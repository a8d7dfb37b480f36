/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Text files of the state directory. Each is replaced as a whole, so that after a power cut there
 * is either the old one or the new one, and has a first line with its kind, a version and a
 * checksum. The calls that read and write block; all are thread-safe.
 */

#ifndef PF_STORE_STATE_FILE_H
#define PF_STORE_STATE_FILE_H

#include <stddef.h>

/* "pinferry KIND 1 CHECKSUM", a line end, and the text; to be freed. */
char *pf_state_seal(const char *kind, const char *text);

/* The text behind that line, in `sealed`; NULL: torn or garbled, or of another kind or version. */
const char *pf_state_unseal(const char *kind, const char *sealed, size_t size);

/*
 * Reads all of a file, at most size_max bytes, with a NUL behind it; free the text. 0; -ENOENT:
 * there is none; -EBADMSG: no file, or too large; or what keeps it from being read.
 */
int pf_state_file_read(const char *state_dir, const char *name, size_t size_max, char **ret_text,
	size_t *ret_size);

/*
 * Replaces a file by a text, without waiting for the disk: a crash of the process leaves the old
 * one or the new one, a power cut anything. 0 or a negative errno.
 */
int pf_state_file_put(const char *state_dir, const char *name, const char *text);

/* Removes a file, or, if that cannot be, what is in it. 0: there is none; or a negative errno. */
int pf_state_file_remove(const char *state_dir, const char *name);

/* Replaces a file by a text that is on the disk then. 0 or a negative errno. */
int pf_state_file_write(const char *state_dir, const char *name, const char *text);

#endif

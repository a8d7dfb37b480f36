/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Numbers and texts in a configuration, as every version of libconfig reads them. Pure;
 * thread-safe.
 */

#ifndef PF_CONFIG_SCAN_VALUE_H
#define PF_CONFIG_SCAN_VALUE_H

#include <stddef.h>

/* Stand for a wrong value. No right one can be equal: it would have been reported. */
#define PF_SPOILT_INTEGER (-2147483647)
#define PF_SPOILT_TEXT    "\x01"

/* Keys that begin with this are duplicates: reported, and to be left out. */
#define PF_SPOILT_KEY '*'

/* Bytes that a number needs at most, with its NUL. */
#define PF_SCAN_NUMBER_SIZE 64

/*
 * Takes a word of `size` bytes that begins like a number: decimal or hexadecimal integer, or float.
 * NULL, and ret_text: the same number as plain decimal; or what is wrong with it (static text).
 */
const char *pf_scan_number(const char *text, size_t size, char ret_text[PF_SCAN_NUMBER_SIZE]);

/*
 * Takes the text in quotes that begins at **at, before `end`; *at is moved behind it (at a text
 * without an end: to the end of the line). NULL, and *ret_text: what it means, to be freed; or what
 * is wrong with it (static text).
 */
const char *pf_scan_string(const char **at, const char *end, char **ret_text);

#endif

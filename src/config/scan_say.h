/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What the scanner says of words that are not where they should be. The words may be parts of a
 * password: what is shown of them is decided here, by the key that they stand behind. Main thread
 * only.
 */

#ifndef PF_CONFIG_SCAN_SAY_H
#define PF_CONFIG_SCAN_SAY_H

#include <stddef.h>

#include "config/scan_bracket.h"
#include "config/shown.h"

/* Of the value of a key, which may be none of ours. */
enum pf_secrecy pf_scan_secrecy_of(const char *key);

/* Of the value that is being read. */
enum pf_secrecy pf_scan_secrecy(const struct pf_brackets *brackets);

/* Adds an error: "ITEM: KEY: text", with the item and the key that are being read. */
__attribute__((format(printf, 3, 4))) void pf_scan_say(
	const struct pf_brackets *brackets, const struct pf_place *place, const char *format, ...);

/* A value that is no number, no truth value, and not in quotes. */
void pf_scan_say_bare(const struct pf_brackets *brackets, const struct pf_place *place,
	const char *word, size_t size);

/* A number that is none; wrong: why. */
void pf_scan_say_number(const struct pf_brackets *brackets, const struct pf_place *place,
	const char *word, size_t size, const char *wrong);

/* A word where a setting should begin, and no '=' behind it. */
void pf_scan_say_no_setting(
	const struct pf_brackets *brackets, const struct pf_place *place, const char *word);

/* What a character that has no meaning here was meant to be. */
enum pf_stray { PF_STRAY_SPACE, PF_STRAY_QUOTE, PF_STRAY_OTHER };

/*
 * Reports a character that has no meaning here. size: of what is left of the text. Its bytes, if it
 * is one that is known, or 1.
 */
size_t pf_scan_say_stray(const struct pf_brackets *brackets, const struct pf_place *place,
	const char *at, size_t size, enum pf_stray *ret_stray);

#endif

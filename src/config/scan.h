/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The scanner: goes through the words of a configuration text before libconfig does.
 *
 * It reports what libconfig would misread, stumble over or not explain (numbers, quotes, brackets,
 * duplicate keys, texts without quotes), and writes the words on in a form that libconfig 1.5 and
 * 1.7 read alike: plain decimal integers, no comments, no trailing commas. What is wrong in itself
 * is replaced by a value that stands for "already reported", so that one run finds all mistakes.
 */

#ifndef PF_CONFIG_SCAN_H
#define PF_CONFIG_SCAN_H

#include <stddef.h>

#include "config/problems.h"
#include "config/source.h"

struct pf_scan;

/* What the scanner does for `@include "path"` found at `place`. */
typedef void pf_scan_include(void *user, const char *path, const struct pf_place *place);

/* Makes a scanner that writes to `source`. Everything is borrowed. */
struct pf_scan *pf_scan_new(struct pf_source *source, struct pf_problems *problems,
	pf_scan_include *include, void *user);

/* Scans a file's text. Called again from within include() for an included file. */
void pf_scan_text(struct pf_scan *scan, const char *file, const char *text, size_t size);

/* Reports what is still open, and frees the scanner. */
void pf_scan_end(struct pf_scan *scan);

#endif

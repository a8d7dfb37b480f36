/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Between an output and its record: what is to be recorded of it, and what it is to know of what
 * was recorded. Pure.
 */

#ifndef PF_LINES_RECORDED_H
#define PF_LINES_RECORDED_H

#include "output/output.h"
#include "store/record.h"

/*
 * What is to be recorded of an output and its line; the strings are borrowed from both. Before the
 * line was held the first time that is what was known of it from before.
 */
struct pf_recorded pf_recorded_of(const struct pf_output *output, const struct pf_line_info *line);

/*
 * The same right before `level` is put on the line, at now_ns: what has to be known if nothing is
 * heard of the output any more.
 */
struct pf_recorded pf_recorded_before(const struct pf_output *output,
	const struct pf_line_info *line, bool level, uint64_t now_ns);

/*
 * What an output of this configuration is to know at now_ns of what was recorded of its line; all
 * zero if that is nothing (NULL), and but for dead times after others if it was recorded with the
 * other polarity. From the future, it has
 * no times.
 */
struct pf_history pf_recorded_history(
	const struct pf_recorded *recorded, const struct pf_output_config *config, uint64_t now_ns);

#endif

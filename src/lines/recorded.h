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

/* What is to be recorded of an output and its line; the strings are borrowed from both. */
struct pf_recorded pf_recorded_of(const struct pf_output *output, const struct pf_line_info *line);

/*
 * What an output of this configuration is to know at now_ns of what was recorded of its line; all
 * zero if that is nothing (NULL), or was recorded with the other polarity. this_boot: whether it
 * was recorded in this boot; else, and if it is from the future, it has no times.
 */
struct pf_history pf_recorded_history(const struct pf_recorded *recorded, bool this_boot,
	const struct pf_output_config *config, uint64_t now_ns);

#endif

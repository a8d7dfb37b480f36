/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What a configuration has to do with recorded lines (safe_state.h): which of them it does not
 * mention any more, which of its outputs are not recorded. A line is known by what it is, however
 * it or its output is named. Main thread only.
 */

#ifndef PF_LINES_LEFTOVERS_H
#define PF_LINES_LEFTOVERS_H

#include "config/config.h"
#include "lines/safe_state.h"

/*
 * Brings to rest, at the start of the daemon, the recorded lines that the configuration does not
 * mention any more, neither as outputs nor as inputs; those that came to rest leave the record,
 * and so do, untouched, those that were at rest, and lines that are inputs now. Lines behind a bus
 * are not waited for: they are reported and stay in the record. An item whose line cannot be found
 * now has the line that was named in the same way: its chip may come back.
 */
size_t pf_leftovers_rest(struct pf_record *record, const struct pf_board *board,
	struct pf_driver_set *drivers, const struct pf_config *config,
	const struct pf_safe_report *report);

/*
 * Tells which configured outputs the record says nothing of: their lines are not touched. How many.
 */
size_t pf_leftovers_tell_uncovered(const struct pf_config *config, const struct pf_board *board,
	const struct pf_record *record, const struct pf_safe_report *report);

/*
 * Makes a record of what the configuration says, for want of a real one: nothing is known of the
 * lines. Outputs whose lines cannot be found are reported and left out; how many.
 */
size_t pf_leftovers_from_config(const struct pf_config *config, const struct pf_board *board,
	struct pf_record *record, const struct pf_safe_report *report);

#endif

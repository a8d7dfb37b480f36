/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Inside an output item (output_item.h): what it is made of, and how it holds its line: requests
 * it, writes it, reads it back, gives it up and tries again. A line behind a bus is worked on the
 * worker of that bus (slow_line.h), any other at once. Main loop only.
 */

#ifndef PF_BRIDGE_OUTPUT_HOLD_H
#define PF_BRIDGE_OUTPUT_HOLD_H

#include "bridge/item.h"
#include "bridge/limit_notice.h"
#include "bridge/output_topics.h"
#include "lines/line_find.h"
#include "lines/slow_line.h"
#include "output/output.h"

struct pf_output_item {
	struct pf_item item;
	const struct pf_output_config *config;
	struct pf_output output;
	struct pf_state *state; /* NULL: it has left, nothing is published any more */
	bool starting;          /* the line was just requested, and nothing is published yet */
	bool idle;              /* its line is an input's now: not to be requested */
	bool published, published_level;
	uint64_t written_ns; /* when the line got its level */
	struct pf_limit_notice notice;
	struct pf_found_line found;
	struct pf_line *line;      /* NULL: not held */
	struct pf_slow_line *slow; /* in place of `line`, also while it is requested; or NULL */
	enum pf_initial requested; /* how */
	uint32_t n_failures;       /* to get the line, in a row */
	struct pf_timer tick;      /* the output's next deadline */
	struct pf_timer retry;     /* next try for the line */
	struct pf_output_topics topics;
	struct pf_config *held; /* the configuration of one that is leaving, or NULL */
};

/* What an output of the envelope acts on, with the item as `user`. */
extern const struct pf_output_port pf_output_hold_port;

/* The payload for a level. */
const char *pf_output_hold_word(const struct pf_output_item *output, bool level);

/* Logs what pf_output_acquired() or pf_output_reconfigure() said. */
void pf_output_hold_report(const struct pf_output_item *output, int result);

/* What is wanted, or the next deadline, may have changed: publishes, sets the timer, records. */
void pf_output_hold_changed(struct pf_output_item *output);

/* The line works (again), under topics that may be new: publishes that. */
void pf_output_hold_back(struct pf_output_item *output);

/*
 * Records that the line is to be this output's; to be called for all that start before the first of
 * them does.
 */
void pf_output_hold_claim(struct pf_output_item *output);

/* Requests the line, or tries again later; pf_output_item_start(). */
void pf_output_hold_start(struct pf_output_item *output);

/* Reads the line back; pf_output_item_check(). */
void pf_output_hold_check(struct pf_output_item *output, uint64_t now_ns);

/* Gives the line back. */
void pf_output_hold_release(struct pf_output_item *output);

/* Gives the line up for good: until an input has it, it is as it was left. */
void pf_output_hold_yield(struct pf_output_item *output);

#endif

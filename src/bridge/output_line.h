/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * How an output gets its line: finds it, remembers what is recorded of it, and says how it is to be
 * requested. Main loop only.
 */

#ifndef PF_BRIDGE_OUTPUT_LINE_H
#define PF_BRIDGE_OUTPUT_LINE_H

#include "bridge/env.h"
#include "lines/line_find.h"
#include "output/output.h"
#include "store/record.h"

/*
 * Finds the line and says how to request it. 0, the line and the request, which borrows from it;
 * or a negative errno with ret_reason[PF_REASON_SIZE]. The output is not told yet.
 */
int pf_output_line_find(struct pf_env *env, struct pf_output *output,
	struct pf_found_line *ret_found, struct pf_output_request *ret_request, char *ret_reason);

/*
 * Finds the line, remembers what is recorded of it, and records that it is to be this output's; if
 * it cannot be found, as the line that was recorded under its name in the configuration, if one
 * was. To be called for all that start before the first of them does.
 */
void pf_output_line_claim(
	struct pf_env *env, struct pf_output *output, struct pf_found_line *ret_found);

/* The line is where it was recorded, and cannot be used: it is known for the record only. */
void pf_output_line_assume(const struct pf_recorded *recorded, struct pf_found_line *ret_found);

/* Records that `level` is about to be put on the line, before it is. */
void pf_output_line_announce(struct pf_env *env, const struct pf_output *output,
	const struct pf_found_line *found, bool level);

/* Records what the output is by now; to be called after each change. */
void pf_output_line_record(
	struct pf_env *env, const struct pf_output *output, const struct pf_found_line *found);

/*
 * The output has left the configuration: its line leaves the record, unless it could not be
 * brought to rest; then the next start tries again.
 */
void pf_output_line_forget(
	struct pf_env *env, const struct pf_output *output, const struct pf_found_line *found);

#endif

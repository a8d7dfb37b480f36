/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Outputs that have left the configuration, until they are at rest: a bus may hang, a chip may be
 * away, and what was left on may be what others have to wait for (output/bond.h). They have no
 * topics any more. Main loop only.
 */

#ifndef PF_BRIDGE_LEAVING_H
#define PF_BRIDGE_LEAVING_H

#include "bridge/env.h"
#include "bridge/output_item.h"
#include "store/record.h"

struct pf_leaving {
	struct pf_env *env;
	struct pf_output_item **outputs;
	size_t n;
	struct pf_timer look;
};

/* Nobody is leaving. */
void pf_leaving_init(struct pf_leaving *leaving, struct pf_env *env);

/* Frees all of them as they are. */
void pf_leaving_done(struct pf_leaving *leaving);

/* Brings an output of the configuration `old` to rest and takes it over. */
void pf_leaving_add(
	struct pf_leaving *leaving, struct pf_output_item *output, struct pf_config *old);

/*
 * Makes one of a line that was recorded in this boot and is not configured any more, as if it had
 * just left; config is borrowed. idle: its line is an input's now and is never driven; the output
 * is off when pf_leaving_yield() says so.
 */
struct pf_output_item *pf_leaving_adopt(struct pf_leaving *leaving,
	const struct pf_output_config *config, const struct pf_recorded *recorded, bool idle);

/* Requests the lines of those that were adopted. */
void pf_leaving_start(struct pf_leaving *leaving);

/*
 * A new output has the line of one that is leaving: who waited for that one waits for this one.
 * The line is given up, unless a bus still works on it.
 */
void pf_leaving_replace(struct pf_leaving *leaving, struct pf_output_item *output);

/*
 * The same for a line that is an input now: it is off when the input holds it, which it cannot as
 * long as it is held here.
 */
void pf_leaving_yield(struct pf_leaving *leaving, const struct pf_input_config *input, bool held);

/* Frees those that are at rest; so it is done now and then, too. */
void pf_leaving_purge(struct pf_leaving *leaving);

/* Reads the lines back, like pf_output_item_check(). */
void pf_leaving_check(struct pf_leaving *leaving, uint64_t now_ns);

/* The daemon ends: those that were left on go to on_exit, too. */
void pf_leaving_exit(struct pf_leaving *leaving, uint64_t until_ns);

/* Whether a bus is still bringing one to rest. */
bool pf_leaving_are_busy(const struct pf_leaving *leaving);

#endif

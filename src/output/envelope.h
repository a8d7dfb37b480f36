/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Inside src/output: the one place in which an output changes, and the rules it keeps there. See
 * output.h. Main loop only.
 */

#ifndef PF_OUTPUT_ENVELOPE_H
#define PF_OUTPUT_ENVELOPE_H

#include "output/state.h"

/*
 * Makes `level` what is wanted, with its time (for_ns from when the line moves; PF_NEVER: for
 * good), in place of whatever was wanted before; carries it out at once if the rules allow it, or
 * as soon as they do. A member of a group that is to go on turns the others off first. Nothing
 * happens to a closed output. said_ns: when somebody said so, if it is no longer meant some time
 * after; else PF_NEVER.
 */
void pf_envelope_change(struct pf_output *output, uint64_t now_ns, enum pf_source source,
	bool level, uint64_t for_ns, uint64_t said_ns);

/* Carries out what is wanted and not done yet, if it is allowed by now. */
void pf_envelope_advance(struct pf_output *output, uint64_t now_ns);

/* A write that was under way has ended with r; carries out what is wanted by now. */
void pf_envelope_written(struct pf_output *output, uint64_t now_ns, int r);

/*
 * Carries out what exit wanted of a closed output, if it is allowed by now: its line is free again,
 * after a write or request that was under way when exit was applied, or a dead time is over.
 */
void pf_envelope_finish(struct pf_output *output, uint64_t now_ns);

/* Lets the other members of the group look again whether they may go on. */
void pf_envelope_advance_others(struct pf_output *output, uint64_t now_ns);

/*
 * From when on `level` could be on the line if it were wanted now: what has to go off first is
 * taken into account; 0 or in the past: now; PF_NEVER: nobody can say.
 */
uint64_t pf_envelope_ready_ns(const struct pf_output *output, uint64_t now_ns, bool level);

/*
 * When what a command wants is dropped because it was said too long ago, and what was wanted before
 * counts again; PF_NEVER: not as things are. A plain "on" or "off" waits as long as a limit of
 * which the end is known holds it back.
 */
uint64_t pf_envelope_expiry_ns(const struct pf_output *output);

/*
 * A write or request that was under way has come back with its level on the line. What waited for
 * that, and was said too long ago, is dropped, but for an "off".
 */
void pf_envelope_arrive(struct pf_output *output, uint64_t now_ns);

/* What was wanted before counts again: nothing comes of what is wanted now. */
void pf_envelope_restore(struct pf_output *output, const struct pf_wish *before);

/* What is wanted now. */
struct pf_wish pf_envelope_wish(const struct pf_output *output);

/*
 * From when on `source` may put `level` on the line; 0 or in the past: now; PF_NEVER: when another
 * member of the group has changed.
 */
uint64_t pf_envelope_allowed_ns(const struct pf_output *output, enum pf_source source, bool level);

/* When max_on_s ends the present "on"; PF_NEVER if it does not. */
uint64_t pf_envelope_max_on_end_ns(const struct pf_output *output);

/* How long a level lasts that was not asked for with a time of its own: pulse_ms, or PF_NEVER. */
uint64_t pf_envelope_duration_ns(const struct pf_output *output, bool level);

/* time + span, where either may be PF_NEVER. */
uint64_t pf_envelope_after_ns(uint64_t time_ns, uint64_t span_ns);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The end of an output: what its line is to be left at. */

#include "base/clock.h"
#include "output/bond.h"
#include "output/envelope.h"
#include "output/interlock.h"
#include "output/output.h"

bool pf_output_unfinished(const struct pf_output *output, bool *ret_level)
{
	const bool goes_off = !output->desired && output->for_ns == PF_NEVER;
	const bool ends = output->source == PF_SOURCE_PULSE_END || output->source == PF_SOURCE_EXIT;
	const bool differs = output->desired != output->level || output->uncertain;

	/* a pulse that is on its way to the line may be on it already */
	const bool begins = output->writing && output->writing_level == output->desired &&
			    output->for_ns != PF_NEVER;

	if (output->pulse_end_ns != PF_NEVER || begins) {
		*ret_level = !output->desired;
		return true;
	}
	if (output->pending && differs && (goes_off || ends)) {
		*ret_level = output->desired;
		return true;
	}
	return false;
}

/* What exit brings the line to; an "on" may have to wait, but not for longer than until until_ns.
 */
static bool exit_level(
	const struct pf_output *output, uint64_t now_ns, uint64_t until_ns, bool *ret_kept)
{
	bool level = output->writing ? output->writing_level : output->level;
	uint64_t allowed_ns;

	*ret_kept = false;
	if (output->config->on_exit != PF_ON_EXIT_KEEP)
		level = output->config->on_exit == PF_ON_EXIT_ON;
	else
		*ret_kept = !pf_output_unfinished(output, &level);
	if (!level)
		return false;
	allowed_ns = pf_envelope_allowed_ns(output, PF_SOURCE_EXIT, true);
	/* others are on their way off */
	if (allowed_ns == PF_NEVER && pf_interlock_unknown_ns(output) != 0)
		allowed_ns = pf_envelope_ready_ns(output, now_ns, true);
	return allowed_ns <= until_ns || (output->writing && *ret_kept);
}

void pf_output_exit(struct pf_output *output, uint64_t now_ns, uint64_t until_ns)
{
	bool level, kept;

	if (output->closed)
		return;
	level = exit_level(output, now_ns, until_ns, &kept);
	output->until_ns = until_ns;
	pf_envelope_change(output, now_ns, PF_SOURCE_EXIT, level, PF_NEVER, PF_NEVER);
	/* what a request under way finds on the line is left there */
	if (kept && output->writing && !output->held)
		output->pending = false;
	output->closed = true;
}

bool pf_output_is_at_rest(const struct pf_output *output)
{
	return output->closed && !output->pending && !output->writing;
}

bool pf_output_is_waiting(const struct pf_output *output)
{
	return output->closed && output->pending && output->held && !output->writing &&
	       output->desired;
}

void pf_output_leave(struct pf_output *output, uint64_t now_ns)
{
	output->ghost = true;
	pf_output_regroup(output, NULL);
	pf_output_exit(output, now_ns, now_ns);
}

bool pf_output_has_left(struct pf_output *output, uint64_t now_ns)
{
	const bool seen = output->started || output->level || output->waited_by;

	if (output->writing || (output->closed && output->pending && seen))
		return false;
	/* at rest, but on */
	if (output->level && output->waited_by && output->held)
		output->closed = false;
	if ((output->level || output->uncertain) && output->waited_by)
		return false;
	/* it may come back to the configuration, and has to wait for others then, too */
	return !output->waits_for && now_ns >= output->rested_ns;
}

void pf_output_yield(struct pf_output *output, uint64_t now_ns)
{
	if (output->level || output->uncertain)
		output->off_ns = now_ns;
	output->level = output->uncertain = output->pending = false;
	pf_bond_settle(output);
}

void pf_output_replace(struct pf_output *output, struct pf_output *by)
{
	for (const struct pf_bond *bond = output->waits_for; bond; bond = bond->next_of_waiter)
		pf_bond_add(by, bond->other, bond->name, bond->dead_time_ms);
	if (by->rested_ns < output->rested_ns)
		by->rested_ns = output->rested_ns;
	pf_bond_move(output, by);
}

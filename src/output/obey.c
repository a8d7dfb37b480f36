/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Commands to an output, and the words of the answers. */

#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "output/envelope.h"
#include "output/interlock.h"
#include "output/output.h"

/* Whether a command with this id was seen lately; remembers it if not. */
static bool is_duplicate(struct pf_output *output, const char *id)
{
	if (!*id)
		return false;
	for (uint32_t i = 0; i < PF_OUTPUT_IDS; i++)
		if (strcmp(output->ids[i], id) == 0)
			return true;
	memcpy(output->ids[output->next_id], id, strlen(id) + 1);
	output->next_id = (output->next_id + 1) % PF_OUTPUT_IDS;
	return false;
}

static void answer(struct pf_outcome *outcome, enum pf_verdict verdict, const char *reason)
{
	outcome->verdict = verdict;
	pf_explain(outcome->reason, "%s", reason);
}

/* Whether a command is refused before anything is done. */
static bool is_refused(
	struct pf_output *output, const struct pf_command *command, struct pf_outcome *ret_outcome)
{
	if (output->closed)
		answer(ret_outcome, PF_VERDICT_REJECTED, "the daemon is stopping");
	else if (command->state == PF_COMMAND_TOGGLE && !output->held)
		answer(ret_outcome, PF_VERDICT_REJECTED,
			"the state is unknown, because the line is not available");
	else if (is_duplicate(output, command->id))
		answer(ret_outcome, PF_VERDICT_IGNORED, "duplicate");
	else
		return false;
	return true;
}

/* Which rule holds a change back until pending_ns. */
static const char *limit_of(const struct pf_output *output)
{
	if (!output->desired)
		return "min_on_s";
	if (output->group && pf_interlock_allows_ns(output->group, output) == output->pending_ns)
		return "interlock dead time";
	return "min_off_s";
}

/* Why a command waits, and how long. */
static void explain_wait(const struct pf_output *output, uint64_t now_ns, char *ret_reason)
{
	const struct pf_output *blocker;
	uint64_t left_ms;

	if (!output->held) {
		pf_explain(ret_reason, "the line is not available");
		return;
	}
	if (output->writing) {
		pf_explain(ret_reason, "the line is being written");
		return;
	}
	if (output->pending_ns == PF_NEVER) {
		blocker = pf_interlock_blocker(output->group, output);
		pf_explain(ret_reason, "interlock %s: %s %s", output->group->name,
			blocker->config->item.name,
			blocker->level ? "is on" : "is not known to be off");
		return;
	}
	left_ms = (output->pending_ns - now_ns + PF_NS_PER_MS - 1) / PF_NS_PER_MS;
	pf_explain(ret_reason, "%s: %" PRIu64 ".%03" PRIu64 " s left", limit_of(output),
		left_ms / 1000, left_ms % 1000);
}

void pf_output_command(struct pf_output *output, uint64_t now_ns, const struct pf_command *command,
	struct pf_outcome *ret_outcome)
{
	bool level = command->state == PF_COMMAND_ON;
	uint64_t for_ns;

	if (is_refused(output, command, ret_outcome))
		return;
	if (command->state == PF_COMMAND_TOGGLE)
		level = !output->desired;
	for_ns = command->for_ms ? command->for_ms * PF_NS_PER_MS
				 : pf_envelope_duration_ns(output, level);
	pf_failsafe_accept(&output->failsafe, &output->config->failsafe, now_ns);
	pf_envelope_change(output, now_ns, PF_SOURCE_COMMAND, level, for_ns);
	answer(ret_outcome, PF_VERDICT_DONE, "");
	if (output->pending) {
		ret_outcome->verdict = PF_VERDICT_DEFERRED;
		explain_wait(output, now_ns, ret_outcome->reason);
	} else if (output->pulse_end_ns != PF_NEVER &&
		   output->pulse_end_ns > pf_envelope_max_on_end_ns(output)) {
		answer(ret_outcome, PF_VERDICT_DONE, "cut to max_on_s");
	}
}

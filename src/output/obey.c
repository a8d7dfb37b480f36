/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Commands to an output, and the words of the answers. */

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "output/age.h"
#include "output/envelope.h"
#include "output/interlock.h"
#include "output/output.h"

/* Whether a command with this id was seen lately. */
static bool is_duplicate(const struct pf_output *output, const char *id)
{
	for (uint32_t i = 0; *id && i < PF_OUTPUT_IDS; i++)
		if (strcmp(output->ids[i], id) == 0)
			return true;
	return false;
}

static void remember_id(struct pf_output *output, const char *id)
{
	if (!*id)
		return;
	(void)snprintf(output->ids[output->next_id], PF_COMMAND_ID_SIZE, "%s", id);
	output->next_id = (output->next_id + 1) % PF_OUTPUT_IDS;
}

/* The line refused it after all: what was rejected may be sent again. */
static void forget_id(struct pf_output *output, const char *id, const char *oldest)
{
	if (!*id)
		return;
	output->next_id = (output->next_id + PF_OUTPUT_IDS - 1) % PF_OUTPUT_IDS;
	(void)snprintf(output->ids[output->next_id], PF_COMMAND_ID_SIZE, "%s", oldest);
	output->port->changed(output->user);
}

void pf_output_recall_ids(struct pf_output *output, char *const ids[PF_OUTPUT_IDS])
{
	if (output->next_id || *output->ids[0])
		return;
	for (size_t i = 0; i < PF_OUTPUT_IDS && ids[i]; i++)
		remember_id(output, ids[i]);
}

static void answer(struct pf_outcome *outcome, enum pf_verdict verdict, const char *reason)
{
	outcome->verdict = verdict;
	pf_explain(outcome->reason, "%s", reason);
}

/* A plain "off" of what is wanted on: it counts even if the line is away, or stops obeying. */
static bool is_final_off(const struct pf_output *output, const struct pf_command *command)
{
	return command->state == PF_COMMAND_OFF && !command->for_ms && output->desired;
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
	else if (!output->held && !output->writing && !is_final_off(output, command))
		answer(ret_outcome, PF_VERDICT_REJECTED, "the line is not available");
	else if (is_duplicate(output, command->id))
		answer(ret_outcome, PF_VERDICT_IGNORED, "duplicate");
	else
		return false;
	return true;
}

/* Which rule holds a change to this level back until then. */
static const char *limit_of(const struct pf_output *output, bool level, uint64_t until_ns)
{
	const uint64_t rested_ns = pf_envelope_after_ns(
		output->off_ns, output->config->min_off_ms * PF_NS_PER_MS);

	if (!level)
		return "min_on_s";
	return rested_ns < until_ns ? "interlock dead time" : "min_off_s";
}

static void explain_time(const struct pf_output *output, uint64_t now_ns, bool level,
	uint64_t until_ns, char *ret_reason)
{
	const uint64_t left_ms = (until_ns - now_ns + PF_NS_PER_MS - 1) / PF_NS_PER_MS;

	pf_explain(ret_reason, "%s: %" PRIu64 ".%03" PRIu64 " s left",
		limit_of(output, level, until_ns), left_ms / 1000, left_ms % 1000);
}

static void explain_blocker(const struct pf_output *output, char *ret_reason)
{
	struct pf_blocker blocker;

	if (pf_interlock_blocker(output, &blocker))
		pf_explain(ret_reason, "interlock %s: %s %s", blocker.group,
			blocker.output->config->item.name,
			blocker.output->level ? "is on" : "is not known to be off");
}

/* Why a command waits, and how long. */
static void explain_wait(const struct pf_output *output, uint64_t now_ns, char *ret_reason)
{
	if (output->writing)
		pf_explain(ret_reason, "the line is being written");
	else if (output->pending_ns == PF_NEVER)
		explain_blocker(output, ret_reason);
	else
		explain_time(output, now_ns, output->desired, output->pending_ns, ret_reason);
}

/* Whether it would have to wait for too long: a pulse for more than 5 s, and any for ever. */
static bool is_too_early(const struct pf_output *output, uint64_t now_ns, uint64_t said_ns,
	const struct pf_wish *wish, struct pf_outcome *ret_outcome)
{
	const uint64_t ready_ns = pf_envelope_ready_ns(output, now_ns, wish->level);

	if (ready_ns == PF_NEVER)
		explain_blocker(output, ret_outcome->reason);
	else if (wish->for_ns != PF_NEVER && ready_ns > said_ns + PF_AGE_MAX_NS)
		explain_time(output, now_ns, wish->level, ready_ns, ret_outcome->reason);
	else
		return false;
	ret_outcome->verdict = PF_VERDICT_REJECTED;
	return true;
}

/* What the command is to make of the output. */
static struct pf_wish wish_of(const struct pf_output *output, const struct pf_command *command)
{
	struct pf_wish wish = {.level = command->state == PF_COMMAND_ON,
		.source = PF_SOURCE_COMMAND,
		.pulse_end_ns = PF_NEVER};

	if (command->state == PF_COMMAND_TOGGLE)
		wish.level = !output->desired;
	wish.for_ns = command->for_ms ? command->for_ms * PF_NS_PER_MS
				      : pf_envelope_duration_ns(output, wish.level);
	return wish;
}

void pf_output_command(struct pf_output *output, uint64_t now_ns, const struct pf_command *command,
	struct pf_outcome *ret_outcome)
{
	const uint64_t said_ns = command->said_ns ? command->said_ns : now_ns;
	const struct pf_wish wish = wish_of(output, command);
	const bool final_off = is_final_off(output, command);
	char oldest[PF_COMMAND_ID_SIZE];
	struct pf_wish before;

	if (is_refused(output, command, ret_outcome) ||
		is_too_early(output, now_ns, said_ns, &wish, ret_outcome))
		return;
	/* it is carried out once, also if a crash interrupts it: what is recorded before the line
	 * moves has the id */
	(void)snprintf(oldest, sizeof oldest, "%s", output->ids[output->next_id]);
	remember_id(output, command->id);
	before = output->said_ns == PF_NEVER ? pf_envelope_wish(output) : output->before;
	pf_envelope_change(output, now_ns, PF_SOURCE_COMMAND, wish.level, wish.for_ns, said_ns);
	if (!output->held && !output->writing) {
		if (final_off)
			output->said_ns = PF_NEVER;
		else
			pf_envelope_restore(output, &before);
		forget_id(output, command->id, oldest);
		answer(ret_outcome, PF_VERDICT_REJECTED, "the line is not available");
		return;
	}
	pf_failsafe_accept(&output->failsafe, &output->config->failsafe, now_ns);
	answer(ret_outcome, PF_VERDICT_DONE, "");
	if (output->pending) {
		ret_outcome->verdict = PF_VERDICT_DEFERRED;
		explain_wait(output, now_ns, ret_outcome->reason);
	} else if (output->pulse_end_ns != PF_NEVER &&
		   output->pulse_end_ns > pf_envelope_max_on_end_ns(output)) {
		answer(ret_outcome, PF_VERDICT_DONE, "cut to max_on_s");
	}
}

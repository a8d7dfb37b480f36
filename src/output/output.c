/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/output.h"

#include <errno.h>
#include <string.h>

#include "base/clock.h"

/*
 * The one place where an output changes. `for_ns` is how long the level shall last, PF_NEVER for
 * good; a change always replaces the deadline of the one before it. While the line is away only
 * the desired state changes. Returns 0, or the error of the write: then the line is to be given
 * up and requested again.
 */
static int change(struct pf_output *output, uint64_t now_ns, enum pf_source source, bool level,
	uint64_t for_ns)
{
	int r;

	if (output->closed && source != PF_SOURCE_EXIT)
		return -ESHUTDOWN;
	output->desired = level;
	output->pulse_end_ns = for_ns == PF_NEVER ? PF_NEVER : now_ns + for_ns;
	if (!output->held || output->level == level)
		return 0;
	r = output->write(output->user, level);
	if (r < 0)
		output->held = false;
	else
		output->level = level;
	return r;
}

void pf_output_init(struct pf_output *output, const struct pf_output_config *config,
	int (*write)(void *user, bool level), void *user)
{
	*output = (struct pf_output){.config = config,
		.write = write,
		.user = user,
		.desired = config->initial == PF_INITIAL_ON,
		.pulse_end_ns = PF_NEVER};
}

enum pf_initial pf_output_initial(const struct pf_output *output)
{
	if (output->config->initial == PF_INITIAL_KEEP && !output->adopted)
		return PF_INITIAL_KEEP;
	return output->desired ? PF_INITIAL_ON : PF_INITIAL_OFF;
}

/* How long a level lasts that was not asked for with a time of its own. */
static uint64_t default_duration_ns(const struct pf_output *output, bool level)
{
	if (level && output->config->pulse_ms)
		return output->config->pulse_ms * PF_NS_PER_MS;
	return PF_NEVER;
}

void pf_output_acquired(struct pf_output *output, uint64_t now_ns, bool level)
{
	const bool first = !output->adopted;

	output->held = true;
	output->level = level;
	output->adopted = true;
	/* the level is on the line already: this writes nothing, it only starts the deadline */
	if (first)
		(void)change(
			output, now_ns, PF_SOURCE_START, level, default_duration_ns(output, level));
}

void pf_output_lost(struct pf_output *output)
{
	output->held = false;
}

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

static void set_outcome(struct pf_outcome *outcome, enum pf_verdict verdict, const char *reason)
{
	outcome->verdict = verdict;
	pf_explain(outcome->reason, "%s", reason);
}

void pf_output_command(struct pf_output *output, uint64_t now_ns, const struct pf_command *command,
	struct pf_outcome *ret_outcome)
{
	bool level = command->state == PF_COMMAND_ON;
	uint64_t for_ns;

	if (output->closed) {
		set_outcome(ret_outcome, PF_VERDICT_REJECTED, "the daemon is stopping");
		return;
	}
	if (command->state == PF_COMMAND_TOGGLE && !output->held) {
		set_outcome(ret_outcome, PF_VERDICT_REJECTED,
			"the state is unknown, because the line is not available");
		return;
	}
	if (is_duplicate(output, command->id)) {
		set_outcome(ret_outcome, PF_VERDICT_IGNORED, "duplicate");
		return;
	}
	if (command->state == PF_COMMAND_TOGGLE)
		level = !output->desired;
	for_ns = command->for_ms ? command->for_ms * PF_NS_PER_MS
				 : default_duration_ns(output, level);
	(void)change(output, now_ns, PF_SOURCE_COMMAND, level, for_ns);
	if (output->held)
		set_outcome(ret_outcome, PF_VERDICT_DONE, "");
	else
		set_outcome(ret_outcome, PF_VERDICT_DEFERRED, "the line is not available");
}

uint64_t pf_output_wake_ns(const struct pf_output *output)
{
	return output->closed ? PF_NEVER : output->pulse_end_ns;
}

int pf_output_tick(struct pf_output *output, uint64_t now_ns)
{
	const bool level = !output->desired;

	if (now_ns < pf_output_wake_ns(output))
		return 0;
	return change(
		output, now_ns, PF_SOURCE_PULSE_END, level, default_duration_ns(output, level));
}

int pf_output_exit(struct pf_output *output, uint64_t now_ns)
{
	bool level = output->desired;

	if (output->closed)
		return 0;
	if (output->config->on_exit != PF_ON_EXIT_KEEP)
		level = output->config->on_exit == PF_ON_EXIT_ON;
	else if (output->pulse_end_ns != PF_NEVER)
		level = !output->desired;
	output->closed = true;
	return change(output, now_ns, PF_SOURCE_EXIT, level, PF_NEVER);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/output.h"

#include "base/clock.h"
#include "output/bond.h"
#include "output/envelope.h"
#include "output/interlock.h"

const char pf_output_stale[] = "stale: what was deferred could not be done within 5 s";

void pf_output_init(struct pf_output *output, const struct pf_output_config *config,
	struct pf_interlock *group, const struct pf_output_port *port, void *user, uint64_t now_ns)
{
	*output = (struct pf_output){.config = config,
		.group = group,
		.port = port,
		.user = user,
		.uncertain = true,
		.on_ns = now_ns,
		.off_ns = now_ns,
		.period_ns = now_ns,
		.desired = config->initial == PF_START_ON,
		.for_ns = PF_NEVER,
		.pending_ns = PF_NEVER,
		.said_ns = PF_NEVER,
		.pulse_end_ns = PF_NEVER};
	pf_failsafe_init(&output->failsafe, now_ns);
	if (group)
		pf_interlock_add(group, output);
}

void pf_output_regroup(struct pf_output *output, struct pf_interlock *group)
{
	if (output->group)
		pf_interlock_remove(output->group, output);
	output->group = group;
	if (group)
		pf_interlock_add(group, output);
}

void pf_output_done(struct pf_output *output)
{
	struct pf_interlock *group = output->group;

	for (size_t i = 0; group && i < group->n; i++)
		pf_bond_add(group->members[i], output, group->name, group->dead_time_ms);
	pf_output_regroup(output, NULL);
	pf_bond_drop(output);
}

/* Whether a pulse from before this run is to be ended rather than the line left as it is. */
static bool has_end_to_come(const struct pf_output *output)
{
	return output->config->initial == PF_START_KEEP && output->history.unfinished;
}

void pf_output_recall(struct pf_output *output, const struct pf_history *history)
{
	if (output->started)
		return;
	output->history = *history;
	output->level = history->level && history->on_ns;
	output->uncertain = output->level || !history->off_ns;
	if (history->on_ns)
		output->on_ns = output->period_ns = history->on_ns;
	if (history->off_ns)
		output->off_ns = history->off_ns;
	if (history->period_ns)
		output->period_ns = history->period_ns;
	if (output->rested_ns < history->rested_ns)
		output->rested_ns = history->rested_ns;
	if (!output->level && !output->uncertain)
		pf_bond_settle(output);
	/* a command or the failsafe may have come before the line was found */
	if (output->source != PF_SOURCE_START)
		return;
	output->last = history->last;
	if (output->config->initial == PF_START_LAST)
		output->desired = history->last;
	else if (has_end_to_come(output))
		output->desired = history->end_level;
}

/*
 * Another member of the group that is on, or else one that is to go on; members still to start do
 * not count.
 */
static const struct pf_output *find_rival(const struct pf_output *output)
{
	const struct pf_output *rival = NULL;

	for (size_t i = 0; output->group && i < output->group->n; i++) {
		const struct pf_output *other = output->group->members[i];
		const bool counts = other->started || other->source != PF_SOURCE_START;

		if (other != output && counts && other->level)
			return other;
		if (other != output && counts && other->desired)
			rival = other;
	}
	return rival;
}

/* Whether max_on_s forbids to start with "on": the period from before is over. */
static bool is_used_up(const struct pf_output *output, uint64_t now_ns)
{
	const bool goes_on = output->level || (output->config->initial == PF_START_LAST &&
						      output->history.period_ns);

	return output->config->max_on_ms && goes_on &&
	       now_ns >= pf_envelope_after_ns(
				 output->period_ns, output->config->max_on_ms * PF_NS_PER_MS);
}

/* What the start asks for, unless limits say otherwise. */
static bool start_allows_on(const struct pf_output *output, uint64_t now_ns)
{
	return output->started || output->source != PF_SOURCE_START ||
	       (!find_rival(output) && !is_used_up(output, now_ns));
}

/* Whether one that was on may have to wait if it is off by now. */
static bool is_restricted(const struct pf_output *output, uint64_t now_ns)
{
	return output->group || output->waits_for || output->rested_ns > now_ns ||
	       output->config->min_on_ms || output->config->min_off_ms;
}

enum pf_initial pf_output_initial(struct pf_output *output, uint64_t now_ns)
{
	const bool on = output->desired && start_allows_on(output, now_ns);
	const struct pf_output_config *config = output->config;

	if (!output->started && config->initial == PF_START_KEEP)
		return PF_INITIAL_KEEP;
	/* was on: maybe it still is, and an "off" has to wait; maybe not, and an "on" has to */
	if (output->level && !on)
		return pf_envelope_allowed_ns(output, output->source, false) > now_ns
			       ? PF_INITIAL_KEEP
			       : PF_INITIAL_OFF;
	if (output->level)
		return is_restricted(output, now_ns) ? PF_INITIAL_KEEP : PF_INITIAL_ON;
	if (!on || (output->uncertain && config->min_off_ms))
		return PF_INITIAL_OFF;
	return pf_envelope_allowed_ns(output, output->source, true) <= now_ns ? PF_INITIAL_ON
									      : PF_INITIAL_OFF;
}

static int switch_off_group(struct pf_output *output, uint64_t now_ns)
{
	for (size_t i = 0; i < output->group->n; i++)
		pf_envelope_change(output->group->members[i], now_ns, PF_SOURCE_CONFLICT, false,
			PF_NEVER, PF_NEVER);
	return -ENOTUNIQ;
}

/* The line is held for the first time, and nobody has said yet what it shall be. */
static int start(struct pf_output *output, uint64_t now_ns, bool used_up)
{
	const struct pf_output *rival = find_rival(output);

	if (output->config->initial == PF_START_KEEP && !has_end_to_come(output))
		output->desired = output->level;
	if (rival && rival->source == PF_SOURCE_START && (output->level || output->desired))
		return switch_off_group(output, now_ns);
	if (rival && (output->level || output->desired))
		pf_envelope_change(output, now_ns, PF_SOURCE_INTERLOCK, false, PF_NEVER, PF_NEVER);
	else if (output->desired && used_up)
		pf_envelope_change(output, now_ns, PF_SOURCE_MAX_ON, false, PF_NEVER, PF_NEVER);
	else
		pf_envelope_change(output, now_ns,
			has_end_to_come(output) ? PF_SOURCE_PULSE_END : PF_SOURCE_START,
			output->desired, pf_envelope_duration_ns(output, output->desired),
			PF_NEVER);
	return 0;
}

/* Takes over what is on the line, since requested_ns at the earliest. */
static void adopt(struct pf_output *output, uint64_t requested_ns, uint64_t now_ns, bool level)
{
	if (level && !output->level) {
		output->on_ns = now_ns;
		output->period_ns = requested_ns;
		if (!output->started && output->config->initial == PF_START_LAST &&
			output->history.period_ns)
			output->period_ns = output->history.period_ns;
	}
	/* whether it has been off all the time is not known */
	if (!level && (output->level || output->uncertain))
		output->off_ns = now_ns;
	output->level = level;
	output->uncertain = false;
	output->held = output->started = true;
	if (!level)
		pf_bond_settle(output);
}

/* The line was requested when exit was applied: it follows now. */
static void end_late(struct pf_output *output, uint64_t now_ns)
{
	if (!output->pending)
		output->desired = output->level;
	output->pending = output->desired != output->level;
	pf_envelope_finish(output, now_ns);
	output->port->changed(output->user);
}

int pf_output_acquired(struct pf_output *output, uint64_t now_ns, bool level)
{
	const bool first = !output->started, used_up = is_used_up(output, now_ns);
	const uint64_t requested_ns = output->writing ? output->writing_ns : now_ns;
	const struct pf_output *rival;
	int r = 0;

	if (output->writing)
		pf_envelope_arrive(output, now_ns);
	adopt(output, requested_ns, now_ns, level);
	if (output->closed) {
		end_late(output, now_ns);
		return 0;
	}
	rival = find_rival(output);
	if (level && rival && rival->level)
		r = switch_off_group(output, now_ns);
	else if (first && output->source == PF_SOURCE_START)
		r = start(output, now_ns, used_up);
	output->pending = output->pending || output->level != output->desired;
	pf_envelope_advance(output, now_ns);
	/* now that it is known whether this one is on */
	pf_envelope_advance_others(output, now_ns);
	output->port->changed(output->user);
	return r;
}

void pf_output_requested(struct pf_output *output, uint64_t now_ns, enum pf_initial initial)
{
	output->writing = true;
	output->writing_level = initial == PF_INITIAL_ON;
	output->writing_ns = now_ns;
	output->writing_source = output->source;
	output->writing_for_ns = PF_NEVER;
	output->uncertain = output->uncertain || output->writing_level;
	output->touched = output->touched || output->writing_level;
}

void pf_output_written(struct pf_output *output, uint64_t now_ns, int r)
{
	pf_envelope_written(output, now_ns, r);
}

void pf_output_lost(struct pf_output *output)
{
	output->held = false;
	output->writing = false;
}

void pf_output_contradicted(struct pf_output *output)
{
	pf_output_lost(output);
	output->uncertain = true;
	output->touched = true;
}

/* Whether two of the group are on, or both are to go on: never so in a group that has not changed.
 */
static bool is_in_conflict(const struct pf_output *output)
{
	for (size_t i = 0; output->group && i < output->group->n; i++) {
		const struct pf_output *other = output->group->members[i];
		const bool counts = other->started || other->source != PF_SOURCE_START;

		if (other != output && counts &&
			((output->level && other->level) || (output->desired && other->desired)))
			return true;
	}
	return false;
}

int pf_output_reconfigure(
	struct pf_output *output, uint64_t now_ns, const struct pf_output_config *config)
{
	const struct pf_failsafe_config *new = &config->failsafe, *old = &output->config->failsafe;

	if (!new->after_ms != !old->after_ms || !new->heartbeat_topic != !old->heartbeat_topic)
		pf_failsafe_reconfigure(&output->failsafe, new, now_ns);
	output->config = config;
	if (is_in_conflict(output))
		return switch_off_group(output, now_ns);
	pf_envelope_advance(output, now_ns);
	output->port->changed(output->user);
	return 0;
}

void pf_output_link(struct pf_output *output, uint64_t now_ns, bool up)
{
	pf_failsafe_link(&output->failsafe, &output->config->failsafe, now_ns, up);
	output->port->changed(output->user);
}

void pf_output_heartbeat(struct pf_output *output, uint64_t now_ns)
{
	pf_failsafe_heartbeat(&output->failsafe, &output->config->failsafe, now_ns);
	output->port->changed(output->user);
}

/* When max_on_s acts; not again while the "off" that it asked for cannot reach the line. */
static uint64_t max_on_due_ns(const struct pf_output *output)
{
	if (output->pending && !output->desired && output->source >= PF_SOURCE_CONFLICT)
		return PF_NEVER;
	return pf_envelope_max_on_end_ns(output);
}

/* When to look at what exit wanted: it is allowed then, or has waited too long. */
static uint64_t closed_wake_ns(const struct pf_output *output)
{
	const uint64_t until_ns = pf_envelope_after_ns(output->until_ns, 1);

	if (!pf_output_is_waiting(output))
		return PF_NEVER;
	return output->pending_ns < until_ns ? output->pending_ns : until_ns;
}

uint64_t pf_output_wake_ns(const struct pf_output *output)
{
	const uint64_t due_ns[] = {
		pf_failsafe_due_ns(&output->failsafe, &output->config->failsafe),
		max_on_due_ns(output),
		output->pulse_end_ns,
		pf_envelope_expiry_ns(output),
		output->pending && output->held ? output->pending_ns : PF_NEVER,
		output->dropped ? 0 : PF_NEVER,
	};
	uint64_t wake_ns = PF_NEVER;

	if (output->closed)
		return closed_wake_ns(output);
	for (size_t i = 0; i < sizeof due_ns / sizeof *due_ns; i++)
		if (due_ns[i] < wake_ns)
			wake_ns = due_ns[i];
	return wake_ns;
}

static const char *fire_failsafe(struct pf_output *output, uint64_t now_ns)
{
	const struct pf_failsafe_config *config = &output->config->failsafe;

	output->failsafe.fired = true;
	pf_envelope_change(output, now_ns, PF_SOURCE_FAILSAFE, config->state,
		pf_envelope_duration_ns(output, config->state), PF_NEVER);
	return config->heartbeat_topic ? "failsafe: no heartbeat" : "failsafe: the broker is away";
}

/* An end takes no group over: where another one may be on, it does not happen. */
static const char *end_pulse(struct pf_output *output, uint64_t now_ns)
{
	const bool level = !output->desired;
	struct pf_blocker blocker;

	if (level && (find_rival(output) || pf_interlock_blocker(output, &blocker))) {
		pf_envelope_change(output, now_ns, PF_SOURCE_PULSE_END, false, PF_NEVER, PF_NEVER);
		return "end of the pulse: stays off because of the interlock";
	}
	pf_envelope_change(output, now_ns, PF_SOURCE_PULSE_END, level,
		pf_envelope_duration_ns(output, level), PF_NEVER);
	return "end of the pulse";
}

const char *pf_output_tick(struct pf_output *output, uint64_t now_ns)
{
	if (now_ns < pf_output_wake_ns(output))
		return NULL;
	if (output->dropped) {
		output->dropped = false;
		return pf_output_stale;
	}
	if (now_ns >= pf_failsafe_due_ns(&output->failsafe, &output->config->failsafe))
		return fire_failsafe(output, now_ns);
	if (now_ns >= max_on_due_ns(output)) {
		pf_envelope_change(output, now_ns, PF_SOURCE_MAX_ON, false, PF_NEVER, PF_NEVER);
		return "max_on_s is over";
	}
	if (now_ns >= output->pulse_end_ns)
		return end_pulse(output, now_ns);
	if (output->closed)
		pf_envelope_finish(output, now_ns);
	else
		pf_envelope_advance(output, now_ns);
	return output->pending || output->dropped ? NULL : "the wait is over";
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/envelope.h"

#include "base/clock.h"
#include "output/age.h"
#include "output/bond.h"
#include "output/interlock.h"

uint64_t pf_envelope_after_ns(uint64_t time_ns, uint64_t span_ns)
{
	return time_ns > PF_NEVER - span_ns ? PF_NEVER : time_ns + span_ns;
}

/* Whether a source does not wait for min_on_s. */
static bool is_urgent(enum pf_source source)
{
	return source == PF_SOURCE_START || source >= PF_SOURCE_CONFLICT;
}

/* Whether `last` remembers what a source did; starting and ending are nobody's wish. */
static bool is_remembered(enum pf_source source)
{
	return source != PF_SOURCE_START && source != PF_SOURCE_EXIT;
}

uint64_t pf_envelope_max_on_end_ns(const struct pf_output *output)
{
	if (!output->level || !output->config->max_on_ms)
		return PF_NEVER;
	return pf_envelope_after_ns(output->period_ns, output->config->max_on_ms * PF_NS_PER_MS);
}

uint64_t pf_envelope_duration_ns(const struct pf_output *output, bool level)
{
	if (level && output->config->pulse_ms)
		return output->config->pulse_ms * PF_NS_PER_MS;
	return PF_NEVER;
}

uint64_t pf_envelope_allowed_ns(const struct pf_output *output, enum pf_source source, bool level)
{
	const struct pf_output_config *config = output->config;
	uint64_t rested_ns, group_ns;

	if (level == output->level)
		return 0;
	if (!level)
		return is_urgent(source) ? 0
					 : pf_envelope_after_ns(
						   output->on_ns, config->min_on_ms * PF_NS_PER_MS);
	rested_ns = pf_envelope_after_ns(output->off_ns, config->min_off_ms * PF_NS_PER_MS);
	group_ns = pf_interlock_allows_ns(output);
	return rested_ns > group_ns ? rested_ns : group_ns;
}

uint64_t pf_envelope_ready_ns(const struct pf_output *output, uint64_t now_ns, bool level)
{
	const uint64_t own_ns = pf_envelope_after_ns(
		output->off_ns, output->config->min_off_ms * PF_NS_PER_MS);
	uint64_t group_ns;

	if (!level || level == output->level)
		return pf_envelope_allowed_ns(output, PF_SOURCE_COMMAND, level);
	group_ns = pf_interlock_ready_ns(output, now_ns);
	return own_ns > group_ns ? own_ns : group_ns;
}

uint64_t pf_envelope_expiry_ns(const struct pf_output *output)
{
	const bool plain = output->for_ns == PF_NEVER;
	uint64_t since_ns = 0;

	if (!output->pending || output->said_ns == PF_NEVER || output->closed)
		return PF_NEVER;
	/* what is on its way cannot be called back; pf_envelope_arrive() looks what is to follow */
	if (output->writing)
		return PF_NEVER;
	if (plain && output->held) {
		if (output->pending_ns != PF_NEVER)
			return PF_NEVER;
		since_ns = pf_interlock_unknown_ns(output);
	}
	since_ns = since_ns > output->said_ns ? since_ns : output->said_ns;
	return pf_envelope_after_ns(since_ns, PF_AGE_MAX_NS + 1);
}

struct pf_wish pf_envelope_wish(const struct pf_output *output)
{
	return (struct pf_wish){.level = output->desired,
		.for_ns = output->for_ns,
		.source = output->source,
		.pulse_end_ns = output->pulse_end_ns};
}

void pf_envelope_restore(struct pf_output *output, const struct pf_wish *before)
{
	output->desired = before->level;
	output->for_ns = before->for_ns;
	output->source = before->source;
	output->pulse_end_ns = before->pulse_end_ns;
	output->said_ns = PF_NEVER;
	/* what is on its way to the line may be something else */
	output->pending = output->writing || output->desired != output->level;
	output->pending_ns = PF_NEVER;
}

/* Whether another one of the group is on, or is to go on. */
static bool has_rival(const struct pf_output *output)
{
	for (size_t i = 0; output->group && i < output->group->n; i++) {
		const struct pf_output *other = output->group->members[i];

		if (other != output && (other->level || other->desired))
			return true;
	}
	return false;
}

/* Nobody means any more what was said that long ago. */
static void drop_wish(struct pf_output *output)
{
	output->dropped = output->dropped || output->source == PF_SOURCE_COMMAND;
	/* an "on" that was never done has lost its turn */
	if (output->before.level && !output->level && has_rival(output))
		output->before = (struct pf_wish){.for_ns = PF_NEVER,
			.source = PF_SOURCE_INTERLOCK,
			.pulse_end_ns = PF_NEVER};
	pf_envelope_restore(output, &output->before);
}

static void drop_if_expired(struct pf_output *output, uint64_t now_ns)
{
	if (now_ns >= pf_envelope_expiry_ns(output))
		drop_wish(output);
}

void pf_envelope_arrive(struct pf_output *output, uint64_t now_ns)
{
	const bool plain = output->for_ns == PF_NEVER;

	output->writing = false;
	if (!output->pending || output->said_ns == PF_NEVER || output->closed)
		return;
	if (plain && (!output->desired || output->writing_level))
		return;
	if (!pf_age_is_stale(now_ns, output->said_ns))
		return;
	drop_wish(output);
	/* the level that has arrived may be another one */
	output->pending = true;
}

/* Restored by start within the same boot, the period goes on; else it begins now. */
static uint64_t period_start_ns(
	const struct pf_output *output, enum pf_source source, uint64_t now_ns)
{
	const bool restored = source == PF_SOURCE_START && output->config->initial == PF_START_LAST;

	return restored && output->history.period_ns ? output->history.period_ns : now_ns;
}

/*
 * The level is on the line since now_ns at the latest, and since begun_ns at the earliest: dead
 * times and min_on_s count from the one, max_on_s from the other.
 */
static void note_level(struct pf_output *output, enum pf_source source, bool level,
	uint64_t begun_ns, uint64_t now_ns)
{
	output->level = level;
	if (level) {
		output->on_ns = now_ns;
		output->period_ns = period_start_ns(output, source, begun_ns);
	} else {
		output->off_ns = now_ns;
		/* what the end of the daemon interrupts goes on with the next start */
		if (source != PF_SOURCE_EXIT)
			output->period_ns = 0;
	}
	if (!level && !output->uncertain)
		pf_bond_settle(output);
}

/* What an "on" that failed has left on the line is not known; it may be on. */
static void note_failure(struct pf_output *output, bool level)
{
	output->held = false;
	output->uncertain = output->uncertain || level;
}

/* The level is on its way. Until it is known to be off, the line may be on. */
static void note_under_way(struct pf_output *output, uint64_t now_ns, bool level)
{
	output->writing = true;
	output->writing_level = level;
	output->writing_ns = now_ns;
	output->writing_source = output->source;
	output->writing_for_ns = output->for_ns;
	output->uncertain = output->uncertain || level;
	output->pending_ns = PF_NEVER;
}

/* The one write; 0 if the level is on the line now. */
static int write_level(struct pf_output *output, uint64_t now_ns, bool level)
{
	const int r = output->port->write(output->user, level);

	if (r == PF_WRITE_UNDER_WAY) {
		note_under_way(output, now_ns, level);
		return -EINPROGRESS;
	}
	if (r < 0) {
		note_failure(output, level);
		return r;
	}
	/* a dead time that began before the write would be short by it on the line */
	if (output->port->now_ns)
		now_ns = output->port->now_ns();
	note_level(output, output->source, level, now_ns, now_ns);
	return 0;
}

/* Writes what is wanted if it is allowed; whether it is on the line. */
static bool carry_out(struct pf_output *output, uint64_t now_ns)
{
	output->pending_ns = PF_NEVER;
	if (output->writing)
		return false;
	output->pending_ns = pf_envelope_allowed_ns(output, output->source, output->desired);
	/* what is known to be off is off, wherever its line is */
	if (!output->held && !output->desired && !output->level && !output->uncertain)
		return true;
	if (!output->held || output->pending_ns > now_ns)
		return false;
	return output->level == output->desired ||
	       write_level(output, now_ns, output->desired) == 0;
}

void pf_envelope_advance_others(struct pf_output *output, uint64_t now_ns)
{
	for (size_t i = 0; output->group && i < output->group->n; i++) {
		struct pf_output *other = output->group->members[i];

		if (other != output && other->closed)
			pf_envelope_finish(other, now_ns);
		else if (other != output)
			pf_envelope_advance(other, now_ns);
	}
}

/* It is on the line. */
static void conclude(struct pf_output *output, uint64_t now_ns)
{
	output->pending = false;
	output->said_ns = PF_NEVER;
	/* a pulse that an outage interrupted keeps its deadline */
	if (output->pulse_end_ns == PF_NEVER)
		output->pulse_end_ns = pf_envelope_after_ns(now_ns, output->for_ns);
	/* a pulsed state is none to restore; what it ends in is */
	if (is_remembered(output->source))
		output->last = (output->for_ns == PF_NEVER) == output->desired;
}

void pf_envelope_advance(struct pf_output *output, uint64_t now_ns)
{
	const bool was_on = output->level;

	drop_if_expired(output, now_ns);
	if (!output->pending || output->closed)
		return;
	if (carry_out(output, now_ns))
		conclude(output, now_ns);
	output->port->changed(output->user);
	/* at exit all members go, one after the other: none goes on in between */
	if (was_on && !output->level && output->source != PF_SOURCE_EXIT)
		pf_envelope_advance_others(output, now_ns);
}

void pf_envelope_finish(struct pf_output *output, uint64_t now_ns)
{
	if (!output->pending)
		return;
	/* an "on" that would have to wait for longer than the end may take */
	if (output->desired && !output->writing && now_ns > output->until_ns) {
		output->desired = output->level;
		output->pending = false;
	} else if (carry_out(output, now_ns)) {
		output->pending = false;
	}
	output->port->changed(output->user);
}

void pf_envelope_written(struct pf_output *output, uint64_t now_ns, int r)
{
	const bool was_on = output->level;

	if (r < 0) {
		output->writing = false;
		note_failure(output, output->writing_level);
	} else {
		/* it cannot be called back, so it is what counts if nothing follows */
		if (output->writing_for_ns == PF_NEVER)
			output->before = (struct pf_wish){.level = output->writing_level,
				.for_ns = PF_NEVER,
				.source = output->writing_source,
				.pulse_end_ns = PF_NEVER};
		pf_envelope_arrive(output, now_ns);
		output->uncertain = false;
		note_level(output, output->writing_source, output->writing_level,
			output->writing_ns, now_ns);
	}
	if (output->closed)
		pf_envelope_finish(output, now_ns);
	else
		pf_envelope_advance(output, now_ns);
	output->port->changed(output->user);
	if (was_on && !output->level)
		pf_envelope_advance_others(output, now_ns);
}

/* Whether nothing has to be done about an output for another member of its group to go on. */
static bool gives_way(const struct pf_output *output)
{
	/* its own start looks at the others */
	if (!output->started && output->source == PF_SOURCE_START)
		return true;
	return !output->desired && output->for_ns == PF_NEVER &&
	       (!output->level || output->pending);
}

/* One that has left the configuration, was left on, and stands in the way; or NULL. */
static struct pf_output *find_ghost(const struct pf_output *output)
{
	const struct pf_bond *bond = output->waits_for;

	while (bond && (!bond->other->ghost || bond->other->closed || gives_way(bond->other)))
		bond = bond->next_of_waiter;
	return bond ? bond->other : NULL;
}

/* Remembers what counts again if nothing comes of what is wanted now. */
static void remember_wish(struct pf_output *output)
{
	if (!output->pending || output->said_ns == PF_NEVER)
		output->before = pf_envelope_wish(output);
}

void pf_envelope_change(struct pf_output *output, uint64_t now_ns, enum pf_source source,
	bool level, uint64_t for_ns, uint64_t said_ns)
{
	if (output->closed)
		return;
	remember_wish(output);
	output->desired = level;
	output->for_ns = for_ns;
	output->source = source;
	output->said_ns = said_ns;
	output->pending = true;
	output->pulse_end_ns = PF_NEVER;
	/* an "off" counts even if the line cannot be reached before the end */
	if (!level && for_ns == PF_NEVER && is_remembered(source))
		output->last = false;
	for (size_t i = 0; level && output->group && i < output->group->n; i++) {
		struct pf_output *other = output->group->members[i];

		if (other != output && !gives_way(other))
			pf_envelope_change(
				other, now_ns, PF_SOURCE_INTERLOCK, false, PF_NEVER, said_ns);
	}
	/* what a start asks for takes nothing over */
	for (struct pf_output *ghost;
		level && source != PF_SOURCE_START && (ghost = find_ghost(output));)
		pf_envelope_change(ghost, now_ns, PF_SOURCE_INTERLOCK, false, PF_NEVER, said_ns);
	pf_envelope_advance(output, now_ns);
}

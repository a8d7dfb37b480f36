/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/envelope.h"

#include "base/clock.h"
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
	group_ns = output->group ? pf_interlock_allows_ns(output->group, output) : 0;
	return rested_ns > group_ns ? rested_ns : group_ns;
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
	if (!output->held || output->pending_ns > now_ns)
		return false;
	return output->level == output->desired ||
	       write_level(output, now_ns, output->desired) == 0;
}

void pf_envelope_advance_others(struct pf_output *output, uint64_t now_ns)
{
	for (size_t i = 0; output->group && i < output->group->n; i++)
		if (output->group->members[i] != output)
			pf_envelope_advance(output->group->members[i], now_ns);
}

void pf_envelope_advance(struct pf_output *output, uint64_t now_ns)
{
	const bool was_on = output->level;

	if (!output->pending || output->closed)
		return;
	if (carry_out(output, now_ns)) {
		output->pending = false;
		/* a pulse that an outage interrupted keeps its deadline */
		if (output->pulse_end_ns == PF_NEVER)
			output->pulse_end_ns = pf_envelope_after_ns(now_ns, output->for_ns);
		/* a pulsed state is none to restore; what it ends in is */
		if (is_remembered(output->source))
			output->last = (output->for_ns == PF_NEVER) == output->desired;
	}
	output->port->changed(output->user);
	/* at exit all members go, one after the other: none goes on in between */
	if (was_on && !output->level && output->source != PF_SOURCE_EXIT)
		pf_envelope_advance_others(output, now_ns);
}

void pf_envelope_finish(struct pf_output *output, uint64_t now_ns)
{
	if (output->pending && carry_out(output, now_ns))
		output->pending = false;
}

void pf_envelope_written(struct pf_output *output, uint64_t now_ns, int r)
{
	const bool was_on = output->level;

	output->writing = false;
	if (r < 0) {
		note_failure(output, output->writing_level);
	} else {
		output->uncertain = false;
		note_level(output, output->writing_source, output->writing_level,
			output->writing_ns, now_ns);
	}
	if (output->closed)
		pf_envelope_finish(output, now_ns);
	else
		pf_envelope_advance(output, now_ns);
	output->port->changed(output->user);
	if (was_on && !output->level && output->writing_source != PF_SOURCE_EXIT)
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

void pf_envelope_change(struct pf_output *output, uint64_t now_ns, enum pf_source source,
	bool level, uint64_t for_ns)
{
	if (output->closed)
		return;
	output->desired = level;
	output->for_ns = for_ns;
	output->source = source;
	output->pending = true;
	output->pulse_end_ns = PF_NEVER;
	/* an "off" counts even if the line cannot be reached before the end */
	if (!level && for_ns == PF_NEVER && is_remembered(source))
		output->last = false;
	for (size_t i = 0; level && output->group && i < output->group->n; i++) {
		struct pf_output *other = output->group->members[i];

		if (other != output && !gives_way(other))
			pf_envelope_change(other, now_ns, PF_SOURCE_INTERLOCK, false, PF_NEVER);
	}
	pf_envelope_advance(output, now_ns);
}

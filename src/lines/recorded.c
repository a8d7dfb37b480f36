/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/recorded.h"

#include <assert.h>
#include <string.h>

#include "output/bond.h"
#include "output/interlock.h"

/* The record's strings are its own; here they are only looked at. */
static char *borrow(const char *text)
{
	return (char *)(uintptr_t)text;
}

static void note_group(
	struct pf_recorded_group groups[PF_RECORD_GROUPS], const char *name, uint32_t dead_time_ms)
{
	size_t i = 0;

	while (i + 1 < PF_RECORD_GROUPS && groups[i].name && strcmp(groups[i].name, name) != 0)
		i++;
	if (!groups[i].name)
		groups[i].name = borrow(name);
	else if (strcmp(groups[i].name, name) != 0)
		groups[i].name = borrow("");
	if (groups[i].dead_time_ms < dead_time_ms)
		groups[i].dead_time_ms = dead_time_ms;
}

/* As long as one waits for the other, the groups in which they were count after a crash, too. */
static void note_bonds(const struct pf_output *output, struct pf_recorded *recorded)
{
	for (const struct pf_bond *bond = output->waits_for; bond; bond = bond->next_of_waiter)
		note_group(recorded->before, bond->name, bond->dead_time_ms);
	for (const struct pf_bond *bond = output->waited_by; bond; bond = bond->next_of_other)
		note_group(recorded->before, bond->name, bond->dead_time_ms);
}

/* The last commands, the oldest first. */
static void borrow_ids(const struct pf_output *output, char *ret_ids[PF_RECORD_IDS])
{
	size_t n = 0;

	static_assert(PF_RECORD_IDS == PF_OUTPUT_IDS, "all are recorded");
	for (uint32_t i = 0; i < PF_OUTPUT_IDS; i++) {
		const char *id = output->ids[(output->next_id + i) % PF_OUTPUT_IDS];

		if (*id)
			ret_ids[n++] = borrow(id);
	}
}

/* Whether the end of the daemon has left nothing to be done. */
static bool is_at_rest(const struct pf_output *output)
{
	const bool untouched = !output->started && !output->touched && !output->history.level &&
			       !output->history.unfinished;

	const bool settled = output->held || (!output->level && !output->uncertain);

	return output->closed && !output->writing && (untouched || (settled && !output->pending));
}

/* What the line is, and was from before until it was held. */
static void note_level(const struct pf_output *output, struct pf_recorded *recorded)
{
	const struct pf_history *history = &output->history;

	if (output->started || output->touched) {
		/* what may be on is to be switched off */
		recorded->level = output->level || output->uncertain;
		recorded->on_ns = output->on_ns;
		recorded->off_ns = output->off_ns;
		recorded->period_ns = output->period_ns;
		recorded->unfinished = pf_output_unfinished(output, &recorded->end_level);
		return;
	}
	recorded->level = history->level;
	recorded->on_ns = history->on_ns;
	recorded->off_ns = history->off_ns;
	recorded->period_ns = history->period_ns;
	recorded->unfinished = history->unfinished;
	recorded->end_level = history->end_level;
}

struct pf_recorded pf_recorded_of(const struct pf_output *output, const struct pf_line_info *line)
{
	const struct pf_output_config *config = output->config;
	struct pf_recorded recorded = {.name = borrow(config->item.name),
		.driver = borrow(config->driver->name),
		.label = borrow(line->label),
		.chip = borrow(line->chip),
		.offset = line->offset,
		.key = borrow(config->line.key),
		.active_low = config->active_low,
		.drive = config->drive,
		.on_exit = config->on_exit,
		.min_off_ms = config->min_off_ms,
		.interlock = borrow(output->group ? output->group->name : config->interlock),
		.dead_time_ms = output->group ? output->group->dead_time_ms : 0,
		.last = output->last,
		.rested_ns = output->rested_ns,
		.at_rest = is_at_rest(output)};

	note_bonds(output, &recorded);
	note_level(output, &recorded);
	borrow_ids(output, recorded.ids);
	return recorded;
}

struct pf_recorded pf_recorded_before(const struct pf_output *output,
	const struct pf_line_info *line, bool level, uint64_t now_ns)
{
	struct pf_output about = *output;
	struct pf_recorded recorded;

	about.writing = true;
	about.writing_level = level;
	about.uncertain = about.uncertain || level;
	recorded = pf_recorded_of(&about, line);
	/* those of the copy end with it */
	borrow_ids(output, recorded.ids);
	if (!level)
		return recorded;
	/* a line that goes on counts as on from now */
	if (!recorded.level || !output->level) {
		recorded.level = true;
		recorded.on_ns = now_ns;
		recorded.period_ns = recorded.period_ns ? recorded.period_ns : now_ns;
	}
	return recorded;
}

struct pf_history pf_recorded_history(
	const struct pf_recorded *recorded, const struct pf_output_config *config, uint64_t now_ns)
{
	struct pf_history history = {0};

	if (!recorded)
		return history;
	/* whatever the polarity: that is about others */
	history.rested_ns = recorded->rested_ns;
	if (recorded->active_low != config->active_low)
		return history;
	history.last = recorded->last;
	history.unfinished = recorded->unfinished;
	history.end_level = recorded->end_level;
	if (recorded->on_ns > now_ns || recorded->off_ns > now_ns || recorded->period_ns > now_ns)
		return history;
	history.level = recorded->level;
	history.on_ns = recorded->on_ns;
	history.off_ns = recorded->off_ns;
	history.period_ns = recorded->period_ns;
	return history;
}

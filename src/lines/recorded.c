/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/recorded.h"

#include "output/bond.h"
#include "output/interlock.h"

/* The record's strings are its own; here they are only looked at. */
static char *borrow(const char *text)
{
	return (char *)(uintptr_t)text;
}

/* As long as one waits for the other, the group in which they were is what counts after a crash. */
static void note_bond(const struct pf_output *output, struct pf_recorded *recorded)
{
	const struct pf_bond *bond = output->waits_for ? output->waits_for : output->waited_by;

	if (!bond)
		return;
	recorded->interlock = borrow(bond->name);
	if (recorded->dead_time_ms < bond->dead_time_ms)
		recorded->dead_time_ms = bond->dead_time_ms;
}

struct pf_recorded pf_recorded_of(const struct pf_output *output, const struct pf_line_info *line)
{
	const struct pf_output_config *config = output->config;
	struct pf_recorded recorded = {.name = borrow(config->item.name),
		.driver = borrow(config->driver->name),
		.label = borrow(line->label),
		.chip = borrow(line->chip),
		.offset = line->offset,
		.active_low = config->active_low,
		.drive = config->drive,
		.on_exit = config->on_exit,
		.min_off_ms = config->min_off_ms,
		.interlock = borrow(config->interlock),
		.dead_time_ms = output->group ? output->group->dead_time_ms : 0,
		.last = output->last,
		/* what may be on is to be switched off */
		.level = output->level || output->uncertain,
		.on_ns = output->on_ns,
		.off_ns = output->off_ns,
		.period_ns = output->period_ns};

	note_bond(output, &recorded);
	recorded.unfinished = pf_output_unfinished(output, &recorded.end_level);
	return recorded;
}

struct pf_history pf_recorded_history(const struct pf_recorded *recorded, bool this_boot,
	const struct pf_output_config *config, uint64_t now_ns)
{
	struct pf_history history = {0};

	if (!recorded || recorded->active_low != config->active_low)
		return history;
	history.last = recorded->last;
	history.unfinished = recorded->unfinished;
	history.end_level = recorded->end_level;
	if (!this_boot || recorded->on_ns > now_ns || recorded->off_ns > now_ns ||
		recorded->period_ns > now_ns)
		return history;
	history.level = recorded->level;
	history.on_ns = recorded->on_ns;
	history.off_ns = recorded->off_ns;
	history.period_ns = recorded->period_ns;
	return history;
}

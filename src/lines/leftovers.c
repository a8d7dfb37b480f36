/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/leftovers.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "lines/line_find.h"
#include "lines/recorded.h"
#include "output/output.h"

/* What the configuration has to do with a recorded line. */
enum use { USE_NONE, USE_OUTPUT, USE_INPUT };

/*
 * The recorded line that an item has: the one that is found, or, if none is, the one that was named
 * in the same way. NULL: none.
 */
static const struct pf_recorded *find_recorded(const struct pf_record *record,
	const struct pf_board *board, const struct pf_driver *driver,
	const struct pf_line_config *line)
{
	char reason[PF_REASON_SIZE];
	struct pf_found_line found;

	if (pf_line_find(board, driver, line, &found, reason) == 0)
		return pf_record_find(record, driver->name, &found.info);
	return pf_record_find_key(record, driver->name, line->key);
}

static void note_use(enum use *uses, const struct pf_record *record, const struct pf_board *board,
	const struct pf_driver *driver, const struct pf_line_config *line, enum use use)
{
	const struct pf_recorded *recorded = find_recorded(record, board, driver, line);

	if (recorded)
		uses[recorded - record->outputs] = use;
}

static void find_uses(enum use *uses, const struct pf_record *record, const struct pf_board *board,
	const struct pf_config *config)
{
	for (size_t i = 0; record->n && i < config->n_outputs; i++)
		note_use(uses, record, board, config->outputs[i].driver, &config->outputs[i].line,
			USE_OUTPUT);
	for (size_t i = 0; record->n && i < config->n_inputs; i++)
		note_use(uses, record, board, config->inputs[i].driver, &config->inputs[i].line,
			USE_INPUT);
}

size_t pf_leftovers_rest(struct pf_record *record, const struct pf_board *board,
	struct pf_driver_set *drivers, const struct pf_config *config,
	const struct pf_safe_report *report)
{
	enum use *uses = pf_calloc(record->n, sizeof *uses);
	bool *concerned = pf_calloc(record->n, sizeof *concerned);
	size_t n_failed;

	find_uses(uses, record, board, config);
	for (size_t i = 0; i < record->n; i++)
		concerned[i] = uses[i] == USE_NONE && !record->outputs[i].at_rest;
	/* the daemon waits for no bus */
	n_failed = pf_safe_state_some(record, board, drivers, concerned, true, report);
	/* from the end: the last takes the place of one that is dropped; who is on may be in the
	 * way of others */
	for (size_t i = record->n; i-- > 0;)
		if ((uses[i] == USE_INPUT || (uses[i] == USE_NONE && !concerned[i])) &&
			!record->outputs[i].level)
			pf_record_drop(record, i);
	free(uses);
	free(concerned);
	return n_failed;
}

size_t pf_leftovers_tell_uncovered(const struct pf_config *config, const struct pf_board *board,
	const struct pf_record *record, const struct pf_safe_report *report)
{
	size_t n = 0;

	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct pf_output_config *output = &config->outputs[i];
		char reason[PF_REASON_SIZE];

		if (find_recorded(record, board, output->driver, &output->line))
			continue;
		pf_explain(reason, "line %s was not held by the daemon that ended: not touched",
			output->line.text);
		report->tell(report->user, output->item.name, true, reason);
		n++;
	}
	return n;
}

static uint32_t dead_time_of(const struct pf_config *config, const char *interlock)
{
	for (size_t i = 0; interlock && i < config->n_interlocks; i++)
		if (strcmp(config->interlocks[i].name, interlock) == 0)
			return config->interlocks[i].dead_time_ms;
	return 0;
}

size_t pf_leftovers_from_config(const struct pf_config *config, const struct pf_board *board,
	struct pf_record *record, const struct pf_safe_report *report)
{
	char reason[PF_REASON_SIZE];
	struct pf_found_line found;
	struct pf_recorded recorded;
	struct pf_output output;
	size_t n_failed = 0;

	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct pf_output_config *item = &config->outputs[i];

		if (pf_line_find(board, item->driver, &item->line, &found, reason) < 0) {
			report->tell(report->user, item->item.name, true, reason);
			n_failed++;
			continue;
		}
		/* one of which nothing is known */
		pf_output_init(&output, item, NULL, NULL, NULL, 0);
		recorded = pf_recorded_of(&output, &found.info);
		recorded.dead_time_ms = dead_time_of(config, item->interlock);
		(void)pf_record_set(record, &recorded);
	}
	return n_failed;
}

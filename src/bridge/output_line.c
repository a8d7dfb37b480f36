/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/output_line.h"

#include "base/clock.h"
#include "lines/recorded.h"
#include "store/record_store.h"

/* Before the first request: what the last run has left there. */
static void recall(struct pf_env *env, struct pf_output *output, const struct pf_line_info *line)
{
	const struct pf_output_config *config = output->config;
	const struct pf_recorded *recorded;
	struct pf_history history;
	bool this_boot;

	if (output->started)
		return;
	recorded = pf_record_store_find(env->record, config->driver->name, line, &this_boot);
	history = pf_recorded_history(recorded, this_boot, config, pf_clock_now_ns());
	pf_output_recall(output, &history);
}

void pf_output_line_record(
	struct pf_env *env, const struct pf_output *output, const struct pf_found_line *found)
{
	struct pf_recorded recorded;

	/* until it is held, the last run knows more */
	if (!output->started)
		return;
	recorded = pf_recorded_of(output, &found->info);
	pf_record_store_set(env->record, &recorded, &found->info);
}

int pf_output_line_find(struct pf_env *env, struct pf_output *output,
	struct pf_found_line *ret_found, struct pf_output_request *ret_request, char *ret_reason)
{
	const struct pf_output_config *config = output->config;
	const int r = pf_line_find(
		env->board, config->driver, &config->line, ret_found, ret_reason);

	if (r < 0)
		return r;
	recall(env, output, &ret_found->info);
	*ret_request = (struct pf_output_request){.chip = ret_found->info.chip,
		.offset = ret_found->info.offset,
		.active_low = config->active_low,
		.drive = config->drive,
		.initial = pf_output_initial(output, pf_clock_now_ns()),
		.consumer = "pinferry"};
	return 0;
}

void pf_output_line_forget(
	struct pf_env *env, const struct pf_output *output, const struct pf_found_line *found)
{
	bool level;

	if (output->started && !pf_output_unfinished(output, &level))
		pf_record_store_remove(env->record, output->config->driver->name, &found->info);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/output_line.h"

#include "base/clock.h"
#include "base/log.h"
#include "bridge/record_store.h"

/* Before the first request: what the last run has left there. */
static void recall(struct pf_env *env, struct pf_output *output, const struct pf_line_info *line)
{
	struct pf_history history;

	if (output->started)
		return;
	history = pf_record_store_history(env->record, output->config, line, pf_clock_now_ns());
	pf_output_recall(output, &history);
}

int pf_output_line_request(struct pf_env *env, struct pf_output *output,
	struct pf_found_line *ret_found, struct pf_line **ret_line, bool *ret_level,
	char *ret_reason)
{
	const struct pf_output_config *config = output->config;
	struct pf_output_request request = {
		.active_low = config->active_low, .drive = config->drive, .consumer = "pinferry"};
	bool was_output = true;
	int r = pf_line_find(env->board, config->driver, &config->line, ret_found, ret_reason);

	if (r < 0)
		return r;
	recall(env, output, &ret_found->info);
	request.chip = ret_found->info.chip;
	request.offset = ret_found->info.offset;
	request.initial = pf_output_initial(output, pf_clock_now_ns());
	r = ret_found->ops->request_output(
		ret_found->context, &request, ret_line, ret_level, &was_output);
	if (r < 0) {
		pf_line_explain(ret_found, &config->line, r, ret_reason);
		return r;
	}
	pf_line_warn_if_slow(ret_found, "output", config->item.name);
	if (!was_output && request.initial == PF_INITIAL_KEEP)
		pf_warning(
			"output %s: line %s was an input, there is no state to keep: starting off",
			config->item.name, config->line.text);
	return 0;
}

void pf_output_line_forget(
	struct pf_env *env, const struct pf_output *output, const struct pf_found_line *found)
{
	bool level;

	if (output->started && !pf_output_unfinished(output, &level))
		pf_record_store_remove(env->record, output->config->driver->name, &found->info);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/output_line.h"

#include "base/clock.h"
#include "lines/recorded.h"
#include "store/record_store.h"

/* Before the first request: what the last run has left there; NULL: nothing. */
static void recall(struct pf_output *output, const struct pf_recorded *recorded)
{
	struct pf_history history;

	if (output->started)
		return;
	history = pf_recorded_history(recorded, output->config, pf_clock_now_ns());
	pf_output_recall(output, &history);
	/* whatever the polarity: they are no levels */
	if (recorded)
		pf_output_recall_ids(output, recorded->ids);
}

void pf_output_line_record(
	struct pf_env *env, const struct pf_output *output, const struct pf_found_line *found)
{
	struct pf_recorded recorded;

	/* it was never found */
	if (!*found->info.chip)
		return;
	recorded = pf_recorded_of(output, &found->info);
	pf_record_store_set(env->record, &recorded, &found->info);
}

void pf_output_line_announce(struct pf_env *env, const struct pf_output *output,
	const struct pf_found_line *found, bool level)
{
	const struct pf_recorded recorded = pf_recorded_before(
		output, &found->info, level, pf_clock_now_ns());

	pf_record_store_set(env->record, &recorded, &found->info);
}

void pf_output_line_assume(const struct pf_recorded *recorded, struct pf_found_line *ret_found)
{
	struct pf_line_info *info = &ret_found->info;

	*ret_found = (struct pf_found_line){0};
	(void)snprintf(info->chip, sizeof info->chip, "%s", recorded->chip);
	(void)snprintf(info->label, sizeof info->label, "%s", recorded->label);
	info->offset = recorded->offset;
}

/* Its line cannot be found now, and may be on. */
static void claim_missing(
	struct pf_env *env, struct pf_output *output, struct pf_found_line *ret_found)
{
	const struct pf_output_config *config = output->config;
	const struct pf_recorded *recorded = pf_record_store_find_key(
		env->record, config->driver->name, config->line.key);

	if (*ret_found->info.chip || !recorded)
		return;
	pf_output_line_assume(recorded, ret_found);
	recall(output, recorded);
}

void pf_output_line_claim(
	struct pf_env *env, struct pf_output *output, struct pf_found_line *ret_found)
{
	struct pf_output_request request;
	char reason[PF_REASON_SIZE];

	if (pf_output_line_find(env, output, ret_found, &request, reason) < 0)
		claim_missing(env, output, ret_found);
	pf_output_line_record(env, output, ret_found);
}

int pf_output_line_find(struct pf_env *env, struct pf_output *output,
	struct pf_found_line *ret_found, struct pf_output_request *ret_request, char *ret_reason)
{
	const struct pf_output_config *config = output->config;
	struct pf_found_line found;
	const int r = pf_line_find(env->board, config->driver, &config->line, &found, ret_reason);

	/* where it was found before stays known */
	if (r < 0)
		return r;
	*ret_found = found;
	recall(output, pf_record_store_find(env->record, config->driver->name, &found.info));
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
	if (pf_recorded_of(output, &found->info).at_rest)
		pf_record_store_remove(env->record, output->config->driver->name, &found->info);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "model.h"

#include <stdio.h>

/* How much the disk may be behind: a second, and what a busy machine takes. */
#define BEHIND_MS 1500

void model_ask(struct model *model, bool state, bool is_pulse)
{
	model->asked = true;
	model->asked_state = state;
	model->asked_pulse = is_pulse;
}

void model_answer(struct model *model, const char *id, uint64_t now_ms)
{
	if (model->last)
		model->last_on_ms = now_ms;
	model->level = model->asked_state;
	model->in_pulse = model->asked_pulse;
	/* a pulsed state is none to restore, what it ends in is */
	model->last = model->asked_state != model->asked_pulse;
	model->asked = false;
	(void)snprintf(model->id, sizeof model->id, "%s", id);
}

void model_settle(struct model *model, bool level)
{
	if (model->in_pulse && level == model->level)
		return;
	if (!model->in_pulse)
		model->in_pulse = model->asked && model->asked_pulse && level == model->asked_state;
	else
		model->in_pulse = false;
	model->level = level;
	model->asked = false;
}

void model_give_way(struct model *model)
{
	if (model->level || model->asked)
		model_ask(model, false, false);
}

void model_restart(struct model *model, const struct story_output *output)
{
	const bool kept = model->in_pulse ? !model->level : model->level;

	model->in_pulse = model->asked = false;
	model->level = output->initial == KEEP   ? kept
		       : output->initial == LAST ? model->last
						 : output->initial == ON;
}

/* What a line may be that is kept, but for a pulse, whose end it gets. */
static unsigned kept(const struct model *model)
{
	unsigned levels = MAY_BE(model->level != model->in_pulse);

	if (model->asked)
		levels |= MAY_BE(model->asked_state != model->asked_pulse);
	return levels;
}

unsigned model_after_safe_state(const struct model *model, const struct story_output *output)
{
	if (output->on_exit == KEEP)
		return kept(model);
	if (output->on_exit == ON)
		return output->grouped ? MAY_BE_ANY : MAY_BE(true);
	return MAY_BE(false);
}

static unsigned last(const struct model *model)
{
	unsigned levels = MAY_BE(model->last);

	if (model->asked)
		levels |= MAY_BE(model->asked_state != model->asked_pulse);
	return levels;
}

unsigned model_after_start(const struct model *model, const struct story_output *output, int before)
{
	unsigned levels;

	if (output->initial == LAST)
		return last(model);
	if (output->initial == ON)
		return output->grouped ? MAY_BE_ANY : MAY_BE(true);
	if (output->initial == OFF)
		return MAY_BE(false);
	levels = before >= 0 ? MAY_BE(before) : kept(model);
	return output->max_on_ms ? levels | MAY_BE(false) : levels;
}

unsigned model_after_boot(
	const struct model *model, const struct story_output *output, uint64_t crashed_ms)
{
	unsigned levels = last(model) | MAY_BE(false);

	if (output->initial == ON)
		return output->grouped ? MAY_BE_ANY : MAY_BE(true);
	if (output->initial != LAST)
		return MAY_BE(false);
	if (model->last_on_ms && crashed_ms < model->last_on_ms + BEHIND_MS)
		levels |= MAY_BE(true);
	return levels;
}

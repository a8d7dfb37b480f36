/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/remains.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "lines/leftovers.h"
#include "lines/line_find.h"
#include "lines/safe_state.h"
#include "store/record_store.h"

/* A recorded line. */
struct remain {
	const struct pf_recorded *recorded; /* in before */
	struct pf_output_config config;     /* as if it were configured */
	bool used;                          /* an output of the configuration has the line */
	bool input;                         /* or an input: it is off when that has it */
	struct pf_output_item *item;        /* the output that has it now, or NULL */
};

struct pf_remains {
	struct pf_record before;
	struct remain *lines; /* as in before */
};

/* What a line that is not configured any more would be if it were. */
static void make_config(struct remain *remain, struct pf_driver_set *drivers)
{
	const struct pf_recorded *recorded = remain->recorded;
	/* what was left on may be somebody else's by now: it is looked at only */
	const enum pf_on_exit on_exit = recorded->at_rest ? PF_ON_EXIT_KEEP : recorded->on_exit;
	char reason[PF_REASON_SIZE];
	char *text = pf_format("%s:%u", recorded->label, recorded->offset);

	remain->config = (struct pf_output_config){.item = {.name = recorded->name},
		.line = {.chip = recorded->label,
			.offset = recorded->offset,
			.text = text,
			.key = recorded->key ? recorded->key : text},
		.active_low = recorded->active_low,
		.drive = recorded->drive,
		.initial = on_exit == PF_ON_EXIT_KEEP ? PF_START_KEEP : PF_START_OFF,
		.on_exit = on_exit,
		.min_off_ms = recorded->min_off_ms,
		.payload_on = "ON",
		.payload_off = "OFF"};
	(void)pf_driver_set_find(drivers, recorded->driver, &remain->config.driver, reason);
}

struct pf_remains *pf_remains_new(const struct pf_record *record, struct pf_driver_set *drivers)
{
	struct pf_remains *remains = pf_calloc(1, sizeof *remains);
	char *text = pf_record_encode(record);

	if (pf_record_decode(text, strlen(text), &remains->before) < 0)
		remains->before = (struct pf_record){0};
	free(text);
	remains->lines = pf_calloc(remains->before.n, sizeof *remains->lines);
	for (size_t i = 0; i < remains->before.n; i++) {
		remains->lines[i].recorded = &remains->before.outputs[i];
		make_config(&remains->lines[i], drivers);
	}
	return remains;
}

/* Whether it was on in this boot, as far as is known. */
static bool was_on(const struct pf_recorded *recorded)
{
	return recorded->level && recorded->on_ns;
}

/* The recorded line of an item, or NULL. */
static struct remain *find_remain(struct pf_remains *remains, const struct pf_env *env,
	const struct pf_driver *driver, const struct pf_line_config *line)
{
	const struct pf_recorded *recorded = NULL;
	char reason[PF_REASON_SIZE];
	struct pf_found_line found;

	if (pf_line_find(env->board, driver, line, &found, reason) == 0)
		recorded = pf_record_find(&remains->before, driver->name, &found.info);
	else
		recorded = pf_record_find_key(&remains->before, driver->name, line->key);
	return recorded ? &remains->lines[recorded - remains->before.outputs] : NULL;
}

/* Whether the record still has it: it could not be brought to rest. */
static bool is_left(const struct pf_env *env, const struct pf_recorded *recorded)
{
	const struct pf_record *old = pf_record_store_old(env->record);

	for (size_t i = 0; i < old->n; i++)
		if (strcmp(old->outputs[i].driver, recorded->driver) == 0 &&
			strcmp(old->outputs[i].label, recorded->label) == 0 &&
			strcmp(old->outputs[i].chip, recorded->chip) == 0 &&
			old->outputs[i].offset == recorded->offset)
			return true;
	return false;
}

/* Whether an output is, or was, in a group with a recorded line of another one, and in which. */
static bool was_with(const struct pf_output_config *config, const struct remain *own,
	const struct remain *remain, struct pf_recorded_group *ret_group)
{
	const struct pf_recorded *recorded = remain->recorded;
	struct pf_recorded_group now = {0}, before = {0};

	if (remain == own)
		return false;
	(void)pf_recorded_is_in(recorded, config->interlock, &now);
	if (own)
		(void)pf_recorded_are_together(own->recorded, recorded, &before);
	*ret_group = before.name && (!now.name || now.dead_time_ms < before.dead_time_ms) ? before
											  : now;
	return ret_group->name != NULL;
}

/* Whether it is on and stays so, by its on_exit. */
static bool stays_on(const struct pf_recorded *recorded)
{
	return recorded->at_rest || recorded->on_exit == PF_ON_EXIT_ON ||
	       (recorded->on_exit == PF_ON_EXIT_KEEP && !recorded->unfinished);
}

/* What nobody has configured and is still to be brought to rest, or stands in somebody's way. */
static void adopt(struct remain *remain, const struct pf_env *env, struct remain *const *own,
	struct pf_leaving *leaving)
{
	const struct pf_config *config = env->config;
	bool needed = remain->input ||
		      (!remain->recorded->at_rest && is_left(env, remain->recorded));
	struct pf_recorded_group group;

	if (remain->used || !remain->config.driver || !was_on(remain->recorded))
		return;
	for (size_t i = 0; i < config->n_outputs; i++)
		needed = needed || (stays_on(remain->recorded) &&
					   was_with(&config->outputs[i], own[i], remain, &group));
	if (needed)
		remain->item = pf_leaving_adopt(
			leaving, &remain->config, remain->recorded, remain->input);
}

/* Lets an output wait for the one that has, or had, a line with which it was in a group. */
static void bind(struct pf_output_item *output, const struct remain *remain,
	const struct pf_recorded_group *group, uint64_t now_ns)
{
	const struct pf_recorded *recorded = remain->recorded;
	uint64_t off_ns = recorded->off_ns;

	if (was_on(recorded) && remain->item) {
		pf_output_item_wait_for(output, remain->item, group->name, group->dead_time_ms);
		return;
	}
	/* it was brought to rest right now */
	if (was_on(recorded))
		off_ns = now_ns;
	if (off_ns)
		pf_output_item_rest(output, off_ns + group->dead_time_ms * PF_NS_PER_MS);
}

/* Who has the recorded lines now; own: those of the outputs. */
static void find_owners(struct pf_remains *remains, const struct pf_env *env,
	struct pf_output_item **outputs, struct remain **own)
{
	const struct pf_config *config = env->config;
	struct remain *remain;

	for (size_t i = 0; i < config->n_inputs; i++) {
		remain = find_remain(
			remains, env, config->inputs[i].driver, &config->inputs[i].line);
		if (remain)
			remain->input = true;
	}
	for (size_t i = 0; i < config->n_outputs; i++) {
		own[i] = find_remain(
			remains, env, config->outputs[i].driver, &config->outputs[i].line);
		if (!own[i])
			continue;
		own[i]->used = true;
		own[i]->item = outputs[i];
	}
}

void pf_remains_bind(struct pf_remains *remains, struct pf_env *env,
	struct pf_output_item **outputs, struct pf_leaving *leaving)
{
	const struct pf_config *config = env->config;
	const uint64_t now_ns = pf_clock_now_ns();
	struct remain **own = pf_calloc(config->n_outputs, sizeof(struct remain *));
	struct pf_recorded_group group;

	find_owners(remains, env, outputs, own);
	for (size_t k = 0; k < remains->before.n; k++)
		adopt(&remains->lines[k], env, own, leaving);
	for (size_t i = 0; i < config->n_outputs; i++)
		for (size_t k = 0; k < remains->before.n; k++)
			if (was_with(&config->outputs[i], own[i], &remains->lines[k], &group))
				bind(outputs[i], &remains->lines[k], &group, now_ns);
	free(own);
}

void pf_remains_free(struct pf_remains *remains)
{
	if (!remains)
		return;
	for (size_t i = 0; i < remains->before.n; i++)
		free((void *)(uintptr_t)remains->lines[i].config.line.text);
	free(remains->lines);
	pf_record_done(&remains->before);
	free(remains);
}

/* ---- the start of the record ---------------------------------------------------------------- */

static void tell_leftover(void *user, const char *name, bool failed, const char *text)
{
	(void)user;
	pf_log(failed ? PF_LOG_WARNING : PF_LOG_NOTICE, "output %s is no longer configured: %s",
		name, text);
}

static void save_leftovers(void *user, const struct pf_record *record)
{
	(void)record;
	pf_record_store_changed(user);
}

int pf_remains_start(struct pf_env *env, struct pf_driver_set *drivers, struct pf_held *held)
{
	struct pf_safe_report report = {.tell = tell_leftover, .save = save_leftovers};
	const struct pf_config *config = env->config;
	bool needed = false;
	int r;

	for (size_t i = 0; i < config->n_outputs; i++)
		needed = needed || config->outputs[i].initial == PF_START_LAST;
	r = pf_record_store_new(env->loop, &env->timers, held, config->state_dir,
		pf_driver_set_dir(drivers), env->board, needed, &env->record);
	if (r < 0)
		return r;
	report.user = env->record;
	env->remains = pf_remains_new(pf_record_store_old(env->record), drivers);
	(void)pf_leftovers_rest(
		pf_record_store_old(env->record), env->board, drivers, config, &report);
	return 0;
}

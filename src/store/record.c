/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

static char *copy(const char *text)
{
	return text ? pf_strdup(text) : NULL;
}

static void free_output(struct pf_recorded *output)
{
	free(output->name);
	free(output->driver);
	free(output->label);
	free(output->chip);
	free(output->interlock);
	free(output->key);
	for (size_t i = 0; i < PF_RECORD_IDS; i++)
		free(output->ids[i]);
	for (size_t i = 0; i < PF_RECORD_GROUPS; i++)
		free(output->before[i].name);
}

void pf_record_init(
	struct pf_record *record, const char *boot_id, const char *board, const char *driver_dir)
{
	*record = (struct pf_record){.boot_id = pf_strdup(boot_id),
		.machine = pf_strdup(""),
		.state_dir = pf_strdup(""),
		.config_file = pf_strdup(""),
		.board = pf_strdup(board),
		.driver_dir = pf_strdup(driver_dir)};
}

void pf_record_done(struct pf_record *record)
{
	for (size_t i = 0; i < record->n; i++)
		free_output(&record->outputs[i]);
	free(record->outputs);
	free(record->boot_id);
	free(record->machine);
	free(record->state_dir);
	free(record->config_file);
	free(record->board);
	free(record->driver_dir);
	*record = (struct pf_record){0};
}

struct pf_recorded *pf_record_find(
	const struct pf_record *record, const char *driver, const struct pf_line_info *line)
{
	struct pf_recorded *found = NULL;
	size_t n_found = 0;

	for (size_t i = 0; i < record->n; i++) {
		struct pf_recorded *output = &record->outputs[i];

		if (strcmp(output->driver, driver) != 0 ||
			strcmp(output->label, line->label) != 0 || output->offset != line->offset)
			continue;
		if (strcmp(output->chip, line->chip) == 0)
			return output;
		found = output;
		n_found++;
	}
	return n_found == 1 ? found : NULL;
}

struct pf_recorded *pf_record_find_key(
	const struct pf_record *record, const char *driver, const char *key)
{
	for (size_t i = 0; i < record->n; i++) {
		struct pf_recorded *output = &record->outputs[i];

		if (output->key && strcmp(output->key, key) == 0 &&
			strcmp(output->driver, driver) == 0)
			return output;
	}
	return NULL;
}

/* The record of exactly the line of another one. */
static struct pf_recorded *find_exactly(
	const struct pf_record *record, const struct pf_recorded *wanted)
{
	for (size_t i = 0; i < record->n; i++) {
		struct pf_recorded *output = &record->outputs[i];

		if (output->offset == wanted->offset &&
			strcmp(output->driver, wanted->driver) == 0 &&
			strcmp(output->label, wanted->label) == 0 &&
			strcmp(output->chip, wanted->chip) == 0)
			return output;
	}
	return NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static bool same_ids(const struct pf_recorded *a, const struct pf_recorded *b)
{
	bool same = true;

	for (size_t i = 0; i < PF_RECORD_IDS && same; i++)
		same = same_text(a->ids[i], b->ids[i]);
	return same;
}

static bool same_groups(const struct pf_recorded *a, const struct pf_recorded *b)
{
	bool same = true;

	for (size_t i = 0; i < PF_RECORD_GROUPS && same; i++)
		same = same_text(a->before[i].name, b->before[i].name) &&
		       a->before[i].dead_time_ms == b->before[i].dead_time_ms;
	return same;
}

static bool is_same(const struct pf_recorded *a, const struct pf_recorded *b)
{
	return same_text(a->name, b->name) && same_text(a->driver, b->driver) &&
	       same_text(a->label, b->label) && same_text(a->chip, b->chip) &&
	       a->offset == b->offset && a->active_low == b->active_low && a->drive == b->drive &&
	       a->on_exit == b->on_exit && a->min_off_ms == b->min_off_ms &&
	       same_text(a->interlock, b->interlock) && a->dead_time_ms == b->dead_time_ms &&
	       a->last == b->last && a->level == b->level && a->on_ns == b->on_ns &&
	       a->off_ns == b->off_ns && a->period_ns == b->period_ns &&
	       a->unfinished == b->unfinished && a->end_level == b->end_level &&
	       a->at_rest == b->at_rest && same_text(a->key, b->key) && same_ids(a, b) &&
	       same_groups(a, b) && a->rested_ns == b->rested_ns;
}

static struct pf_recorded copy_output(const struct pf_recorded *recorded)
{
	struct pf_recorded new = *recorded;

	new.name = copy(recorded->name);
	new.driver = copy(recorded->driver);
	new.label = copy(recorded->label);
	new.chip = copy(recorded->chip);
	new.interlock = copy(recorded->interlock);
	new.key = copy(recorded->key);
	for (size_t i = 0; i < PF_RECORD_IDS; i++)
		new.ids[i] = copy(recorded->ids[i]);
	for (size_t i = 0; i < PF_RECORD_GROUPS; i++)
		new.before[i].name = copy(recorded->before[i].name);
	return new;
}

bool pf_record_set(struct pf_record *record, const struct pf_recorded *recorded)
{
	struct pf_recorded *old = find_exactly(record, recorded);
	struct pf_recorded new;

	if (old && is_same(old, recorded))
		return false;
	new = copy_output(recorded);
	if (old) {
		free_output(old);
		*old = new;
		return true;
	}
	record->outputs = pf_reallocarray(record->outputs, record->n + 1, sizeof *record->outputs);
	record->outputs[record->n++] = new;
	return true;
}

void pf_record_add_missing(struct pf_record *record, const struct pf_record *other)
{
	for (size_t i = 0; i < other->n; i++)
		if (!find_exactly(record, &other->outputs[i]))
			(void)pf_record_set(record, &other->outputs[i]);
}

void pf_record_drop(struct pf_record *record, size_t i)
{
	free_output(&record->outputs[i]);
	record->outputs[i] = record->outputs[--record->n];
}

bool pf_record_remove(struct pf_record *record, const char *driver, const struct pf_line_info *line)
{
	struct pf_recorded *output = pf_record_find(record, driver, line);

	if (!output)
		return false;
	pf_record_drop(record, (size_t)(output - record->outputs));
	return true;
}

bool pf_record_is_near(const struct pf_record *record, const struct pf_record *here)
{
	return strcmp(record->machine, here->machine) == 0 &&
	       strcmp(record->board, here->board) == 0;
}

bool pf_record_is_from(const struct pf_record *record, const struct pf_record *here)
{
	return *here->boot_id && strcmp(record->boot_id, here->boot_id) == 0 &&
	       pf_record_is_near(record, here);
}

static void choose(struct pf_recorded_group *chosen, const struct pf_recorded_group *group)
{
	if (!chosen->name || chosen->dead_time_ms < group->dead_time_ms)
		*chosen = *group;
}

static struct pf_recorded_group own_group(const struct pf_recorded *recorded)
{
	return (struct pf_recorded_group){recorded->interlock, recorded->dead_time_ms};
}

/* The group of that name in which a line is or was, or none. */
static struct pf_recorded_group find_group(const struct pf_recorded *recorded, const char *name)
{
	struct pf_recorded_group found = {0}, own = own_group(recorded);

	if (!name)
		return found;
	if (own.name && (!*name || strcmp(own.name, name) == 0))
		choose(&found, &own);
	for (size_t i = 0; i < PF_RECORD_GROUPS && recorded->before[i].name; i++) {
		const char *before = recorded->before[i].name;

		if (!*name || !*before || strcmp(before, name) == 0)
			choose(&found, &recorded->before[i]);
	}
	return found;
}

bool pf_recorded_is_in(
	const struct pf_recorded *recorded, const char *name, struct pf_recorded_group *ret_group)
{
	const struct pf_recorded_group found = find_group(recorded, name);

	if (found.name && ret_group)
		*ret_group = found;
	return found.name != NULL;
}

bool pf_recorded_are_together(const struct pf_recorded *a, const struct pf_recorded *b,
	struct pf_recorded_group *ret_group)
{
	struct pf_recorded_group longest = find_group(b, a->interlock), found;

	for (size_t i = 0; i < PF_RECORD_GROUPS && a->before[i].name; i++)
		if (pf_recorded_is_in(b, a->before[i].name, &found)) {
			choose(&longest, &found);
			choose(&longest, &a->before[i]);
		}
	if (longest.name && a->interlock && strcmp(longest.name, a->interlock) == 0 &&
		longest.dead_time_ms < a->dead_time_ms)
		longest.dead_time_ms = a->dead_time_ms;
	if (a == b || !longest.name)
		return false;
	if (ret_group)
		*ret_group = longest;
	return true;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The safety envelope of outputs: limits, failsafe, button; and the interlocks they share.
 */

#include <string.h>

#include "base/memory.h"
#include "config/loader.h"

#define LIMIT_MAX_S      2592000 /* 30 days */
#define DEAD_TIME_MS     500
#define DEAD_TIME_MAX_MS 60000
#define NAME_RANGE       PF_KEY_RANGE(0, PF_NAME_MAX)

static const char *const actions[] = {"toggle", "on", "off", "pulse", NULL};
static const char *const states[] = {"off", "on", NULL};

struct failsafe {
	uint32_t after_ms;
	int state;
	const char *heartbeat_topic;
};

static const struct pf_key limit_keys[] = {
	PF_KEY_OF("max_on_s", PF_KEY_SECONDS, struct pf_output_config, max_on_ms,
		PF_KEY_RANGE(0.001, LIMIT_MAX_S)),
	PF_KEY_OF("min_on_s", PF_KEY_SECONDS, struct pf_output_config, min_on_ms,
		PF_KEY_RANGE(0, LIMIT_MAX_S)),
	PF_KEY_OF("min_off_s", PF_KEY_SECONDS, struct pf_output_config, min_off_ms,
		PF_KEY_RANGE(0, LIMIT_MAX_S)),
	PF_KEY_OF("interlock", PF_KEY_STRING, struct pf_output_config, interlock, NAME_RANGE),
	PF_KEY_OF("accept_retained", PF_KEY_BOOL, struct pf_output_config, accept_retained),
};

static const struct pf_key group_keys[] = {
	PF_KEY_OF(
		"failsafe", PF_KEY_GROUP, struct pf_envelope_groups, failsafe, PF_KEY_RANGE(0, 0)),
	PF_KEY_OF("button", PF_KEY_GROUP, struct pf_envelope_groups, button, PF_KEY_RANGE(0, 0)),
};

static const struct pf_key failsafe_keys[] = {
	PF_KEY_OF(
		"after_s", PF_KEY_SECONDS, struct failsafe, after_ms, PF_KEY_RANGE(1, LIMIT_MAX_S)),
	PF_KEY_OF("state", PF_KEY_CHOICE, struct failsafe, state, .choices = states),
	PF_KEY_OF("heartbeat_topic", PF_KEY_STRING, struct failsafe, heartbeat_topic,
		PF_KEY_RANGE(0, PF_TOPIC_MAX)),
};

static const struct pf_key button_keys[] = {
	PF_KEY_OF("input", PF_KEY_STRING, struct pf_button_config, input, NAME_RANGE),
	PF_KEY_OF("action", PF_KEY_CHOICE, struct pf_button_config, action, .choices = actions),
};

static const struct pf_key interlock_keys[] = {
	PF_KEY_OF("name", PF_KEY_STRING, struct pf_interlock_config, name, NAME_RANGE),
	PF_KEY_OF("dead_time_ms", PF_KEY_INT, struct pf_interlock_config, dead_time_ms,
		PF_KEY_RANGE(0, DEAD_TIME_MAX_MS)),
};

#define KEYS(table, base) (table), sizeof(table) / sizeof *(table), (base)

struct pf_key_set pf_envelope_limit_keys(struct pf_output_config *output)
{
	return (struct pf_key_set){KEYS(limit_keys, output)};
}

struct pf_key_set pf_envelope_group_keys(struct pf_envelope_groups *groups)
{
	return (struct pf_key_set){KEYS(group_keys, groups)};
}

/* One controller may be the heartbeat of several outputs. */
static void add_heartbeat(
	const struct pf_item_loader *item, const struct pf_node *group, const char *topic)
{
	const struct pf_topic_use use = {.topic = topic,
		.label = item->label,
		.what = "heartbeat topic",
		.place = *pf_node_place(group, "heartbeat_topic"),
		.shared = true};

	pf_topics_add(&item->loader->topics, &use);
}

static void load_failsafe(const struct pf_item_loader *item, const struct pf_node *group,
	struct pf_failsafe_config *ret_failsafe)
{
	struct failsafe failsafe = {0};
	const struct pf_key_set set = {KEYS(failsafe_keys, &failsafe)};

	pf_keys_read(item->loader->problems, group, item->label, &set, 1);
	if (!pf_node_find(group, "after_s"))
		pf_item_error(item, "failsafe", "after_s is missing, expected the seconds to wait");
	if (failsafe.heartbeat_topic)
		failsafe.heartbeat_topic = pf_item_take_topic(item,
			pf_node_place(group, "heartbeat_topic"), "heartbeat_topic",
			failsafe.heartbeat_topic);
	*ret_failsafe = (struct pf_failsafe_config){.after_ms = failsafe.after_ms,
		.state = failsafe.state == 1,
		.heartbeat_topic = failsafe.heartbeat_topic};
	if (failsafe.heartbeat_topic)
		add_heartbeat(item, group, failsafe.heartbeat_topic);
}

static bool is_input(const struct pf_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_inputs; i++)
		if (config->inputs[i].item.name && strcmp(config->inputs[i].item.name, name) == 0)
			return true;
	return false;
}

static void load_button(const struct pf_item_loader *item, const struct pf_node *group,
	const struct pf_output_config *output, struct pf_button_config *ret_button)
{
	const struct pf_key_set set = {KEYS(button_keys, ret_button)};
	struct pf_problems *problems = item->loader->problems;

	pf_keys_read(problems, group, item->label, &set, 1);
	if (!pf_node_find(group, "input"))
		pf_item_error(item, "button", "input is missing, expected the name of an input");
	else if (ret_button->input && !is_input(item->loader->config, ret_button->input))
		pf_report(problems, pf_node_place(group, "input"), item->label, "button",
			"there is no input \"%s\"", ret_button->input);
	if (ret_button->action == PF_BUTTON_PULSE && !output->pulse_ms)
		pf_report(problems, pf_node_place(group, "action"), item->label, "button",
			"action \"pulse\" needs pulse_ms in the output");
}

static bool is_interlock(const struct pf_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_interlocks; i++)
		if (strcmp(config->interlocks[i].name, name) == 0)
			return true;
	return false;
}

/* At most one member of a group may be on, so at most one may be told to be. */
static void check_interlock(
	const struct pf_item_loader *item, const struct pf_output_config *output)
{
	const struct pf_config *config = item->loader->config;

	if (!is_interlock(config, output->interlock)) {
		pf_item_error(item, "interlock", "there is no interlock \"%s\" in interlocks",
			output->interlock);
		return;
	}
	for (const struct pf_output_config *other = config->outputs; other < output; other++) {
		const char *key = NULL;

		if (!other->interlock || strcmp(other->interlock, output->interlock) != 0)
			continue;
		if (other->initial == PF_START_ON && output->initial == PF_START_ON)
			key = "initial";
		else if (other->on_exit == PF_ON_EXIT_ON && output->on_exit == PF_ON_EXIT_ON)
			key = "on_exit";
		else if (other->failsafe.after_ms && other->failsafe.state &&
			 output->failsafe.after_ms && output->failsafe.state)
			key = "failsafe";
		if (key)
			pf_item_error(item, key,
				"\"on\" for two outputs of interlock %s, the other is %s, %s:%d",
				output->interlock, other->item.name, other->item.place.file,
				other->item.place.line);
	}
}

/* What cannot be kept together. */
static void check_limits(const struct pf_item_loader *item, const struct pf_output_config *output)
{
	if (!output->max_on_ms)
		return;
	if (output->pulse_ms > output->max_on_ms)
		pf_item_error(
			item, "pulse_ms", "%u ms is longer than max_on_s allows", output->pulse_ms);
	if (output->min_on_ms > output->max_on_ms)
		pf_item_error(item, "min_on_s", "longer than max_on_s");
}

void pf_load_envelope(const struct pf_item_loader *item, const struct pf_envelope_groups *groups,
	struct pf_output_config *output)
{
	if (groups->failsafe)
		load_failsafe(item, groups->failsafe, &output->failsafe);
	if (groups->button)
		load_button(item, groups->button, output, &output->button);
	if (output->interlock)
		check_interlock(item, output);
	check_limits(item, output);
}

void pf_load_interlocks(struct pf_loader *loader, const struct pf_node *list)
{
	struct pf_config *config = loader->config;

	if (!list)
		return;
	config->interlocks = pf_pool_keep(
		loader->pool, pf_calloc(list->n_children + 1, sizeof *config->interlocks));
	for (size_t i = 0; i < list->n_children; i++) {
		const struct pf_node *group = &list->children[i];
		struct pf_interlock_config *interlock = &config->interlocks[config->n_interlocks];
		const struct pf_key_set set = {KEYS(interlock_keys, interlock)};
		const struct pf_taken *first;
		struct pf_taken taken;

		if (!pf_item_is_group(loader, group, "interlocks", i))
			continue;
		*interlock = (struct pf_interlock_config){
			.dead_time_ms = DEAD_TIME_MS, .place = group->place};
		pf_keys_read(loader->problems, group, "interlock", &set, 1);
		if (!interlock->name) {
			pf_report(loader->problems, &group->place, "interlock", NULL,
				"name is missing");
			continue;
		}
		taken = (struct pf_taken){interlock->name, "interlock", group->place};
		first = pf_take(&loader->interlocks, &taken);
		if (first)
			pf_report(loader->problems, &group->place, "interlock", "name",
				"\"%s\" is already the name of another, %s:%d", interlock->name,
				first->place.file, first->place.line);
		else
			config->n_interlocks++;
	}
}

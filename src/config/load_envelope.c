/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The safety envelope of outputs: limits, failsafe, button; and the interlocks they share.
 */

#include <string.h>

#include "base/memory.h"
#include "config/loader.h"

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

static bool is_input(const struct pf_config *config, const char *name)
{
	for (size_t i = 0; i < config->n_inputs; i++)
		if (config->inputs[i].item.name && strcmp(config->inputs[i].item.name, name) == 0)
			return true;
	return false;
}

static void check_button(const struct pf_item_loader *item, const struct pf_output_config *output)
{
	const struct pf_node *group = pf_node_find(item->group, "button");
	const struct pf_button_config *button = &output->button;

	if (button->input && !is_input(item->loader->config, button->input))
		pf_report(item->loader->problems, pf_node_place(group, "input"), item->label,
			"button", "there is no input \"%s\"",
			pf_load_shown(item->loader, button->input));
	if (button->action == PF_BUTTON_PULSE && !output->pulse_ms)
		pf_report(item->loader->problems, pf_node_place(group, "action"), item->label,
			"button", "action \"pulse\" needs pulse_ms in the output");
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
			pf_load_shown(item->loader, output->interlock));
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

/* A stored "on" would pulse at each connect. */
static void check_stored(const struct pf_item_loader *item, const struct pf_output_config *output)
{
	if (output->accept_retained && output->pulse_ms)
		pf_item_error(item, "accept_retained",
			"does not go with pulse_ms: a stored ON would pulse at each connect");
}

void pf_load_envelope(const struct pf_item_loader *item, const struct pf_output_config *output)
{
	if (output->failsafe.heartbeat_topic)
		add_heartbeat(item, pf_node_find(item->group, "failsafe"),
			output->failsafe.heartbeat_topic);
	check_button(item, output);
	if (output->interlock)
		check_interlock(item, output);
	check_limits(item, output);
	check_stored(item, output);
}

void pf_load_interlock(struct pf_loader *loader, const struct pf_node *group, size_t index)
{
	struct pf_config *config = loader->config;
	struct pf_interlock_config *interlock = &config->interlocks[config->n_interlocks - 1];
	const struct pf_key_set set = PF_KEY_SET(&pf_interlock_keys, interlock);
	const struct pf_taken *first;
	const char *label = pf_pool_format(loader->pool, "interlock number %zu", index + 1);

	interlock->place = group->place;
	pf_keys_set_defaults(&loader->reader, &set, 1);
	pf_keys_read(&loader->reader, group, label, &set, 1);
	if (!interlock->name) {
		interlock->name = ""; /* reported: only so that names can be compared */
		return;
	}
	first = pf_take(
		&loader->interlocks, &(struct pf_taken){interlock->name, label, group->place});
	if (first)
		pf_report(loader->problems, &group->place, label, "name",
			"\"%s\" is already the name of another, %s:%d",
			pf_load_shown(loader, interlock->name), first->place.file,
			first->place.line);
}

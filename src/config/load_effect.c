/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Settings that are right and do nothing, where that takes a look at the whole file. */

#include <string.h>

#include "config/loader.h"

static bool is_group(const struct pf_node *node)
{
	return node && node->type == PF_NODE_GROUP;
}

static void check_interlocks(struct pf_loader *loader)
{
	const struct pf_config *config = loader->config;

	for (size_t i = 0; i < config->n_interlocks; i++) {
		const struct pf_interlock_config *interlock = &config->interlocks[i];
		unsigned n = 0;

		for (size_t k = 0; k < config->n_outputs; k++)
			n += config->outputs[k].interlock &&
			     strcmp(config->outputs[k].interlock, interlock->name) == 0;
		if (n < 2 && *interlock->name)
			pf_report_warning(loader->problems, &interlock->place, "interlock",
				pf_load_shown(loader, interlock->name),
				"does nothing with %s, expected two or more that name it",
				n ? "one output" : "no output");
	}
}

/* The buffer of all sensors is that of those with format = "json" that have no own one. */
static void check_buffer(struct pf_loader *loader)
{
	const struct pf_node *buffer = pf_node_find(loader->root, "buffer");
	const struct pf_config *config = loader->config;

	if (!is_group(buffer) || config->buffer.max_messages == 0)
		return;
	for (size_t i = 0; i < config->n_sensors; i++)
		if (config->sensors[i].item.format == PF_FORMAT_JSON)
			return;
	pf_report_warning(loader->problems, &buffer->place, NULL, "buffer",
		"does nothing, because no sensor has format = \"json\"");
}

/* The first group of an item that says how Home Assistant shows it. */
static const struct pf_node *find_shown(const struct pf_loader *loader)
{
	static const char *const lists[] = {"inputs", "outputs", "sensors"};

	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++) {
		const struct pf_node *list = pf_node_find(loader->root, lists[i]);

		for (size_t k = 0; list && k < list->n_children; k++) {
			const struct pf_node *group = pf_node_find(
				&list->children[k], "home_assistant");

			if (is_group(group) && group->n_children)
				return group;
		}
	}
	return NULL;
}

static void check_home_assistant(struct pf_loader *loader)
{
	const struct pf_node *group = pf_node_find(loader->root, "home_assistant"), *shown;

	if (loader->config->home_assistant.discovery)
		return;
	for (size_t i = 0; is_group(group) && i < group->n_children; i++)
		if (strcmp(group->children[i].name, "discovery") != 0)
			pf_report_warning(loader->problems, &group->children[i].place,
				"home_assistant", group->children[i].name,
				"does nothing without discovery = true");
	shown = find_shown(loader);
	if (shown)
		pf_report_warning(loader->problems, &shown->place, NULL, "home_assistant",
			"what items say of it does nothing without "
			"home_assistant: { discovery = true; }");
}

void pf_load_check_effects(struct pf_loader *loader)
{
	check_interlocks(loader);
	check_buffer(loader);
	check_home_assistant(loader);
}

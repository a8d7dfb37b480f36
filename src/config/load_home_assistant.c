/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "config/loader.h"
#include "config/words.h"

#define HINT_SIZE 160
#define LABEL     "home_assistant"

/*
 * What may stand in a discovery topic, letters, digits, '_' and '-', in a way that no two client
 * ids become the same: '_' is doubled, and any other byte is '_' and two hexadecimal digits.
 */
static const char *make_device_id(struct pf_loader *loader)
{
	const char *client_id = loader->config->mqtt.client_id;
	char *id = pf_pool_keep(loader->pool, pf_calloc(strlen(client_id) + 1, 3)), *end = id;

	for (const char *c = client_id; *c; c++) {
		const unsigned char byte = (unsigned char)*c;
		const bool plain = (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
				   (byte >= '0' && byte <= '9') || byte == '-';

		end += sprintf(end, plain ? "%c" : byte == '_' ? "__" : "_%02x", byte);
	}
	return id;
}

static void add_topic(struct pf_loader *loader, const struct pf_node *group, const char *key,
	const char *what, bool shared, const char *topic)
{
	const struct pf_topic_use use = {.topic = topic,
		.label = LABEL,
		.what = what,
		.place = *pf_node_place(group, key),
		.shared = shared};

	pf_topics_add(&loader->topics, &use);
}

void pf_load_home_assistant(struct pf_loader *loader)
{
	const struct pf_node *group = pf_node_find(loader->root, LABEL);
	struct pf_ha_config *ha = &loader->config->home_assistant;

	ha->device_id = make_device_id(loader);
	if (!ha->discovery)
		return;
	/* a heartbeat may be the same */
	add_topic(loader, group, "birth_topic", "birth topic", true, ha->birth_topic);
	add_topic(loader, group, "prefix", "discovery topic", false,
		pf_pool_format(loader->pool, "%s/device/%s/config", ha->prefix, ha->device_id));
}

/* Home Assistant wants no more than this: there are others than its own. */
static bool icon_is_good(const char *icon)
{
	const char *const colon = strchr(icon, ':');

	return colon && colon > icon && colon[1];
}

static const char *hint_of(
	const char *name, const char *const *names, size_t n, char text[HINT_SIZE])
{
	const char *here = pf_word_of_value("device_class", name);

	if (!here)
		return pf_did_you_mean(name, names, n, text);
	(void)snprintf(text, HINT_SIZE, ", %s", here);
	return text;
}

static void check_class(const struct pf_item_loader *item, const struct pf_node *node,
	const char *label, enum pf_ha_kind kind, const struct pf_channel_config *channel)
{
	static const char *const words[PF_HA_KINDS] = {[PF_HA_BINARY_SENSOR] = "an input",
		[PF_HA_SWITCH] = "an output",
		[PF_HA_BUTTON] = "an output with pulse_ms",
		[PF_HA_SENSOR] = "a sensor"};
	const char *name = item->item->home_assistant.device_class;
	struct pf_problems *problems = item->loader->problems;
	const char *const *names;
	char hint[HINT_SIZE];
	size_t n;

	names = pf_ha_classes(kind, &n);
	if (kind == PF_HA_SENSOR && !channel)
		pf_report(problems, &node->place, label, node->name,
			"not possible for a driver with several channels, which have one each");
	else if (!pf_ha_has_class(kind, name))
		pf_report(problems, &node->place, label, node->name,
			"\"%s\" is none that Home Assistant has for %s%s",
			pf_load_shown(item->loader, name), words[kind],
			hint_of(name, names, n, hint));
	else if (channel && !pf_ha_class_has_unit(name, channel->unit))
		pf_report(problems, &node->place, label, node->name,
			"\"%s\" does not go with the unit \"%s\"", name,
			pf_load_shown(item->loader, channel->unit));
}

void pf_load_ha_item(const struct pf_item_loader *item, enum pf_ha_kind kind,
	const struct pf_channel_config *channel)
{
	const struct pf_node *group = pf_node_find(item->group, LABEL);
	const struct pf_ha_item_config *ha = &item->item->home_assistant;
	struct pf_loader *loader = item->loader;
	const char *label;

	if (!group || group->type != PF_NODE_GROUP)
		return;
	label = pf_pool_format(loader->pool, "%s: " LABEL, item->label);
	if (!ha->enabled && group->n_children > 1)
		pf_report_warning(loader->problems, &group->place, label, NULL,
			"with enabled = false nothing else here does anything");
	if (ha->icon && !icon_is_good(ha->icon))
		pf_report(loader->problems, pf_node_place(group, "icon"), label, "icon",
			"\"%s\" is no icon, expected one like \"mdi:water-pump\"",
			pf_load_shown(loader, ha->icon));
	if (ha->device_class)
		check_class(item, pf_node_find(group, "device_class"), label, kind, channel);
}

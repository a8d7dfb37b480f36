/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "config/loader.h"

#define LABEL    "home_assistant"
#define TEXT_MAX 250

static const struct pf_key keys[] = {
	PF_KEY_OF("discovery", PF_KEY_BOOL, struct pf_ha_config, discovery),
	PF_KEY_OF("prefix", PF_KEY_STRING, struct pf_ha_config, prefix,
		PF_KEY_RANGE(0, PF_TOPIC_MAX / 2)),
};

static const struct pf_key item_keys[] = {
	PF_KEY_OF("enabled", PF_KEY_BOOL, struct pf_ha_item_config, enabled),
	PF_KEY_OF("name", PF_KEY_STRING, struct pf_ha_item_config, name, PF_KEY_RANGE(0, TEXT_MAX)),
	PF_KEY_OF("icon", PF_KEY_STRING, struct pf_ha_item_config, icon, PF_KEY_RANGE(0, TEXT_MAX)),
	PF_KEY_OF("device_class", PF_KEY_STRING, struct pf_ha_item_config, device_class,
		PF_KEY_RANGE(0, TEXT_MAX)),
};

static const struct pf_key group_key[] = {
	{.name = "home_assistant", .type = PF_KEY_GROUP},
};

/* What may stand in a discovery topic: letters, digits, '_' and '-'. */
static const char *make_device_id(struct pf_loader *loader)
{
	const char *client_id = loader->config->mqtt.client_id;
	char *id = pf_pool_keep(loader->pool, pf_strdup(client_id));

	for (char *c = id; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-')
			*c = '_';
	return id;
}

static void add_topic(struct pf_loader *loader, const struct pf_node *group, const char *what,
	bool shared, const char *topic)
{
	const struct pf_topic_use use = {.topic = topic,
		.label = LABEL,
		.what = what,
		.place = *pf_node_place(group, "prefix"),
		.shared = shared};

	pf_topics_add(&loader->topics, &use);
}

static void take_prefix(struct pf_loader *loader, const struct pf_node *group)
{
	struct pf_ha_config *ha = &loader->config->home_assistant;
	const char *wrong;

	ha->prefix = pf_expand_host(loader, ha->prefix);
	wrong = pf_topic_check(ha->prefix);
	if (wrong)
		pf_report(loader->problems, pf_node_place(group, "prefix"), LABEL, "prefix",
			"\"%.60s\" %s", ha->prefix, wrong);
	if (wrong || !ha->discovery)
		return;
	/* a heartbeat may be the same */
	add_topic(loader, group, "birth topic", true,
		pf_pool_format(loader->pool, "%s/status", ha->prefix));
	add_topic(loader, group, "discovery topic", false,
		pf_pool_format(loader->pool, "%s/device/%s/config", ha->prefix, ha->device_id));
}

void pf_load_home_assistant(struct pf_loader *loader, const struct pf_node *group)
{
	struct pf_ha_config *ha = &loader->config->home_assistant;
	const struct pf_key_set set = {keys, sizeof keys / sizeof *keys, ha};

	*ha = (struct pf_ha_config){.prefix = "homeassistant", .device_id = make_device_id(loader)};
	if (!group)
		return;
	pf_keys_read(loader->problems, group, LABEL, &set, 1);
	take_prefix(loader, group);
}

struct pf_key_set pf_ha_item_key(const struct pf_node **group)
{
	return (struct pf_key_set){group_key, 1, group};
}

/* "mdi:" and a name of small letters, digits and '-' */
static bool icon_is_good(const char *icon)
{
	if (strncmp(icon, "mdi:", 4) != 0 || !icon[4])
		return false;
	for (icon += 4; *icon; icon++)
		if (!islower((unsigned char)*icon) && !isdigit((unsigned char)*icon) &&
			*icon != '-')
			return false;
	return true;
}

static void check_class(const struct pf_item_loader *item, const struct pf_node *node,
	const char *label, enum pf_ha_kind kind, const struct pf_channel *channel)
{
	static const char *const words[PF_HA_KINDS] = {[PF_HA_BINARY_SENSOR] = "an input",
		[PF_HA_SWITCH] = "an output",
		[PF_HA_BUTTON] = "an output with pulse_ms",
		[PF_HA_SENSOR] = "a sensor"};
	const char *name = item->item->home_assistant.device_class;
	struct pf_problems *problems = item->loader->problems;
	const char *const *names;
	char hint[120];
	size_t n;

	names = pf_ha_classes(kind, &n);
	if (kind == PF_HA_SENSOR && !channel)
		pf_report(problems, &node->place, label, node->name,
			"not possible for a driver with several channels, which have one each");
	else if (!pf_ha_has_class(kind, name))
		pf_report(problems, &node->place, label, node->name,
			"\"%.60s\" is none that Home Assistant has for %s%s", name, words[kind],
			pf_did_you_mean(name, names, n, hint));
	else if (channel && !pf_ha_class_has_unit(name, pf_channel_unit(channel)))
		pf_report(problems, &node->place, label, node->name,
			"\"%s\" does not go with the unit \"%s\" of %s", name,
			pf_channel_unit(channel), channel->name);
}

void pf_load_ha_item(const struct pf_item_loader *item, const struct pf_node *group,
	enum pf_ha_kind kind, const struct pf_channel *channel)
{
	struct pf_ha_item_config *ha = &item->item->home_assistant;
	const struct pf_key_set set = {item_keys, sizeof item_keys / sizeof *item_keys, ha};
	struct pf_loader *loader = item->loader;
	const char *label;

	if (!group)
		return;
	label = pf_pool_format(loader->pool, "%s: " LABEL, item->label);
	pf_keys_read(loader->problems, group, label, &set, 1);
	if (ha->icon && !icon_is_good(ha->icon))
		pf_report(loader->problems, pf_node_place(group, "icon"), label, "icon",
			"\"%.60s\" is no icon, expected one like \"mdi:water-pump\"", ha->icon);
	if (ha->device_class)
		check_class(item, pf_node_find(group, "device_class"), label, kind, channel);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <float.h>
#include <string.h>

#include "base/memory.h"
#include "config/loader.h"

const struct pf_node *pf_channel_find(const struct pf_channel_loader *loader, const char *key)
{
	const struct pf_node *node = loader->group ? pf_node_find(loader->group, key) : NULL;

	return node || !loader->direct ? node : pf_node_find(loader->direct, key);
}

const struct pf_place *pf_channel_place(const struct pf_channel_loader *loader, const char *key)
{
	const struct pf_node *node = pf_channel_find(loader, key);

	if (node)
		return &node->place;
	return loader->group ? &loader->group->place : &loader->item->group->place;
}

#define channel_error(loader, key, ...)                                                            \
	pf_report((loader)->item->loader->problems, pf_channel_place((loader), (key)),             \
		(loader)->label, (key), __VA_ARGS__)

static bool is_number(const struct pf_node *node)
{
	return node->type == PF_NODE_INT || node->type == PF_NODE_FLOAT;
}

/* Reads one pair; false: it is none, which is reported. */
static bool read_point(
	const struct pf_channel_loader *loader, const struct pf_node *node, struct pf_point *point)
{
	const struct pf_node *pair = node->children;

	if (node->type == PF_NODE_LIST && node->n_children == 2 && is_number(&pair[0]) &&
		is_number(&pair[1])) {
		*point = (struct pf_point){pair[0].number, pair[1].number};
		return true;
	}
	pf_report(loader->item->loader->problems, &node->place, loader->label, "points",
		"expected pairs of what the sensor says and what is right: ((0, 0.5), (100, 99))");
	return false;
}

static void read_points(const struct pf_channel_loader *loader, struct pf_channel_config *config)
{
	const struct pf_node *list = pf_channel_find(loader, "points");
	struct pf_point *points;

	if (!list || list->type != PF_NODE_LIST)
		return;
	if (list->n_children < 2 || list->n_children > PF_POINTS_MAX) {
		channel_error(loader, "points", "has %zu points, expected 2 to %d",
			list->n_children, PF_POINTS_MAX);
		return;
	}
	points = pf_pool_keep(
		loader->item->loader->pool, pf_calloc(list->n_children, sizeof *points));
	for (size_t i = 0; i < list->n_children; i++) {
		if (!read_point(loader, &list->children[i], &points[i]))
			return;
		if (i == 0 || points[i].raw > points[i - 1].raw)
			continue;
		pf_report(loader->item->loader->problems, &list->children[i].place, loader->label,
			"points", "%.10g does not come after %.10g, expected rising sensor values",
			points[i].raw, points[i - 1].raw);
		return;
	}
	config->points = points;
	config->n_points = list->n_children;
}

/* Whether values are what the sensor says, so that its range is theirs, too. */
static bool is_plain(const struct pf_channel_config *config)
{
	return config->scale == 1 && config->offset == 0 && config->n_points == 0;
}

static void check_range(const struct pf_channel_loader *loader, struct pf_channel_config *config)
{
	const struct pf_channel *channel = loader->channel;
	const bool plain = is_plain(config);

	if (!plain && !pf_channel_find(loader, "min"))
		config->minimum = -DBL_MAX;
	if (!plain && !pf_channel_find(loader, "max"))
		config->maximum = DBL_MAX;
	if (plain && (config->minimum < channel->minimum || config->minimum > channel->maximum))
		channel_error(loader, "min", "%.10g is out of range, expected %.10g to %.10g",
			config->minimum, channel->minimum, channel->maximum);
	else if (plain &&
		 (config->maximum < channel->minimum || config->maximum > channel->maximum))
		channel_error(loader, "max", "%.10g is out of range, expected %.10g to %.10g",
			config->maximum, channel->minimum, channel->maximum);
	else if (config->minimum >= config->maximum)
		channel_error(loader, "min", "%.10g is not below max, which is %.10g",
			config->minimum, config->maximum);
}

static void check_rules(const struct pf_channel_loader *loader, uint32_t interval_ms,
	const struct pf_channel_config *config)
{
	if (loader->group && loader->presence == PF_ABSENT)
		pf_report_warning(loader->item->loader->problems, &loader->group->place,
			loader->label, "channels",
			"the options of the sensor switch this channel off: nothing is published");
	if (config->scale == 0)
		channel_error(loader, "scale", "0 would make all values the same");
	if (config->max_interval_ms && config->deadband == 0)
		pf_report_warning(loader->item->loader->problems,
			pf_channel_place(loader, "max_interval_s"), loader->label, "max_interval_s",
			"does nothing without deadband");
	else if (config->max_interval_ms && config->max_interval_ms <= interval_ms)
		pf_report_warning(loader->item->loader->problems,
			pf_channel_place(loader, "max_interval_s"), loader->label, "max_interval_s",
			"makes deadband useless: every reading is published with it");
}

/* Keys both in the sensor and in channels.NAME. */
static void check_twice(const struct pf_channel_loader *loader)
{
	for (size_t i = 1; loader->direct && loader->group && i < pf_channel_keys.n; i++) {
		const char *key = pf_channel_keys.keys[i].name;
		const struct pf_node *first = pf_node_find(loader->direct, key);

		if (first && pf_node_find(loader->group, key))
			channel_error(loader, key, "given twice, also at %s:%d", first->place.file,
				first->place.line);
	}
}

static void load_topic(
	const struct pf_channel_loader *loader, size_t n_channels, struct pf_channel_config *config)
{
	const struct pf_item_loader *item = loader->item;
	const bool json = item->item->format == PF_FORMAT_JSON;

	if (config->topic && json && n_channels > 1) {
		channel_error(loader, "topic",
			"with format = \"json\" all channels share the topic of the sensor");
		config->topic = NULL;
	} else if (loader->group && pf_node_find(loader->group, "topic")) {
		; /* a bad one is reported */
	} else if (n_channels == 1) {
		config->topic = item->item->topic;
	} else if (!json) {
		config->topic = pf_pool_format(
			item->loader->pool, "%s/%s", item->item->topic, loader->channel->name);
	}
	if (config->topic && item->topics_known)
		pf_topics_add(&item->loader->topics,
			&(struct pf_topic_use){.topic = config->topic,
				.label = item->label,
				.what = "topic",
				.place = *pf_channel_place(loader, "topic")});
}

static void load_channel(const struct pf_channel_loader *loader,
	const struct pf_sensor_config *sensor, struct pf_channel_config *config)
{
	const struct pf_key_set set = PF_KEY_SET(&pf_channel_keys, config);

	if (loader->group)
		pf_keys_read(&loader->item->loader->reader, loader->group, loader->label, &set, 1);
	if (!pf_channel_find(loader, "decimals"))
		config->decimals = loader->channel->decimals;
	check_twice(loader);
	read_points(loader, config);
	check_range(loader, config);
	check_rules(loader, sensor->interval_ms, config);
	pf_load_unit(loader, config);
	load_topic(loader, sensor->driver->n_channels, config);
}

/* Reports groups in channels = { } that are no channels of the driver. */
static void check_names(const struct pf_item_loader *item, const struct pf_node *channels,
	const struct pf_driver *driver)
{
	const char *names[PF_CHANNELS_MAX];
	char hint[120];

	for (size_t i = 0; i < driver->n_channels; i++)
		names[i] = driver->channels[i].name;
	for (size_t i = 0; i < channels->n_children; i++) {
		const struct pf_node *node = &channels->children[i];
		bool known = false;

		for (size_t k = 0; k < driver->n_channels; k++)
			known = known || strcmp(names[k], node->name) == 0;
		if (!known)
			pf_report(item->loader->problems, &node->place, item->label, "channels",
				"driver %s has no channel \"%s\"%s", driver->name, node->name,
				pf_did_you_mean(node->name, names, driver->n_channels, hint));
		else if (node->type != PF_NODE_GROUP && node->type != PF_NODE_SPOILT)
			pf_report(item->loader->problems, &node->place, item->label, "channels",
				"\"%s\" is no group, expected %s = { ... };", node->name,
				node->name);
	}
}

void pf_load_channels(const struct pf_item_loader *item, struct pf_sensor_config *sensor)
{
	const struct pf_node *channels = pf_node_find(item->group, "channels");
	const struct pf_driver *driver = sensor->driver;

	if (channels && channels->type != PF_NODE_GROUP)
		channels = NULL;
	if (channels)
		check_names(item, channels, driver);
	for (size_t i = 0; i < driver->n_channels; i++) {
		const char *name = driver->channels[i].name;
		const struct pf_node *group = channels ? pf_node_find(channels, name) : NULL;
		struct pf_channel channel;
		struct pf_channel_loader loader = {.item = item,
			.presence = pf_driver_channel(driver, sensor->options, NULL, i, &channel),
			.channel = &channel,
			.is_announced = item->loader->config->home_assistant.discovery &&
					item->item->home_assistant.enabled};

		loader.direct = driver->n_channels == 1 ? item->group : NULL;
		loader.group = group && group->type == PF_NODE_GROUP ? group : NULL;
		loader.label = loader.group ? pf_pool_format(item->loader->pool, "%s: %s",
						      item->label, name)
					    : item->label;
		load_channel(&loader, sensor, &sensor->channels[i]);
	}
}

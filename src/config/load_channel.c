/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <float.h>
#include <string.h>

#include "base/memory.h"
#include "config/loader.h"

#define POINTS_MAX     64
#define INTERVAL_MAX_S 604800
#define ANY            PF_KEY_RANGE(-1e300, 1e300)
#define MEMBER         struct pf_raw_channel

/* "topic" comes first: it is left out where the keys stand in a sensor, which has its own. */
const struct pf_key pf_channel_keys[] = {
	PF_KEY_OF("topic", PF_KEY_STRING, MEMBER, config.topic, PF_KEY_RANGE(0, PF_TOPIC_MAX)),
	PF_KEY_OF("offset", PF_KEY_NUMBER, MEMBER, config.offset, ANY),
	PF_KEY_OF("scale", PF_KEY_NUMBER, MEMBER, config.scale, ANY),
	PF_KEY_OF("points", PF_KEY_LIST, MEMBER, points, PF_KEY_RANGE(0, 0)),
	PF_KEY_OF("decimals", PF_KEY_INT, MEMBER, config.decimals, PF_KEY_RANGE(0, 6)),
	PF_KEY_OF("min", PF_KEY_NUMBER, MEMBER, config.minimum, ANY),
	PF_KEY_OF("max", PF_KEY_NUMBER, MEMBER, config.maximum, ANY),
	PF_KEY_OF("deadband", PF_KEY_NUMBER, MEMBER, config.deadband, PF_KEY_RANGE(0, 1e300)),
	PF_KEY_OF("max_interval_s", PF_KEY_SECONDS, MEMBER, config.max_interval_ms,
		PF_KEY_RANGE(0, INTERVAL_MAX_S)),
	{.name = "filter", .type = PF_KEY_LATER},
};
const size_t pf_n_channel_keys = sizeof pf_channel_keys / sizeof *pf_channel_keys;

/* A channel under way. */
struct channel_loader {
	const struct pf_item_loader *item;
	const struct pf_channel *channel;
	const struct pf_node *direct; /* the sensor, if the keys may stand there; or NULL */
	const struct pf_node *group;  /* channels.NAME, or NULL */
	const char *label;
};

/* Where a key of the channel stands. */
static const struct pf_place *place_of(const struct channel_loader *loader, const char *key)
{
	if (loader->group && pf_node_find(loader->group, key))
		return &pf_node_find(loader->group, key)->place;
	if (loader->direct && pf_node_find(loader->direct, key))
		return &pf_node_find(loader->direct, key)->place;
	return loader->group ? &loader->group->place : &loader->item->group->place;
}

#define channel_error(loader, key, ...)                                                            \
	pf_report((loader)->item->loader->problems, place_of((loader), (key)), (loader)->label,    \
		(key), __VA_ARGS__)

static bool is_number(const struct pf_node *node)
{
	return node->type == PF_NODE_INT || node->type == PF_NODE_FLOAT;
}

/* Reads one pair; false: it is none, which is reported. */
static bool read_point(
	const struct channel_loader *loader, const struct pf_node *node, struct pf_point *point)
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

static void read_points(const struct channel_loader *loader, struct pf_raw_channel *raw)
{
	const struct pf_node *list = raw->points;
	struct pf_point *points;

	if (!list)
		return;
	if (list->n_children < 2 || list->n_children > POINTS_MAX) {
		channel_error(loader, "points", "has %zu points, expected 2 to %d",
			list->n_children, POINTS_MAX);
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
	raw->config.points = points;
	raw->config.n_points = list->n_children;
}

/* Whether values are what the sensor says, so that its range is theirs, too. */
static bool is_plain(const struct pf_channel_config *config)
{
	return config->scale == 1 && config->offset == 0 && config->n_points == 0;
}

static bool is_given(const struct channel_loader *loader, const char *key)
{
	return (loader->group && pf_node_find(loader->group, key)) ||
	       (loader->direct && pf_node_find(loader->direct, key));
}

static void check_range(const struct channel_loader *loader, struct pf_channel_config *config)
{
	const struct pf_channel *channel = loader->channel;
	const bool plain = is_plain(config);

	if (!plain && !is_given(loader, "min"))
		config->minimum = -DBL_MAX;
	if (!plain && !is_given(loader, "max"))
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

static void check_rules(const struct channel_loader *loader, const struct pf_channel_config *config)
{
	if (config->scale == 0)
		channel_error(loader, "scale", "0 would make all values the same");
	if (config->max_interval_ms && config->deadband == 0)
		pf_report_warning(loader->item->loader->problems,
			place_of(loader, "max_interval_s"), loader->label, "max_interval_s",
			"does nothing without deadband");
}

/* Keys both in the sensor and in channels.NAME. */
static void check_twice(const struct channel_loader *loader)
{
	for (size_t i = 1; loader->direct && loader->group && i < pf_n_channel_keys; i++) {
		const char *key = pf_channel_keys[i].name;
		const struct pf_node *first = pf_node_find(loader->direct, key);

		if (first && pf_node_find(loader->group, key))
			channel_error(loader, key, "given twice, also at %s:%d", first->place.file,
				first->place.line);
	}
}

static void load_topic(
	const struct channel_loader *loader, size_t n_channels, struct pf_channel_config *config)
{
	const struct pf_item_loader *item = loader->item;
	const bool json = item->item->format == PF_FORMAT_JSON;

	if (config->topic && json && n_channels > 1) {
		channel_error(loader, "topic",
			"with format = \"json\" all channels share the topic of the sensor");
		config->topic = NULL;
	} else if (config->topic) {
		config->topic = pf_item_take_topic(
			item, place_of(loader, "topic"), "topic", config->topic);
	} else if (n_channels == 1) {
		config->topic = item->item->topic;
	} else if (!json) {
		config->topic = pf_pool_format(
			item->loader->pool, "%s/%s", item->item->topic, loader->channel->name);
	}
	if (config->topic && item->topics_known)
		pf_topics_add(&item->loader->topics, &(struct pf_topic_use){.topic = config->topic,
							     .label = item->label,
							     .what = "topic",
							     .place = *place_of(loader, "topic")});
}

static void load_channel(const struct channel_loader *loader, const struct pf_driver *driver,
	struct pf_raw_channel *raw, struct pf_channel_config *ret_config)
{
	const struct pf_key_set set = {pf_channel_keys, pf_n_channel_keys, raw};

	if (loader->group)
		pf_keys_read(loader->item->loader->problems, loader->group, loader->label, &set, 1);
	check_twice(loader);
	read_points(loader, raw);
	check_range(loader, &raw->config);
	check_rules(loader, &raw->config);
	load_topic(loader, driver->n_channels, &raw->config);
	*ret_config = raw->config;
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

void pf_load_channels(const struct pf_item_loader *item, const struct pf_node *channels,
	struct pf_raw_channel raw[PF_CHANNELS_MAX], struct pf_sensor_config *sensor)
{
	const struct pf_driver *driver = sensor->driver;

	if (channels)
		check_names(item, channels, driver);
	for (size_t i = 0; i < driver->n_channels; i++) {
		const char *name = driver->channels[i].name;
		const struct pf_node *group = channels ? pf_node_find(channels, name) : NULL;
		struct channel_loader loader = {.item = item, .channel = &driver->channels[i]};

		loader.direct = driver->n_channels == 1 ? item->group : NULL;
		loader.group = group && group->type == PF_NODE_GROUP ? group : NULL;
		loader.label = loader.group ? pf_pool_format(item->loader->pool, "%s: %s",
						      item->label, name)
					    : item->label;
		load_channel(&loader, driver, &raw[i], &sensor->channels[i]);
	}
}

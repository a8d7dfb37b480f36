/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "home_assistant/announcement.h"

#include <cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config.h"
#include "config/expiry.h"
#include "config/ha_classes.h"
#include "hw/driver_set.h"

/*
 * Home Assistant forgets a reading that is not renewed in time. A bus with more sensors than it
 * can serve is no reason for that, and a fault has its own message, so there is no hurry.
 */
#define EXPIRE_MIN_S 60u

/* PREFIX/device/DEVICE_ID/config */
#define DEVICE "/device/"
#define CONFIG "/config"

static const char *const platforms[PF_HA_KINDS] = {[PF_HA_BINARY_SENSOR] = "binary_sensor",
	[PF_HA_SWITCH] = "switch",
	[PF_HA_BUTTON] = "button",
	[PF_HA_SENSOR] = "sensor"};

/* An announcement under way. Keys of the JSON are the short forms that Home Assistant knows. */
struct builder {
	const struct pf_config *config;
	pf_ha_has_channel *has_channel;
	void *user;
	cJSON *components;
	struct pf_ha_announcement announcement;
};

static void add_text(cJSON *object, const char *key, const char *text)
{
	if (text)
		cJSON_AddStringToObject(object, key, text);
}

/* The text of an object, which is freed. */
static char *finish(cJSON *object)
{
	char *text = cJSON_PrintUnformatted(object);
	/* without memory cJSON gives NULL; pf_strdup() ends the process in that case, too */
	char *copy = pf_strdup(text ? text : "{}");

	free(text);
	cJSON_Delete(object);
	return copy;
}

static void add_availability(cJSON *list, const char *topic, const char *suffix)
{
	char *whole = pf_format("%s/%s", topic, suffix);
	cJSON *entry = cJSON_CreateObject();

	cJSON_AddStringToObject(entry, "t", whole);
	cJSON_AddItemToArray(list, entry);
	free(whole);
}

/* The point is in no device id, and the first one in a key ends the item's name. */
static char *unique_id(const char *device_id, const char *key)
{
	return pf_format("%s.%s", device_id, key);
}

static char *make_key(const struct pf_item_config *item, const char *channel)
{
	return pf_format("%s%s%s", item->name, channel ? "." : "", channel ? channel : "");
}

/* What the channel is called in keys: nothing, if it is the only one. */
static const char *name_of_channel(const struct pf_sensor_config *sensor, size_t i)
{
	return sensor->driver->n_channels > 1 ? sensor->driver->channels[i].name : NULL;
}

/* What every entity has. channel: its name, or NULL for the item as a whole. */
static cJSON *add_component(struct builder *builder, const struct pf_item_config *item,
	enum pf_ha_kind kind, const char *channel)
{
	struct pf_ha_announcement *all = &builder->announcement;
	const char *name = item->home_assistant.name ? item->home_assistant.name : item->name;
	char *key = make_key(item, channel);
	char *id = unique_id(builder->config->home_assistant.device_id, key);
	char *label = pf_format("%s%s%s", name, channel ? " " : "", channel ? channel : "");
	cJSON *component = cJSON_AddObjectToObject(builder->components, key);
	cJSON *availability;

	add_text(component, "p", platforms[kind]);
	add_text(component, "uniq_id", id);
	add_text(component, "name", label);
	add_text(component, "ic", item->home_assistant.icon);
	availability = cJSON_AddArrayToObject(component, "avty");
	add_availability(availability, builder->config->mqtt.prefix, "status");
	add_availability(availability, item->topic, "availability");
	if (item->qos)
		cJSON_AddNumberToObject(component, "qos", item->qos);
	all->components = pf_reallocarray(all->components, all->n + 1, sizeof *all->components);
	all->components[all->n++] = (struct pf_ha_component){key, platforms[kind]};
	free(id);
	free(label);
	return component;
}

static void add_state(cJSON *component, const struct pf_item_config *item, const char *payload_on,
	const char *payload_off)
{
	add_text(component, "stat_t", item->topic);
	add_text(component, "pl_on", payload_on);
	add_text(component, "pl_off", payload_off);
	if (item->format == PF_FORMAT_JSON)
		add_text(component, "val_tpl", "{{ value_json.state }}");
}

static void add_input(struct builder *builder, const struct pf_input_config *input)
{
	cJSON *component = add_component(builder, &input->item, PF_HA_BINARY_SENSOR, NULL);

	add_state(component, &input->item, input->payload_on, input->payload_off);
	add_text(component, "dev_cla", input->item.home_assistant.device_class);
}

/* A pulse ends by itself: a switch that goes back on its own would look like a fault. */
static void add_output(struct builder *builder, const struct pf_output_config *output)
{
	const enum pf_ha_kind kind = output->pulse_ms ? PF_HA_BUTTON : PF_HA_SWITCH;
	cJSON *component = add_component(builder, &output->item, kind, NULL);

	add_text(component, "cmd_t", output->command_topic);
	if (kind == PF_HA_BUTTON)
		add_text(component, "pl_prs", output->payload_on);
	else
		add_state(component, &output->item, output->payload_on, output->payload_off);
	add_text(component, "dev_cla", output->item.home_assistant.device_class);
}

static bool channel_is_there(const struct builder *builder, const struct pf_sensor_config *sensor,
	size_t i, struct pf_channel *ret_channel)
{
	switch (pf_driver_channel(sensor->driver, sensor->options, NULL, i, ret_channel)) {
	case PF_ABSENT:
		return false;
	case PF_BY_CHIP:
		return !builder->has_channel || builder->has_channel(builder->user, sensor, i);
	case PF_PRESENT:
	default:
		return true;
	}
}

static void add_channel(struct builder *builder, const struct pf_sensor_config *sensor, size_t i)
{
	struct pf_channel channel;
	const struct pf_item_config *item = &sensor->item;
	const bool json = item->format == PF_FORMAT_JSON;
	const uint32_t expiry_s = pf_sensor_expiry_s(sensor, i, sensor->interval_ms);
	const struct pf_channel_config *config = &sensor->channels[i];
	cJSON *component;
	char *template;

	if (!channel_is_there(builder, sensor, i, &channel))
		return;
	component = add_component(builder, item, PF_HA_SENSOR, name_of_channel(sensor, i));
	add_text(component, "stat_t", json ? item->topic : sensor->channels[i].topic);
	add_text(component, "dev_cla", config->device_class);
	add_text(component, "stat_cla", config->state_class);
	if (*config->unit)
		add_text(component, "unit_of_meas", config->unit);
	cJSON_AddNumberToObject(component, "sug_dsp_prc", sensor->channels[i].decimals);
	cJSON_AddNumberToObject(
		component, "exp_aft", expiry_s > EXPIRE_MIN_S ? expiry_s : EXPIRE_MIN_S);
	if (!json)
		return;
	/* a channel without a true value is missing in the object: unknown then */
	template = pf_format("{{ value_json.get('%s') }}", channel.name);
	add_text(component, "val_tpl", template);
	free(template);
}

static void add_components(struct builder *builder)
{
	const struct pf_config *config = builder->config;

	for (size_t i = 0; i < config->n_inputs; i++)
		if (config->inputs[i].item.home_assistant.enabled)
			add_input(builder, &config->inputs[i]);
	for (size_t i = 0; i < config->n_outputs; i++)
		if (config->outputs[i].item.home_assistant.enabled)
			add_output(builder, &config->outputs[i]);
	for (size_t i = 0; i < config->n_sensors; i++)
		for (size_t k = 0; k < config->sensors[i].driver->n_channels; k++)
			if (config->sensors[i].item.home_assistant.enabled)
				add_channel(builder, &config->sensors[i], k);
}

/* The message without its components. */
static cJSON *make_root(const struct pf_config *config, const char *device_id)
{
	cJSON *root = cJSON_CreateObject(), *device, *origin, *ids;

	device = cJSON_AddObjectToObject(root, "dev");
	ids = cJSON_AddArrayToObject(device, "ids");
	cJSON_AddItemToArray(ids, cJSON_CreateString(device_id));
	add_text(device, "name", config->mqtt.client_id);
	add_text(device, "mdl", "Pinferry");
	add_text(device, "sw", PACKAGE_VERSION);
	origin = cJSON_AddObjectToObject(root, "o");
	add_text(origin, "name", "Pinferry");
	add_text(origin, "sw", PACKAGE_VERSION);
	add_text(root, "avty_mode", "all");
	return root;
}

bool pf_ha_announce(const struct pf_config *config, pf_ha_has_channel *has_channel, void *user,
	struct pf_ha_announcement *ret_announcement)
{
	struct builder builder = {.config = config, .has_channel = has_channel, .user = user};
	cJSON *root;

	if (!config->home_assistant.discovery)
		return false;
	root = make_root(config, config->home_assistant.device_id);
	builder.components = cJSON_AddObjectToObject(root, "cmps");
	add_components(&builder);
	if (builder.announcement.n == 0) {
		cJSON_Delete(root);
		return false;
	}
	builder.announcement.payload = finish(root);
	builder.announcement.topic = pf_ha_topic(config);
	*ret_announcement = builder.announcement;
	return true;
}

char *pf_ha_topic(const struct pf_config *config)
{
	return pf_format("%s" DEVICE "%s" CONFIG, config->home_assistant.prefix,
		config->home_assistant.device_id);
}

char *pf_ha_part_of(const struct pf_ha_component *component)
{
	return pf_format("%s %s", component->key, component->platform);
}

char *pf_ha_part(const struct pf_sensor_config *sensor, size_t i)
{
	const struct pf_ha_component component = {
		.key = make_key(&sensor->item, name_of_channel(sensor, i)),
		.platform = platforms[PF_HA_SENSOR]};
	char *part = pf_ha_part_of(&component);

	free(component.key);
	return part;
}

void pf_ha_announcement_done(struct pf_ha_announcement *announcement)
{
	for (size_t i = 0; i < announcement->n; i++)
		free(announcement->components[i].key);
	free(announcement->components);
	free(announcement->topic);
	free(announcement->payload);
	*announcement = (struct pf_ha_announcement){0};
}

/* The id of the device that is announced on a topic, to be freed; NULL: none is. */
static char *device_of(const char *topic)
{
	const size_t size = strlen(topic);
	const char *end = topic + size - strlen(CONFIG), *begin = end;

	if (size < strlen(DEVICE CONFIG) || strcmp(end, CONFIG) != 0)
		return NULL;
	while (begin > topic && begin[-1] != '/')
		begin--;
	if ((size_t)(begin - topic) < strlen(DEVICE) ||
		strncmp(begin - strlen(DEVICE), DEVICE, strlen(DEVICE)) != 0)
		return NULL;
	return pf_format("%.*s", (int)(end - begin), begin);
}

/*
 * The least of which Home Assistant makes an entity of that platform. It is never available, and
 * its topic is nobody's: who uses it in the moment in which it is there does no harm.
 */
static void add_least(const struct pf_config *config, cJSON *object, const char *device_id,
	const struct pf_ha_component *component)
{
	const bool button = strcmp(component->platform, platforms[PF_HA_BUTTON]) == 0;
	char *id = unique_id(device_id, component->key);
	char *topic = pf_format("%s/removed", config->mqtt.prefix);

	add_text(object, "uniq_id", id);
	add_text(object, "name", component->key);
	add_text(object,
		button || strcmp(component->platform, platforms[PF_HA_SWITCH]) == 0 ? "cmd_t"
										    : "stat_t",
		topic);
	add_availability(cJSON_AddArrayToObject(object, "avty"), config->mqtt.prefix, "removed");
	free(topic);
	free(id);
}

static char *make_last_words(const struct pf_config *config, const char *topic,
	const struct pf_ha_component *components, size_t n, bool is_least)
{
	char *device_id = device_of(topic);
	cJSON *root, *list;

	if (!device_id)
		return NULL;
	root = make_root(config, device_id);
	list = cJSON_AddObjectToObject(root, "cmps");
	for (size_t i = 0; i < n; i++) {
		cJSON *object = cJSON_AddObjectToObject(list, components[i].key);

		add_text(object, "p", components[i].platform);
		if (is_least)
			add_least(config, object, device_id, &components[i]);
	}
	free(device_id);
	return finish(root);
}

char *pf_ha_farewell(const struct pf_config *config, const char *topic,
	const struct pf_ha_component *components, size_t n)
{
	return make_last_words(config, topic, components, n, false);
}

char *pf_ha_reminder(const struct pf_config *config, const char *topic,
	const struct pf_ha_component *components, size_t n)
{
	return make_last_words(config, topic, components, n, true);
}

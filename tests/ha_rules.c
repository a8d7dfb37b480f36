/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "ha_rules.h"

#include <cJSON.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#define COMMON "p uniq_id name ic avty avty_mode qos dev_cla en ent_cat "

/* The keys that an entity may have, in short form, and those that it must have. */
static const struct {
	const char *name, *keys, *required, *classes;
} platforms[] = {
	{"switch", COMMON "cmd_t stat_t pl_on pl_off stat_on stat_off val_tpl opt ret ", "cmd_t ",
		"outlet switch "},
	{"button", COMMON "cmd_t pl_prs ret cmd_tpl ", "cmd_t ", "identify restart update "},
	{"binary_sensor", COMMON "stat_t pl_on pl_off val_tpl off_dly exp_aft frc_upd ", "stat_t ",
		"battery battery_charging carbon_monoxide cold connectivity door garage_door gas "
		"heat light lock moisture motion moving occupancy opening plug power presence "
		"problem running safety smoke sound tamper update vibration window "},
	{"sensor",
		COMMON "stat_t val_tpl stat_cla unit_of_meas sug_dsp_prc exp_aft frc_upd ops "
		       "lrst_t ",
		"stat_t ", NULL},
};

/* Device classes of sensors: units, and state classes that go with them. */
static const struct {
	const char *name, *units, *state_classes;
} classes[] = {
	{"battery", "% ", "measurement "},
	{"carbon_dioxide", "ppm ", "measurement "},
	{"current", "A mA ", "measurement "},
	{"distance", "km m cm mm mi nmi yd ft in ", "measurement total total_increasing "},
	{"energy", "J kJ MJ GJ mWh Wh kWh MWh GWh TWh cal kcal Mcal Gcal ",
		"total total_increasing "},
	{"gas", "CCF ft³ m³ L ", "total total_increasing "},
	{"humidity", "% ", "measurement "},
	{"illuminance", "lx ", "measurement "},
	{"moisture", "% ", "measurement "},
	{"power", "mW W kW MW GW TW ", "measurement "},
	{"atmospheric_pressure", "cbar bar hPa mmHg inHg kPa mbar Pa psi ", "measurement "},
	{"pressure", "cbar bar hPa mmHg inHg kPa mbar Pa psi ", "measurement "},
	{"reactive_power", "var kvar ", "measurement "},
	{"speed", "ft/s in/s m/s km/h kn mph mm/s Beaufort in/d in/h mm/d mm/h ", "measurement "},
	{"temperature", "°C °F K ", "measurement "},
	{"voltage", "V mV µV kV MV ", "measurement "},
	{"water", "L m³ ft³ CCF gal ", "total total_increasing "},
};

static int broken(char text[HA_RULES_SIZE], const char *format, ...)
	__attribute__((format(printf, 2, 3)));
static int broken(char text[HA_RULES_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, HA_RULES_SIZE, format, arguments);
	va_end(arguments);
	return -1;
}

/* Whether a word is one of a list, in which a blank follows each. */
static bool is_in(const char *list, const char *word)
{
	const size_t size = strlen(word);

	while (*list) {
		const size_t length = strcspn(list, " ");

		if (length == size && strncmp(list, word, size) == 0)
			return true;
		list += length + 1;
	}
	return false;
}

static const char *text_of(const cJSON *object, const char *key)
{
	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(object, key));
}

static bool is_id(const char *text, size_t size)
{
	return size > 0 && strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
					"0123456789_-") >= size;
}

static bool is_good_topic(const char *topic)
{
	return topic && *topic && !strpbrk(topic, "+#");
}

static int check_keys(const cJSON *object, const char *where, const char *allowed, char *text)
{
	for (const cJSON *child = object->child; child; child = child->next) {
		if (!is_in(allowed, child->string))
			return broken(text, "%s: key %s", where, child->string);
		for (const cJSON *other = object->child; other != child; other = other->next)
			if (strcmp(other->string, child->string) == 0)
				return broken(text, "%s: key %s twice", where, child->string);
	}
	return 0;
}

static int check_availability(const cJSON *component, const char *name, char *text)
{
	const cJSON *list = cJSON_GetObjectItemCaseSensitive(component, "avty"), *entry;

	if (!cJSON_IsArray(list))
		return broken(text, "%s: no availability list", name);
	cJSON_ArrayForEach(entry, list)
	{
		if (check_keys(entry, name, "t pl_avail pl_not_avail val_tpl ", text))
			return -1;
		if (!is_good_topic(text_of(entry, "t")))
			return broken(text, "%s: no availability topic", name);
	}
	return 0;
}

static int check_texts(const cJSON *component, const char *name, char *text)
{
	static const char texts[] = "p uniq_id name ic cmd_t stat_t pl_on pl_off pl_prs val_tpl "
				    "dev_cla stat_cla unit_of_meas ";
	const char *icon = text_of(component, "ic");

	for (const cJSON *child = component->child; child; child = child->next)
		if (is_in(texts, child->string) && (!cJSON_IsString(child) || !*child->valuestring))
			return broken(text, "%s: %s is no text", name, child->string);
	if (icon && strncmp(icon, "mdi:", 4) != 0)
		return broken(text, "%s: icon %s", name, icon);
	if (cJSON_GetObjectItemCaseSensitive(component, "cmd_t") &&
		!is_good_topic(text_of(component, "cmd_t")))
		return broken(text, "%s: command topic", name);
	if (cJSON_GetObjectItemCaseSensitive(component, "stat_t") &&
		!is_good_topic(text_of(component, "stat_t")))
		return broken(text, "%s: state topic", name);
	return 0;
}

/* A number in a range, or nothing at all. */
static int check_number(
	const cJSON *component, const char *name, const char *key, double most, char *text)
{
	const cJSON *value = cJSON_GetObjectItemCaseSensitive(component, key);

	if (!value)
		return 0;
	if (!cJSON_IsNumber(value) || value->valuedouble < 0 || value->valuedouble > most ||
		value->valuedouble > value->valueint || value->valuedouble < value->valueint)
		return broken(text, "%s: %s", name, key);
	return 0;
}

static int check_sensor(const cJSON *sensor, const char *name, char *text)
{
	const char *device_class = text_of(sensor, "dev_cla");
	const char *state_class = text_of(sensor, "stat_cla");
	const char *unit = text_of(sensor, "unit_of_meas");
	size_t i = 0;

	if (state_class && !is_in("measurement total total_increasing ", state_class))
		return broken(text, "%s: state class %s", name, state_class);
	if (!device_class)
		return 0;
	while (i < sizeof classes / sizeof *classes && strcmp(classes[i].name, device_class) != 0)
		i++;
	if (i == sizeof classes / sizeof *classes)
		return broken(text, "%s: device class %s", name, device_class);
	if (!unit || !is_in(classes[i].units, unit))
		return broken(text, "%s: %s in %s", name, device_class, unit ? unit : "no unit");
	if (state_class && !is_in(classes[i].state_classes, state_class))
		return broken(text, "%s: %s as %s", name, device_class, state_class);
	return 0;
}

static int check_entity(const cJSON *component, const char *name, size_t platform, char *text)
{
	const char *device_class = text_of(component, "dev_cla");
	const char *required = platforms[platform].required;

	if (check_keys(component, name, platforms[platform].keys, text) ||
		check_texts(component, name, text) || check_availability(component, name, text) ||
		check_number(component, name, "qos", 2, text) ||
		check_number(component, name, "exp_aft", 2147483647, text) ||
		check_number(component, name, "sug_dsp_prc", 20, text))
		return -1;
	if (!text_of(component, "uniq_id"))
		return broken(text, "%s: no unique id", name);
	for (const cJSON *child = component->child; child; child = child->next)
		if (is_in(required, child->string))
			required += strcspn(required, " ") + 1;
	if (*required)
		return broken(text, "%s: without %s", name, required);
	if (!platforms[platform].classes)
		return check_sensor(component, name, text);
	if (device_class && !is_in(platforms[platform].classes, device_class))
		return broken(text, "%s: device class %s", name, device_class);
	return 0;
}

static int check_component(const cJSON *component, char *text)
{
	const char *name = component->string, *platform = text_of(component, "p");
	size_t i = 0;

	if (!cJSON_IsObject(component) || !platform)
		return broken(text, "%s: no platform", name);
	while (i < sizeof platforms / sizeof *platforms && strcmp(platforms[i].name, platform) != 0)
		i++;
	if (i == sizeof platforms / sizeof *platforms)
		return broken(text, "%s: platform %s", name, platform);
	/* nothing else: the component is removed */
	return component->child->next ? check_entity(component, name, i, text) : 0;
}

static int check_unique(const cJSON *components, char *text)
{
	const cJSON *a, *b;

	cJSON_ArrayForEach(a, components)
	{
		const char *id = text_of(a, "uniq_id");

		for (b = components->child; id && b != a; b = b->next)
			if (text_of(b, "uniq_id") && strcmp(text_of(b, "uniq_id"), id) == 0)
				return broken(text, "%s and %s have one id", a->string, b->string);
	}
	return 0;
}

static int check_root(const cJSON *root, const char *id, size_t id_size, char *text)
{
	const cJSON *device = cJSON_GetObjectItemCaseSensitive(root, "dev");
	const cJSON *origin = cJSON_GetObjectItemCaseSensitive(root, "o");
	const cJSON *ids = cJSON_GetObjectItemCaseSensitive(device, "ids");
	const char *mode = text_of(root, "avty_mode"), *first;

	if (check_keys(root, "message",
		    "dev o cmps avty avty_mode avty_t stat_t cmd_t qos encoding ", text))
		return -1;
	if (!cJSON_IsObject(device) ||
		check_keys(device, "dev", "ids cns name mf mdl mdl_id hw sw sn cu sa via ", text))
		return broken(text, "device");
	first = cJSON_GetStringValue(cJSON_GetArrayItem(ids, 0));
	if (!first || strlen(first) != id_size || strncmp(first, id, id_size) != 0)
		return broken(text, "device id");
	if (!cJSON_IsObject(origin) || !text_of(origin, "name") ||
		check_keys(origin, "o", "name sw url ", text))
		return broken(text, "origin");
	if (!mode || !is_in("all any latest ", mode))
		return broken(text, "availability mode");
	return 0;
}

static int check_all(const cJSON *root, const char *id, size_t id_size, char *text)
{
	const cJSON *components = cJSON_GetObjectItemCaseSensitive(root, "cmps"), *component;

	if (!cJSON_IsObject(root) || check_root(root, id, id_size, text))
		return -1;
	if (!cJSON_IsObject(components) || !components->child)
		return broken(text, "no components");
	cJSON_ArrayForEach(component, components) if (check_component(component, text)) return -1;
	return check_unique(components, text);
}

int ha_rules_check(const char *topic, const char *payload, char text[HA_RULES_SIZE])
{
	const char *id = strstr(topic, "/device/"), *end;
	cJSON *root;
	int r;

	text[0] = '\0';
	id = id ? id + strlen("/device/") : topic;
	end = strchr(id, '/');
	if (id == topic || !end || strcmp(end, "/config") != 0 || !is_id(id, (size_t)(end - id)))
		return broken(text, "topic %.200s", topic);
	if (!*payload)
		return 0;
	root = cJSON_Parse(payload);
	r = root ? check_all(root, id, (size_t)(end - id), text) : broken(text, "no JSON");
	cJSON_Delete(root);
	return r;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What Home Assistant is told of a channel: its unit, its device class and its state class. */

#include <string.h>

#include "config/loader.h"

#define channel_error(loader, key, ...)                                                            \
	pf_report((loader)->item->loader->problems, pf_channel_place((loader), (key)),             \
		(loader)->label, (key), __VA_ARGS__)
#define channel_warning(loader, key, ...)                                                          \
	pf_report_warning((loader)->item->loader->problems, pf_channel_place((loader), (key)),     \
		(loader)->label, (key), __VA_ARGS__)

/* Whether the value may be in another unit than the sensor's. An offset only corrects. */
static bool is_converted(const struct pf_channel_config *config)
{
	return config->scale < 1 || config->scale > 1 || config->n_points > 0;
}

static void check_class(
	const struct pf_channel_loader *loader, const struct pf_channel_config *config)
{
	const char *const class = config->device_class;
	char hint[120];
	size_t n;
	const char *const *names = pf_ha_classes(PF_HA_SENSOR, &n);

	if (!pf_ha_has_class(PF_HA_SENSOR, class))
		channel_error(loader, "device_class",
			"\"%s\" is none that Home Assistant has for a sensor%s",
			pf_load_shown(loader->item->loader, class),
			pf_did_you_mean(class, names, n, hint));
	else if (!pf_ha_class_has_unit(class, config->unit))
		channel_error(loader, "device_class", "\"%s\" does not go with the unit \"%s\"",
			class, pf_load_shown(loader->item->loader, config->unit));
}

static void set_unit(const struct pf_channel_loader *loader, struct pf_channel_config *config)
{
	if (config->unit)
		return;
	config->unit = is_converted(config) ? "" : pf_channel_unit(loader->channel);
	if (loader->is_announced && is_converted(config))
		channel_warning(loader, config->n_points ? "points" : "scale",
			"makes values in a unit that Home Assistant is not told, "
			"expected unit = \"%s\" or another one",
			pf_channel_unit(loader->channel));
}

/* The one for the only channel of a driver may also stand in the item's home_assistant. */
static void set_class(const struct pf_channel_loader *loader, struct pf_channel_config *config)
{
	if (config->device_class) {
		check_class(loader, config);
		return;
	}
	if (loader->direct)
		config->device_class = loader->item->item->home_assistant.device_class;
	if (!config->device_class)
		config->device_class = pf_ha_class_of(loader->channel->quantity, config->unit);
}

static void set_state_class(
	const struct pf_channel_loader *loader, struct pf_channel_config *config)
{
	const char *const usual = pf_ha_state_class(config->device_class);

	if (!config->state_class)
		config->state_class = usual;
	else if (!pf_ha_class_has_state_class(NULL, config->state_class))
		channel_error(loader, "state_class",
			"is \"%s\", expected \"measurement\", \"total\" or \"total_increasing\"",
			pf_load_shown(loader->item->loader, config->state_class));
	else if (!pf_ha_class_has_state_class(config->device_class, config->state_class))
		channel_error(loader, "state_class", "\"%s\" does not go with the class %s%s%s",
			config->state_class, config->device_class, usual ? ", expected " : "",
			usual ? usual : "");
}

static void check_effect(const struct pf_channel_loader *loader)
{
	static const char *const keys[] = {"unit", "device_class", "state_class"};

	for (size_t i = 0; i < sizeof keys / sizeof *keys && !loader->is_announced; i++)
		if (pf_channel_find(loader, keys[i]))
			channel_warning(loader, keys[i],
				"does nothing, because Home Assistant is not told of this sensor");
}

void pf_load_unit(const struct pf_channel_loader *loader, struct pf_channel_config *config)
{
	check_effect(loader);
	set_unit(loader, config);
	set_class(loader, config);
	set_state_class(loader, config);
}

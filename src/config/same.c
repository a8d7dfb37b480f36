/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/same.h"

#include <string.h>

#include "config/keys.h"

/* Two texts, either of which may be NULL. */
static bool same(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Numbers that came from the same text are the same to the bit. */
static bool same_number(double a, double b)
{
	return !(a < b) && !(a > b);
}

bool pf_same_mqtt(const struct pf_mqtt_config *a, const struct pf_mqtt_config *b)
{
	return pf_keys_same(&pf_mqtt_keys, a, b);
}

bool pf_same_item(const struct pf_item_config *a, const struct pf_item_config *b)
{
	return pf_keys_same(&pf_item_keys, a, b);
}

bool pf_same_input(const struct pf_input_config *a, const struct pf_input_config *b)
{
	return pf_same_item(&a->item, &b->item) && a->driver == b->driver &&
	       same(a->line.key, b->line.key) && pf_keys_same(&pf_input_keys, a, b);
}

bool pf_same_output_drive(const struct pf_output_config *a, const struct pf_output_config *b)
{
	return a->driver == b->driver && a->active_low == b->active_low && a->drive == b->drive;
}

bool pf_same_output_topics(const struct pf_output_config *a, const struct pf_output_config *b)
{
	return pf_same_item(&a->item, &b->item) && same(a->command_topic, b->command_topic) &&
	       same(a->payload_on, b->payload_on) && same(a->payload_off, b->payload_off);
}

static bool same_points(const struct pf_channel_config *a, const struct pf_channel_config *b)
{
	if (a->n_points != b->n_points)
		return false;
	for (size_t i = 0; i < a->n_points; i++)
		if (!same_number(a->points[i].raw, b->points[i].raw) ||
			!same_number(a->points[i].value, b->points[i].value))
			return false;
	return true;
}

static bool same_channel(const struct pf_channel_config *a, const struct pf_channel_config *b)
{
	return pf_keys_same(&pf_channel_keys, a, b) && same_points(a, b);
}

bool pf_same_sensor(const struct pf_sensor_config *a, const struct pf_sensor_config *b)
{
	if (!pf_same_item(&a->item, &b->item) || a->driver != b->driver ||
		!pf_keys_same(&pf_sensor_keys, a, b) ||
		!a->buffer.max_messages != !b->buffer.max_messages)
		return false;
	/* zeroed before they were filled, padding included */
	if (a->driver->options_size && memcmp(a->options, b->options, a->driver->options_size) != 0)
		return false;
	for (size_t i = 0; i < a->driver->n_channels; i++)
		if (!same_channel(&a->channels[i], &b->channels[i]))
			return false;
	return true;
}

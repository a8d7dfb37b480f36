/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/same.h"

#include <string.h>

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
	return same(a->broker, b->broker) && same(a->prefix, b->prefix) &&
	       same(a->client_id, b->client_id) && same(a->username, b->username) &&
	       same(a->password_file, b->password_file) && same(a->ca_file, b->ca_file) &&
	       same(a->cert_file, b->cert_file) && same(a->key_file, b->key_file) &&
	       same(a->key_password_file, b->key_password_file) && a->version == b->version &&
	       a->keepalive_s == b->keepalive_s && a->reconnect_max_s == b->reconnect_max_s;
}

bool pf_same_item(const struct pf_item_config *a, const struct pf_item_config *b)
{
	return same(a->name, b->name) && same(a->topic, b->topic) && a->qos == b->qos &&
	       a->retain == b->retain && a->format == b->format;
}

bool pf_same_input(const struct pf_input_config *a, const struct pf_input_config *b)
{
	return pf_same_item(&a->item, &b->item) && a->driver == b->driver &&
	       same(a->line.key, b->line.key) && a->bias == b->bias &&
	       a->active_low == b->active_low && a->debounce_ms == b->debounce_ms &&
	       same(a->payload_on, b->payload_on) && same(a->payload_off, b->payload_off);
}

bool pf_same_output_line(const struct pf_output_config *a, const struct pf_output_config *b)
{
	return a->driver == b->driver && same(a->line.key, b->line.key) &&
	       a->active_low == b->active_low && a->drive == b->drive;
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
	return same(a->topic, b->topic) && same_number(a->offset, b->offset) &&
	       same_number(a->scale, b->scale) && same_points(a, b) && a->decimals == b->decimals &&
	       same_number(a->minimum, b->minimum) && same_number(a->maximum, b->maximum) &&
	       same_number(a->deadband, b->deadband) && a->max_interval_ms == b->max_interval_ms;
}

bool pf_same_sensor(const struct pf_sensor_config *a, const struct pf_sensor_config *b)
{
	if (!pf_same_item(&a->item, &b->item) || a->driver != b->driver || !same(a->bus, b->bus) ||
		!a->buffer.max_messages != !b->buffer.max_messages || a->address != b->address ||
		!same(a->id, b->id) || a->interval_ms != b->interval_ms)
		return false;
	/* zeroed before they were filled, padding included */
	if (a->driver->options_size && memcmp(a->options, b->options, a->driver->options_size) != 0)
		return false;
	for (size_t i = 0; i < a->driver->n_channels; i++)
		if (!same_channel(&a->channels[i], &b->channels[i]))
			return false;
	return true;
}

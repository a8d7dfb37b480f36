/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/config.h"
#include "config/keys.h"
#include "config/topics.h"

#define N(keys)        (keys), sizeof(keys) / sizeof *(keys)
#define BUS_MAX        64
#define UNIT_MAX       32
#define CLASS_MAX      64
#define ADDRESS_MAX    0x7f
#define INTERVAL_MAX_S 86400
#define LONGEST_MAX_S  604800
#define PATIENCE_MAX   1000
#define ANY            1e300 /* any number */
#define OF             struct pf_channel_config

/* "topic" comes first: it is left out where the keys stand in a sensor, which has its own. */
static const struct pf_key channel_keys[] = {
	PF_TOPIC("topic", OF, topic, PF_TOPIC_MAX, NULL, "where it is published"),
	PF_NUMBER("offset", OF, offset, -ANY, ANY, 0, "what is added"),
	PF_NUMBER("scale", OF, scale, -ANY, ANY, 1, "what it is multiplied by"),
	PF_OWN("points", PF_KEY_LIST, "a table of what is said and what is right"),
	PF_INT("decimals", OF, decimals, 0, 6, 0, "the digits after the point",
		.otherwise = "as the driver says"),
	PF_NUMBER("min", OF, minimum, -ANY, ANY, 0, "the least value",
		.otherwise = "what the chip can measure"),
	PF_NUMBER("max", OF, maximum, -ANY, ANY, 0, "the greatest value",
		.otherwise = "what the chip can measure"),
	PF_TEXT("unit", OF, unit, UNIT_MAX, NULL, "the unit of its values", .elsewhere = true,
		.otherwise = "that of the driver"),
	PF_TEXT("device_class", OF, device_class, CLASS_MAX, NULL, "the kind of thing it is",
		.elsewhere = true),
	PF_TEXT("state_class", OF, state_class, CLASS_MAX, NULL, "what becomes of it in time",
		.elsewhere = true),
	PF_NUMBER("deadband", OF, deadband, 0, ANY, 0, "the least change"),
	PF_SECONDS("max_interval_s", OF, max_interval_ms, 0, LONGEST_MAX_S, 0,
		"the longest time without a value"),
	PF_OWN("filter", PF_KEY_LATER, "how values are smoothed"),
};
const struct pf_key_group pf_channel_keys = {"channel", N(channel_keys)};

#undef OF
#define OF struct pf_sensor_config

static const struct pf_key sensor_keys[] = {
	PF_OWN("driver", PF_KEY_TEXT, "a sensor's driver, like \"bme280\"", .maximum = PF_NAME_MAX,
		.required = true),
	PF_TEXT("bus", OF, bus, BUS_MAX, NULL, "the bus of the sensor"),
	PF_INT("address", OF, address, 0, ADDRESS_MAX, 0, "the address on the bus",
		.otherwise = "the driver's first one"),
	PF_TEXT("id", OF, id, BUS_MAX, NULL, "the id of the sensor"),
	PF_SECONDS("interval_s", OF, interval_ms, 0.001, INTERVAL_MAX_S, 60,
		"the seconds between two readings"),
	PF_INT("patience", OF, patience, 1, PATIENCE_MAX, 0, "the samples that may fail in a row",
		.otherwise = "as the driver says"),
	PF_GROUP("buffer", OF, buffer, &pf_buffer_keys, "what is kept while the broker is away",
		.elsewhere = true),
	PF_OWN("given", PF_KEY_LATER, "what other sensors tell it"),
	PF_OWN("derive", PF_KEY_LATER, "what is computed from it"),
	PF_OWN("altitude_m", PF_KEY_LATER, "its height above the sea"),
	PF_OWN("channels", PF_KEY_GROUP, "what is made of the channels", .group = &pf_channel_keys),
};
const struct pf_key_group pf_sensor_keys = {"sensor", N(sensor_keys)};

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/loader.h"
#include "config/w1_id.h"

#define N_ADDRESSES_SHOWN 16

/* A key that the driver's bus has no use for. */
static void refuse(const struct pf_item_loader *item, const struct pf_driver *driver,
	const char *key, const char *reason)
{
	if (pf_node_find(item->group, key))
		pf_item_error(item, key, "driver %s has none, %s", driver->name, reason);
}

static bool address_is_possible(const struct pf_driver *driver, int address)
{
	for (size_t i = 0; driver->addresses[i]; i++)
		if (driver->addresses[i] == address)
			return true;
	return false;
}

static void report_address(
	const struct pf_item_loader *item, const struct pf_driver *driver, int address)
{
	char list[N_ADDRESSES_SHOWN * 6 + 1] = "";

	for (size_t i = 0; i < N_ADDRESSES_SHOWN && driver->addresses[i]; i++)
		(void)snprintf(list + strlen(list), sizeof list - strlen(list), "%s0x%02x",
			i ? ", " : "", driver->addresses[i]);
	pf_item_error(item, "address", "0x%02x is not possible for driver %s, expected %s%s",
		(unsigned)address, driver->name, driver->addresses[1] ? "one of " : "", list);
}

/* "i2c-1" in the spelling of somebody else: "1", "I2C1", "i2c 1", "/dev/i2c1"; or -1. */
static int bus_number(const char *bus)
{
	int64_t number;

	if (strncmp(bus, "/dev/", 5) == 0)
		bus += 5;
	if (strncasecmp(bus, "i2c", 3) == 0 || strncasecmp(bus, "bus", 3) == 0)
		bus += 3;
	bus += strspn(bus, " -_");
	return pf_integer_parse(bus, strlen(bus), 0, 999, &number) == 0 ? (int)number : -1;
}

/* What is neither a number, a path nor a channel of a multiplexer is an adapter's name. */
static void check_bus_name(const struct pf_item_loader *item, const char *bus)
{
	const int number = bus_number(bus);
	const char *const usual = pf_pool_format(item->loader->pool, "i2c-%d", number);

	if (number >= 0 && strcmp(bus, usual) != 0 && strncmp(bus, "/dev/i2c-", 9) != 0)
		pf_item_error(item, "bus", "\"%s\" is no I2C bus, did you mean \"%s\"?",
			pf_load_shown(item->loader, bus), usual);
	else if (strchr(bus, '/') && strncmp(bus, "/dev/", 5) != 0 && !strstr(bus, "/channel-"))
		pf_item_error(item, "bus",
			"\"%s\" is no I2C bus, expected \"i2c-\" and a number, a path in /dev, "
			"\"1-0070/channel-1\" or the name of an adapter",
			pf_load_shown(item->loader, bus));
}

static void check_i2c(const struct pf_item_loader *item, const struct pf_sensor_config *sensor)
{
	const struct pf_driver *driver = sensor->driver;

	refuse(item, driver, "id", "expected bus and address");
	if (!pf_node_find(item->group, "bus"))
		pf_item_error(item, "bus", "is missing, expected bus = \"i2c-1\" or another one");
	else if (sensor->bus)
		check_bus_name(item, sensor->bus);
	if (!address_is_possible(driver, sensor->address))
		report_address(item, driver, sensor->address);
}

static bool family_is_possible(const struct pf_driver *driver, const char *id)
{
	const unsigned long family = strtoul(id, NULL, 16);

	for (size_t i = 0; driver->families[i]; i++)
		if (driver->families[i] == family)
			return true;
	return false;
}

static void check_id(const struct pf_item_loader *item, const struct pf_sensor_config *sensor)
{
	char meant[PF_W1_ID_SIZE];

	if (!pf_w1_id_is_good(sensor->id) && pf_w1_id_meant(sensor->id, meant))
		pf_item_error(item, "id", "\"%s\" is not the kernel's name, did you mean \"%s\"?",
			pf_load_shown(item->loader, sensor->id), meant);
	else if (!pf_w1_id_is_good(sensor->id))
		pf_item_error(item, "id",
			"\"%s\" is no 1-Wire id, expected two, '-' and twelve digits of 0-9, a-f",
			pf_load_shown(item->loader, sensor->id));
	else if (strncmp(sensor->id, "00-", 3) == 0)
		pf_item_error(item, "id",
			"\"%s\" is no sensor: ids that begin with 00 come from a bus without a "
			"pull-up resistor (4.7 kOhm to 3.3 V)",
			sensor->id);
	else if (!family_is_possible(sensor->driver, sensor->id))
		pf_item_error(item, "id", "driver %s does not read sensors of family %.2s",
			sensor->driver->name, sensor->id);
}

static void check_w1(const struct pf_item_loader *item, const struct pf_sensor_config *sensor)
{
	refuse(item, sensor->driver, "bus", "expected id");
	refuse(item, sensor->driver, "address", "expected id");
	if (!pf_node_find(item->group, "id"))
		pf_item_error(item, "id",
			"is missing, expected one like \"28-0316a2795aff\" "
			"(\"pinferry scan\" lists them)");
	else if (sensor->id)
		check_id(item, sensor);
}

/* Warns if another sensor uses the same chip. */
static void take_device(const struct pf_item_loader *item, const struct pf_sensor_config *sensor)
{
	const char *const key = sensor->id                             ? "id"
				: pf_node_find(item->group, "address") ? "address"
								       : "bus";
	const struct pf_taken *first;
	struct pf_taken taken = {.label = item->label, .place = *pf_node_place(item->group, key)};

	if (!sensor->id && !sensor->bus)
		return;
	taken.key = sensor->id ? sensor->id
			       : pf_pool_format(item->loader->pool, "%s 0x%02x", sensor->bus,
					 sensor->address);
	first = pf_take(&item->loader->devices, &taken);
	if (first)
		pf_item_warning(item, key, "%s is also read by %s, %s:%d", first->key, first->label,
			first->place.file, first->place.line);
}

static void check_bus(const struct pf_item_loader *item, const struct pf_sensor_config *sensor)
{
	if (sensor->driver->bus == PF_BUS_I2C) {
		check_i2c(item, sensor);
	} else if (sensor->driver->bus == PF_BUS_W1) {
		check_w1(item, sensor);
	} else {
		refuse(item, sensor->driver, "bus", "it needs no bus");
		refuse(item, sensor->driver, "address", "it needs no bus");
		refuse(item, sensor->driver, "id", "it needs no bus");
	}
	take_device(item, sensor);
}

static void check_interval(const struct pf_item_loader *item, const struct pf_sensor_config *sensor)
{
	const struct pf_driver *driver = sensor->driver;

	if (sensor->interval_ms < driver->interval_min_ms)
		pf_item_error(item, "interval_s",
			"%.10g is too short for driver %s, expected at least %.10g",
			sensor->interval_ms / 1000.0, driver->name,
			driver->interval_min_ms / 1000.0);
}

static void set_driver_defaults(struct pf_sensor_config *sensor)
{
	const struct pf_driver *driver = sensor->driver;

	if (driver->bus == PF_BUS_I2C)
		sensor->address = driver->addresses[0];
	if (sensor->interval_ms < driver->interval_min_ms)
		sensor->interval_ms = driver->interval_min_ms;
	for (size_t i = 0; i < driver->n_channels; i++) {
		sensor->channels[i].minimum = driver->channels[i].minimum;
		sensor->channels[i].maximum = driver->channels[i].maximum;
	}
}

/* Reads the keys of a sensor whose driver is known. */
static void read_keys(const struct pf_item_loader *item, struct pf_sensor_config *sensor,
	struct pf_key_set sets[4])
{
	const struct pf_driver *driver = sensor->driver;
	const struct pf_key_reader *reader = &item->loader->reader;

	for (size_t i = 0; i < driver->n_channels; i++)
		pf_keys_set_defaults(
			reader, &PF_KEY_SET(&pf_channel_keys, &sensor->channels[i]), 1);
	set_driver_defaults(sensor);
	pf_load_buffer_default(item, sensor);
	sets[2] = pf_load_options(item->loader, driver);
	sensor->options = sets[2].base;
	/* without "topic", which is the sensor's */
	sets[3] = (struct pf_key_set){pf_channel_keys.keys + 1, pf_channel_keys.n - 1,
		&sensor->channels[0], driver->n_channels > 1, pf_channel_keys.name};
	pf_keys_read(reader, item->group, item->label, sets, 4);
}

/* The driver that the sensor names, or NULL, reported. */
static const struct pf_driver *find_driver(const struct pf_item_loader *item)
{
	const struct pf_node *node = pf_node_find(item->group, "driver");

	if (!node || node->type != PF_NODE_STRING || !node->text[0])
		return NULL;
	return pf_item_driver(item, node->text, false);
}

void pf_load_sensor(struct pf_loader *loader, const struct pf_node *group, size_t index)
{
	struct pf_sensor_config *sensor = &loader->config->sensors[loader->config->n_sensors - 1];
	struct pf_item_loader item;
	struct pf_key_set sets[4] = {
		PF_KEY_SET(&pf_item_keys, &sensor->item),
		PF_KEY_SET(&pf_sensor_keys, sensor),
	};

	pf_item_begin(&item, loader, "sensor", group, index, &sensor->item);
	pf_item_set_defaults(&item, sets, 2);
	sensor->driver = find_driver(&item);
	if (!sensor->driver) {
		pf_keys_read_known(&loader->reader, group, item.label, sets, 2);
		pf_item_finish(&item);
		return;
	}
	read_keys(&item, sensor, sets);
	pf_item_finish(&item);
	check_bus(&item, sensor);
	check_interval(&item, sensor);
	pf_load_buffer(&item, sensor);
	pf_load_options_check(&item, sensor->driver);
	if (sensor->item.format == PF_FORMAT_JSON && sensor->driver->n_channels > 1)
		pf_item_add_topic(&item, "topic", "topic", sensor->item.topic);
	pf_load_channels(&item, sensor);
	pf_load_ha_item(
		&item, PF_HA_SENSOR, sensor->driver->n_channels == 1 ? &sensor->channels[0] : NULL);
	pf_item_add_fault_topics(&item);
}

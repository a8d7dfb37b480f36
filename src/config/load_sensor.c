/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/loader.h"

#define INTERVAL_DEFAULT_MS 60000
#define INTERVAL_MAX_S      86400
#define BUS_MAX             32
#define ID_SIZE             15 /* "28-0316a2795aff" */
#define ADDRESS_MAX         0x7f
#define N_ADDRESSES_SHOWN   16

/* A sensor as the file says it, before the driver has its say. */
struct raw_sensor {
	const char *driver;
	int address;
	const struct pf_node *channels, *buffer;
	struct pf_sensor_config *config;
	struct pf_raw_channel raw_channels[PF_CHANNELS_MAX];
};

static const struct pf_key raw_keys[] = {
	PF_KEY_OF("driver", PF_KEY_STRING, struct raw_sensor, driver, PF_KEY_RANGE(0, PF_NAME_MAX)),
	PF_KEY_OF("address", PF_KEY_INT, struct raw_sensor, address, PF_KEY_RANGE(0, ADDRESS_MAX)),
	PF_KEY_OF("channels", PF_KEY_GROUP, struct raw_sensor, channels, PF_KEY_RANGE(0, 0)),
	PF_KEY_OF("buffer", PF_KEY_GROUP, struct raw_sensor, buffer, PF_KEY_RANGE(0, 0)),
};

static const struct pf_key sensor_keys[] = {
	PF_KEY_OF("bus", PF_KEY_STRING, struct pf_sensor_config, bus, PF_KEY_RANGE(0, BUS_MAX)),
	PF_KEY_OF("id", PF_KEY_STRING, struct pf_sensor_config, id, PF_KEY_RANGE(0, BUS_MAX)),
	PF_KEY_OF("interval_s", PF_KEY_SECONDS, struct pf_sensor_config, interval_ms,
		PF_KEY_RANGE(0.001, INTERVAL_MAX_S)),
};

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

static bool bus_is_good(const char *bus)
{
	int64_t number;

	return strncmp(bus, "i2c-", 4) == 0 &&
	       pf_integer_parse(bus + 4, strlen(bus + 4), 0, 999, &number) == 0;
}

static void check_i2c(const struct pf_item_loader *item, const struct raw_sensor *raw)
{
	struct pf_sensor_config *sensor = raw->config;
	const struct pf_driver *driver = sensor->driver;

	refuse(item, driver, "id", "expected bus and address");
	if (!pf_node_find(item->group, "bus"))
		pf_item_error(item, "bus", "is missing, expected bus = \"i2c-1\" or another one");
	else if (sensor->bus && !bus_is_good(sensor->bus))
		pf_item_error(item, "bus", "\"%s\" is no I2C bus, expected \"i2c-\" and a number",
			sensor->bus);
	sensor->address = driver->addresses[0];
	if (raw->address < 0)
		return;
	sensor->address = (uint16_t)raw->address;
	if (!address_is_possible(driver, raw->address))
		report_address(item, driver, raw->address);
}

/* As the kernel names 1-Wire slaves: family, '-', serial number, in lower case hexadecimal. */
static bool id_is_good(const char *id)
{
	if (strlen(id) != ID_SIZE || id[2] != '-')
		return false;
	for (size_t i = 0; i < ID_SIZE; i++)
		if (i != 2 && (!isxdigit((unsigned char)id[i]) || isupper((unsigned char)id[i])))
			return false;
	return true;
}

static void check_w1(const struct pf_item_loader *item, const struct raw_sensor *raw)
{
	const struct pf_sensor_config *sensor = raw->config;

	refuse(item, sensor->driver, "bus", "expected id");
	refuse(item, sensor->driver, "address", "expected id");
	if (!pf_node_find(item->group, "id"))
		pf_item_error(item, "id",
			"is missing, expected one like \"28-0316a2795aff\" "
			"(\"pinferry scan\" lists them)");
	else if (sensor->id && !id_is_good(sensor->id))
		pf_item_error(item, "id",
			"\"%s\" is no 1-Wire id, expected two, '-' and twelve digits of 0-9, a-f",
			sensor->id);
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

static void check_bus(const struct pf_item_loader *item, const struct raw_sensor *raw)
{
	struct pf_sensor_config *sensor = raw->config;

	if (sensor->driver->bus == PF_BUS_I2C) {
		check_i2c(item, raw);
	} else if (sensor->driver->bus == PF_BUS_W1) {
		check_w1(item, raw);
	} else {
		refuse(item, sensor->driver, "bus", "it needs no bus");
		refuse(item, sensor->driver, "address", "it needs no bus");
		refuse(item, sensor->driver, "id", "it needs no bus");
	}
	take_device(item, sensor);
}

static void check_interval(const struct pf_item_loader *item, struct pf_sensor_config *sensor)
{
	const struct pf_driver *driver = sensor->driver;

	if (sensor->interval_ms == 0)
		sensor->interval_ms = driver->interval_min_ms > INTERVAL_DEFAULT_MS
					      ? driver->interval_min_ms
					      : INTERVAL_DEFAULT_MS;
	if (sensor->interval_ms < driver->interval_min_ms)
		pf_item_error(item, "interval_s",
			"%.10g is too short for driver %s, expected at least %.10g",
			sensor->interval_ms / 1000.0, driver->name,
			driver->interval_min_ms / 1000.0);
}

/* The keys of channels, where they may not stand. */
static struct pf_key_set channel_keys_below(struct pf_pool *pool)
{
	const size_t n = pf_n_channel_keys - 1;
	struct pf_key *keys = pf_pool_keep(pool, pf_calloc(n, sizeof *keys));

	for (size_t i = 0; i < n; i++)
		keys[i] = (struct pf_key){
			.name = pf_channel_keys[i + 1].name, .type = PF_KEY_BELOW};
	return (struct pf_key_set){keys, n, NULL};
}

static void set_channel_defaults(const struct pf_driver *driver, struct pf_raw_channel *raw)
{
	for (size_t i = 0; i < driver->n_channels; i++) {
		const struct pf_channel *channel = &driver->channels[i];

		raw[i].config.scale = 1;
		raw[i].config.decimals = channel->decimals;
		raw[i].config.minimum = channel->minimum;
		raw[i].config.maximum = channel->maximum;
	}
}

/* Reads the keys of a sensor whose driver is known. */
static void read_keys(const struct pf_item_loader *item, struct raw_sensor *raw,
	const struct pf_key_set *base, size_t n_base)
{
	const struct pf_driver *driver = raw->config->driver;
	struct pf_key_set sets[8];
	size_t n = n_base;

	memcpy(sets, base, n_base * sizeof *base);
	sets[n] = pf_load_options(item->loader, driver);
	raw->config->options = sets[n++].base;
	/* without "topic", which is the sensor's */
	sets[n++] = driver->n_channels == 1 ? (struct pf_key_set){pf_channel_keys + 1,
						      pf_n_channel_keys - 1, &raw->raw_channels[0]}
					    : channel_keys_below(item->loader->pool);
	set_channel_defaults(driver, raw->raw_channels);
	pf_keys_read(item->loader->problems, item->group, item->label, sets, n);
}

/* The driver that the sensor names, or NULL, reported. */
static const struct pf_driver *find_driver(const struct pf_item_loader *item)
{
	const struct pf_node *node = pf_node_find(item->group, "driver");

	if (!node)
		pf_item_error(item, "driver", "is missing, expected a sensor's driver, like %s",
			"\"bme280\"");
	if (!node || node->type != PF_NODE_STRING || !node->text[0])
		return NULL;
	return pf_item_driver(item, node->text, false);
}

static void load_sensor(struct pf_loader *loader, const struct pf_node *group, size_t index)
{
	struct pf_sensor_config *sensor = &loader->config->sensors[loader->config->n_sensors++];
	struct raw_sensor raw = {.config = sensor, .address = -1};
	const struct pf_node *ha = NULL;
	struct pf_item_loader item;
	const struct pf_key_set sets[] = {
		{pf_item_keys, pf_n_item_keys, &sensor->item},
		pf_ha_item_key(&ha),
		{raw_keys, sizeof raw_keys / sizeof *raw_keys, &raw},
		{sensor_keys, sizeof sensor_keys / sizeof *sensor_keys, sensor},
	};
	const size_t n_sets = sizeof sets / sizeof *sets;

	pf_item_begin(&item, loader, "sensor", group, index, &sensor->item);
	sensor->driver = find_driver(&item);
	if (!sensor->driver) {
		pf_keys_read_known(loader->problems, group, item.label, sets, n_sets);
		pf_item_finish(&item);
		return;
	}
	read_keys(&item, &raw, sets, n_sets);
	pf_item_finish(&item);
	check_bus(&item, &raw);
	check_interval(&item, sensor);
	pf_load_buffer(&item, raw.buffer, sensor);
	pf_load_options_check(&item, sensor->driver);
	if (sensor->item.format == PF_FORMAT_JSON && sensor->driver->n_channels > 1)
		pf_item_add_topic(&item, "topic", "topic", sensor->item.topic);
	pf_load_channels(&item, raw.channels, raw.raw_channels, sensor);
	pf_load_ha_item(&item, ha, PF_HA_SENSOR,
		sensor->driver->n_channels == 1 ? &sensor->driver->channels[0] : NULL);
	pf_item_add_fault_topics(&item);
}

void pf_load_sensors(struct pf_loader *loader, const struct pf_node *list)
{
	if (!list)
		return;
	loader->config->sensors = pf_pool_keep(
		loader->pool, pf_calloc(list->n_children + 1, sizeof *loader->config->sensors));
	for (size_t i = 0; i < list->n_children; i++)
		if (pf_item_is_group(loader, &list->children[i], "sensors", i))
			load_sensor(loader, &list->children[i], i);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The announcement, field by field, against the rules of Home Assistant (ha_rules.h). */

#include <cJSON.h>
#include <stdlib.h>

#include "../ha_rules.h"
#include "../t.h"
#include "base/memory.h"
#include "config.h"
#include "config/config.h"
#include "config/ha_classes.h"
#include "home_assistant/announcement.h"
#include "hw/driver_set.h"

/* A configuration, and its announcement as it arrives. */
static struct {
	struct pf_driver_set *drivers;
	struct pf_problems problems;
	struct pf_config *config;
	struct pf_ha_announcement announcement;
	bool any;
	cJSON *root;
} rig;

#define BEGINNING                                                                                  \
	"mqtt: { prefix = \"t\"; client_id = \"shed.1 a\"; qos = 0; };\n"                          \
	"home_assistant: { discovery = true; };\n"

static void begin_with(const char *text)
{
	const char *top = getenv("top_builddir");
	char *directory = pf_format("%s/drivers/.libs", top ? top : ".");

	memset(&rig, 0, sizeof rig);
	rig.drivers = pf_driver_set_new(directory);
	pf_problems_init(&rig.problems);
	T_INT(pf_config_load(
		      t_write_file("test.conf", text), rig.drivers, &rig.problems, &rig.config),
		0);
	free(directory);
	if (!rig.config) {
		pf_problems_print(&rig.problems, stderr);
		exit(1);
	}
	rig.any = pf_ha_announce(rig.config, NULL, NULL, &rig.announcement);
	rig.root = rig.any ? cJSON_Parse(rig.announcement.payload) : NULL;
}

static void begin(const char *items)
{
	char *text = pf_format("%s%s", BEGINNING, items);
	char broken[HA_RULES_SIZE];

	begin_with(text);
	free(text);
	T_TRUE(rig.any);
	(void)ha_rules_check(rig.announcement.topic, rig.announcement.payload, broken);
	T_STR(broken, "");
}

static void end(void)
{
	cJSON_Delete(rig.root);
	pf_ha_announcement_done(&rig.announcement);
	pf_config_free(rig.config);
	pf_problems_done(&rig.problems);
	pf_driver_set_free(rig.drivers);
}

/* The component as JSON text, compared as a whole: nothing is missing, nothing is there besides. */
static void is(const char *key, const char *expected)
{
	const cJSON *components = cJSON_GetObjectItemCaseSensitive(rig.root, "cmps");
	char *text = cJSON_PrintUnformatted(cJSON_GetObjectItemCaseSensitive(components, key));

	T_STR(text, expected);
	free(text);
}

/* One text of a component, or NULL. */
static const char *text_at(const char *key, const char *field)
{
	const cJSON *components = cJSON_GetObjectItemCaseSensitive(rig.root, "cmps");
	const cJSON *component = cJSON_GetObjectItemCaseSensitive(components, key);

	return cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(component, field));
}

#define AVAILABILITY(topic) "\"avty\":[{\"t\":\"t/status\"},{\"t\":\"" topic "/availability\"}]"

static void root_is_one_device_with_its_origin(void)
{
	char *text;

	begin("inputs: ( { name = \"door\"; pin = 11; } );");
	T_STR(rig.announcement.topic, "homeassistant/device/shed_2e1_20a/config");
	cJSON_DeleteItemFromObject(rig.root, "cmps");
	text = cJSON_PrintUnformatted(rig.root);
	T_STR(text,
		"{\"dev\":{\"ids\":[\"shed_2e1_20a\"],\"name\":\"shed.1 a\",\"mdl\":\"Pinferry\","
		"\"sw\":\"" PACKAGE_VERSION "\"},"
		"\"o\":{\"name\":\"Pinferry\",\"sw\":\"" PACKAGE_VERSION "\"},"
		"\"avty_mode\":\"all\"}");
	free(text);
	end();
}

static void inputs_are_binary_sensors(void)
{
	begin("inputs: ( { name = \"door\"; pin = 11; topic = \"house/door\"; qos = 2;\n"
	      "  payload_on = \"open\"; payload_off = \"shut\";\n"
	      "  home_assistant = { name = \"Front door\"; icon = \"mdi:door-2\";\n"
	      "    device_class = \"door\"; }; },\n"
	      "{ name = \"json\"; pin = 13; format = \"json\"; } );");
	is("door", "{\"p\":\"binary_sensor\",\"uniq_id\":\"shed_2e1_20a.door\",\"name\":\"Front "
		   "door\","
		   "\"ic\":\"mdi:door-2\"," AVAILABILITY(
			   "house/door") ",\"qos\":2,"
					 "\"stat_t\":\"house/"
					 "door\",\"pl_on\":\"open\",\"pl_off\":\"shut\","
					 "\"dev_cla\":\"door\"}");
	is("json", "{\"p\":\"binary_sensor\",\"uniq_id\":\"shed_2e1_20a.json\",\"name\":"
		   "\"json\"," AVAILABILITY(
			   "t/input/json") ","
					   "\"stat_t\":\"t/input/"
					   "json\",\"pl_on\":\"ON\",\"pl_off\":\"OFF\","
					   "\"val_tpl\":\"{{ value_json.state }}\"}");
	end();
}

static void outputs_are_switches_and_pulses_are_buttons(void)
{
	begin("outputs: ( { name = \"pump\"; pin = 11; payload_on = \"1\"; payload_off = \"0\";\n"
	      "  home_assistant = { device_class = \"outlet\"; }; },\n"
	      "{ name = \"lamp\"; pin = 15; format = \"json\"; command_topic = \"x/y\"; },\n"
	      "{ name = \"gate\"; pin = 13; pulse_ms = 400; payload_on = \"go\"; } );");
	is("pump", "{\"p\":\"switch\",\"uniq_id\":\"shed_2e1_20a.pump\",\"name\":"
		   "\"pump\"," AVAILABILITY(
			   "t/output/pump") ","
					    "\"cmd_t\":\"t/output/pump/set\",\"stat_t\":\"t/output/"
					    "pump\",\"pl_on\":\"1\","
					    "\"pl_off\":\"0\",\"dev_cla\":\"outlet\"}");
	is("lamp", "{\"p\":\"switch\",\"uniq_id\":\"shed_2e1_20a.lamp\",\"name\":"
		   "\"lamp\"," AVAILABILITY(
			   "t/output/lamp") ","
					    "\"cmd_t\":\"x/y\",\"stat_t\":\"t/output/"
					    "lamp\",\"pl_on\":\"ON\","
					    "\"pl_off\":\"OFF\",\"val_tpl\":\"{{ value_json.state "
					    "}}\"}");
	is("gate", "{\"p\":\"button\",\"uniq_id\":\"shed_2e1_20a.gate\",\"name\":"
		   "\"gate\"," AVAILABILITY(
			   "t/output/gate") ","
					    "\"cmd_t\":\"t/output/gate/set\",\"pl_prs\":\"go\"}");
	T_INT(rig.announcement.n, 3);
	T_STR(rig.announcement.components[2].key, "gate");
	T_STR(rig.announcement.components[2].platform, "button");
	end();
}

static void sensors_have_an_entity_per_channel(void)
{
	begin("sensors: ( { name = \"air\"; driver = \"bme280\"; bus = \"i2c-1\"; interval_s = "
	      "30;\n"
	      "  home_assistant = { name = \"Air\"; };\n"
	      "  channels = { temperature = { decimals = 0; max_interval_s = 300; deadband = 1; "
	      "};\n"
	      "    humidity = { topic = \"h\"; }; }; },\n"
	      "{ name = \"tank\"; driver = \"ds18b20\"; id = \"28-0316a2795aff\"; interval_s = 2; "
	      "}\n"
	      ");");
	is("air.temperature", "{\"p\":\"sensor\",\"uniq_id\":\"shed_2e1_20a.air.temperature\","
			      "\"name\":\"Air temperature\"," AVAILABILITY(
				      "t/sensor/air") ","
						      "\"stat_t\":\"t/sensor/air/"
						      "temperature\",\"dev_cla\":\"temperature\","
						      "\"stat_cla\":\"measurement\",\"unit_of_"
						      "meas\":\"°C\",\"sug_dsp_prc\":0,"
						      "\"exp_aft\":900}");
	is("air.humidity", "{\"p\":\"sensor\",\"uniq_id\":\"shed_2e1_20a.air.humidity\","
			   "\"name\":\"Air humidity\"," AVAILABILITY(
				   "t/sensor/air") ","
						   "\"stat_t\":\"h\",\"dev_cla\":\"humidity\","
						   "\"stat_cla\":\"measurement\",\"unit_of_meas\":"
						   "\"%\",\"sug_dsp_prc\":1,"
						   "\"exp_aft\":90}");
	/* a full bus may take longer than three short intervals */
	is("tank",
		"{\"p\":\"sensor\",\"uniq_id\":\"shed_2e1_20a.tank\",\"name\":"
		"\"tank\"," AVAILABILITY(
			"t/sensor/tank") ","
					 "\"stat_t\":\"t/sensor/tank\",\"dev_cla\":\"temperature\","
					 "\"stat_cla\":\"measurement\",\"unit_of_meas\":\"°C\","
					 "\"sug_dsp_prc\":2,"
					 "\"exp_aft\":60}");
	end();
}

static void json_sensors_share_a_topic(void)
{
	begin("sensors: ( { name = \"air\"; driver = \"bme280\"; bus = \"i2c-1\"; format = "
	      "\"json\"; "
	      "} );");
	is("air.pressure",
		"{\"p\":\"sensor\",\"uniq_id\":\"shed_2e1_20a.air.pressure\","
		"\"name\":\"air pressure\"," AVAILABILITY(
			"t/sensor/air") ","
					"\"stat_t\":\"t/sensor/air\",\"dev_cla\":\"pressure\","
					"\"stat_cla\":\"measurement\",\"unit_of_meas\":\"hPa\","
					"\"sug_dsp_prc\":1,"
					"\"exp_aft\":180,\"val_tpl\":\"{{ "
					"value_json.get('pressure') }}\"}");
	end();
}

static void what_is_off_is_not_announced(void)
{
	begin_with("inputs: ( { name = \"door\"; pin = 11; } );");
	T_FALSE(rig.any);
	end();
	begin_with(BEGINNING "inputs: ( { name = \"door\"; pin = 11;\n"
			     "  home_assistant = { enabled = false; }; } );");
	T_FALSE(rig.any);
	end();
	begin("inputs: ( { name = \"a\"; pin = 11; home_assistant = { enabled = false; }; },\n"
	      "{ name = \"b\"; pin = 13; } );");
	T_INT(rig.announcement.n, 1);
	T_STR(rig.announcement.components[0].key, "b");
	end();
}

/* Item a_b and channel b of item a, for one. */
static void ids_are_unique_and_do_not_follow_topics(void)
{
	char *id;

	begin("inputs: ( { name = \"air_humidity\"; pin = 11; },\n"
	      "{ name = \"air-humidity\"; pin = 13; } );\n"
	      "sensors: ( { name = \"air\"; driver = \"bme280\"; bus = \"i2c-1\"; },\n"
	      "{ name = \"air_\"; driver = \"bme280\"; bus = \"i2c-2\"; } );");
	T_INT(rig.announcement.n, 8);
	id = pf_strdup(rig.announcement.components[3].key);
	end();
	begin("sensors: ( { name = \"air\"; driver = \"bme280\"; bus = \"i2c-1\"; topic = "
	      "\"other\";"
	      " home_assistant = { name = \"Other\"; }; } );");
	T_STR(rig.announcement.components[1].key, id);
	free(id);
	end();
}

/* A client id of few different bytes, so that there are many near misses. */
static void make_client_id(uint32_t *state, char *ret_id, size_t size)
{
	static const char *const parts[] = {
		"_", "__", "a", "-", ".", "_2e", "2e", "ü", "ö", "c3", "_c3", "pump", "up_", "/"};
	size_t used = 0;

	ret_id[0] = '\0';
	do {
		*state = *state * 1664525u + 1013904223u;
		used = strlen(ret_id);
		(void)snprintf(ret_id + used, size - used, "%s",
			parts[(*state >> 8) % (sizeof parts / sizeof *parts)]);
	} while ((*state >> 4) % 4 != 0 && used + 8 < size);
}

/* device id and unique id of item pump or up_pump of a daemon with this client id */
static void find_ids(const char *client_id, const char *item, char *ret_device, char *ret_unique)
{
	char *text = pf_format("mqtt: { client_id = \"%s\"; };\n"
			       "home_assistant: { discovery = true; };\n"
			       "inputs: ( { name = \"%s\"; pin = 11; } );",
		client_id, item);
	const cJSON *component;
	char broken[HA_RULES_SIZE];

	begin_with(text);
	free(text);
	(void)ha_rules_check(rig.announcement.topic, rig.announcement.payload, broken);
	T_STR(broken, "");
	component = cJSON_GetObjectItemCaseSensitive(rig.root, "cmps")->child;
	(void)snprintf(ret_unique, 200, "%s",
		cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(component, "uniq_id")));
	(void)snprintf(ret_device, 200, "%s", rig.config->home_assistant.device_id);
	end();
}

static void no_two_client_ids_and_items_have_one_id(void)
{
	static const char *const chosen[] = {"shed", "shed_up", "K\u00fcche", "Küche", "Köche",
		"K__che", "K_c3_bcche", "a.b", "a_b"};
	static const char *const items[] = {"pump", "up_pump", "_pump", "pump_"};
	enum { N = 150 };
	static char clients[N][64], devices[N][200], uniques[N][4][200];
	uint32_t state = 1;
	size_t n_pairs = 0;

	for (size_t i = 0; i < N; i++) {
		if (i < sizeof chosen / sizeof *chosen)
			(void)snprintf(clients[i], sizeof clients[i], "%s", chosen[i]);
		else
			make_client_id(&state, clients[i], sizeof clients[i]);
		for (size_t k = 0; k < 4; k++)
			find_ids(clients[i], items[k], devices[i], uniques[i][k]);
	}
	for (size_t a = 0; a < N * 4; a++)
		for (size_t b = 0; b < a; b++) {
			const bool is_same = strcmp(clients[a / 4], clients[b / 4]) == 0;

			n_pairs++;
			if (!is_same && strcmp(devices[a / 4], devices[b / 4]) == 0)
				t_check(false, __FILE__, __LINE__, "%s and %s are one device",
					clients[a / 4], clients[b / 4]);
			if (!(is_same && a % 4 == b % 4) &&
				strcmp(uniques[a / 4][a % 4], uniques[b / 4][b % 4]) == 0)
				t_check(false, __FILE__, __LINE__, "%s has two entities",
					uniques[a / 4][a % 4]);
		}
	T_TRUE(n_pairs > 100000);
}

/* Those of each driver there is, as its table has them. */
static void each_channel_of_each_driver_is_taken(void)
{
	struct pf_driver_set *drivers;
	const char *top = getenv("top_builddir");
	char *directory = pf_format("%s/drivers/.libs", top ? top : "."), **names;
	size_t n_names, n = 0;

	drivers = pf_driver_set_new(directory);
	T_INT(pf_driver_set_names(drivers, &names, &n_names), 0);
	for (size_t i = 0; i < n_names; i++) {
		const struct pf_driver *driver = NULL;
		char reason[PF_REASON_SIZE];
		char *text;

		T_INT(pf_driver_set_find(drivers, names[i], &driver, reason), 0);
		if (!driver || !driver->sensor)
			continue;
		text = pf_format("sensors: ( %s );", driver->example);
		begin(text);
		T_INT(rig.announcement.n, driver->n_channels);
		n += rig.announcement.n;
		end();
		free(text);
	}
	T_TRUE(n >= 5);
	pf_driver_names_free(names, n_names);
	pf_driver_set_free(drivers);
	free(directory);
}

static void each_quantity_has_its_class(void)
{
	static const struct {
		enum pf_quantity quantity;
		const char *unit, *device_class, *state_class;
	} rows[] = {
		{PF_QUANTITY_TEMPERATURE, NULL, "temperature", "measurement"},
		{PF_QUANTITY_TEMPERATURE, "°F", "temperature", "measurement"},
		{PF_QUANTITY_TEMPERATURE, "°Ré", NULL, "measurement"},
		{PF_QUANTITY_HUMIDITY, NULL, "humidity", "measurement"},
		{PF_QUANTITY_PRESSURE, NULL, "pressure", "measurement"},
		{PF_QUANTITY_ILLUMINANCE, NULL, "illuminance", "measurement"},
		{PF_QUANTITY_VOLTAGE, NULL, "voltage", "measurement"},
		{PF_QUANTITY_CURRENT, NULL, "current", "measurement"},
		{PF_QUANTITY_POWER, NULL, "power", "measurement"},
		{PF_QUANTITY_ENERGY, NULL, "energy", "total_increasing"},
		{PF_QUANTITY_DISTANCE, NULL, "distance", "measurement"},
		{PF_QUANTITY_OTHER, "ppm", NULL, "measurement"},
	};

	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		const struct pf_channel channel = {
			.quantity = rows[i].quantity, .unit = rows[i].unit};
		const char *name = pf_ha_class_of(channel.quantity, pf_channel_unit(&channel));

		T_TRUE((name == NULL) == (rows[i].device_class == NULL));
		if (name)
			T_STR(name, rows[i].device_class);
		T_STR(pf_ha_state_class(name), rows[i].state_class);
	}
	T_TRUE(pf_ha_class_has_unit("power_factor", ""));
	T_TRUE(pf_ha_class_has_unit("power_factor", "%"));
	T_FALSE(pf_ha_class_has_unit("temperature", "°"));
	T_FALSE(pf_ha_class_has_unit("temperature", ""));
	T_FALSE(pf_ha_class_has_unit("nonsense", "%"));
	T_TRUE(pf_ha_state_class("wind_direction") == NULL);
}

static void components_are_removed_by_their_platform_alone(void)
{
	struct pf_ha_component gone[] = {
		{(char[]){"pump"}, "switch"}, {(char[]){"air.humidity"}, "sensor"}};
	char broken[HA_RULES_SIZE];
	char *payload;

	begin("inputs: ( { name = \"door\"; pin = 11; } );");
	payload = pf_ha_farewell(rig.config, rig.announcement.topic, gone, 2);
	T_HAS(payload,
		"\"cmps\":{\"pump\":{\"p\":\"switch\"},\"air.humidity\":{\"p\":\"sensor\"}}");
	(void)ha_rules_check(rig.announcement.topic, payload, broken);
	T_STR(broken, "");
	free(payload);
	end();
}

/* The reader would find what is wrong. */
static void rules_find_mistakes(void)
{
	static const struct {
		const char *part, *in_its_place;
	} mistakes[] = {{"\"o\":{\"name\"", "\"o\":{\"nahme\""}, {"\"dev\"", "\"device_\""},
		{"shed_2e1_20a\"]", "shed\"]"}, {"\"p\":\"sensor\"", "\"p\":\"sensors\""},
		{"uniq_id", "object_id"}, {"\"stat_t\"", "\"cmd_t\""},
		{"\"temperature\"", "\"tempersture\""}, {"°C", "C"},
		{"\"measurement\"", "\"total\""}, {"t/status", "t/#"}, {"\"all\"", "\"both\""},
		{"\"exp_aft\":180", "\"exp_aft\":-1"}, {"\"cmps\":{", "\"cmps\":[{"}};
	char text[HA_RULES_SIZE];

	begin("sensors: ( { name = \"tank\"; driver = \"ds18b20\"; id = \"28-0316a2795aff\"; } );");
	for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
		const char *payload = rig.announcement.payload;
		const char *at = strstr(payload, mistakes[i].part);
		char *bad;

		if (!T_TRUE(at != NULL))
			continue;
		bad = pf_format("%.*s%s%s", (int)(at - payload), payload, mistakes[i].in_its_place,
			at + strlen(mistakes[i].part));
		T_INT(ha_rules_check(rig.announcement.topic, bad, text), -1);
		free(bad);
	}
	T_INT(ha_rules_check("homeassistant/device/a b/config", "", text), -1);
	end();
}

static void a_converted_channel_has_its_own_unit_or_none(void)
{
	begin("sensors: (\n"
	      "{ name = \"plain\"; driver = \"ds18b20\"; id = \"28-000000000001\"; offset = 1; },\n"
	      "{ name = \"bare\"; driver = \"ds18b20\"; id = \"28-000000000002\"; scale = 1.8; },\n"
	      "{ name = \"f\"; driver = \"ds18b20\"; id = \"28-000000000003\"; scale = 1.8;\n"
	      "  unit = \"\xc2\xb0"
	      "F\"; },\n"
	      "{ name = \"level\"; driver = \"ds18b20\"; id = \"28-000000000004\";\n"
	      "  points = ((0, 0), (1, 9)); unit = \"L\"; device_class = \"water\";\n"
	      "  state_class = \"total\"; } );\n");
	T_STR(text_at("plain", "unit_of_meas"), "\xc2\xb0"
						"C");
	T_STR(text_at("plain", "dev_cla"), "temperature");
	T_STR(text_at("bare", "unit_of_meas"), NULL);
	T_STR(text_at("bare", "dev_cla"), NULL);
	T_STR(text_at("f", "unit_of_meas"), "\xc2\xb0"
					    "F");
	T_STR(text_at("f", "dev_cla"), "temperature");
	T_STR(text_at("level", "unit_of_meas"), "L");
	T_STR(text_at("level", "dev_cla"), "water");
	T_STR(text_at("level", "stat_cla"), "total");
	end();
}

static void classes_have_their_units(void)
{
	static const char *const pairs[][2] = {{"distance", "ft"}, {"gas", "L"},
		{"duration", "\xc2\xb5s"}, {"reactive_power", "kvar"}, {"speed", "Beaufort"},
		{"reactive_energy", "varh"}, {"monetary", "EUR"}, {"monetary", "CHF"}};

	for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++)
		T_TRUE(pf_ha_class_has_unit(pairs[i][0], pairs[i][1]));
	T_FALSE(pf_ha_class_has_unit("monetary", ""));
	T_FALSE(pf_ha_class_has_unit("gas", "gal"));
}

T_MAIN("home_assistant", T(a_converted_channel_has_its_own_unit_or_none),
	T(classes_have_their_units), T(root_is_one_device_with_its_origin),
	T(inputs_are_binary_sensors), T(outputs_are_switches_and_pulses_are_buttons),
	T(sensors_have_an_entity_per_channel), T(json_sensors_share_a_topic),
	T(what_is_off_is_not_announced), T(no_two_client_ids_and_items_have_one_id),
	T(ids_are_unique_and_do_not_follow_topics), T(each_channel_of_each_driver_is_taken),
	T(each_quantity_has_its_class), T(components_are_removed_by_their_platform_alone),
	T(rules_find_mistakes))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/words.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"

struct word {
	const char *where; /* groups, or keys, with a space between them */
	const char *words; /* of others, with a space between them; in any case */
	const char *here;
};

#define BROKER  "here it is broker = \"mqtt://HOST:PORT\""
#define LINES   "input output line"
#define ITEMS   "input output sensor"
#define LOGICAL "states are logical: active_low says what they are in volts"
#define STATUS  "there is no choice: it is PREFIX/status, online or offline"
#define IN_HA   "it belongs into home_assistant = { ... }"
#define LISTS   "here it is one of inputs, outputs and sensors"

static const struct word keys[] = {
	{"file mqtt",
		"host server hostname broker_host mqtt_host broker_address url uri port mqtt_port",
		BROKER},
	{"mqtt", "address", BROKER},
	{"file", "broker client_id username password_file prefix keepalive_s",
		"it belongs into mqtt: { ... }"},
	{"mqtt", "tls ssl use_tls use_ssl tls_enabled secure encryption",
		"here it is broker = \"mqtts://HOST\""},
	{"mqtt",
		"ca cafile ca_certs ca_cert cacert ca_path capath certificate_authority tls_ca "
		"tls_ca_file",
		"here it is ca_file"},
	{"mqtt", "cert certfile certificate client_cert tls_cert tls_certfile crt",
		"here it is cert_file"},
	{"mqtt", "key keyfile client_key tls_key tls_keyfile private_key", "here it is key_file"},
	{"mqtt", "verify verify_ssl insecure tls_insecure skip_verify skip_cert_cn_check cert_reqs",
		"there is no choice: certificates are always verified; see ca_file"},
	{"file mqtt", "user login mqtt_user mqtt_username user_name", "here it is username"},
	{"file mqtt", "password pass passwd pw pwd mqtt_password mqtt_pass secret",
		"here it is password_file: the path of a file with the password"},
	{"file mqtt",
		"topic_prefix base_topic root_topic topic topics fulltopic full_topic mqtt_prefix",
		"here it is prefix"},
	{"mqtt", "clientid client mqtt_client_id id", "here it is client_id"},
	{"mqtt", "keepalive keep_alive keepalive_interval", "here it is keepalive_s"},
	{"mqtt", "reconnect_delay reconnect_interval reconnect_time mqttretry",
		"here it is reconnect_max_s"},
	{"mqtt", "clean_session cleansession clean_start",
		"there is no choice: each session begins clean, so that no old command comes"},
	{"mqtt", "protocol mqtt_version protocol_version", "here it is version"},
	{"mqtt", "retain", "it belongs to each item"},
	{"mqtt",
		"status_topic status_payload_running status_payload_stopped status_payload_dead "
		"availability_topic availability birth_message will_message will last_will lwt",
		STATUS},
	{"mqtt", "discovery ha_discovery discover_prefix discovery_prefix",
		"here it is home_assistant: { discovery = true; prefix = \"...\"; }"},
	{"file", "gpio_modules sensor_modules stream_modules modules gpio pins",
		"there are no modules: each item names its line or bus, and a sensor its driver"},
	{"file", "digital_inputs digital_input binary_sensor binary_sensors input buttons switches",
		"here it is inputs"},
	{"file", "digital_outputs digital_output output relay relays switch", "here it is outputs"},
	{"file", "sensor_inputs sensor dallas one_wire onewire i2c", "here it is sensors"},
	{"file", "interlock", "here it is interlocks"},
	{"file", "logging logger log_level loglevel", "here it is log = { level = \"...\"; }"},
	{"file", "homeassistant ha discovery", "here it is home_assistant"},
	{"file", "state_directory data_dir cache_dir persistence", "here it is state_dir"},
	{"file", "items devices entities", LISTS},
	{"home_assistant", "enabled enable", "here it is discovery"},
	{"home_assistant", "discovery_prefix topic_prefix topic", "here it is prefix"},
	{LINES, "gpio gpio_pin gpio_number bcm gpio_line channel number gpiopin",
		"here it is line = \"GPIO17\", or pin for a number on the header"},
	{LINES, "inverted invert inverse active_high reverse on_level active_state",
		"here it is active_low = true"},
	{"input",
		"pull pullup pull_up pulldown pull_down pull_up_down pullups pulldowns pud "
		"resistor",
		"here it is bias = \"up\" or \"down\""},
	{"output", "pull pullup pull_up pulldown pull_down pullups pulldowns bias",
		"outputs have none; see drive"},
	{"input", "bouncetime bounce_time bounce debounce debounce_time filters switchdebounce",
		"here it is debounce_ms: how long a state has to hold, not a dead time after an "
		"edge"},
	{"input",
		"interrupt edge interrupt_payload interrupt_for poll_interval poll_when_interrupt "
		"interval scan_interval update_interval publish_initial",
		"not needed: each edge counts, and the state is published at each connect"},
	{"input", "delayed_on delayed_off delayed_on_off off_delay on_delay",
		"the key is delay_on_ms or delay_off_ms, not available in this version"},
	{"input output", "on_payload payload_on_value on_value payload_open on_text",
		"here it is payload_on"},
	{"input output", "off_payload off_value payload_close off_text", "here it is payload_off"},
	{"output",
		"timed_set_ms timed pulse_time pulsetime pulse_duration momentary on_time "
		"off_after "
		"duration auto_off",
		"here it is pulse_ms"},
	{"output",
		"initial_state restore_mode poweronstate power_on_state default default_state "
		"initial_value powerup state restore init restore_state",
		"here it is initial"},
	{"output", "shutdown_state exit_state off_state cleanup", "here it is on_exit"},
	{"output", "interlock_wait_time interlock_time dead_time dead_time_ms",
		"here it is dead_time_ms in interlocks"},
	{"output", "max_on_time timeout max_runtime max_run_time runtime", "here it is max_on_s"},
	{"output", "set_topic command cmd_topic cmd_t set_suffix", "here it is command_topic"},
	{"output", "open_drain opendrain", "here it is drive = \"open-drain\""},
	{"output", "keep_alive watchdog heartbeat heartbeat_topic after_s",
		"here it is failsafe = { after_s; state; heartbeat_topic; }"},
	{ITEMS, "state_topic stat_t mqtt_topic publish_topic", "here it is topic"},
	{ITEMS, "device_class icon entity_category enabled enabled_by_default", IN_HA},
	{ITEMS, "friendly_name display_name label title",
		"here it is home_assistant = { name = \"...\"; }"},
	{ITEMS, "unique_id uniq_id object_id", "it is made of client_id and name"},
	{ITEMS, "retained", "here it is retain"},
	{"input output sensor", "module type platform model hardware", "here it is driver"},
	{"sensor",
		"interval poll_interval scan_interval update_interval period read_interval "
		"teleperiod",
		"here it is interval_s"},
	{"sensor", "i2c_bus_num i2c_bus i2c_id bus_number bus_num i2c i2c_device",
		"here it is bus = \"i2c-1\""},
	{"sensor", "chip_addr i2c_address i2c_addr addr", "here it is address"},
	{"sensor", "rom rom_id dallas_address sensor_id serial w1_id device_id one_wire_id index",
		"here it is id, as \"pinferry scan\" shows it"},
	{"sensor channel", "unit_of_measurement uom", "here it is unit"},
	{"sensor channel", "accuracy_decimals digits precision round rounding display_precision",
		"here it is decimals"},
	{"sensor channel", "multiply factor gain multiplier", "here it is scale"},
	{"sensor channel", "add correction adjust offset_value", "here it is offset"},
	{"sensor channel", "calibrate_linear calibrate_polynomial calibration calibrate lookup",
		"here it is points"},
	{"sensor channel", "delta threshold hysteresis tolerance", "here it is deadband"},
	{"sensor channel", "filters median moving_average sliding_window_moving_average",
		"the key is filter, not available in this version"},
	{"sensor channel", "min_value minimum", "here it is min"},
	{"sensor channel", "max_value maximum", "here it is max"},
	{"sensor channel", "force_update heartbeat", "here it is max_interval_s"},
	{"item.home_assistant", "friendly_name display_name title", "here it is name"},
	{"item.home_assistant", "class", "here it is device_class"},
	{"item.home_assistant", "disabled disabled_by_default", "here it is enabled = false"},
	{"output.button", "pin gpio line", "here it is input: the name of one of inputs"},
	{"output.failsafe", "timeout delay after time", "here it is after_s"},
	{"output.failsafe", "topic heartbeat watchdog_topic", "here it is heartbeat_topic"},
};

static const struct word values[] = {
	{"initial on_exit state", "high low 1 0 true false yes no open closed", LOGICAL},
	{"initial",
		"previous restore restored restore_default_off restore_default_on saved last_state "
		"restore_inverted_default_off",
		"here it is \"last\""},
	{"initial on_exit", "unchanged as_is as-is asis leave stay same none hold",
		"here it is \"keep\""},
	{"initial", "always_on restore_and_on", "here it is \"on\""},
	{"initial", "always_off restore_and_off disabled", "here it is \"off\""},
	{"bias", "pullup pull_up pull-up pud_up input_pullup high", "here it is \"up\""},
	{"bias", "pulldown pull_down pull-down pud_down input_pulldown low", "here it is \"down\""},
	{"bias", "none no disabled disable floating float pud_off", "here it is \"off\""},
	{"bias", "default unchanged keep asis", "here it is \"as-is\""},
	{"drive", "normal default totem-pole totem_pole cmos strong", "here it is \"push-pull\""},
	{"drive", "od opendrain open_drain open-collector open_collector",
		"here it is \"open-drain\""},
	{"drive", "os opensource open_source open-emitter", "here it is \"open-source\""},
	{"version", "3 3.1 4 311 mqttv311 v3.1.1 v3 mqttv31", "here it is \"3.1.1\""},
	{"version", "5.0 mqttv5 v5 v5.0 50", "here it is \"5\""},
	{"format", "text raw value string", "here it is \"plain\""},
	{"level", "warn", "here it is \"warning\""},
	{"level", "verbose trace all", "here it is \"debug\""},
	{"level", "err fatal critical", "here it is \"error\""},
	{"action", "press momentary impulse click", "here it is \"pulse\""},
	{"action", "switch invert", "here it is \"toggle\""},
	{"device_class", "gate", "expected \"garage_door\", or \"opening\" for one that is none"},
	{"device_class", "contact reed", "expected \"opening\", \"door\" or \"window\""},
	{"device_class", "leak water rain wet flood", "expected \"moisture\" for an input"},
	{"device_class", "pir movement", "expected \"motion\""},
	{"device_class", "relay pump valve light fan heater lamp plug",
		"expected \"switch\" or \"outlet\""},
	{"device_class", "temp", "expected \"temperature\""},
	{"device_class", "lux brightness light_level", "expected \"illuminance\""},
	{"driver", "dallas onewire one_wire w1 w1therm ds18b20+ ds18x20 dallas_temp 1-wire",
		"expected \"ds18b20\""},
	{"driver", "bmp280 bmx280 bme280_i2c bmp280_i2c", "expected \"bme280\", which reads it"},
	{"driver", "tmp102 lm75a lm75b", "expected \"lm75\" with variant = \"...\""},
	{"driver", "raspberrypi rpi rpi.gpio gpiod libgpiod gpiozero orangepi pigpio",
		"expected \"gpio\""},
};

static bool has_word(const char *list, const char *word)
{
	while (*list) {
		const size_t size = strcspn(list, " ");

		if (pf_text_equals_nocase(list, size, word))
			return true;
		list += size + (list[size] == ' ');
	}
	return false;
}

static const char *find(const struct word *list, size_t n, const char *where, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (has_word(list[i].where, where) && has_word(list[i].words, word))
			return list[i].here;
	return NULL;
}

const char *pf_word_of_key(const char *group, const char *word)
{
	return find(keys, sizeof keys / sizeof *keys, *group ? group : "file", word);
}

const char *pf_word_of_value(const char *key, const char *word)
{
	return find(values, sizeof values / sizeof *values, key, word);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/keys.h"

#include <string.h>

#include "base/log.h"
#include "config/config.h"
#include "config/topics.h"

#define N(keys)       (keys), sizeof(keys) / sizeof *(keys)
#define TEXT_MAX      1000
#define CLIENT_ID_MAX 128
#define MESSAGES_MAX  100000

static const char *const levels[] = {"error", "warning", "notice", "info", "debug", NULL};
static const char *const versions[] = {"auto", "3.1.1", "5", NULL};

_Static_assert(PF_LOG_ERROR == 0 && PF_LOG_DEBUG == 4, "levels[] has the order of pf_log_level");

#define OF struct pf_mqtt_config

static const struct pf_key mqtt_keys[] = {
	PF_TEXT("broker", OF, broker, TEXT_MAX, "mqtt://localhost", "the address of the broker",
		.secrecy = PF_ADDRESS),
	PF_TOPIC("prefix", OF, prefix, PF_TOPIC_MAX / 2, "pinferry/%h", "what topics begin with"),
	PF_TEXT("client_id", OF, client_id, CLIENT_ID_MAX, "pinferry-%h", "the name at the broker",
		.host = true),
	PF_TEXT("username", OF, username, TEXT_MAX, NULL, "the user at the broker",
		.secrecy = PF_HIDDEN),
	PF_PATH("password_file", OF, password_file, NULL, "the file with the user's password",
		.secrecy = PF_HIDDEN),
	PF_PATH("ca_file", OF, ca_file, NULL, "the file with the authorities to trust"),
	PF_PATH("cert_file", OF, cert_file, NULL, "the file with our certificate"),
	PF_PATH("key_file", OF, key_file, NULL, "the file with the key of the certificate",
		.secrecy = PF_HIDDEN),
	PF_PATH("key_password_file", OF, key_password_file, NULL,
		"the file with the password of the key", .secrecy = PF_HIDDEN),
	PF_OWN("server_name", PF_KEY_LATER, "the name in the broker's certificate"),
	PF_CHOICE("version", OF, version, versions, PF_MQTT_AUTO, "the version of the protocol"),
	PF_INT("keepalive_s", OF, keepalive_s, 3, 3600, 30, "the seconds between signs of life"),
	PF_INT("qos", OF, qos, 0, 2, 1, "the quality of service of all items", .elsewhere = true),
	PF_INT("reconnect_max_s", OF, reconnect_max_s, 1, 3600, 60,
		"the longest pause between two attempts to connect"),
};
const struct pf_key_group pf_mqtt_keys = {"mqtt", N(mqtt_keys)};

#undef OF
#define OF struct pf_ha_config

static const struct pf_key ha_keys[] = {
	PF_BOOL("discovery", OF, discovery, false, "whether items are announced"),
	PF_TOPIC("prefix", OF, prefix, PF_TOPIC_MAX / 2, "homeassistant", "the discovery prefix"),
	PF_TOPIC("birth_topic", OF, birth_topic, PF_TOPIC_MAX, "homeassistant/status",
		"where Home Assistant says that it has started"),
	PF_OWN("device_name", PF_KEY_LATER, "what the device is called there"),
	PF_OWN("area", PF_KEY_LATER, "where the device is"),
};
const struct pf_key_group pf_ha_keys = {"home_assistant", N(ha_keys)};

#undef OF
#define OF struct pf_buffer_config

static const struct pf_key buffer_keys[] = {
	PF_INT("max_messages", OF, max_messages, 0, MESSAGES_MAX, 1000, "how many may wait"),
	PF_BOOL("on_disk", OF, on_disk, false, "whether they survive a restart"),
};
const struct pf_key_group pf_buffer_keys = {"buffer", N(buffer_keys)};

#undef OF
#define OF struct pf_config

static const struct pf_key log_keys[] = {
	PF_CHOICE("level", OF, log_level, levels, PF_LOG_INFO, "how much is logged"),
};
static const struct pf_key_group log_group = {"log", N(log_keys)};

static const struct pf_key root_keys[] = {
	PF_GROUP("mqtt", OF, mqtt, &pf_mqtt_keys, "the broker"),
	PF_OWN("inputs", PF_KEY_LIST, "the inputs", .group = &pf_input_keys),
	PF_OWN("outputs", PF_KEY_LIST, "the outputs", .group = &pf_output_keys),
	PF_OWN("sensors", PF_KEY_LIST, "the sensors", .group = &pf_sensor_keys),
	PF_OWN("chips", PF_KEY_LATER, "the expanders"),
	PF_OWN("levels", PF_KEY_LATER, "the analog outputs"),
	PF_OWN("interlocks", PF_KEY_LIST, "groups of outputs", .group = &pf_interlock_keys),
	PF_GROUP("buffer", OF, buffer, &pf_buffer_keys, "the buffer of all sensors"),
	PF_GROUP("home_assistant", OF, home_assistant, &pf_ha_keys, "what is announced"),
	PF_PATH("state_dir", OF, state_dir, PF_STATE_DIR, "the folder for what is remembered"),
	PF_PATH("driver_dir", OF, driver_dir, NULL, "the folder of the drivers"),
	{.name = "log",
		.type = PF_KEY_GROUP,
		.size = sizeof(OF),
		.group = &log_group,
		.help = "what is logged"},
};
const struct pf_key_group pf_root_keys = {"", N(root_keys)};

/* Recursion ends where the tables do. */
static const struct pf_key *find(const struct pf_key_group *group, const char *name)
{
	for (size_t i = 0; i < group->n; i++) {
		const struct pf_key *key = &group->keys[i];

		if (strcmp(key->name, name) == 0)
			return key;
		key = key->group ? find(key->group, name) : NULL;
		if (key)
			return key;
	}
	return NULL;
}

const struct pf_key *pf_keys_find(const char *name)
{
	static const struct pf_key_group *const groups[] = {
		&pf_root_keys, &pf_item_keys, &pf_line_keys};
	const struct pf_key *key = NULL;

	for (size_t i = 0; i < sizeof groups / sizeof *groups && !key; i++)
		key = find(groups[i], name);
	return key;
}

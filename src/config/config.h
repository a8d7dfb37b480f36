/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The configuration as plain data: what a file says after every check has passed.
 *
 * pf_config_load() parses, checks and resolves a file completely, without touching hardware or
 * network. Defaults are filled in, %h is replaced by the host name, topics are whole, polarity and
 * drivers are known. After loading, nothing here changes; all strings and arrays belong to the
 * struct pf_config and live as long as it does. Main thread only.
 *
 * Units: as the names say. Levels are logical.
 */

#ifndef PF_CONFIG_CONFIG_H
#define PF_CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/problems.h"
#include "pinferry/driver.h"

struct pf_driver_set;

enum pf_format { PF_FORMAT_PLAIN, PF_FORMAT_JSON };

enum pf_on_exit { PF_ON_EXIT_OFF, PF_ON_EXIT_ON, PF_ON_EXIT_KEEP };

enum pf_mqtt_version { PF_MQTT_AUTO, PF_MQTT_3_1_1, PF_MQTT_5 };

/* Where something stands in the configuration. */
struct pf_place {
	const char *file;
	int line;
};

/* mqtt: { ... } */
struct pf_mqtt_config {
	const char *broker; /* URI with scheme, host and port: "mqtts://box.lan:8883" */
	const char *prefix; /* %h replaced */
	const char *client_id;
	const char *username;             /* NULL: none */
	const char *password_file;        /* NULL: none; read at each connect, never kept here */
	const char *ca_file;              /* NULL: the system's CAs */
	const char *cert_file, *key_file; /* NULL: no client certificate */
	const char *key_password_file;    /* NULL: none; read at each connect, never kept here */
	bool open_told; /* loading has warned: others can read one of the files with secrets */
	enum pf_mqtt_version version;
	int keepalive_s;     /* 3 to 3600, default 30 */
	int qos;             /* 0 to 2: default of all items, default 1 */
	int reconnect_max_s; /* 1 to 3600, default 60 */
	struct pf_place place;
};

/* home_assistant: { ... } */
struct pf_ha_config {
	bool discovery;          /* default false */
	const char *prefix;      /* default "homeassistant" */
	const char *birth_topic; /* default "homeassistant/status" */
	const char *device_id;   /* client_id in letters, digits, '_' and '-'; each has its own */
};

/* home_assistant = { ... } of an item */
struct pf_ha_item_config {
	bool enabled;             /* default true */
	const char *name;         /* NULL: the item's */
	const char *icon;         /* "mdi:pump", or NULL */
	const char *device_class; /* one that Home Assistant takes; NULL: by the channel, or none */
};

/* What every item has. */
struct pf_item_config {
	const char *name;
	const char *topic; /* whole: PREFIX/input/NAME or what the item says */
	int qos;
	bool retain;
	enum pf_format format;
	struct pf_ha_item_config home_assistant;
	struct pf_place place;
};

/* How a line is named in the configuration; exactly one of the three ways. */
struct pf_line_config {
	const char *line; /* kernel line name "GPIO17", or NULL */
	int pin;          /* header pin 1 to 40, or 0 */
	const char *chip; /* chip by label, name or path, or NULL; then with offset */
	uint32_t offset;
	const char *text; /* as to be shown: "GPIO17", "pin 36", "pinctrl-rp1:17"; never NULL */
	const char *key;  /* the same text for the same line, however it is named; never NULL */
};

struct pf_input_config {
	struct pf_item_config item;
	const struct pf_driver *driver; /* a line driver */
	struct pf_line_config line;
	enum pf_bias bias;
	bool active_low;
	uint32_t debounce_ms; /* 0 to 60000 */
	const char *payload_on, *payload_off;
};

/* What an output starts with. */
enum pf_start { PF_START_OFF, PF_START_ON, PF_START_KEEP, PF_START_LAST };

/* failsafe = { after_s, state, heartbeat_topic } */
struct pf_failsafe_config {
	uint32_t after_ms; /* 0: no failsafe */
	bool state;
	const char *heartbeat_topic; /* NULL: counts from the loss of the broker */
};

/* button = { input, action }: a local input that works an output */
enum pf_button_action { PF_BUTTON_TOGGLE, PF_BUTTON_ON, PF_BUTTON_OFF, PF_BUTTON_PULSE };

struct pf_button_config {
	const char *input;            /* name of an input; NULL: no button */
	enum pf_button_action action; /* PULSE: on for pulse_ms, which is then configured */
};

/* interlocks: ( { name, dead_time_ms } ) */
struct pf_interlock_config {
	const char *name;
	uint32_t dead_time_ms; /* 0 to 60000, default 500 */
	struct pf_place place;
};

struct pf_output_config {
	struct pf_item_config item;
	const struct pf_driver *driver; /* a line driver */
	struct pf_line_config line;
	bool active_low;
	enum pf_drive drive;
	enum pf_start initial;
	enum pf_on_exit on_exit;
	uint32_t pulse_ms;                         /* 0: none; else 1 to 86400000 */
	uint32_t max_on_ms, min_on_ms, min_off_ms; /* 0: none; up to 30 days */
	const char *interlock;                     /* name of a group, or NULL */
	struct pf_failsafe_config failsafe;
	struct pf_button_config button;
	bool accept_retained;
	const char *command_topic;
	const char *payload_on, *payload_off;
};

/* One point of a calibration table: what the sensor says, what it should say. */
struct pf_point {
	double raw, value;
};

/* How one channel is published; index as in the driver's channel table. */
struct pf_channel_config {
	const char *topic;             /* NULL with format = "json" and several channels */
	double offset, scale;          /* value = raw * scale + offset; default 0, 1 */
	const struct pf_point *points; /* n_points >= 2, raw rising; applied before scale, offset */
	size_t n_points;
	int decimals;
	double minimum, maximum;  /* of the value; by default the driver's physical range, or, where
				     scale, offset or points make another value of it, unbounded
				     (what the sensor says is checked against the physical range
				     in any case) */
	const char *unit;         /* "" if none, or unknown; what follows is for Home Assistant */
	const char *device_class; /* NULL: none */
	const char *state_class;  /* NULL: none */
	double deadband;          /* 0: publish each value */
	uint32_t max_interval_ms; /* 0: none; with deadband: publish at least so often */
};

/* buffer = { max_messages, on_disk }: readings that are kept while the broker is away */
struct pf_buffer_config {
	uint32_t max_messages; /* 0: none are; else format = "json" and qos 1 or 2 */
	bool on_disk;          /* they survive the end of the process; never without max_messages */
};

struct pf_sensor_config {
	struct pf_item_config item;
	struct pf_buffer_config buffer;
	const struct pf_driver *driver; /* a sensor driver */
	const char *bus;                /* "i2c-1"; NULL unless PF_BUS_I2C */
	uint16_t address;               /* 7 bit; 0 unless PF_BUS_I2C */
	const char *id;                 /* "28-0316a2795aff"; NULL unless PF_BUS_W1 */
	uint32_t interval_ms;           /* at least the driver's minimum; default 60000 */
	int patience;        /* samples in a row that fail before it is faulty; 0: the driver's */
	const void *options; /* the driver's options struct */
	struct pf_channel_config channels[PF_CHANNELS_MAX];
};

struct pf_config {
	const char *file;
	const char *state_dir;  /* default /var/lib/pinferry */
	const char *driver_dir; /* as configured, or NULL */
	int log_level;          /* enum pf_log_level, default PF_LOG_INFO */
	struct pf_mqtt_config mqtt;
	struct pf_buffer_config buffer; /* of JSON sensors that say nothing of it */
	struct pf_ha_config home_assistant;
	struct pf_input_config *inputs;
	size_t n_inputs;
	struct pf_output_config *outputs;
	size_t n_outputs;
	struct pf_sensor_config *sensors;
	size_t n_sensors;
	struct pf_interlock_config *interlocks;
	size_t n_interlocks;
	const char **topics; /* all that are published or subscribed, sorted */
	size_t n_topics;
	void *storage; /* private to the module: what owns all of the above */
	unsigned n_holders;
};

/*
 * Reads and checks `file` with everything it includes. `drivers` loads the driver modules that the
 * file names (a driver_dir in the file is obeyed unless the set has one from the command line) and
 * must outlive the configuration. Every mistake is added to `problems` (errors and warnings).
 * Returns 0 and the configuration if there was no error; -EINVAL if there was one; -ENOENT,
 * -EACCES, ... if the file itself cannot be read (that is in `problems`, too). Free with
 * pf_config_free().
 */
int pf_config_load(const char *file, struct pf_driver_set *drivers, struct pf_problems *problems,
	struct pf_config **ret_config);

/* One more holder, who calls pf_config_free() in the end; returns config. */
struct pf_config *pf_config_hold(struct pf_config *config);

/* Frees a configuration when its last holder calls; NULL is fine. */
void pf_config_free(struct pf_config *config);

#endif

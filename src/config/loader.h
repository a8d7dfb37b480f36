/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What the parts of the module share while they turn a tree into a configuration. Private to
 * src/config. Everything made belongs to the pool. Main thread only.
 */

#ifndef PF_CONFIG_LOADER_H
#define PF_CONFIG_LOADER_H

#include "config/config.h"
#include "config/ha_classes.h"
#include "config/keys.h"
#include "config/node.h"
#include "config/pool.h"
#include "config/problems.h"
#include "config/report.h"
#include "config/schema.h"
#include "config/topics.h"
#include "hw/driver_set.h"

/* A name or a line that an item has taken. */
struct pf_taken {
	const char *key;
	const char *label; /* whose */
	struct pf_place place;
};

struct pf_taken_list {
	struct pf_taken *list;
	size_t n, capacity;
};

struct pf_loader {
	struct pf_config *config;
	struct pf_problems *problems;
	struct pf_pool *pool;
	struct pf_key_reader reader; /* with the two above */
	const struct pf_node *root;
	struct pf_driver_set *drivers;
	struct pf_taken_list names, lines, devices, interlocks;
	struct pf_topics topics;
	uint32_t n_buffered; /* messages that all sensors so far may buffer */
	bool default_driver_reported;
};

/* An item under way. */
struct pf_item_loader {
	struct pf_loader *loader;
	const struct pf_node *group;
	const char *kind;            /* "input", "output", "sensor": as in default topics */
	const char *label;           /* "input door", or "input number 2" */
	struct pf_item_config *item; /* in the configuration */
	bool topics_known;           /* item->topic is set and worth comparing */
};

/* load_mqtt.c: checks the group mqtt, which is read. */
void pf_load_mqtt(struct pf_loader *loader);

/* load_home_assistant.c: checks the group home_assistant, which is read, after mqtt. */
void pf_load_home_assistant(struct pf_loader *loader);

/*
 * load_home_assistant.c: checks the group of an item, which is of this kind. channel: that of a
 * sensor with only one, else NULL.
 */
void pf_load_ha_item(const struct pf_item_loader *item, enum pf_ha_kind kind,
	const struct pf_channel_config *channel);

/* load_ha_words.c: warns of words of an input or output that Home Assistant takes for others. */
void pf_load_ha_words(const struct pf_item_loader *item, enum pf_ha_kind kind,
	const char *payload_on, const char *payload_off);

/* load_effect.c: warns of what does nothing, when all is loaded. */
void pf_load_check_effects(struct pf_loader *loader);

/*
 * What loads an element of a list of the file, after mqtt and the lists that its rules speak of.
 * The element is zero, and counted already.
 */
typedef void pf_load_element(struct pf_loader *loader, const struct pf_node *group, size_t index);

/* load_line_items.c */
pf_load_element pf_load_input, pf_load_output;

/* load_envelope.c */
pf_load_element pf_load_interlock;

/* load_sensor.c */
pf_load_element pf_load_sensor;

/* load_envelope.c: checks the rules of an output, after the inputs and the interlocks. */
void pf_load_envelope(const struct pf_item_loader *item, const struct pf_output_config *output);

/* load_buffer.c: what a sensor that says nothing of it has, before its keys are read. */
void pf_load_buffer_default(const struct pf_item_loader *item, struct pf_sensor_config *sensor);

/* load_buffer.c: checks that of the file. */
void pf_load_buffer_check(const struct pf_loader *loader);

/* load_buffer.c: checks what the sensor has, after its keys are read. */
void pf_load_buffer(const struct pf_item_loader *item, struct pf_sensor_config *sensor);

/* load_line.c: checks how the line is named, sets its text, and finds out if it is taken. */
void pf_load_line(const struct pf_item_loader *item, struct pf_line_config *line);

/* A channel under way. */
struct pf_channel_loader {
	const struct pf_item_loader *item;
	const struct pf_channel *channel; /* as it is with the options of the sensor */
	enum pf_presence presence;
	const struct pf_node *direct; /* the sensor, if the keys may stand there; or NULL */
	const struct pf_node *group;  /* channels.NAME, or NULL */
	const char *label;
	bool is_announced; /* to Home Assistant */
};

/* load_channel.c: a key of the channel, in either place; or NULL. */
const struct pf_node *pf_channel_find(const struct pf_channel_loader *loader, const char *key);

/* load_channel.c: where a key of the channel stands. */
const struct pf_place *pf_channel_place(const struct pf_channel_loader *loader, const char *key);

/* load_unit.c: sets unit, device class and state class, after all else of the channel. */
void pf_load_unit(const struct pf_channel_loader *loader, struct pf_channel_config *config);

/* load_channel.c: reads and checks channels: { ... } of a sensor, whose own keys are read. */
void pf_load_channels(const struct pf_item_loader *item, struct pf_sensor_config *sensor);

/* load_bus_time.c: warns of a bus on which samples take longer than their intervals. */
void pf_check_bus_time(const struct pf_loader *loader);

/* load_option.c: the driver's options as keys; base: its options struct, filled with defaults. */
struct pf_key_set pf_load_options(struct pf_loader *loader, const struct pf_driver *driver);

/* load_option.c: reports the options without a default that are not there. */
void pf_load_options_check(const struct pf_item_loader *item, const struct pf_driver *driver);

/* load_item.c: what inputs, outputs and sensors have in common. */

/* Begins an item: its label and place. */
void pf_item_begin(struct pf_item_loader *item, struct pf_loader *loader, const char *kind,
	const struct pf_node *group, size_t index, struct pf_item_config *config);

/* Sets all that the tables speak of to its default. */
void pf_item_set_defaults(
	const struct pf_item_loader *item, const struct pf_key_set *sets, size_t n_sets);

/* Does so, and reads the keys. */
void pf_item_read(const struct pf_item_loader *item, const struct pf_key_set *sets, size_t n_sets);

/* After its keys are read: checks the name, and makes the topic whole. */
void pf_item_finish(struct pf_item_loader *item);

/* Adds the topics that every item has besides its own. */
void pf_item_add_fault_topics(const struct pf_item_loader *item);

/* Adds a topic of the item; key: what names it in the file. NULL is passed over. */
void pf_item_add_topic(
	const struct pf_item_loader *item, const char *what, const char *key, const char *topic);

/* The driver of this name, or NULL, reported. lines: it has to drive lines, else sensors. */
const struct pf_driver *pf_item_driver(
	const struct pf_item_loader *item, const char *name, bool lines);

/* Reports at the place of a key of the item, or of the item itself. */
#define pf_item_error(item, key, ...)                                                              \
	pf_report((item)->loader->problems, pf_node_place((item)->group, (key)), (item)->label,    \
		(key), __VA_ARGS__)
#define pf_item_warning(item, key, ...)                                                            \
	pf_report_warning((item)->loader->problems, pf_node_place((item)->group, (key)),           \
		(item)->label, (key), __VA_ARGS__)

/* load_common.c */

/* A value for a message, as pf_shown() says. */
const char *pf_load_shown(const struct pf_loader *loader, const char *value);

/* Who has the key already, or NULL; then it is taken by this one. */
const struct pf_taken *pf_take(struct pf_taken_list *list, const struct pf_taken *entry);

/* The short host name, with everything that does not belong in a topic replaced by '-'. */
const char *pf_load_host(struct pf_pool *pool);

#endif

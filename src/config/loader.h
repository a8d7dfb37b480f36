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
#include "config/node.h"
#include "config/pool.h"
#include "config/problems.h"
#include "config/schema.h"
#include "config/topics.h"
#include "hw/driver_set.h"

#define PF_NAME_MAX 64 /* bytes of an item's name */

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
	struct pf_driver_set *drivers;
	struct pf_pool *pool;
	const char *host; /* what %h stands for */
	struct pf_taken_list names, lines, devices, interlocks;
	struct pf_topics topics;
	struct pf_buffer_config buffer; /* of the sensors that say nothing of it */
	uint32_t n_buffered;            /* messages that all sensors so far may buffer */
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

/* The keys that every item has; base: struct pf_item_config. */
extern const struct pf_key pf_item_keys[];
extern const size_t pf_n_item_keys;

/* load_mqtt.c: reads mqtt: { ... }, or sets the defaults if group is NULL. */
void pf_load_mqtt(struct pf_loader *loader, const struct pf_node *group);

/* load_home_assistant.c: reads home_assistant: { ... } after mqtt; NULL is fine. */
void pf_load_home_assistant(struct pf_loader *loader, const struct pf_node *group);

/* load_home_assistant.c: the key of an item that holds its group; base: where the group goes. */
struct pf_key_set pf_ha_item_key(const struct pf_node **group);

/*
 * load_home_assistant.c: reads the group of an item (NULL is fine), which is of this kind. channel:
 * that of a sensor with only one, else NULL.
 */
void pf_load_ha_item(const struct pf_item_loader *item, const struct pf_node *group,
	enum pf_ha_kind kind, const struct pf_channel *channel);

/* load_line_items.c: reads inputs: ( ... ); NULL is fine. */
void pf_load_inputs(struct pf_loader *loader, const struct pf_node *list);

/* load_line_items.c: reads outputs: ( ... ); NULL is fine. */
void pf_load_outputs(struct pf_loader *loader, const struct pf_node *list);

/* The groups of an output's envelope, or NULL. */
struct pf_envelope_groups {
	const struct pf_node *failsafe, *button;
};

/* load_envelope.c: keys that go straight into the output. */
struct pf_key_set pf_envelope_limit_keys(struct pf_output_config *output);

/* load_envelope.c: keys of an output that hold groups. */
struct pf_key_set pf_envelope_group_keys(struct pf_envelope_groups *groups);

/* load_envelope.c: reads the groups and checks the whole, after the inputs and the interlocks. */
void pf_load_envelope(const struct pf_item_loader *item, const struct pf_envelope_groups *groups,
	struct pf_output_config *output);

/* load_envelope.c: reads interlocks: ( ... ); NULL is fine. */
void pf_load_interlocks(struct pf_loader *loader, const struct pf_node *list);

/* load_sensor.c: reads sensors: ( ... ); NULL is fine. */
void pf_load_sensors(struct pf_loader *loader, const struct pf_node *list);

/* load_buffer.c: reads buffer: { ... }, the default for all sensors; NULL is fine. */
void pf_load_buffer_default(struct pf_loader *loader, const struct pf_node *group);

/* load_buffer.c: reads a sensor's own one, or takes the default if NULL, after the common keys. */
void pf_load_buffer(const struct pf_item_loader *item, const struct pf_node *group,
	struct pf_sensor_config *sensor);

/* load_line.c: checks how the line is named, sets its text, and finds out if it is taken. */
void pf_load_line(const struct pf_item_loader *item, struct pf_line_config *line);

/* A channel as the file says it; points: its list, or NULL. */
struct pf_raw_channel {
	struct pf_channel_config config;
	const struct pf_node *points;
};

/* The keys that every channel has; base: struct pf_raw_channel. The first one is "topic". */
extern const struct pf_key pf_channel_keys[];
extern const size_t pf_n_channel_keys;

/*
 * load_channel.c: reads channels: { ... } (or NULL) of a sensor whose driver is known. raw has the
 * defaults, and in raw[0] what stands in the sensor itself.
 */
void pf_load_channels(const struct pf_item_loader *item, const struct pf_node *channels,
	struct pf_raw_channel raw[PF_CHANNELS_MAX], struct pf_sensor_config *sensor);

/* load_option.c: the driver's options as keys; base: its options struct, filled with defaults. */
struct pf_key_set pf_load_options(struct pf_loader *loader, const struct pf_driver *driver);

/* load_option.c: reports the options without a default that are not there. */
void pf_load_options_check(const struct pf_item_loader *item, const struct pf_driver *driver);

/* load_item.c: what inputs, outputs and sensors have in common. */

/* Whether element `index` of a list is a group; if not, that is reported. */
bool pf_item_is_group(
	struct pf_loader *loader, const struct pf_node *node, const char *kind, size_t index);

/* Begins an item: defaults, label. */
void pf_item_begin(struct pf_item_loader *item, struct pf_loader *loader, const char *kind,
	const struct pf_node *group, size_t index, struct pf_item_config *config);

/* After its keys are read: checks the name, and makes the topic whole. */
void pf_item_finish(struct pf_item_loader *item);

/* Adds the topics that every item has besides its own. */
void pf_item_add_fault_topics(const struct pf_item_loader *item);

/* Adds a topic of the item; key: what names it in the file. NULL is passed over. */
void pf_item_add_topic(
	const struct pf_item_loader *item, const char *what, const char *key, const char *topic);

/* A topic that the file gives, with %h replaced; NULL if it is a bad one, which is reported. */
const char *pf_item_take_topic(const struct pf_item_loader *item, const struct pf_place *place,
	const char *key, const char *topic);

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

/* Who has the key already, or NULL; then it is taken by this one. */
const struct pf_taken *pf_take(struct pf_taken_list *list, const struct pf_taken *entry);

/* text with %h replaced. */
const char *pf_expand_host(struct pf_loader *loader, const char *text);

/* The short host name, with everything that does not belong in a topic replaced by '-'. */
const char *pf_load_host(struct pf_pool *pool);

#endif

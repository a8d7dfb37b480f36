/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What becomes of a sensor's sample: all its values are judged, and those that are true and news
 * are published, or the item's fault says why not. Main loop only.
 */

#ifndef PF_BRIDGE_SENSOR_VALUES_H
#define PF_BRIDGE_SENSOR_VALUES_H

#include "bridge/item.h"
#include "config/config.h"
#include "sensor/channel.h"

struct pf_sensor_values {
	struct pf_item *item; /* borrowed, the sensor's */
	const struct pf_sensor_config *config;
	uint64_t taken_ns; /* when the last good sample was taken; 0: none since start or fault */
	struct pf_channel_state channels[PF_CHANNELS_MAX];
	struct pf_channel_past past[PF_CHANNELS_MAX];
	enum pf_presence presence[PF_CHANNELS_MAX]; /* as far as it is known */
	bool had[PF_CHANNELS_MAX];                  /* there was a value since the last probe */
	struct pf_state *states[PF_CHANNELS_MAX];   /* plain: one per channel; JSON: [0] */
	struct pf_buffer *buffer;                   /* sends the JSON instead; NULL: none */
};

/* Adds the sensor's topics; item and config are borrowed. */
void pf_sensor_values_init(struct pf_sensor_values *values, struct pf_item *item,
	const struct pf_sensor_config *config);

/* Removes the topics; if `clear`, their retained messages are cleared. */
void pf_sensor_values_done(struct pf_sensor_values *values, bool clear);

/* The same sensor in a new configuration. */
void pf_sensor_values_rebind(
	struct pf_sensor_values *values, const struct pf_sensor_config *config);

/*
 * The chip has been probed, and its driver's state says which channels it has: warns of those that
 * it has not, once. is_other: it is another chip than before, so what is remembered of values is
 * not its. true: other channels are there, or not there, than was known.
 */
bool pf_sensor_values_probed(struct pf_sensor_values *values, const void *state, bool is_other);

/*
 * Publishes what is true and news of a sample, taken at taken_ns (CLOCK_BOOTTIME), empties what it
 * has no value for, and makes the item available. 0; or a negative errno and
 * ret_reason[PF_REASON_SIZE] in plain words: nothing of it was published.
 */
int pf_sensor_values_take(struct pf_sensor_values *values, const struct pf_sample *sample,
	uint64_t taken_ns, char *ret_reason);

/* A sample was lost: the sensor may have been away. */
void pf_sensor_values_missed(struct pf_sensor_values *values);

/* The sensor is faulty: whatever comes next is news. */
void pf_sensor_values_forget(struct pf_sensor_values *values);

#endif

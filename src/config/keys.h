/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The rows of all keys: see key.h. Constant. */

#ifndef PF_CONFIG_KEYS_H
#define PF_CONFIG_KEYS_H

#include "config/schema.h"

#define PF_NAME_MAX       64 /* bytes of an item's name */
#define PF_DEFAULT_DRIVER "gpio"
/* over all sensors, for a machine with little memory: a reading takes about 200 bytes */
#define PF_BUFFERED_MAX 200000
#define PF_POINTS_MAX   64

/* keys.c; the bases: struct pf_config, and its members of that name */
extern const struct pf_key_group pf_root_keys, pf_mqtt_keys, pf_ha_keys, pf_buffer_keys;

/* keys_line.c; the bases: struct pf_item_config, pf_line_config, ... */
extern const struct pf_key_group pf_item_keys, pf_line_keys, pf_input_keys, pf_output_keys,
	pf_interlock_keys;

/* keys_sensor.c; the bases: struct pf_sensor_config, struct pf_channel_config */
extern const struct pf_key_group pf_sensor_keys, pf_channel_keys;

/* The first row of this name in all groups, or NULL. For what is not in a group yet. */
const struct pf_key *pf_keys_find(const char *name);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A sensor of the configuration at work: runs its driver's steps on the bus's worker when they are
 * due, judges the values and publishes them. Main loop only, but for the steps themselves.
 */

#ifndef PF_BRIDGE_SENSOR_ITEM_H
#define PF_BRIDGE_SENSOR_ITEM_H

#include "bridge/env.h"
#include "config/config.h"

struct pf_sensor_item;

/* Starts a sensor, the i-th of n for spreading the first samples. */
struct pf_sensor_item *pf_sensor_item_new(
	struct pf_env *env, const struct pf_sensor_config *config, size_t i, size_t n);

/*
 * The same sensor in a new configuration. `old`, the one before, is held as long as a step under
 * way uses it.
 */
void pf_sensor_item_rebind(struct pf_sensor_item *sensor, const struct pf_sensor_config *config,
	struct pf_config *old);

/* Lets the driver put its chip to rest, if the bus is free; no more samples are taken. */
void pf_sensor_item_stop(struct pf_sensor_item *sensor);

/*
 * Removes the sensor and clears its retained topics. If a step is under way on the worker, `old`,
 * the configuration that it uses, is held and the memory freed when it has come back. NULL is fine.
 */
void pf_sensor_item_remove(struct pf_sensor_item *sensor, struct pf_config *old);

/* Frees the sensor when its worker has ended. NULL is fine. */
void pf_sensor_item_free(struct pf_sensor_item *sensor);

#endif

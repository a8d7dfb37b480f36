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

/* Lets the driver put its chip to rest, if the bus is free; no more samples are taken. */
void pf_sensor_item_stop(struct pf_sensor_item *sensor);

/*
 * Removes the sensor; if `clear`, clears its retained topics. If a step is under way on the
 * worker, the memory is freed when it has come back. NULL is fine.
 */
void pf_sensor_item_free(struct pf_sensor_item *sensor, bool clear);

#endif

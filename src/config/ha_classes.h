/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The device classes that Home Assistant knows, per kind of entity. It drops an entity whose class
 * it does not know, or whose class, unit and state class do not fit together.
 *
 * Sources: home-assistant.io, integrations/sensor (device class, units), binary_sensor, switch,
 * button; developers.home-assistant.io, docs/core/entity/sensor (state classes).
 * Pure; any thread.
 */

#ifndef PF_CONFIG_HA_CLASSES_H
#define PF_CONFIG_HA_CLASSES_H

#include <stdbool.h>
#include <stddef.h>

#include "pinferry/driver.h"

/* What an item is in Home Assistant. */
enum pf_ha_kind { PF_HA_BINARY_SENSOR, PF_HA_SWITCH, PF_HA_BUTTON, PF_HA_SENSOR };
#define PF_HA_KINDS 4

/* Names of all classes of a kind. */
const char *const *pf_ha_classes(enum pf_ha_kind kind, size_t *ret_n);

/* Whether a kind has a class. */
bool pf_ha_has_class(enum pf_ha_kind kind, const char *name);

/* Whether values in `unit` ("" for none) may have a sensor class. */
bool pf_ha_class_has_unit(const char *name, const char *unit);

/* The state class for a sensor class; NULL for the class: "measurement". NULL: none fits. */
const char *pf_ha_state_class(const char *name);

/* Whether a sensor class (NULL: none) may have this state class. */
bool pf_ha_class_has_state_class(const char *name, const char *state_class);

/* The sensor class of what a channel measures, or NULL: none, or not in this unit. */
const char *pf_ha_class_of(enum pf_quantity quantity, const char *unit);

#endif

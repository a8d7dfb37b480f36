/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What Home Assistant takes: a reader of device discovery messages as strict as its own, written
 * from its documentation and with nothing of the code under test.
 *
 * Source: home-assistant.io, integrations/mqtt (device discovery, abbreviations), sensor.mqtt,
 * binary_sensor.mqtt, switch.mqtt, button.mqtt; integrations/sensor (device classes and units);
 * developers.home-assistant.io, docs/core/entity/sensor (state classes).
 */

#ifndef PF_TESTS_HA_RULES_H
#define PF_TESTS_HA_RULES_H

#include <stddef.h>

#define HA_RULES_SIZE 300

/*
 * Checks a message. 0, or -1 with the first rule that it breaks in text[HA_RULES_SIZE]. An empty
 * payload removes the device and is fine.
 */
int ha_rules_check(const char *topic, const char *payload, char text[HA_RULES_SIZE]);

#endif

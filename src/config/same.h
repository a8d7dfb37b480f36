/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Whether two configurations say the same of something: what a reload has to leave alone. Where it
 * stands in the file does not count. Pure.
 */

#ifndef PF_CONFIG_SAME_H
#define PF_CONFIG_SAME_H

#include <stdbool.h>

#include "config/config.h"

/* The link to the broker needs no new connection. */
bool pf_same_mqtt(const struct pf_mqtt_config *a, const struct pf_mqtt_config *b);

/* Name, topic, QoS, retain and format. */
bool pf_same_item(const struct pf_item_config *a, const struct pf_item_config *b);

/* The input in every respect. */
bool pf_same_input(const struct pf_input_config *a, const struct pf_input_config *b);

/* The output's polarity, drive and driver: if the line is the same, it can be kept. */
bool pf_same_output_drive(const struct pf_output_config *a, const struct pf_output_config *b);

/* The output's item and all of its topics. */
bool pf_same_output_topics(const struct pf_output_config *a, const struct pf_output_config *b);

/* The sensor in every respect but the size of its buffer. */
bool pf_same_sensor(const struct pf_sensor_config *a, const struct pf_sensor_config *b);

#endif

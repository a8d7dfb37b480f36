/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * How long a reading is good for. What is true of the world must not outlive the daemon that saw
 * it: brokers (MQTT 5 message expiry) and consumers forget a reading that is not renewed in time.
 * Pure; any thread.
 */

#ifndef PF_CONFIG_EXPIRY_H
#define PF_CONFIG_EXPIRY_H

#include <stddef.h>
#include <stdint.h>

#include "config/config.h"

/* How many samples in a row fail before a sensor is faulty: its own key, or its driver's; 1 or
 * more. */
uint32_t pf_sensor_patience(const struct pf_sensor_config *config);

/*
 * The longest time that may pass between two publications of a channel that is read every
 * interval_ms: max_interval_s if that is given; else two intervals with a deadband, one without.
 */
uint64_t pf_channel_longest_ms(const struct pf_channel_config *config, uint32_t interval_ms);

/*
 * The same for the topic that carries channel i of a sensor that is read every interval_ms
 * (config->interval_ms, or what the bus allows): with JSON all channels are on one topic, which is
 * published whenever one of them is.
 */
uint64_t pf_sensor_longest_ms(
	const struct pf_sensor_config *config, size_t i, uint32_t interval_ms);

/*
 * Three times that, in seconds, or more if it may take more samples until the sensor is faulty: so
 * long a reading is good for.
 */
uint32_t pf_sensor_expiry_s(const struct pf_sensor_config *config, size_t i, uint32_t interval_ms);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The errors of a sensor in plain words, where its driver has none. Pure; any thread. */

#ifndef PF_SENSOR_SENSOR_WORDS_H
#define PF_SENSOR_SENSOR_WORDS_H

#include "config/config.h"

/* What a negative errno of the sensor means. text holds the words if they are made for it. */
const char *pf_sensor_word_error(
	const struct pf_sensor_config *config, int error, char text[PF_REASON_SIZE]);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The texts that are published. Pure; results are allocated, free() them. JSON is made by cJSON,
 * numbers have a '.' whatever the locale.
 */

#ifndef PF_PUBLISH_PAYLOAD_H
#define PF_PUBLISH_PAYLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "output/output.h"
#include "publish/moment.h"

/*
 * State of an input or output: `open`, or {"state":"open","time":"..."}. All JSON with a time has
 * "clock":"unsynchronised" behind it while the clock is not set.
 */
char *pf_payload_state(enum pf_format format, const char *word, struct pf_moment moment);

/* One value of a plain sensor: `21.4`. */
char *pf_payload_value(double value, int decimals);

/* {"temperature":21.4,"humidity":48,"time":"..."}; channels with valid[i] false are left out. */
char *pf_payload_sensor(const struct pf_driver *driver, const double *values, const bool *valid,
	struct pf_moment moment);

/* {"id":"x","result":"done","reason":"...","state":"ON"}; id and reason only if not empty; state
 * null if word is NULL. */
char *pf_payload_ack(const char *id, const struct pf_outcome *outcome, const char *word);

#endif

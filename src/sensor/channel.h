/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * From what a driver decoded to what may be published: calibration, truth, rounding, deadband.
 * Pure: the time is passed in.
 */

#ifndef PF_SENSOR_CHANNEL_H
#define PF_SENSOR_CHANNEL_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"

/* What one channel remembers between samples. */
struct pf_channel_state {
	bool published;   /* since start or the last fault */
	double value;     /* last published, rounded */
	uint64_t time_ns; /* when */
};

/* The reading before, as the driver said it. Zeroed: there is none, or the sensor was away since.
 */
struct pf_channel_past {
	bool known;
	double raw;
	uint64_t time_ns;
};

/*
 * Applies points, scale and offset. Outside the table of points its first or last segment is
 * extended.
 */
double pf_channel_calibrate(const struct pf_channel_config *config, double raw);

/*
 * Whether a doubtful reading (pf_reading.doubtful) can be true: the one before was near it, not
 * longer ago than three intervals or a minute, and the sensor was there in between.
 */
bool pf_channel_believes(const struct pf_channel *channel, const struct pf_channel_past *past,
	uint32_t interval_ms, double raw, uint64_t now_ns);

/*
 * Checks one reading: the raw value against the driver's physical range, whose margin counts as its
 * end, the calibrated one against minimum and maximum, both for NaN and infinity. 0 and the
 * calibrated value, rounded to the channel's decimals; or -ERANGE with ret_reason[PF_REASON_SIZE].
 */
int pf_channel_check(const struct pf_channel *channel, const struct pf_channel_config *config,
	double raw, double *ret_value, char *ret_reason);

/*
 * Whether a good value is to be published now: always without a deadband; else if it moved by at
 * least the deadband, or nothing was published yet, or with the next sample, interval_ms from now,
 * the longest time between two publications would be over (pf_channel_longest_ms()).
 */
bool pf_channel_is_news(const struct pf_channel_config *config, uint32_t interval_ms,
	const struct pf_channel_state *state, double value, uint64_t now_ns);

/* Remembers that the value was published. */
void pf_channel_published(struct pf_channel_state *state, double value, uint64_t now_ns);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The life of one configured sensor, without its bus and its clock: which driver step is to be
 * made when, and what its result means.
 *
 *   idle --due--> PROBE (first, after failures, now and then) --> START --wait--> FETCH --> idle
 *   a failure --> the same once more at once; fails that, too, the sample is missed
 *   missed, and not too often in a row --> idle until the next sample
 *   missed too often, or before there was a good one --> faulty: idle, due after the backoff
 *
 * Whoever drives it asks pf_sensor_next() at pf_sensor_wake_ns() and after each
 * pf_sensor_done(), runs the step given on the bus's worker, and hands back the result. One step
 * at a time. Pure: the time is passed in. Main loop only.
 */

#ifndef PF_SENSOR_SENSOR_H
#define PF_SENSOR_SENSOR_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "sensor/schedule.h"

#define PF_LATE_SAMPLES 3

enum pf_sensor_step {
	PF_STEP_NONE,  /* nothing to do before pf_sensor_wake_ns() */
	PF_STEP_PROBE, /* open the device and probe() */
	PF_STEP_START, /* start() */
	PF_STEP_FETCH, /* fetch() and decode() */
};

/* What the result of a step means. */
enum pf_sensor_verdict {
	PF_SENSOR_GOES_ON, /* it was good */
	PF_SENSOR_AGAIN,   /* it failed and is tried again at once: nobody is told */
	PF_SENSOR_MISSED,  /* a sample is lost: not told yet */
	PF_SENSOR_FAULTY,  /* a sample is lost: to be told */
};

struct pf_sensor {
	const struct pf_sensor_config *config;
	struct pf_schedule schedule;
	enum pf_sensor_step next; /* the step to make when it is time */
	enum pf_sensor_step under_way;
	uint64_t ready_ns;  /* conversion finished */
	uint64_t probed_ns; /* the last good probe */
	uint32_t n_missed;  /* samples in a row */
	uint32_t n_late;    /* good samples in a row after which points of the grid were left out */
	uint32_t late_ms;   /* how long after its point the last of them was there */
	bool works;         /* since the last good sample it was not told to be faulty */
	bool is_again;      /* this is the second try, or it is faulty anyway */
};

/* A sensor that is first due soon after now_ns; i-th of n, for spreading. */
void pf_sensor_init(struct pf_sensor *sensor, const struct pf_sensor_config *config,
	uint64_t now_ns, size_t i, size_t n);

/* When to call pf_sensor_next() again; PF_NEVER while a step is under way. */
uint64_t pf_sensor_wake_ns(const struct pf_sensor *sensor);

/* The step to make now; it then is under way until pf_sensor_done(). */
enum pf_sensor_step pf_sensor_next(struct pf_sensor *sensor, uint64_t now_ns);

/*
 * Whether the sample that has just been good makes it clear that samples cannot come as often as
 * configured: PF_LATE_SAMPLES in a row were late by an interval or more.
 */
bool pf_sensor_is_too_slow(const struct pf_sensor *sensor);

/*
 * The result of the step under way: 0 or a negative errno. wait_ms: what start() said. After a
 * good FETCH, the caller hands in what became of the values as the result.
 */
enum pf_sensor_verdict pf_sensor_done(
	struct pf_sensor *sensor, uint64_t now_ns, int result, uint32_t wait_ms);

#endif

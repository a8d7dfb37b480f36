/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sensor/sensor.h"

#include <assert.h>

#include "base/clock.h"
#include "config/expiry.h"

#define PROBE_EVERY_S 600u

void pf_sensor_init(struct pf_sensor *sensor, const struct pf_sensor_config *config,
	uint64_t now_ns, size_t i, size_t n)
{
	*sensor = (struct pf_sensor){.config = config, .next = PF_STEP_PROBE};
	pf_schedule_init(&sensor->schedule, config->interval_ms, now_ns, i, n);
}

static enum pf_sensor_step first_step(const struct pf_sensor *sensor)
{
	return sensor->config->driver->sensor->start ? PF_STEP_START : PF_STEP_FETCH;
}

uint64_t pf_sensor_wake_ns(const struct pf_sensor *sensor)
{
	if (sensor->under_way != PF_STEP_NONE)
		return PF_NEVER;
	return sensor->ready_ns ? sensor->ready_ns : sensor->schedule.due_ns;
}

enum pf_sensor_step pf_sensor_next(struct pf_sensor *sensor, uint64_t now_ns)
{
	if (now_ns < pf_sensor_wake_ns(sensor))
		return PF_STEP_NONE;
	sensor->under_way = sensor->next;
	return sensor->under_way;
}

static enum pf_sensor_verdict fail(struct pf_sensor *sensor, uint64_t now_ns)
{
	sensor->next = PF_STEP_PROBE;
	if (!sensor->is_again) {
		sensor->is_again = true;
		pf_schedule_again(&sensor->schedule, now_ns);
		return PF_SENSOR_AGAIN;
	}
	if (sensor->works && ++sensor->n_missed < pf_sensor_patience(sensor->config)) {
		sensor->is_again = false;
		pf_schedule_success(&sensor->schedule, now_ns);
		return PF_SENSOR_MISSED;
	}
	sensor->works = false;
	pf_schedule_failure(&sensor->schedule, now_ns);
	return PF_SENSOR_FAULTY;
}

bool pf_sensor_is_too_slow(const struct pf_sensor *sensor)
{
	return sensor->n_late == PF_LATE_SAMPLES;
}

static void succeed(struct pf_sensor *sensor, uint64_t now_ns)
{
	const uint64_t due_ns = sensor->schedule.due_ns;
	const uint64_t late_ns = now_ns > due_ns ? now_ns - due_ns : 0;

	/* a second try has its own reasons to be late */
	if (late_ns < sensor->schedule.interval_ns || !sensor->works || sensor->is_again)
		sensor->n_late = 0;
	else if (sensor->n_late <= PF_LATE_SAMPLES)
		sensor->n_late++;
	sensor->late_ms = (uint32_t)(late_ns / PF_NS_PER_MS);
	sensor->works = true;
	sensor->is_again = false;
	sensor->n_missed = 0;
	sensor->next = first_step(sensor);
	/* what probe() has read holds for every sample, and no sample shows that it was wrong */
	if (now_ns - sensor->probed_ns >= PROBE_EVERY_S * PF_NS_PER_S)
		sensor->next = PF_STEP_PROBE;
	pf_schedule_success(&sensor->schedule, now_ns);
}

enum pf_sensor_verdict pf_sensor_done(
	struct pf_sensor *sensor, uint64_t now_ns, int result, uint32_t wait_ms)
{
	const enum pf_sensor_step step = sensor->under_way;

	assert(step != PF_STEP_NONE);
	sensor->under_way = PF_STEP_NONE;
	sensor->ready_ns = 0;
	if (result < 0)
		return fail(sensor, now_ns);
	if (step == PF_STEP_PROBE) {
		/* still due: goes on at once */
		sensor->next = first_step(sensor);
		sensor->probed_ns = now_ns;
	} else if (step == PF_STEP_START) {
		sensor->next = PF_STEP_FETCH;
		sensor->ready_ns = now_ns + wait_ms * PF_NS_PER_MS;
	} else {
		succeed(sensor, now_ns);
	}
	return PF_SENSOR_GOES_ON;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../t.h"
#include "base/clock.h"
#include "sensor/sensor.h"

#define S PF_NS_PER_S

static int start_never_called(struct pf_device *device, uint32_t *ret_wait_ms)
{
	(void)device;
	(void)ret_wait_ms;
	return -EIO;
}

static const struct pf_sensor_ops two_steps = {.start = start_never_called};
static const struct pf_sensor_ops one_step = {0};
static const struct pf_driver converting = {.sensor = &two_steps};
static const struct pf_driver immediate = {.sensor = &one_step};
static const struct pf_sensor_config slow = {.driver = &converting, .interval_ms = 10000};
static const struct pf_sensor_config quick = {.driver = &immediate, .interval_ms = 10000};

static void goes_probe_start_wait_fetch(void)
{
	struct pf_sensor sensor;

	pf_sensor_init(&sensor, &slow, 100 * S, 0, 1);
	T_INT(pf_sensor_next(&sensor, 100 * S - 1), PF_STEP_NONE);
	T_INT(pf_sensor_next(&sensor, 100 * S), PF_STEP_PROBE);
	T_TRUE(pf_sensor_wake_ns(&sensor) == PF_NEVER);
	T_INT(pf_sensor_next(&sensor, 200 * S), PF_STEP_NONE);
	pf_sensor_done(&sensor, 101 * S, 0, 0);
	T_INT(pf_sensor_next(&sensor, 101 * S), PF_STEP_START);
	pf_sensor_done(&sensor, 102 * S, 0, 750);
	T_INT(pf_sensor_wake_ns(&sensor), 102 * S + 750 * PF_NS_PER_MS);
	T_INT(pf_sensor_next(&sensor, 102 * S + 749 * PF_NS_PER_MS), PF_STEP_NONE);
	T_INT(pf_sensor_next(&sensor, 102 * S + 750 * PF_NS_PER_MS), PF_STEP_FETCH);
	pf_sensor_done(&sensor, 103 * S, 0, 0);
	T_INT(pf_sensor_wake_ns(&sensor), 110 * S);
	T_INT(pf_sensor_next(&sensor, 110 * S), PF_STEP_START);
}

static void without_start_fetches_at_once(void)
{
	struct pf_sensor sensor;

	pf_sensor_init(&sensor, &quick, 0, 0, 1);
	T_INT(pf_sensor_next(&sensor, 0), PF_STEP_PROBE);
	pf_sensor_done(&sensor, 0, 0, 0);
	T_INT(pf_sensor_next(&sensor, 0), PF_STEP_FETCH);
	pf_sensor_done(&sensor, S, 0, 0);
	T_INT(pf_sensor_next(&sensor, 10 * S), PF_STEP_FETCH);
}

/* Makes the steps of one attempt that are due at now_ns; the last one ends with result. */
static enum pf_sensor_verdict attempt(struct pf_sensor *sensor, uint64_t now_ns, int result)
{
	enum pf_sensor_step step;

	while ((step = pf_sensor_next(sensor, now_ns)) != PF_STEP_FETCH) {
		if (!t_check(step != PF_STEP_NONE, __FILE__, __LINE__, "a step is due"))
			return PF_SENSOR_GOES_ON;
		(void)pf_sensor_done(sensor, now_ns, 0, 0);
	}
	return pf_sensor_done(sensor, now_ns, result, 0);
}

static void a_sensor_that_never_worked_is_told_after_the_second_try(void)
{
	struct pf_sensor sensor;

	pf_sensor_init(&sensor, &quick, 0, 0, 1);
	T_INT(pf_sensor_next(&sensor, 0), PF_STEP_PROBE);
	T_INT(pf_sensor_done(&sensor, 0, -EREMOTEIO, 0), PF_SENSOR_AGAIN);
	T_INT(pf_sensor_wake_ns(&sensor), S / 10);
	T_INT(pf_sensor_next(&sensor, S / 10), PF_STEP_PROBE);
	T_INT(pf_sensor_done(&sensor, S / 10, -EREMOTEIO, 0), PF_SENSOR_FAULTY);
	T_INT(pf_sensor_wake_ns(&sensor), S / 10 + 1 * S);
	T_INT(pf_sensor_next(&sensor, 2 * S), PF_STEP_PROBE);
	T_INT(pf_sensor_done(&sensor, 2 * S, -EREMOTEIO, 0), PF_SENSOR_FAULTY);
	/* no second try any more; still no good sample: the third failure in a row */
	T_INT(attempt(&sensor, 4 * S, -EBADMSG), PF_SENSOR_FAULTY);
	T_INT(pf_sensor_wake_ns(&sensor), 8 * S);
	T_INT(attempt(&sensor, 8 * S, 0), PF_SENSOR_GOES_ON);
	T_INT(pf_sensor_wake_ns(&sensor), 10 * S);
}

static void one_lost_answer_is_nobodys_business(void)
{
	struct pf_sensor sensor;

	pf_sensor_init(&sensor, &quick, 0, 0, 1);
	T_INT(attempt(&sensor, 0, 0), PF_SENSOR_GOES_ON);
	for (unsigned i = 1; i < 50; i++) {
		const uint64_t now_ns = 10 * i * S;

		T_INT(attempt(&sensor, now_ns, -EBADMSG), PF_SENSOR_AGAIN);
		T_INT(pf_sensor_wake_ns(&sensor), now_ns + S / 10);
		/* from the start, with a probe: the chip may have been reset */
		T_INT(sensor.next, PF_STEP_PROBE);
		T_INT(attempt(&sensor, now_ns + S / 10, 0), PF_SENSOR_GOES_ON);
		T_INT(pf_sensor_wake_ns(&sensor), now_ns + 10 * S);
	}
}

static void patience_counts_samples_in_a_row(void)
{
	struct pf_sensor_config patient = quick;
	struct pf_sensor sensor;
	uint64_t now_ns = 0;

	patient.patience = 3;
	pf_sensor_init(&sensor, &patient, 0, 0, 1);
	T_INT(attempt(&sensor, now_ns, 0), PF_SENSOR_GOES_ON);
	for (unsigned i = 0; i < 2; i++) {
		now_ns += 10 * S;
		T_INT(attempt(&sensor, now_ns, -EIO), PF_SENSOR_AGAIN);
		T_INT(attempt(&sensor, now_ns + S / 10, -EIO), PF_SENSOR_MISSED);
		/* not the backoff: the next sample */
		T_INT(pf_sensor_wake_ns(&sensor), now_ns + 10 * S);
	}
	now_ns += 10 * S;
	T_INT(attempt(&sensor, now_ns, 0), PF_SENSOR_GOES_ON);
	/* counted anew */
	for (unsigned i = 0; i < 3; i++) {
		now_ns += 10 * S;
		T_INT(attempt(&sensor, now_ns, -EIO), PF_SENSOR_AGAIN);
		T_INT(attempt(&sensor, now_ns + S / 10, -EIO),
			i < 2 ? PF_SENSOR_MISSED : PF_SENSOR_FAULTY);
	}
	T_INT(pf_sensor_wake_ns(&sensor), now_ns + S / 10 + S);
}

static void the_driver_says_what_patience_is_if_nobody_else_does(void)
{
	static const struct pf_driver enduring = {.sensor = &one_step, .patience = 2};
	const struct pf_sensor_config config = {.driver = &enduring, .interval_ms = 10000};
	struct pf_sensor sensor;

	pf_sensor_init(&sensor, &config, 0, 0, 1);
	T_INT(attempt(&sensor, 0, 0), PF_SENSOR_GOES_ON);
	T_INT(attempt(&sensor, 10 * S, -EIO), PF_SENSOR_AGAIN);
	T_INT(attempt(&sensor, 11 * S, -EIO), PF_SENSOR_MISSED);
}

/* The calibration is read once for thousands of samples: none of them shows that it is wrong. */
static void a_working_sensor_is_probed_again_now_and_then(void)
{
	struct pf_sensor sensor;
	unsigned n_probes = 0;

	pf_sensor_init(&sensor, &quick, 0, 0, 1);
	for (uint64_t now_ns = 0; now_ns <= 3600 * S; now_ns += 10 * S) {
		n_probes += sensor.next == PF_STEP_PROBE;
		T_INT(attempt(&sensor, now_ns, 0), PF_SENSOR_GOES_ON);
	}
	T_INT(n_probes, 6);
}

/* A bus with more sensors than it can serve: each sample is an interval late, or more. */
static void a_bus_that_cannot_keep_up_is_seen_after_three_samples(void)
{
	struct pf_sensor sensor;
	unsigned n_told = 0;

	pf_sensor_init(&sensor, &quick, 0, 0, 1);
	for (unsigned i = 0; i < 20; i++) {
		/* the queue is 23 s long */
		(void)attempt(&sensor, sensor.schedule.due_ns + 23 * S, 0);
		n_told += pf_sensor_is_too_slow(&sensor);
		T_INT(pf_sensor_is_too_slow(&sensor), i == 3);
	}
	T_INT(n_told, 1);
	T_INT(sensor.late_ms, 23000);
	(void)attempt(&sensor, sensor.schedule.due_ns, 0);
	for (unsigned i = 0; i < 3; i++)
		(void)attempt(&sensor, sensor.schedule.due_ns + 9 * S, 0);
	T_FALSE(pf_sensor_is_too_slow(&sensor));
}

T_MAIN("sensor", T(goes_probe_start_wait_fetch), T(without_start_fetches_at_once),
	T(a_sensor_that_never_worked_is_told_after_the_second_try),
	T(one_lost_answer_is_nobodys_business), T(patience_counts_samples_in_a_row),
	T(the_driver_says_what_patience_is_if_nobody_else_does),
	T(a_bus_that_cannot_keep_up_is_seen_after_three_samples),
	T(a_working_sensor_is_probed_again_now_and_then))

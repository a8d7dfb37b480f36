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

static void any_failure_probes_again_after_the_backoff(void)
{
	struct pf_sensor sensor;

	pf_sensor_init(&sensor, &quick, 0, 0, 1);
	T_INT(pf_sensor_next(&sensor, 0), PF_STEP_PROBE);
	pf_sensor_done(&sensor, 0, -EREMOTEIO, 0);
	T_INT(pf_sensor_wake_ns(&sensor), 1 * S);
	T_INT(pf_sensor_next(&sensor, 1 * S), PF_STEP_PROBE);
	pf_sensor_done(&sensor, 1 * S, -EREMOTEIO, 0);
	T_INT(pf_sensor_wake_ns(&sensor), 3 * S);
	T_INT(pf_sensor_next(&sensor, 3 * S), PF_STEP_PROBE);
	pf_sensor_done(&sensor, 3 * S, 0, 0);
	T_INT(pf_sensor_next(&sensor, 3 * S), PF_STEP_FETCH);
	pf_sensor_done(&sensor, 3 * S, -EBADMSG, 0);
	/* still no good sample: the third failure in a row */
	T_INT(pf_sensor_wake_ns(&sensor), 7 * S);
	T_INT(pf_sensor_next(&sensor, 7 * S), PF_STEP_PROBE);
	pf_sensor_done(&sensor, 7 * S, 0, 0);
	T_INT(pf_sensor_next(&sensor, 7 * S), PF_STEP_FETCH);
	pf_sensor_done(&sensor, 7 * S, 0, 0);
	T_INT(pf_sensor_wake_ns(&sensor), 10 * S);
}

T_MAIN("sensor", T(goes_probe_start_wait_fetch), T(without_start_fetches_at_once),
	T(any_failure_probes_again_after_the_backoff))

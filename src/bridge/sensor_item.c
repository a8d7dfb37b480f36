/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/sensor_item.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bridge/item.h"
#include "bridge/sensor_values.h"
#include "hw/w1.h"
#include "lines/buses.h"
#include "sensor/sensor.h"
#include "sensor/sensor_words.h"

/* What the worker uses while a step is under way; the main loop leaves it alone meanwhile. */
struct step {
	struct pf_job job;
	const struct pf_board *board;
	const struct pf_sensor_config *config;
	enum pf_sensor_step what;
	struct pf_device device;
	bool open;
	void *found;   /* state_size bytes: the state after the last good probe */
	bool is_found; /* there was one */
	bool is_other; /* the probe just made found something else */
	uint8_t *raw;
	struct pf_sample sample;
	uint64_t taken_ns; /* CLOCK_BOOTTIME of the sample */
	int result;
	uint32_t wait_ms;
	bool looking; /* which bus master the sensor is at, before a probe */
	char master[PF_W1_MASTER_SIZE];
};

struct pf_sensor_item {
	struct pf_item item;
	const struct pf_sensor_config *config;
	struct pf_sensor sensor;
	struct pf_worker *first;  /* where probes begin; NULL: it could not be started */
	struct pf_worker *worker; /* of the sensor's bus, or `first` while that is not known */
	struct step step;
	bool under_way, stopping, removed;
	struct pf_config *held; /* an older one, used by the step under way; or NULL */
	struct pf_timer wake;
	struct pf_sensor_values values;
	char warned[PF_REASON_SIZE]; /* the warning of the driver that was logged last */
};

/* ---- on the worker ---- */

static int probe(struct step *step)
{
	const struct pf_driver *driver = step->config->driver;
	int r;

	if (step->open)
		pf_board_close(step->board, &step->device);
	step->open = false;
	r = pf_board_open(step->board, driver, step->config->bus, step->config->address,
		step->config->id, &step->device);
	if (r < 0)
		return r;
	step->open = true;
	if (driver->state_size)
		memset(step->device.state, 0, driver->state_size);
	step->device.warning[0] = '\0';
	r = driver->sensor->probe(&step->device);
	if (r < 0)
		return r;
	step->is_other = step->is_found && driver->state_size &&
			 memcmp(step->found, step->device.state, driver->state_size) != 0;
	if (driver->state_size)
		memcpy(step->found, step->device.state, driver->state_size);
	step->is_found = true;
	return 0;
}

static int fetch(struct step *step)
{
	const struct pf_sensor_ops *ops = step->config->driver->sensor;
	int n, r;

	step->taken_ns = pf_clock_now_ns();
	n = ops->fetch(&step->device, step->raw);
	if (n < 0)
		return n;
	step->sample = (struct pf_sample){0};
	r = ops->decode(&step->device, step->raw, (size_t)n, &step->sample);
	if (r < 0 && *step->sample.reason)
		pf_explain(step->device.reason, "%s", step->sample.reason);
	return r;
}

static void run_step(struct pf_job *job)
{
	struct step *step = PF_OWNER(job, struct step, job);
	const struct pf_sensor_ops *ops = step->config->driver->sensor;

	step->device.reason[0] = '\0';
	step->wait_ms = 0;
	if (step->looking) {
		step->result = pf_board_w1_master(
			step->board, step->config->id, step->master, step->device.reason);
		return;
	}
	switch (step->what) {
	case PF_STEP_PROBE:
		step->result = probe(step);
		break;
	case PF_STEP_START:
		step->result = ops->start(&step->device, &step->wait_ms);
		break;
	case PF_STEP_FETCH:
		step->result = fetch(step);
		break;
	case PF_STEP_NONE: /* the last one: put the chip to rest */
		if (step->open && ops->stop)
			ops->stop(&step->device);
		step->result = 0;
		break;
	}
}

/* ---- in the main loop ---- */

static void fault(struct pf_sensor_item *sensor, const char *reason)
{
	pf_sensor_values_forget(&sensor->values);
	pf_item_raise(&sensor->item, PF_HINDRANCE_FAULT, "%s", reason);
}

/* The step under way has ended: what it means, and for whom. */
static void finish(struct pf_sensor_item *sensor, uint64_t now_ns, int result, const char *reason)
{
	switch (pf_sensor_done(&sensor->sensor, now_ns, result, sensor->step.wait_ms)) {
	case PF_SENSOR_GOES_ON:
		if (pf_sensor_is_too_slow(&sensor->sensor) &&
			pf_bus_first_overrun(sensor->item.env->buses, sensor->worker))
			pf_warning("bus %s is too slow for its sensors: %s is there %.1f s late, "
				   "which is more than its interval_s",
				pf_worker_name(sensor->worker), sensor->config->item.name,
				sensor->sensor.late_ms / 1000.0);
		break;
	case PF_SENSOR_AGAIN:
		pf_debug("sensor %s: %s; once more", sensor->config->item.name, reason);
		break;
	case PF_SENSOR_MISSED:
		pf_info("sensor %s: %s; a sample is missing", sensor->config->item.name, reason);
		pf_sensor_values_missed(&sensor->values);
		break;
	case PF_SENSOR_FAULTY:
		fault(sensor, reason);
		break;
	}
}

/* Hands the step to the worker. */
static void submit(struct pf_sensor_item *sensor, uint64_t now_ns)
{
	struct pf_timers *timers = &sensor->item.env->timers;

	if (!pf_worker_submit(sensor->worker, &sensor->step.job)) {
		finish(sensor, now_ns, -EBUSY, "the bus is overloaded");
		pf_timer_set(timers, &sensor->wake, pf_sensor_wake_ns(&sensor->sensor));
		return;
	}
	sensor->under_way = true;
	pf_timer_set(timers, &sensor->wake, now_ns + PF_BUS_HANG_S * PF_NS_PER_S);
}

static void go_on(struct pf_sensor_item *sensor, uint64_t now_ns)
{
	sensor->step.what = pf_sensor_next(&sensor->sensor, now_ns);
	if (sensor->step.what == PF_STEP_NONE) {
		pf_timer_set(&sensor->item.env->timers, &sensor->wake,
			pf_sensor_wake_ns(&sensor->sensor));
		return;
	}
	/* it may have been plugged in elsewhere */
	if (sensor->step.what == PF_STEP_PROBE && sensor->config->driver->bus == PF_BUS_W1) {
		sensor->step.looking = true;
		sensor->worker = sensor->first;
	}
	submit(sensor, now_ns);
}

/* It is known which bus master the sensor is at: the probe goes there. 0 or a negative errno. */
static int probe_there(struct pf_sensor_item *sensor, uint64_t now_ns)
{
	const int r = pf_buses_named(sensor->item.env->buses, sensor->step.master, &sensor->worker);

	if (r == 0)
		submit(sensor, now_ns);
	return r;
}

static void release(struct pf_sensor_item *sensor)
{
	if (sensor->step.open)
		pf_board_close(sensor->step.board, &sensor->step.device);
	pf_config_free(sensor->held);
	free(sensor->step.device.state);
	free(sensor->step.found);
	free(sensor->step.raw);
	free(sensor);
}

static void use_config(struct pf_sensor_item *sensor)
{
	sensor->step.config = sensor->config;
	sensor->step.device.options = sensor->config->options;
	pf_config_free(sensor->held);
	sensor->held = NULL;
}

void pf_sensor_item_rebind(
	struct pf_sensor_item *sensor, const struct pf_sensor_config *config, struct pf_config *old)
{
	sensor->config = config;
	sensor->item.config = &config->item;
	sensor->sensor.config = config;
	pf_sensor_values_rebind(&sensor->values, config);
	if (!sensor->under_way)
		use_config(sensor);
	else if (!sensor->held)
		sensor->held = pf_config_hold(old);
}

/* A good probe: what the driver could not have of its settings, and which channels there are. */
static void on_probed(struct pf_sensor_item *sensor)
{
	const struct pf_device *device = &sensor->step.device;

	if (*device->warning && strcmp(device->warning, sensor->warned) != 0)
		pf_warning("sensor %s: %s", sensor->config->item.name, device->warning);
	(void)snprintf(sensor->warned, sizeof sensor->warned, "%s", device->warning);
	if (pf_sensor_values_probed(&sensor->values, device->state, sensor->step.is_other) &&
		sensor->item.env->channels)
		sensor->item.env->channels(sensor->item.env);
}

static void on_step_done(struct pf_job *job)
{
	struct step *step = PF_OWNER(job, struct step, job);
	struct pf_sensor_item *sensor = PF_OWNER(step, struct pf_sensor_item, step);
	const uint64_t now_ns = pf_clock_now_ns();
	char reason[PF_REASON_SIZE], words[PF_REASON_SIZE];
	const bool looked = step->looking;
	int r = step->result;

	sensor->under_way = step->looking = false;
	if (sensor->removed) {
		release(sensor);
		return;
	}
	use_config(sensor);
	if (sensor->stopping)
		return;
	if (looked && r == 0) {
		r = probe_there(sensor, now_ns);
		if (r == 0)
			return;
	}
	pf_explain(reason, "%s",
		*step->device.reason ? step->device.reason
				     : pf_sensor_word_error(step->config, r, words));
	if (r >= 0 && step->what == PF_STEP_FETCH)
		r = pf_sensor_values_take(&sensor->values, &step->sample, step->taken_ns, reason);
	if (r >= 0 && step->what == PF_STEP_PROBE)
		on_probed(sensor);
	finish(sensor, now_ns, r < 0 ? r : 0, reason);
	go_on(sensor, now_ns);
}

static void on_wake(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_sensor_item *sensor = PF_OWNER(timer, struct pf_sensor_item, wake);
	char reason[PF_REASON_SIZE];

	if (!sensor->under_way) {
		go_on(sensor, now_ns);
		return;
	}
	if (pf_bus_hangs(sensor->worker, now_ns)) {
		pf_explain(reason, "bus %s hangs: a call does not come back",
			pf_worker_name(sensor->worker));
		fault(sensor, reason);
	}
	pf_timer_set(
		&sensor->item.env->timers, &sensor->wake, now_ns + PF_BUS_HANG_S * PF_NS_PER_S);
}

struct pf_sensor_item *pf_sensor_item_new(
	struct pf_env *env, const struct pf_sensor_config *config, size_t i, size_t n)
{
	struct pf_sensor_item *sensor = pf_calloc(1, sizeof *sensor);
	const struct pf_driver *driver = config->driver;
	int r;

	sensor->config = config;
	pf_item_init(&sensor->item, env, "sensor", &config->item);
	pf_sensor_values_init(&sensor->values, &sensor->item, config);
	sensor->item.presence = sensor->values.presence;
	pf_item_add_availability(&sensor->item);
	sensor->step = (struct step){.job = {.run = run_step, .done = on_step_done},
		.board = env->board,
		.config = config,
		.raw = pf_calloc(driver->raw_size, 1)};
	sensor->step.device.options = config->options;
	sensor->step.device.state = pf_calloc(driver->state_size, 1);
	sensor->step.found = pf_calloc(driver->state_size, 1);
	pf_timer_init(&sensor->wake, on_wake);
	pf_sensor_init(&sensor->sensor, config, pf_clock_now_ns(), i, n);
	r = pf_buses_worker(env->buses, config, &sensor->first);
	sensor->worker = sensor->first;
	if (r < 0)
		fault(sensor, strerror(-r));
	else
		go_on(sensor, pf_clock_now_ns());
	return sensor;
}

void pf_sensor_item_stop(struct pf_sensor_item *sensor)
{
	pf_timer_stop(&sensor->item.env->timers, &sensor->wake);
	sensor->stopping = true;
	if (sensor->under_way || !sensor->worker || !sensor->config->driver->sensor->stop)
		return;
	sensor->step.what = PF_STEP_NONE;
	sensor->under_way = pf_worker_submit(sensor->worker, &sensor->step.job);
}

static void forget(struct pf_sensor_item *sensor, bool clear)
{
	pf_timer_stop(&sensor->item.env->timers, &sensor->wake);
	pf_sensor_values_done(&sensor->values, clear);
	pf_item_done(&sensor->item, clear);
}

void pf_sensor_item_remove(struct pf_sensor_item *sensor, struct pf_config *old)
{
	if (!sensor)
		return;
	forget(sensor, true);
	sensor->removed = true;
	if (!sensor->under_way)
		release(sensor);
	else if (!sensor->held)
		sensor->held = pf_config_hold(old);
}

void pf_sensor_item_free(struct pf_sensor_item *sensor)
{
	if (!sensor)
		return;
	forget(sensor, false);
	release(sensor);
}

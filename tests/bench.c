/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bench.h"

#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

const char *bench_driver_dir(void)
{
	static char path[512];
	const char *build = getenv("top_builddir");

	(void)snprintf(path, sizeof path, "%s/drivers/.libs", build ? build : ".");
	return path;
}

static void set_number(struct bench *bench, const struct pf_option *option, double number)
{
	char *place = (char *)bench->options + option->offset;
	const int32_t integer = (int32_t)number;
	const bool truth = number != 0;

	if (option->type == PF_OPTION_FLOAT)
		memcpy(place, &number, sizeof number);
	else if (option->type == PF_OPTION_BOOL)
		memcpy(place, &truth, sizeof truth);
	else
		memcpy(place, &integer, sizeof integer);
}

static void set_text(struct bench *bench, const struct pf_option *option, const char *text)
{
	(void)snprintf((char *)bench->options + option->offset, PF_STRING_SIZE, "%s", text);
}

void bench_init(struct bench *bench, const struct pf_driver *driver)
{
	*bench = (struct bench){.driver = driver};
	bench->options = pf_calloc(1, driver->options_size ? driver->options_size : 1);
	bench->device.options = bench->options;
	bench->device.state = pf_calloc(1, driver->state_size ? driver->state_size : 1);
	if (driver->bus == PF_BUS_I2C)
		bench->device.address = driver->addresses[0];
	if (driver->bus == PF_BUS_W1)
		(void)snprintf(bench->device.id, sizeof bench->device.id, "28-0316a2795aff");
	for (size_t i = 0; i < driver->n_options; i++) {
		if (driver->options[i].type == PF_OPTION_STRING)
			set_text(bench, &driver->options[i], driver->options[i].default_text);
		else
			set_number(bench, &driver->options[i], driver->options[i].default_number);
	}
}

void bench_done(struct bench *bench)
{
	free(bench->options);
	free(bench->device.state);
}

static bool set_choice(struct bench *bench, const struct pf_option *option, const char *value)
{
	for (int i = 0; option->choices[i]; i++) {
		if (strcmp(option->choices[i], value) == 0) {
			set_number(bench, option, i);
			return true;
		}
	}
	return false;
}

static bool set_value(struct bench *bench, const struct pf_option *option, const char *value)
{
	double number;

	switch (option->type) {
	case PF_OPTION_CHOICE:
		return set_choice(bench, option, value);
	case PF_OPTION_STRING:
		set_text(bench, option, value);
		return true;
	case PF_OPTION_BOOL:
		set_number(bench, option, strcmp(value, "true") == 0);
		return true;
	case PF_OPTION_INT:
	case PF_OPTION_FLOAT:
	default:
		if (pf_number_parse(value, &number) < 0 || number < option->minimum ||
			number > option->maximum)
			return false;
		set_number(bench, option, number);
		return true;
	}
}

bool bench_set(struct bench *bench, const char *name, const char *value)
{
	for (size_t i = 0; i < bench->driver->n_options; i++)
		if (strcmp(bench->driver->options[i].name, name) == 0)
			return set_value(bench, &bench->driver->options[i], value);
	return false;
}

int bench_probe(struct bench *bench)
{
	memset(bench->device.state, 0, bench->driver->state_size);
	bench->device.reason[0] = bench->device.warning[0] = '\0';
	return bench->driver->sensor->probe(&bench->device);
}

/* Not a guess at a time: the time that the driver asks for. */
static void wait_ms(uint32_t time_ms)
{
	const struct timespec time = {
		.tv_sec = time_ms / 1000, .tv_nsec = (int32_t)(time_ms % 1000) * 1000000};

	(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &time, NULL);
}

int bench_sample(struct bench *bench, bool wait, struct pf_sample *ret_sample)
{
	const struct pf_sensor_ops *ops = bench->driver->sensor;
	uint8_t *raw = pf_calloc(1, bench->driver->raw_size);
	uint32_t time_ms = 0;
	int r = 0;

	*ret_sample = (struct pf_sample){.reason = ""};
	bench->device.reason[0] = '\0';
	if (ops->start)
		r = ops->start(&bench->device, &time_ms);
	if (r >= 0 && wait)
		wait_ms(time_ms);
	if (r >= 0)
		r = ops->fetch(&bench->device, raw);
	if (r < 0)
		memcpy(ret_sample->reason, bench->device.reason, sizeof ret_sample->reason);
	else
		r = ops->decode(&bench->device, raw, (size_t)r, ret_sample);
	free(raw);
	return r;
}

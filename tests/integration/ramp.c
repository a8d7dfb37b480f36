/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A sensor for tests of what becomes of readings: its value is 1, 2, 3, ... since the daemon was
 * started, as fast as the configuration says. With `first` it begins there.
 */

#include "pinferry/driver.h"

#define MAXIMUM 1e9

struct options {
	int32_t first;
};

struct state {
	int32_t n;
};

static int probe(struct pf_device *device)
{
	(void)device;
	return 0;
}

static int fetch(struct pf_device *device, uint8_t *raw)
{
	const struct options *options = device->options;
	struct state *state = device->state;
	const int32_t value = options->first + state->n++;

	memcpy(raw, &value, sizeof value);
	return (int)sizeof value;
}

static int decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	int32_t value;

	(void)device;
	if (raw_size != sizeof value)
		return -EBADMSG;
	memcpy(&value, raw, sizeof value);
	pf_sample_set(sample, 0, value);
	return 0;
}

static const struct pf_channel channels[] = {{.name = "value",
	.quantity = PF_QUANTITY_OTHER,
	.unit = "",
	.minimum = 0,
	.maximum = MAXIMUM}};

static const struct pf_option options[] = {{.name = "first",
	.type = PF_OPTION_INT,
	.offset = offsetof(struct options, first),
	.default_number = 1,
	.minimum = 0,
	.maximum = MAXIMUM,
	.help = "The first value."}};

static const struct pf_sensor_ops ops = {.probe = probe, .fetch = fetch, .decode = decode};

static const struct pf_driver driver = {
	.abi = PF_DRIVER_ABI,
	.name = "ramp",
	.title = "a sensor that counts",
	.datasheet = "none",
	.interval_min_ms = 1,
	.channels = channels,
	.n_channels = 1,
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.options_size = sizeof(struct options),
	.state_size = sizeof(struct state),
	.raw_size = sizeof(int32_t),
	.example = "{ name = \"ramp\"; driver = \"ramp\"; }",
	.sensor = &ops,
};

PF_DRIVER(driver);

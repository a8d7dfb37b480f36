/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A driver to begin with: a thermometer that keeps a signed 9-bit temperature in steps of 0.5 °C
 * in register 0, high byte first. pinferry-driver(7) goes through it. It needs the installed header
 * and nothing else:
 *
 *   cc -std=c11 -Wall -Wextra -fPIC -shared -o example.so example-driver.c \
 *     $(pkg-config --cflags pinferry)
 *   pinferry drivers -d . example
 */

#include <pinferry/driver.h>

/* What a user can set; one line in `options` below for each member. */
struct example_options {
	double factor;
};

/* Is the right chip there? Then read its calibration into device->state, if it has one. */
static int example_probe(struct pf_device *device)
{
	uint8_t config;
	const int r = pf_i2c_read(device, 1, &config, 1);

	if (r < 0)
		return r;
	if (config & 0xe0) {
		pf_explain(device->reason, "register 1 is 0x%02x: another chip", config);
		return -ENODEV;
	}
	return 0;
}

/* Bytes, as they come from the chip. */
static int example_fetch(struct pf_device *device, uint8_t *raw)
{
	const int r = pf_i2c_read(device, 0, raw, 2);

	return r < 0 ? r : 2;
}

/* From bytes to values: no bus and no clock, so that tests can call it with anything. */
static int example_decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	const struct example_options *options = device->options;

	if (raw_size != 2)
		return -EBADMSG;
	pf_sample_set(sample, 0, pf_sign_extend(pf_be16(raw) >> 7, 9) * 0.5 * options->factor);
	return 0;
}

static const uint16_t addresses[] = {0x48, 0x49, 0};

static const struct pf_channel channels[] = {
	{.name = "temperature",
		.quantity = PF_QUANTITY_TEMPERATURE,
		.decimals = 1,
		.minimum = -55,
		.maximum = 125},
};

static const struct pf_option options[] = {
	{.name = "factor",
		.type = PF_OPTION_FLOAT,
		.offset = offsetof(struct example_options, factor),
		.default_number = 1,
		.minimum = 0.5,
		.maximum = 2,
		.help = "What a reading is multiplied by."},
};

static const struct pf_sensor_ops ops = {
	.probe = example_probe,
	.fetch = example_fetch,
	.decode = example_decode,
};

static const struct pf_driver example = {
	.abi = PF_DRIVER_ABI,
	.name = "example",
	.title = "An example: thermometer with one register",
	.datasheet = "TI LM75B/LM75C SNIS153",
	.bus = PF_BUS_I2C,
	.addresses = addresses,
	.interval_min_ms = 300,
	.channels = channels,
	.n_channels = sizeof channels / sizeof *channels,
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.options_size = sizeof(struct example_options),
	.raw_size = 2,
	.example = "{ name = \"desk\"; driver = \"example\"; bus = \"i2c-1\"; address = 0x48; }",
	.sensor = &ops,
};

PF_DRIVER(example);

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* A module with an option of each type, for test_config. */

#include "pinferry/driver.h"

struct options {
	int32_t count;
	double factor;
	bool loud;
	char label[PF_STRING_SIZE];
	int32_t mode;
	int32_t needed;
};

static int probe(struct pf_device *device)
{
	(void)device;
	return 0;
}

static int fetch(struct pf_device *device, uint8_t *raw)
{
	(void)device;
	raw[0] = 0;
	return 1;
}

static int decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	(void)device;
	(void)raw;
	(void)raw_size;
	pf_sample_set(sample, 0, 0);
	return 0;
}

static const struct pf_channel channels[] = {
	{.name = "level", .quantity = PF_QUANTITY_OTHER, .unit = "", .minimum = 0, .maximum = 1}};

static const char *const modes[] = {"slow", "fast", NULL};

static const struct pf_option options[] = {
	{.name = "count",
		.type = PF_OPTION_INT,
		.offset = offsetof(struct options, count),
		.default_number = -3,
		.minimum = -5,
		.maximum = 5,
		.help = "Counts."},
	{.name = "factor",
		.type = PF_OPTION_FLOAT,
		.offset = offsetof(struct options, factor),
		.default_number = 0.5,
		.minimum = 0,
		.maximum = 1,
		.help = "Multiplies."},
	{.name = "loud",
		.type = PF_OPTION_BOOL,
		.offset = offsetof(struct options, loud),
		.default_number = 1,
		.help = "Says more."},
	{.name = "label",
		.type = PF_OPTION_STRING,
		.offset = offsetof(struct options, label),
		.default_text = "as is",
		.help = "Is shown."},
	{.name = "mode",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, mode),
		.default_number = 1,
		.choices = modes,
		.help = "How."},
	{.name = "needed",
		.type = PF_OPTION_INT,
		.offset = offsetof(struct options, needed),
		.required = true,
		.minimum = 0,
		.maximum = 9,
		.help = "Has no default."},
};

static const struct pf_sensor_ops ops = {.probe = probe, .fetch = fetch, .decode = decode};

static const struct pf_driver driver = {
	.abi = PF_DRIVER_ABI,
	.name = "options",
	.title = "a module with options",
	.datasheet = "none",
	.interval_min_ms = 90000,
	.channels = channels,
	.n_channels = 1,
	.options = options,
	.n_options = sizeof options / sizeof *options,
	.options_size = sizeof(struct options),
	.raw_size = 1,
	.example = "{ name = \"a\"; driver = \"options\"; needed = 1; }",
	.sensor = &ops,
};

PF_DRIVER(driver);

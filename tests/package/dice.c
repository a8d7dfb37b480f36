/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* A driver as someone else would write it: it has the public header, and nothing else of ours. */

#include <pinferry/driver.h>

#include <fcntl.h>
#include <unistd.h>

struct dice_options {
	int32_t sides;
};

static int dice_probe(struct pf_device *device)
{
	(void)device;
	return access("/dev/urandom", R_OK) == 0 ? 0 : -errno;
}

static int dice_fetch(struct pf_device *device, uint8_t *raw)
{
	const int fd = open("/dev/urandom", O_RDONLY | O_CLOEXEC);
	ssize_t count;

	if (fd < 0)
		return -errno;
	count = read(fd, raw, 1);
	if (count != 1)
		pf_explain(device->reason, "the die rolled off the table");
	close(fd);
	return count == 1 ? 1 : -EIO;
}

static int dice_decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	const struct dice_options *options = device->options;

	if (raw_size != 1)
		return -ENODATA;
	pf_sample_set(sample, 0, raw[0] % options->sides + 1);
	return 0;
}

static const struct pf_channel channels[] = {
	{.name = "eyes",
		.quantity = PF_QUANTITY_OTHER,
		.unit = "eyes",
		.minimum = 1,
		.maximum = 20},
};

static const struct pf_option options[] = {
	{.name = "sides",
		.type = PF_OPTION_INT,
		.offset = offsetof(struct dice_options, sides),
		.default_number = 6,
		.minimum = 2,
		.maximum = 20,
		.help = "How many sides the die has."},
};

static const struct pf_sensor_ops sensor = {
	.probe = dice_probe,
	.fetch = dice_fetch,
	.decode = dice_decode,
};

static const struct pf_driver dice = {
	.abi = PF_DRIVER_ABI,
	.name = "dice",
	.title = "A die",
	.datasheet = "none",
	.bus = PF_BUS_NONE,
	.interval_min_ms = 1000,
	.channels = channels,
	.n_channels = 1,
	.options = options,
	.n_options = 1,
	.options_size = sizeof(struct dice_options),
	.raw_size = 1,
	.example = "{ name = \"luck\"; driver = \"dice\"; sides = 6; interval_s = 10; }",
	.sensor = &sensor,
};

PF_DRIVER(dice);

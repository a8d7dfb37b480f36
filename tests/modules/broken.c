/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* A module with one thing wrong in it, chosen by BROKEN_...: what the loader has to refuse. */

#include "pinferry/driver.h"

#ifndef BROKEN_NAME
#define BROKEN_NAME "broken"
#endif

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

static const struct pf_sensor_ops ops = {
	.probe = probe,
	.fetch = fetch,
#ifndef BROKEN_NO_DECODE
	.decode = decode,
#endif
};

#ifndef BROKEN_NO_SYMBOL
static
#else
extern const struct pf_driver broken_descriptor;
#endif
	const struct pf_driver broken_descriptor = {
#ifdef BROKEN_ABI
		.abi = PF_DRIVER_ABI + 1,
		/* as if the structure were another one: nothing behind abi may be looked at */
		.name = (const char *)16,
#else
	.abi = PF_DRIVER_ABI,
	.name = BROKEN_NAME,
#endif
		.title = "a broken module",
		.datasheet = "none",
		.channels = channels,
		.n_channels = 1,
		.raw_size = 1,
		.example = "{ }",
		.sensor = &ops,
};

#ifdef BROKEN_NO_DECODE
/* the function that is not in the table has a user */
int (*const broken_unused)(
	const struct pf_device *, const uint8_t *, size_t, struct pf_sample *) = decode;
#endif

#ifdef BROKEN_NULL
extern const struct pf_driver *const pf_driver_descriptor;
const struct pf_driver *const pf_driver_descriptor = NULL;
const struct pf_driver *const broken_unused_descriptor = &broken_descriptor;
#elif !defined BROKEN_NO_SYMBOL
PF_DRIVER(broken_descriptor);
#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Every sensor driver, on a bus where a stranger answers. The input is the name of the driver, a
 * line end, and what the bus answers to probe(), start() and fetch(), read after read; when that is
 * used up, nobody answers. What is left after fetch() is decoded, too, as one more sample.
 */

#include <stdlib.h>
#include <string.h>

#include "../bench.h"
#include "base/memory.h"
#include "fuzz.h"
#include "hw/driver_set.h"

const char fuzz_name[] = "decode";

/* The answers left. */
struct stream {
	const uint8_t *bytes;
	size_t size;
};

static int take(struct stream *stream, void *ret_bytes, size_t size)
{
	if (size > stream->size)
		return -EREMOTEIO;
	if (size)
		memcpy(ret_bytes, stream->bytes, size);
	stream->bytes += size;
	stream->size -= size;
	return 0;
}

static int transfer(const struct pf_device *device, const uint8_t *write, size_t write_size,
	uint8_t *read, size_t read_size)
{
	(void)write;
	FUZZ_CHECK(write_size <= 33 && read_size <= 256 && write_size + read_size > 0);
	return take(device->bus, read, read_size);
}

/* One answer of a file is what comes before a NUL. */
static int read_attribute(
	const struct pf_device *device, const char *attribute, char *buffer, size_t size)
{
	struct stream *stream = device->bus;
	const uint8_t *stop = stream->size ? memchr(stream->bytes, '\0', stream->size) : NULL;
	size_t n = stop ? (size_t)(stop - stream->bytes) : stream->size;

	(void)attribute;
	if (n > size)
		n = size;
	(void)take(stream, buffer, n);
	if (stream->size)
		(void)take(stream, &(uint8_t){0}, 1);
	return (int)n;
}

static int write_attribute(const struct pf_device *device, const char *attribute, const char *text)
{
	(void)device;
	FUZZ_CHECK(*attribute && *text);
	return 0;
}

/* decode() of bytes in a block of exactly their size. */
static void decode(struct bench *bench, const uint8_t *bytes, size_t size)
{
	struct pf_sample sample = {.reason = ""};
	char *raw = pf_memdup(bytes, size);
	const int r = bench->driver->sensor->decode(
		&bench->device, (const uint8_t *)raw, size, &sample);

	FUZZ_CHECK(r <= 0);
	FUZZ_CHECK(memchr(sample.reason, '\0', sizeof sample.reason) != NULL);
	for (size_t i = bench->driver->n_channels; i < PF_CHANNELS_MAX; i++)
		FUZZ_CHECK(!sample.readings[i].valid);
	free(raw);
}

static void sample(struct bench *bench)
{
	const struct pf_sensor_ops *ops = bench->driver->sensor;
	const size_t raw_size = bench->driver->raw_size;
	uint8_t *raw = pf_calloc(raw_size, 1);
	uint32_t wait_ms = 0;
	int n = 0;

	if (ops->start)
		n = ops->start(&bench->device, &wait_ms);
	FUZZ_CHECK(n < 0 || wait_ms <= 60000);
	if (n >= 0)
		n = ops->fetch(&bench->device, raw);
	FUZZ_CHECK(n <= (int)raw_size);
	if (n >= 0)
		decode(bench, raw, (size_t)n);
	free(raw);
}

static void play(const struct pf_driver *driver, struct stream stream)
{
	static const struct pf_i2c_ops i2c = {.transfer = transfer};
	static const struct pf_w1_ops w1 = {.read = read_attribute, .write = write_attribute};
	struct bench bench;

	bench_init(&bench, driver);
	bench.device.bus = &stream;
	bench.device.i2c = &i2c;
	bench.device.w1 = &w1;
	/* a refused chip leaves a state, too */
	(void)bench_probe(&bench);
	sample(&bench);
	decode(&bench, stream.bytes, stream.size);
	if (driver->sensor->stop)
		driver->sensor->stop(&bench.device);
	if (driver->sensor->identify)
		(void)driver->sensor->identify(&bench.device);
	bench_done(&bench);
}

/* An unknown name stands for some driver, so that a change of it is not a waste. */
static const char *choose(char *const *names, size_t n, const uint8_t *name, size_t size)
{
	size_t sum = size;

	for (size_t i = 0; i < n; i++)
		if (strlen(names[i]) == size && memcmp(names[i], name, size) == 0)
			return names[i];
	for (size_t i = 0; i < size; i++)
		sum += name[i];
	return names[sum % n];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct pf_driver_set *drivers;
	static char **names;
	static size_t n;
	const uint8_t *stop = size ? memchr(data, '\n', size) : NULL;
	const struct pf_driver *driver;
	char reason[PF_REASON_SIZE];

	if (!drivers) {
		drivers = pf_driver_set_new(bench_driver_dir());
		FUZZ_CHECK(pf_driver_set_names(drivers, &names, &n) == 0 && n > 0);
	}
	if (!stop)
		return 0;
	FUZZ_CHECK(pf_driver_set_find(drivers, choose(names, n, data, (size_t)(stop - data)),
			   &driver, reason) == 0);
	size -= (size_t)(stop - data) + 1;
	if (driver->sensor)
		play(driver, (struct stream){stop + 1, size});
	return 0;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sim/sim.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"
#include "base/text.h"

#define SCRATCHPAD_SIZE 9
#define WORD_SIZE       32
#define HANG_POLL_NS    20000000 /* how often a hanging sensor looks whether it may answer */

/* What device->bus points to: how the attribute files are reached. */
struct files {
	const struct pf_w1_ops *ops;
	void *bus;
};

static int read_file(
	const struct pf_device *device, const char *attribute, char *buffer, size_t size)
{
	const struct files *files = device->bus;
	struct pf_device inner = *device;

	inner.bus = files->bus;
	return files->ops->read(&inner, attribute, buffer, size);
}

static uint8_t crc8(const uint8_t *bytes, size_t size)
{
	uint8_t crc = 0;

	for (size_t i = 0; i < 8 * size; i++) {
		const unsigned byte = bytes[i / 8];
		const unsigned bit = (crc ^ byte >> i % 8) & 1u;

		crc = (uint8_t)(crc >> 1 ^ (bit ? 0x8c : 0));
	}
	return crc;
}

/* The text of the kernel's driver for a scratchpad of a DS18B20 at 12 bits. */
static int format_w1_slave(int32_t millidegrees, char *buffer, size_t size)
{
	/* sixteenths of a degree, as the chip counts */
	const int count = (int)lround(millidegrees * 16 / 1000.0);
	uint8_t pad[SCRATCHPAD_SIZE] = {(uint8_t)(count & 0xff), (uint8_t)(count >> 8 & 0xff), 0x4b,
		0x46, 0x7f, 0xff, (uint8_t)(0x10 - (count & 0x0f)), 0x10};
	char hex[3 * SCRATCHPAD_SIZE + 1];
	char text[128];
	int length;

	pad[SCRATCHPAD_SIZE - 1] = crc8(pad, SCRATCHPAD_SIZE - 1);
	for (size_t i = 0; i < SCRATCHPAD_SIZE; i++)
		(void)snprintf(hex + 3 * i, 4, "%02x ", pad[i]);
	length = snprintf(text, sizeof text, "%s: crc=%02x YES\n%st=%d\n", hex,
		pad[SCRATCHPAD_SIZE - 1], hex, count * 1000 / 16);
	if ((size_t)length > size)
		length = (int)size;
	memcpy(buffer, text, (size_t)length);
	return length;
}

/* The kernel's attribute "temperature" in m°C becomes the text that the driver reads. */
static int make_w1_slave(const struct pf_device *device, char *buffer, size_t size)
{
	char word[WORD_SIZE] = "";
	int64_t millidegrees;
	const int n = read_file(device, "temperature", word, sizeof word - 1);

	if (n < 0)
		return n;
	word[strcspn(word, " \t\r\n")] = '\0';
	/* nothing in it: the sensor does not answer */
	if (word[0] == '\0')
		return 0;
	if (pf_integer_parse(word, strlen(word), -100000, 200000, &millidegrees) < 0)
		return -EINVAL;
	return format_w1_slave((int32_t)millidegrees, buffer, size);
}

/* Waits as long as the file "fault" says that the sensor hangs. */
static void wait_for_bus(const struct pf_device *device)
{
	const struct timespec poll_time = {.tv_nsec = HANG_POLL_NS};
	char word[WORD_SIZE];
	int n;

	while ((n = read_file(device, "fault", word, sizeof word - 1)) > 0) {
		word[n] = '\0';
		if (strncmp(word, "hang", strlen("hang")) != 0)
			return;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &poll_time, NULL);
	}
}

static int read_attribute(
	const struct pf_device *device, const char *attribute, char *buffer, size_t size)
{
	int r;

	wait_for_bus(device);
	r = read_file(device, attribute, buffer, size);

	if (r == -ENOENT && strcmp(attribute, "w1_slave") == 0)
		return make_w1_slave(device, buffer, size);
	return r;
}

static int write_attribute(const struct pf_device *device, const char *attribute, const char *text)
{
	const struct files *files = device->bus;
	struct pf_device inner = *device;

	inner.bus = files->bus;
	return files->ops->write(&inner, attribute, text);
}

static const struct pf_w1_ops sim_w1_ops = {.read = read_attribute, .write = write_attribute};

void pf_sim_w1_wrap(struct pf_device *device)
{
	struct files *files = pf_calloc(1, sizeof *files);

	*files = (struct files){.ops = device->w1, .bus = device->bus};
	device->w1 = &sim_w1_ops;
	device->bus = files;
}

void pf_sim_w1_unwrap(struct pf_device *device)
{
	struct files *files = device->bus;

	device->w1 = files->ops;
	device->bus = files->bus;
	free(files);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * pinferry/driver.h - all that a Pinferry driver needs.
 *
 * A driver is a loadable module (NAME.so in the driver directory) that exports one `const`
 * descriptor through PF_DRIVER(). The descriptor is data (channels, options, texts) and a few
 * functions. A driver includes this header and the C library, links to nothing of Pinferry, and
 * keeps no file-scope state: what one sensor needs to remember lies in its device's `state`.
 *
 * Two kinds of driver exist, and a descriptor has exactly one of the two tables:
 *   sensor  (struct pf_sensor_ops)  a chip on a bus, read at intervals
 *   line    (struct pf_line_ops)    something with digital lines: pinferry/line_driver.h
 *
 * Ownership: the descriptor and everything it points to is static in the module. Devices, states,
 * options and buffers belong to the core. Strings passed to a driver live as long as the call.
 *
 * Threading: sensor functions with a device argument run on the worker thread of the device's
 * bus, one call per bus at a time; all signals are blocked there. decode() may run on any thread.
 * Line functions run on one thread at a time per line. No function may sleep: start() says how
 * long a conversion takes and the core waits. No function logs; it explains (pf_explain()).
 *
 * Errors: functions return 0 (or a count) or a negative errno value. Where a reason buffer is at
 * hand they may explain in plain words; without an explanation the core words the errno itself:
 *   -ENODEV     another chip answers here, or none that the driver knows
 *   -EREMOTEIO, -ENXIO  no answer at the address (I2C NACK)
 *   -ETIMEDOUT  the bus hangs        -EBADMSG  checksum wrong
 *   -ENODATA    empty answer         -EAGAIN   not ready: conversion not finished
 *
 * Units: as the names say. Addresses are 7-bit I2C addresses.
 */

#ifndef PINFERRY_DRIVER_H
#define PINFERRY_DRIVER_H

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "pinferry/line_driver.h"

/* Changes whenever a structure of these headers does; the core refuses modules of another number.
 */
#define PF_DRIVER_ABI 2

#define PF_CHANNELS_MAX 16  /* channels of one driver */
#define PF_RAW_SIZE_MAX 256 /* bytes of one raw sample */
#define PF_REASON_SIZE  120 /* bytes of a reason, with its NUL */
#define PF_STRING_SIZE  64  /* bytes of a string option, with its NUL */

/* ---- Readings --------------------------------------------------------------------------------*/

/*
 * One channel's value. Not valid means: this sample has no value for the channel. Doubtful means:
 * the chip answers the same when it has measured nothing (its value at power-on), and the bytes do
 * not tell. The core knows the reading before: it believes a doubtful one that is near that
 * (pf_channel.reach), and has the sensor measured again otherwise.
 */
struct pf_reading {
	double value; /* in the channel's unit; not limited to its range, that is the core's to do
		       */
	bool valid;
	bool doubtful;
};

/* What decode() makes of one raw sample. readings[i] belongs to channels[i] of the descriptor. */
struct pf_sample {
	struct pf_reading readings[PF_CHANNELS_MAX];
	/* why decode() failed, why a channel has no value, or why one is doubtful; may stay empty
	 */
	char reason[PF_REASON_SIZE];
};

/* ---- Buses -----------------------------------------------------------------------------------*/

enum pf_bus_kind {
	PF_BUS_NONE, /* no bus: reads files or nothing at all */
	PF_BUS_I2C,  /* configured by bus = "i2c-1" and address */
	PF_BUS_W1,   /* 1-Wire through the kernel: configured by id = "28-..." */
	PF_BUS_GPIO, /* the kernel's GPIO chips: line drivers only */
};

struct pf_device;

/* I2C access, given by the core. The core sets the address; a driver cannot reach another one. */
struct pf_i2c_ops {
	/*
	 * Writes write_size bytes and then, after a repeated start, reads read_size bytes; either
	 * size may be 0, not both. write_size <= 33, read_size <= 256. Returns 0 or a negative
	 * errno. On adapters that only speak SMBus, write_size 1 with any read size up to 32, and
	 * writes of 1 to 33 bytes work; other shapes give -EOPNOTSUPP.
	 * Source: kernel Documentation/i2c/dev-interface.rst, smbus-protocol.rst.
	 */
	int (*transfer)(const struct pf_device *device, const uint8_t *write, size_t write_size,
		uint8_t *read, size_t read_size);
};

/* 1-Wire access, given by the core: the attribute files of one slave in the kernel's sysfs. */
struct pf_w1_ops {
	/*
	 * Reads an attribute ("w1_slave", "resolution", ...) whole, at most size bytes. Blocks as
	 * long as the kernel does (a DS18B20 conversion takes up to 750 ms). Returns the count of
	 * bytes (0 is what the kernel answers when the sensor did not) or a negative errno;
	 * -ENODEV: there is no such slave.
	 * Source: kernel Documentation/w1/slaves/w1_therm.rst.
	 */
	int (*read)(
		const struct pf_device *device, const char *attribute, char *buffer, size_t size);
	/* Writes an attribute. Returns 0 or a negative errno (-EACCES without a udev rule). */
	int (*write)(const struct pf_device *device, const char *attribute, const char *text);
};

/* One configured sensor, as its driver sees it. */
struct pf_device {
	const void *options;          /* the driver's options struct, filled and range-checked */
	void *state;                  /* state_size bytes, zeroed before each probe() */
	const struct pf_i2c_ops *i2c; /* set for PF_BUS_I2C */
	const struct pf_w1_ops *w1;   /* set for PF_BUS_W1 */
	void *bus;                    /* the core's; drivers pass the device and leave this alone */
	uint16_t address;             /* PF_BUS_I2C: 0x08 to 0x77 */
	char id[32];                  /* PF_BUS_W1: "28-0316a2795aff" */
	char reason[PF_REASON_SIZE];  /* why the last function failed; may stay empty */
	/* of a probe() that succeeds: what could not be had all the same, such as a setting */
	char warning[PF_REASON_SIZE];
	/* identify(): options with their defaults, to be set as the chip was found; else NULL */
	void *found;
};

/* ---- Descriptor: data ------------------------------------------------------------------------*/

/* What a channel measures, in the unit given. Home Assistant's classes follow from it. */
enum pf_quantity {
	PF_QUANTITY_TEMPERATURE, /* °C */
	PF_QUANTITY_HUMIDITY,    /* % relative */
	PF_QUANTITY_PRESSURE,    /* hPa */
	PF_QUANTITY_ILLUMINANCE, /* lx */
	PF_QUANTITY_VOLTAGE,     /* V */
	PF_QUANTITY_CURRENT,     /* A */
	PF_QUANTITY_POWER,       /* W */
	PF_QUANTITY_ENERGY,      /* Wh */
	PF_QUANTITY_DISTANCE,    /* m */
	PF_QUANTITY_OTHER,       /* unit as the channel says */
};

struct pf_channel {
	const char *name; /* lower case; part of the topic: "temperature" */
	enum pf_quantity quantity;
	const char *unit; /* "°C"; NULL: that of the quantity */
	int decimals; /* 0 to 6: default rounding when published, no finer than the chip's steps */
	double minimum, maximum; /* physical range by the datasheet: outside is never published */
	/* what is beyond the range by no more than this counts as its end; 0: nothing does */
	double margin;
	/* a doubtful reading is believed if it is that near to the one before; 0: never */
	double reach;
};

/* Whether a sensor has a channel of its driver's table. */
enum pf_presence {
	PF_PRESENT,
	PF_ABSENT,  /* an option switches it off, or the chip has not got it */
	PF_BY_CHIP, /* probe() will tell */
};

enum pf_option_type {
	PF_OPTION_INT,    /* int32_t */
	PF_OPTION_FLOAT,  /* double */
	PF_OPTION_BOOL,   /* bool */
	PF_OPTION_STRING, /* char[PF_STRING_SIZE] */
	PF_OPTION_CHOICE, /* int32_t: index into choices */
};

/* One key that a sensor of this driver may have in the configuration. */
struct pf_option {
	const char *name; /* as in the configuration, unit included: "timeout_ms" */
	enum pf_option_type type;
	size_t offset;              /* offsetof() in the driver's options struct */
	bool required;              /* no default: the configuration has to give it */
	double default_number;      /* INT, FLOAT, BOOL (0 or 1), CHOICE (index) */
	const char *default_text;   /* STRING */
	double minimum, maximum;    /* INT, FLOAT: inclusive */
	const char *const *choices; /* CHOICE: NULL-terminated */
	const char *help;           /* one sentence */
};

/* ---- Descriptor: functions of a sensor driver ------------------------------------------------*/

struct pf_sensor_ops {
	/*
	 * Required. Checks that the right chip is there and reads its calibration into the state.
	 * Called before the first sample, again after failures, and now and then in between: what
	 * it leaves in the state is compared with what was there, so it depends on the chip alone.
	 * What has no checksum is read with pf_i2c_read_sure(), and refused if it cannot be. A
	 * setting that fails is no failure but a device->warning. 0 or a negative errno.
	 */
	int (*probe)(struct pf_device *device);
	/* Optional. Triggers a conversion; ret_wait_ms: how long it takes at most (0 to 60000). */
	int (*start)(struct pf_device *device, uint32_t *ret_wait_ms);
	/*
	 * Required. Reads the raw bytes of one sample, without arithmetic. raw holds raw_size bytes
	 * of the descriptor. Returns the count of bytes read or a negative errno.
	 */
	int (*fetch)(struct pf_device *device, uint8_t *raw);
	/*
	 * Required. Pure: from state, options and raw bytes to readings; no bus, no time. Checks
	 * length, checksums and status flags before any field. All readings are invalid on entry.
	 * Returns 0, or a negative errno with, if it can be said better, sample->reason.
	 */
	int (*decode)(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
		struct pf_sample *sample);
	/*
	 * Optional, for `pinferry scan`: is this driver's chip at device->address? Reads only, and
	 * never writes a register of a chip it does not know. Sets in device->found what it can
	 * tell of the options. 0, or -ENODEV, or another errno.
	 */
	int (*identify)(struct pf_device *device);
	/*
	 * Optional. Pure: whether a sensor with these options has channel i. state: what probe()
	 * found, or NULL before there was one. May change what stands in *channel, which is filled
	 * from the table: fewer decimals, another range. Without it all channels are there.
	 */
	enum pf_presence (*channel)(
		const void *options, const void *state, size_t i, struct pf_channel *channel);
	/*
	 * Optional. Pure: how many milliseconds fetch() keeps the bus with these options, at most.
	 * Left out where that is next to nothing.
	 */
	uint32_t (*busy_ms)(const void *options);
	/* Optional. Leaves the chip in its low-power state; copes with a chip that is gone. */
	void (*stop)(struct pf_device *device);
};

/* ---- Descriptor ------------------------------------------------------------------------------*/

struct pf_driver {
	uint32_t abi;          /* PF_DRIVER_ABI; always the first member */
	const char *name;      /* the file's name without .so; letters, digits, '_', '-' */
	const char *title;     /* "Bosch BME280/BMP280 temperature, humidity, pressure" */
	const char *datasheet; /* document and revision */
	enum pf_bus_kind bus;
	const uint16_t *addresses; /* PF_BUS_I2C: those the chip can have, 0-terminated; the first
				      is the default */
	const uint8_t *families;   /* PF_BUS_W1: family codes of the ids, 0-terminated */
	uint32_t interval_min_ms;  /* shortest sensible interval between samples */
	uint32_t patience; /* samples in a row that fail before the sensor is unavailable; 0: one */
	const struct pf_channel *channels;
	size_t n_channels;
	const struct pf_option *options;
	size_t n_options;
	size_t options_size; /* sizeof the options struct */
	size_t state_size;   /* sizeof the state struct */
	size_t raw_size;     /* bytes that fetch() gives at most */
	const char *example; /* configuration snippet, accepted by `pinferry check` in its list */
	const char *notes;   /* what a user has to know; may be NULL */
	const struct pf_sensor_ops *sensor;
	const struct pf_line_ops *lines;
};

/* The one symbol a module exports. */
#define PF_DRIVER_SYMBOL "pf_driver_descriptor"
#define PF_DRIVER(descriptor)                                                                      \
	extern const struct pf_driver *const pf_driver_descriptor;                                 \
	__attribute__((visibility("default")))                                                     \
	const struct pf_driver *const pf_driver_descriptor = &(descriptor)

/* ---- Helpers ---------------------------------------------------------------------------------*/

/* Puts a reason in plain words into device->reason or sample->reason; cut if too long. */
__attribute__((format(printf, 2, 3))) static inline void pf_explain(
	char reason[PF_REASON_SIZE], const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(reason, PF_REASON_SIZE, format, arguments);
	va_end(arguments);
}

/* Makes readings[channel] valid. */
static inline void pf_sample_set(struct pf_sample *sample, size_t channel, double value)
{
	sample->readings[channel].value = value;
	sample->readings[channel].valid = true;
}

/* The same, for a value that the chip also has when it has measured nothing. */
static inline void pf_sample_doubt(struct pf_sample *sample, size_t channel, double value)
{
	pf_sample_set(sample, channel, value);
	sample->readings[channel].doubtful = true;
}

/* I2C: reads size bytes from an 8-bit register on; 0 or a negative errno. */
static inline int pf_i2c_read(
	const struct pf_device *device, uint8_t reg, uint8_t *data, size_t size)
{
	return device->i2c->transfer(device, &reg, 1, data, size);
}

/*
 * I2C: the same, for what no checksum protects: reads until two answers in a row are the same, four
 * times at most. size is at most 32. -EBADMSG: no two are.
 */
static inline int pf_i2c_read_sure(
	struct pf_device *device, uint8_t reg, uint8_t *data, size_t size)
{
	uint8_t answers[2][32];

	if (size > sizeof answers[0])
		return -EINVAL;
	for (unsigned i = 0; i < 4; i++) {
		const int r = pf_i2c_read(device, reg, answers[i % 2], size);

		if (r < 0)
			return r;
		if (i > 0 && memcmp(answers[0], answers[1], size) == 0) {
			memcpy(data, answers[0], size);
			return 0;
		}
	}
	pf_explain(device->reason, "register 0x%02x reads otherwise each time (noise on the bus?)",
		reg);
	return -EBADMSG;
}

/* I2C: writes one byte to an 8-bit register; 0 or a negative errno. */
static inline int pf_i2c_write(const struct pf_device *device, uint8_t reg, uint8_t value)
{
	const uint8_t bytes[2] = {reg, value};

	return device->i2c->transfer(device, bytes, sizeof bytes, NULL, 0);
}

/* Integers from bytes; le: low byte first, be: high byte first. */
static inline uint16_t pf_le16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] | bytes[1] << 8);
}

static inline uint16_t pf_be16(const uint8_t *bytes)
{
	return (uint16_t)(bytes[0] << 8 | bytes[1]);
}

/* Two's complement of the low `bits` bits (1 to 32) of value. */
static inline int32_t pf_sign_extend(uint32_t value, unsigned bits)
{
	const uint32_t sign = (uint32_t)1 << (bits - 1);
	const uint32_t mask = sign | (sign - 1);

	value &= mask;
	return (int32_t)((int64_t)(value ^ sign) - (int64_t)sign);
}

#endif

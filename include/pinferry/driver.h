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
 *   line    (struct pf_line_ops)    something with digital lines: the kernel's GPIO chips
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

/* Changes whenever a structure below changes; the core refuses modules built for another number. */
#define PF_DRIVER_ABI 1

#define PF_CHANNELS_MAX 16  /* channels of one driver */
#define PF_RAW_SIZE_MAX 256 /* bytes of one raw sample */
#define PF_REASON_SIZE  120 /* bytes of a reason, with its NUL */
#define PF_STRING_SIZE  64  /* bytes of a string option, with its NUL */

/* ---- Readings --------------------------------------------------------------------------------*/

/* One channel's value. Not valid means: this sample has no value for the channel. */
struct pf_reading {
	double value; /* in the channel's unit */
	bool valid;
};

/* What decode() makes of one raw sample. readings[i] belongs to channels[i] of the descriptor. */
struct pf_sample {
	struct pf_reading readings[PF_CHANNELS_MAX];
	char reason[PF_REASON_SIZE]; /* why decode() failed; may stay empty */
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
	const char *unit;        /* "°C"; NULL: that of the quantity */
	int decimals;            /* 0 to 6: default rounding when published */
	double minimum, maximum; /* physical range by the datasheet: outside is never published */
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
	 * Called before the first sample and again after failures. 0 or a negative errno.
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
	 * never writes a register of a chip it does not know. 0, or -ENODEV, or another errno.
	 */
	int (*identify)(struct pf_device *device);
	/* Optional. Leaves the chip in its low-power state; copes with a chip that is gone. */
	void (*stop)(struct pf_device *device);
};

/* ---- Descriptor: functions of a line driver --------------------------------------------------*/

enum pf_bias { PF_BIAS_AS_IS, PF_BIAS_OFF, PF_BIAS_UP, PF_BIAS_DOWN };
enum pf_drive { PF_DRIVE_PUSH_PULL, PF_DRIVE_OPEN_DRAIN, PF_DRIVE_OPEN_SOURCE };
enum pf_initial { PF_INITIAL_OFF, PF_INITIAL_ON, PF_INITIAL_KEEP };

/* A line as `scan` and the resolution of names see it. Strings may be empty, never NULL. */
struct pf_line_info {
	char chip[32];     /* what request_*() takes: "gpiochip0" */
	char label[32];    /* "pinctrl-bcm2711" */
	char parent[32];   /* bus the chip itself sits behind ("1-0020"), or empty */
	uint32_t offset;   /* on its chip */
	char name[32];     /* "GPIO17" */
	char consumer[32]; /* who holds it */
	bool used;         /* held by someone */
	bool output;       /* direction */
	bool active_low;
};

/* All levels below are logical: active_low is applied in the request. */
struct pf_input_request {
	const char *chip; /* pf_line_info.chip */
	uint32_t offset;
	bool active_low;
	enum pf_bias bias;
	const char *consumer; /* shown to others who ask for the line */
};

struct pf_output_request {
	const char *chip;
	uint32_t offset;
	bool active_low;
	enum pf_drive drive;
	enum pf_initial initial; /* set in the same request as the direction: no glitch */
	const char *consumer;
};

/* "Something changed at this time": whoever reads an event reads the level afterwards. */
struct pf_edge {
	uint64_t time_ns; /* CLOCK_MONOTONIC, the kernel's own stamp */
	bool rising;      /* logical */
	uint32_t missed;  /* events the kernel dropped right before this one, where it tells */
};

/* A held line. Made by request_*(), ended by release(). */
struct pf_line;

struct pf_line_ops {
	/*
	 * Calls visit for each line of each chip that can be opened, chip by chip, until visit
	 * returns non-zero, which is then returned. 0 when all were seen; -ENODEV: no chip at all;
	 * -EACCES: there are chips, and none may be opened.
	 */
	int (*scan)(
		void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user);
	/*
	 * Requests a line as input with both edges. -EBUSY: someone holds it; -ENODEV/-ENOENT: no
	 * such chip or offset; -EACCES/-EPERM: no permission; -EINVAL, -EOPNOTSUPP: the chip cannot
	 * (bias or edges). Where the chip has no interrupts the request is made without edges and
	 * event_fd() of the line says -EOPNOTSUPP: the core then polls.
	 */
	int (*request_input)(
		void *board, const struct pf_input_request *request, struct pf_line **ret_line);
	/*
	 * Requests a line as output, direction and initial level in one step. With PF_INITIAL_KEEP
	 * the line is requested as it is, read, and made an output at that level on the same
	 * handle; ret_level tells the logical level set, ret_was_output whether the line had been
	 * an output (if not: it counts as off). Errors as request_input().
	 */
	int (*request_output)(void *board, const struct pf_output_request *request,
		struct pf_line **ret_line, bool *ret_level, bool *ret_was_output);
	/* Reads the logical level: 0 or 1, or a negative errno (-ENODEV: the chip went away). */
	int (*get)(struct pf_line *line);
	/* Sets the logical level of an output: 0 or a negative errno. */
	int (*set)(struct pf_line *line, bool level);
	/* A non-blocking descriptor that polls readable on edges, or a negative errno. */
	int (*event_fd)(const struct pf_line *line);
	/* Takes up to max pending edges, never waits. Count (0: none), or a negative errno. */
	int (*read_edges)(struct pf_line *line, struct pf_edge *edges, size_t max);
	/* Gives the line back to the kernel. NULL is fine. */
	void (*release)(struct pf_line *line);
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
	uint32_t interval_min_ms;  /* shortest sensible interval between samples */
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

/* I2C: reads size bytes from an 8-bit register on; 0 or a negative errno. */
static inline int pf_i2c_read(
	const struct pf_device *device, uint8_t reg, uint8_t *data, size_t size)
{
	return device->i2c->transfer(device, &reg, 1, data, size);
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

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */
/*
 * The I2C chips that the lab plays: models of the registers as the datasheets describe them, on
 * purpose as strict as the chip and independent of the daemon's own drivers and simulation.
 * One thread, no locks.
 */
#ifndef LAB_CHIP_H
#define LAB_CHIP_H

#include <stddef.h>
#include <stdint.h>

/* What a chip does to transfers that name it. */
enum chip_fault {
	CHIP_WORKS,
	CHIP_NACK,   /* nobody acknowledges the address: EREMOTEIO, as on a Raspberry Pi */
	CHIP_SILENT, /* the bus hangs: no answer, the adapter gives up after a second */
	CHIP_ZEROS,  /* every byte reads 0x00 */
	CHIP_ONES,   /* every byte reads 0xff */
};

struct chip;

/* A kind of chip. write() and read() see one I2C message each, without the address. */
struct chip_model {
	const char *name;
	void (*power_on)(struct chip *chip);
	void (*write)(struct chip *chip, const uint8_t *bytes, size_t count);
	void (*read)(struct chip *chip, uint8_t *bytes, size_t count);
	/* Sets what the chip measures or says; the keys are the model's own. 0 or -EINVAL. */
	int (*set)(struct chip *chip, const char *key, long value);
};

struct chip {
	const struct chip_model *model;
	uint16_t address;
	enum chip_fault fault;
	long fault_times;       /* how often the fault still strikes, -1: for ever */
	unsigned int transfers; /* that named this chip, failed ones included */

	/* for the models */
	uint8_t reg[256];
	uint8_t pointer;
	uint32_t adc[3];          /* bme280: temperature, pressure, humidity to measure next */
	uint8_t ctrl_hum_written; /* bme280: takes effect at the next write of ctrl_meas */
	int64_t ready_ns;         /* bme280: end of the measurement under way, 0: none */
};

extern const struct chip_model chip_bme280;
extern const struct chip_model chip_lm75;

#endif

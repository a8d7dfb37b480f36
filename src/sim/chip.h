/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Models of I2C chips for the simulated board. A model answers bytes as the chip's datasheet says
 * and shares no code with the driver, so that an error in one shows in the other.
 */

#ifndef PF_SIM_CHIP_H
#define PF_SIM_CHIP_H

#include <stddef.h>
#include <stdint.h>

/* A chip at an address. Made and freed by i2c.c; the model uses all but `folder` as it likes.
 */
struct pf_sim_chip {
	const char *folder; /* DIR/i2c-1/0x76 */
	uint8_t registers[256];
	uint8_t pointer;        /* where the next read begins */
	uint64_t busy_until_ns; /* CLOCK_BOOTTIME */
};

/* Each function returns 0 or a negative errno, what the bus would say. */
struct pf_sim_model {
	const char *name; /* the text in the file "chip" */
	void (*power_on)(struct pf_sim_chip *chip);
	/* A write of 1 or more bytes; the first one is the register. */
	int (*write)(struct pf_sim_chip *chip, const uint8_t *bytes, size_t size);
	int (*read)(struct pf_sim_chip *chip, uint8_t *bytes, size_t size);
};

/* Those there are; models.c lists them. */
extern const struct pf_sim_model pf_sim_bme280, pf_sim_bmp280;
extern const struct pf_sim_model pf_sim_lm75, pf_sim_lm75a, pf_sim_tmp102;

/* The model of a name, NULL: there is none. */
const struct pf_sim_model *pf_sim_model_find(const char *name);

/*
 * The number in the chip's file `quantity`, or `missing` if there is no such file. 0, or -EIO if
 * it is not a number.
 */
int pf_sim_measure(
	const struct pf_sim_chip *chip, const char *quantity, double missing, double *ret_value);

#endif

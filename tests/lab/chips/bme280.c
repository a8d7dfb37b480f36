/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */
/*
 * Bosch BME280, registers as in its datasheet (BST-BME280-DS002, chapter 5), from power-on: it
 * sleeps, and the data registers hold the reset pattern until a measurement was made. Writes are
 * pairs of register and value (6.2.1), reads count up (6.2.2).
 *
 * The calibration and the values first measured are the worked example of the BMP280 datasheet
 * (BST-BMP280-DS001, 3.12): 25.08 degrees, 100653.27 Pa. No datasheet has an example for humidity;
 * its calibration here is of the size that real chips have.
 *
 * Keys: adc_t, adc_p (20 bits), adc_h (16 bits): what is measured next; id: what register 0xd0
 * says (0x60 BME280, 0x58 BMP280).
 */
#include <errno.h>
#include <string.h>
#include <time.h>

#include "chip.h"

#define NS_PER_MS 1000000

enum {
	REG_CALIB_TP = 0x88,
	REG_CALIB_H1 = 0xa1,
	REG_ID = 0xd0,
	REG_RESET = 0xe0,
	REG_CALIB_H2 = 0xe1,
	REG_CTRL_HUM = 0xf2,
	REG_STATUS = 0xf3,
	REG_CTRL_MEAS = 0xf4,
	REG_CONFIG = 0xf5,
	REG_PRESS = 0xf7,
	REG_TEMP = 0xfa,
	REG_HUM = 0xfd,
};

enum { STATUS_MEASURING = 0x08, RESET_WORD = 0xb6, MODE_NORMAL = 3 };

/* T1 T2 T3 P1 P2 ... P9, least significant byte first */
static const int32_t calib_tp[] = {
	27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000};
enum { H1 = 75, H2 = 370, H3 = 0, H4 = 313, H5 = 50, H6 = 30 };

static int64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL * NS_PER_MS + now.tv_nsec;
}

static void put20(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 12);
	at[1] = (uint8_t)(value >> 4);
	at[2] = (uint8_t)(value << 4);
}

static void fill_calibration(uint8_t *reg)
{
	for (size_t i = 0; i < sizeof(calib_tp) / sizeof(calib_tp[0]); i++) {
		reg[REG_CALIB_TP + 2 * i] = (uint8_t)calib_tp[i];
		reg[REG_CALIB_TP + 2 * i + 1] = (uint8_t)(calib_tp[i] >> 8);
	}
	reg[REG_CALIB_H1] = H1;
	reg[REG_CALIB_H2] = (uint8_t)H2;
	reg[REG_CALIB_H2 + 1] = H2 >> 8;
	reg[REG_CALIB_H2 + 2] = H3;
	reg[REG_CALIB_H2 + 3] = H4 >> 4;
	reg[REG_CALIB_H2 + 4] = (H4 & 0x0f) | (H5 & 0x0f) << 4;
	reg[REG_CALIB_H2 + 5] = H5 >> 4;
	reg[REG_CALIB_H2 + 6] = H6;
}

static void reset(struct chip *chip)
{
	uint8_t id = chip->reg[REG_ID];

	memset(chip->reg, 0, sizeof(chip->reg));
	fill_calibration(chip->reg);
	chip->reg[REG_ID] = id;
	put20(chip->reg + REG_PRESS, 0x80000);
	put20(chip->reg + REG_TEMP, 0x80000);
	chip->reg[REG_HUM] = 0x80;
	chip->ctrl_hum_written = 0;
	chip->ready_ns = 0;
}

static void power_on(struct chip *chip)
{
	chip->reg[REG_ID] = 0x60;
	chip->adc[0] = 519888;
	chip->adc[1] = 415148;
	chip->adc[2] = 27800;
	reset(chip);
}

/* Samples per measurement, by the oversampling setting; 0 skips it (5.4.3, table 20). */
static int samples(unsigned int setting)
{
	static const int table[] = {0, 1, 2, 4, 8, 16, 16, 16};

	return table[setting & 7];
}

/* The longest time a measurement takes (appendix 9.1). */
static int64_t duration_ns(const struct chip *chip)
{
	int t = samples(chip->reg[REG_CTRL_MEAS] >> 5);
	int p = samples(chip->reg[REG_CTRL_MEAS] >> 2 & 7);
	int h = samples(chip->reg[REG_CTRL_HUM] & 7);
	int us = 1250 + 2300 * t + (p ? 2300 * p + 575 : 0) + (h ? 2300 * h + 575 : 0);

	return us * 1000LL;
}

static void finish_measurement(struct chip *chip)
{
	uint8_t *reg = chip->reg;
	unsigned int hum = chip->adc[2];

	if (!chip->ready_ns || now_ns() < chip->ready_ns)
		return;
	put20(reg + REG_TEMP, reg[REG_CTRL_MEAS] >> 5 ? chip->adc[0] : 0x80000);
	put20(reg + REG_PRESS, reg[REG_CTRL_MEAS] >> 2 & 7 ? chip->adc[1] : 0x80000);
	if (!(reg[REG_CTRL_HUM] & 7))
		hum = 0x8000;
	reg[REG_HUM] = (uint8_t)(hum >> 8);
	reg[REG_HUM + 1] = (uint8_t)hum;
	reg[REG_STATUS] &= (uint8_t)~STATUS_MEASURING;
	chip->ready_ns = 0;
	if ((reg[REG_CTRL_MEAS] & 3) == MODE_NORMAL)
		chip->ready_ns = now_ns() + duration_ns(chip);
	else
		reg[REG_CTRL_MEAS] &= (uint8_t)~3U; /* forced mode falls back to sleep */
}

static void write_register(struct chip *chip, uint8_t reg, uint8_t value)
{
	switch (reg) {
	case REG_RESET:
		if (value == RESET_WORD)
			reset(chip);
		break;
	case REG_CTRL_HUM:
		chip->ctrl_hum_written = value;
		break;
	case REG_CTRL_MEAS:
		chip->reg[REG_CTRL_HUM] = chip->ctrl_hum_written;
		chip->reg[REG_CTRL_MEAS] = value;
		if (!(value & 3))
			break;
		chip->reg[REG_STATUS] |= STATUS_MEASURING;
		chip->ready_ns = now_ns() + duration_ns(chip);
		break;
	case REG_CONFIG:
		chip->reg[REG_CONFIG] = value;
		break;
	default: /* the others are read-only */
		break;
	}
}

static void write_bytes(struct chip *chip, const uint8_t *bytes, size_t count)
{
	finish_measurement(chip);
	if (count == 0)
		return;
	chip->pointer = bytes[0];
	for (size_t i = 0; i + 1 < count; i += 2)
		write_register(chip, bytes[i], bytes[i + 1]);
}

static void read_bytes(struct chip *chip, uint8_t *bytes, size_t count)
{
	finish_measurement(chip);
	for (size_t i = 0; i < count; i++)
		bytes[i] = chip->reg[chip->pointer++];
}

static int set(struct chip *chip, const char *key, long value)
{
	static const struct {
		const char *key;
		long max;
	} adc[] = {{"adc_t", 0xfffff}, {"adc_p", 0xfffff}, {"adc_h", 0xffff}};

	if (!strcmp(key, "id") && value >= 0 && value <= 0xff) {
		chip->reg[REG_ID] = (uint8_t)value;
		return 0;
	}
	for (size_t i = 0; i < 3; i++) {
		if (!strcmp(key, adc[i].key) && value >= 0 && value <= adc[i].max) {
			chip->adc[i] = (uint32_t)value;
			return 0;
		}
	}
	return -EINVAL;
}

const struct chip_model chip_bme280 = {
	.name = "bme280",
	.power_on = power_on,
	.write = write_bytes,
	.read = read_bytes,
	.set = set,
};

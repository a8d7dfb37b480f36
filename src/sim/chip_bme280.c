/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Models of BME280 and BMP280. Sources: Bosch BST-BME280-DS002-15 revision 1.6 (chapters below),
 * BST-BMP280-DS001-26 revision 1.26.
 *
 * The calibration words of temperature and pressure are those of the worked example in the BMP280
 * datasheet (3.12); those of humidity are of a usual size. From the wanted physical value the raw
 * value is found by trying: a search over the compensation in 64-bit integers (4.2.3). The driver
 * uses floating point: one proves the other.
 */

#include <errno.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "sim/chip.h"

#define REG_ID        0xd0
#define REG_RESET     0xe0
#define REG_CTRL_HUM  0xf2
#define REG_STATUS    0xf3
#define REG_CTRL_MEAS 0xf4
#define REG_CONFIG    0xf5
#define REG_PRESS     0xf7
#define REG_TEMP      0xfa
#define REG_HUM       0xfd
#define REG_LAST      0xfe

#define ID_BME280        0x60
#define ID_BMP280        0x58
#define RESET_WORD       0xb6
#define STATUS_MEASURING 0x08

enum { T1 = 27504, T2 = 26435, T3 = -1000 };
enum { P1 = 36477, P2 = -10685, P3 = 3024, P4 = 2855, P5 = 140, P6 = -7, P7 = 15500, P8 = -14600 };
enum { P9 = 6000, H1 = 75, H2 = 370, H3 = 0, H4 = 313, H5 = 50, H6 = 30 };

/* Temperature in 1/5120 °C (4.2.3, "t_fine"). */
static int64_t fine_of(int64_t adc, int64_t unused)
{
	const int64_t a = (adc / 8 - T1 * 2) * T2 >> 11;
	const int64_t b = adc / 16 - T1;

	(void)unused;
	return a + ((b * b >> 12) * T3 >> 14);
}

/* Less the pressure in 1/256 Pa: negative, because the raw value falls as the pressure grows. */
static int64_t minus_pressure_of(int64_t adc, int64_t fine)
{
	const int64_t f = fine - 128000;
	const int64_t shift = f * f * P6 + f * P5 * ((int64_t)1 << 17) + P4 * ((int64_t)1 << 35);
	const int64_t slope = (f * f * P3 >> 8) + f * P2 * 4096;
	const int64_t divisor = (((int64_t)1 << 47) + slope) * P1 >> 33;
	const int64_t p = ((1048576 - adc) * ((int64_t)1 << 31) - shift) * 3125 / divisor;
	const int64_t square = P9 * (p >> 13) * (p >> 13) >> 25;

	return -(((p + square + (P8 * p >> 19)) >> 8) + P7 * 16);
}

/* Humidity in 1/1024 %. */
static int64_t humidity_of(int64_t adc, int64_t fine)
{
	const int64_t f = fine - 76800;
	const int64_t level = (adc * 16384 - H4 * 1048576 - H5 * f + 16384) >> 15;
	const int64_t bend = ((f * H6 >> 10) * ((f * H3 >> 11) + 32768) >> 10) + 2097152;
	int64_t h = level * ((bend * H2 + 8192) >> 14);

	h -= ((h >> 15) * (h >> 15) >> 7) * H1 >> 4;
	if (h < 0)
		return 0;
	return (h > 419430400 ? 419430400 : h) >> 12;
}

/* The smallest raw value of `bits` bits for which a growing function reaches the target. */
static uint32_t find_raw(
	int64_t (*function)(int64_t adc, int64_t fine), int64_t fine, int bits, int64_t target)
{
	uint32_t low = 0;
	uint32_t high = ((uint32_t)1 << bits) - 1;

	while (low < high) {
		const uint32_t middle = low + (high - low) / 2;

		if (function(middle, fine) >= target)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static void put_20(uint8_t *bytes, uint32_t adc)
{
	bytes[0] = (uint8_t)(adc >> 12);
	bytes[1] = (uint8_t)(adc >> 4 & 0xff);
	bytes[2] = (uint8_t)((adc & 0x0f) << 4);
}

static void put_16(uint8_t *bytes, uint32_t adc)
{
	bytes[0] = (uint8_t)(adc >> 8);
	bytes[1] = (uint8_t)(adc & 0xff);
}

static void put_le16(uint8_t *bytes, int word)
{
	bytes[0] = (uint8_t)(word & 0xff);
	bytes[1] = (uint8_t)(word >> 8 & 0xff);
}

static bool has_humidity(const struct pf_sim_chip *chip)
{
	return chip->registers[REG_ID] == ID_BME280;
}

/* What is not measured reads as half of the range (5.4.7 to 5.4.9). */
static void clear_data(struct pf_sim_chip *chip)
{
	put_20(chip->registers + REG_PRESS, 0x80000);
	put_20(chip->registers + REG_TEMP, 0x80000);
	if (has_humidity(chip))
		put_16(chip->registers + REG_HUM, 0x8000);
}

static void power_on(struct pf_sim_chip *chip, uint8_t id)
{
	static const int words[] = {T1, T2, T3, P1, P2, P3, P4, P5, P6, P7, P8, P9};
	uint8_t *r = chip->registers;

	memset(r, 0, sizeof chip->registers);
	r[REG_ID] = id;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		put_le16(r + 0x88 + 2 * i, words[i]);
	clear_data(chip);
	if (!has_humidity(chip))
		return;
	r[0xa1] = H1;
	put_le16(r + 0xe1, H2);
	r[0xe3] = H3;
	r[0xe4] = H4 >> 4;
	r[0xe5] = (H4 & 0x0f) | (H5 & 0x0f) << 4;
	r[0xe6] = H5 >> 4;
	r[0xe7] = H6;
}

static void power_on_bme280(struct pf_sim_chip *chip)
{
	power_on(chip, ID_BME280);
}

static void power_on_bmp280(struct pf_sim_chip *chip)
{
	power_on(chip, ID_BMP280);
}

/* Typical time of one quantity: 2 ms per measurement (9.1); osrs 0: none, 5 and above: 16. */
static uint64_t time_us(unsigned osrs, uint64_t extra_us)
{
	if (osrs == 0)
		return 0;
	return (uint64_t)2000 * (1u << (osrs > 5 ? 4 : osrs - 1)) + extra_us;
}

/* The quantity in steps, far beyond what the chip can measure cut off. */
static int wanted_steps(const struct pf_sim_chip *chip, const char *quantity, double missing,
	double steps_per_unit, int64_t *ret_steps)
{
	double value;
	const int r = pf_sim_measure(chip, quantity, missing, &value);

	if (r == 0)
		*ret_steps = (int64_t)(fmin(fmax(value, -1e4), 1e4) * steps_per_unit);
	return r;
}

/* One forced measurement: all data at once, and the time until it may be read. */
static int measure(struct pf_sim_chip *chip)
{
	uint8_t *r = chip->registers;
	const unsigned osrs_t = r[REG_CTRL_MEAS] >> 5;
	const unsigned osrs_p = r[REG_CTRL_MEAS] >> 2 & 7;
	const unsigned osrs_h = has_humidity(chip) ? r[REG_CTRL_HUM] & 7 : 0;
	int64_t temperature = 0, humidity = 0, pressure = 0;
	uint32_t adc_t;
	int64_t fine;

	if (wanted_steps(chip, "temperature", 20, 5120, &temperature) < 0 ||
		wanted_steps(chip, "humidity", 50, 1024, &humidity) < 0 ||
		wanted_steps(chip, "pressure", 1013.25, 100 * 256, &pressure) < 0)
		return -EIO;
	clear_data(chip);
	adc_t = find_raw(fine_of, 0, 20, temperature);
	fine = fine_of(adc_t, 0);
	if (osrs_t > 0)
		put_20(r + REG_TEMP, adc_t);
	if (osrs_p > 0)
		put_20(r + REG_PRESS, find_raw(minus_pressure_of, fine, 20, -pressure));
	if (osrs_h > 0)
		put_16(r + REG_HUM, find_raw(humidity_of, fine, 16, humidity));
	chip->busy_until_ns = pf_clock_now_ns() +
			      1000 * (1000 + time_us(osrs_t, 0) + time_us(osrs_p, 500) +
					     time_us(osrs_h, 500));
	/* back to sleep */
	r[REG_CTRL_MEAS] &= 0xfc;
	return 0;
}

static int write_register(struct pf_sim_chip *chip, uint8_t reg, uint8_t value)
{
	switch (reg) {
	case REG_RESET:
		if (value == RESET_WORD)
			power_on(chip, chip->registers[REG_ID]);
		return 0;
	case REG_CTRL_HUM:
	case REG_CONFIG:
		chip->registers[reg] = value;
		return 0;
	case REG_CTRL_MEAS:
		chip->registers[reg] = value;
		return (value & 3) != 0 ? measure(chip) : 0;
	default:
		return 0; /* read-only */
	}
}

/* A register, then either nothing (it is the pointer) or pairs of register and value (6.2.1). */
static int write_bytes(struct pf_sim_chip *chip, const uint8_t *bytes, size_t size)
{
	int r = 0;

	chip->pointer = bytes[0];
	for (size_t i = 0; i + 1 < size && r == 0; i += 2)
		r = write_register(chip, bytes[i], bytes[i + 1]);
	return r;
}

static int read_bytes(struct pf_sim_chip *chip, uint8_t *bytes, size_t size)
{
	const bool is_busy = pf_clock_now_ns() < chip->busy_until_ns;

	chip->registers[REG_STATUS] = is_busy ? STATUS_MEASURING : 0;
	for (size_t i = 0; i < size; i++) {
		bytes[i] = chip->registers[chip->pointer];
		/* the address stays at the end of the data (6.2.2) */
		if (chip->pointer != REG_LAST)
			chip->pointer++;
	}
	return 0;
}

const struct pf_sim_model pf_sim_bme280 = {
	.name = "bme280", .power_on = power_on_bme280, .write = write_bytes, .read = read_bytes};
const struct pf_sim_model pf_sim_bmp280 = {
	.name = "bmp280", .power_on = power_on_bmp280, .write = write_bytes, .read = read_bytes};

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Models of LM75 (9 bits), LM75A (11 bits) and TMP102 (12 or 13 bits): four registers behind a
 * pointer. Sources: NXP LM75A revision 04, tables 5 to 10; TI TMP102 SBOS397C, tables 1 to 7.
 *
 * chip->registers: two bytes for each register, high byte first.
 */

#include <errno.h>
#include <math.h>
#include <string.h>

#include "sim/chip.h"

#define REGISTERS         4
#define REG_TEMPERATURE   0
#define REG_CONFIGURATION 1
#define EXTENDED_MODE     0x10 /* byte 1 of a TMP102's configuration */
#define ROOM_TEMPERATURE  20.0

static uint8_t *word_of(struct pf_sim_chip *chip, unsigned reg)
{
	return chip->registers + 2 * reg;
}

static void put_word(struct pf_sim_chip *chip, unsigned reg, int word)
{
	word_of(chip, reg)[0] = (uint8_t)(word >> 8 & 0xff);
	word_of(chip, reg)[1] = (uint8_t)(word & 0xff);
}

static void power_on_lm75(struct pf_sim_chip *chip)
{
	put_word(chip, REG_CONFIGURATION, 0x0000);
	put_word(chip, 2, 75 * 256);
	put_word(chip, 3, 80 * 256);
}

static void power_on_tmp102(struct pf_sim_chip *chip)
{
	power_on_lm75(chip);
	put_word(chip, REG_CONFIGURATION, 0x60a0);
}

/* The pointer, and up to two bytes for the register; the temperature cannot be written. */
static int write_lm75(struct pf_sim_chip *chip, const uint8_t *bytes, size_t size)
{
	if (bytes[0] >= REGISTERS)
		return -EREMOTEIO;
	chip->pointer = bytes[0];
	for (size_t i = 1; i < size && i < 3 && chip->pointer != REG_TEMPERATURE; i++)
		word_of(chip, chip->pointer)[i - 1] = bytes[i];
	return 0;
}

/* R1 and R0 of a TMP102 are always 1, and the low half of its configuration always 0. */
static int write_tmp102(struct pf_sim_chip *chip, const uint8_t *bytes, size_t size)
{
	const int r = write_lm75(chip, bytes, size);

	word_of(chip, REG_CONFIGURATION)[0] |= 0x60;
	word_of(chip, REG_CONFIGURATION)[1] &= 0xf0;
	return r;
}

/*
 * Puts the measured temperature into register 0: `bits` bits from the top, the first of them worth
 * `top` °C as a sign.
 */
static int convert(struct pf_sim_chip *chip, int bits, double top, int flags)
{
	const double steps = ldexp(1, bits - 1);
	double temperature, count;
	int r = pf_sim_measure(chip, "temperature", ROOM_TEMPERATURE, &temperature);

	if (r < 0)
		return r;
	count = round(temperature * steps / top);
	count = fmin(fmax(count, -steps), steps - 1);
	put_word(chip, REG_TEMPERATURE, (int)count * (1 << (16 - bits)) | flags);
	return 0;
}

/* Both bytes of a register over and over, as the chips do. */
static int read_register(struct pf_sim_chip *chip, uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		bytes[i] = word_of(chip, chip->pointer)[i % 2];
	return 0;
}

static int read_lm75(struct pf_sim_chip *chip, uint8_t *bytes, size_t size)
{
	const int r = convert(chip, 9, 128, 0);

	return r < 0 ? r : read_register(chip, bytes, size);
}

static int read_lm75a(struct pf_sim_chip *chip, uint8_t *bytes, size_t size)
{
	const int r = convert(chip, 11, 128, 0);

	return r < 0 ? r : read_register(chip, bytes, size);
}

static int read_tmp102(struct pf_sim_chip *chip, uint8_t *bytes, size_t size)
{
	const int extended = word_of(chip, REG_CONFIGURATION)[1] & EXTENDED_MODE;
	const int r = extended ? convert(chip, 13, 256, 1) : convert(chip, 12, 128, 0);

	return r < 0 ? r : read_register(chip, bytes, size);
}

const struct pf_sim_model pf_sim_lm75 = {
	.name = "lm75", .power_on = power_on_lm75, .write = write_lm75, .read = read_lm75};
const struct pf_sim_model pf_sim_lm75a = {
	.name = "lm75a", .power_on = power_on_lm75, .write = write_lm75, .read = read_lm75a};
const struct pf_sim_model pf_sim_tmp102 = {
	.name = "tmp102", .power_on = power_on_tmp102, .write = write_tmp102, .read = read_tmp102};

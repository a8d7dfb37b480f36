/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */
/*
 * LM75 and its family: a pointer byte chooses one of four registers; the temperature is 16 bits,
 * most significant byte first, 1/256 degree each, of which LM75 fills 9, LM75A 11 and TMP102 12.
 *
 * Keys: temp (in thousandths of a degree, filled to 11 bits), raw (the register as it is).
 */
#include <errno.h>
#include <string.h>

#include "chip.h"

enum { REG_TEMP, REG_CONF, REG_HYST, REG_OS };

/* Each register has room for two bytes; the configuration uses one. */
static void put16(struct chip *chip, unsigned int reg, unsigned int value)
{
	chip->reg[2 * reg] = (uint8_t)(value >> 8);
	chip->reg[2 * reg + 1] = (uint8_t)value;
}

static void power_on(struct chip *chip)
{
	memset(chip->reg, 0, sizeof(chip->reg));
	chip->pointer = REG_TEMP;
	put16(chip, REG_TEMP, 0x1400); /* 20 degrees */
	put16(chip, REG_HYST, 0x4b00); /* 75 */
	put16(chip, REG_OS, 0x5000);   /* 80 */
}

static void write_bytes(struct chip *chip, const uint8_t *bytes, size_t count)
{
	size_t room;

	if (count == 0)
		return;
	chip->pointer = bytes[0] & 3;
	if (chip->pointer == REG_TEMP)
		return; /* read-only */
	room = chip->pointer == REG_CONF ? 1 : 2;
	for (size_t i = 0; i < room && i + 1 < count; i++)
		chip->reg[2U * chip->pointer + i] = bytes[i + 1];
}

static void read_bytes(struct chip *chip, uint8_t *bytes, size_t count)
{
	size_t size = chip->pointer == REG_CONF ? 1 : 2;

	for (size_t i = 0; i < count; i++)
		bytes[i] = i < size ? chip->reg[2U * chip->pointer + i] : 0xff;
}

static int set(struct chip *chip, const char *key, long value)
{
	if (!strcmp(key, "raw") && value >= 0 && value <= 0xffff) {
		put16(chip, REG_TEMP, (unsigned int)value);
		return 0;
	}
	if (!strcmp(key, "temp") && value >= -128000 && value < 128000) {
		long eighths = (value * 8 + (value < 0 ? -500 : 500)) / 1000;

		put16(chip, REG_TEMP, (unsigned int)(eighths * 32) & 0xffff);
		return 0;
	}
	return -EINVAL;
}

const struct chip_model chip_lm75 = {
	.name = "lm75",
	.power_on = power_on,
	.write = write_bytes,
	.read = read_bytes,
	.set = set,
};

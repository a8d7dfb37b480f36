/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * LM75 and its relatives: a temperature in a register, and no way to ask which chip it is.
 *
 * Datasheets: TI LM75B/LM75C, SNIS153 (below: L); NXP LM75A, revision 04 (below: A);
 * TI TMP102, SBOS397C (below: T).
 *
 * Registers (L: "pointer register", A: table 5, T: table 1): 0 temperature, 1 configuration,
 * 2 T_hyst/T_low, 3 T_os/T_high; words come high byte first. A raw sample is register 0:
 *
 *   byte 0   whole degrees, two's complement
 *   byte 1   lm75    T0 x x x x x x x       9 bits,  0.5 °C      (L: "temperature register")
 *            lm75a   T2 T1 T0 x x x x x     11 bits, 0.125 °C    (A: table 9)
 *            tmp102  T3 T2 T1 T0 0 0 0 0    12 bits, 0.0625 °C   (T: tables 3 to 5, EM = 0)
 *            tmp102  T4 T3 T2 T1 T0 0 0 1   13 bits, 0.0625 °C, byte 0 then counts 2 °C (T: table
 * 6)
 */

#include "pinferry/driver.h"

#define REG_TEMPERATURE   0
#define REG_CONFIGURATION 1
#define REG_T_HYST        2
#define REG_T_OS          3

#define CONFIG_SHUTDOWN                                                                            \
	0x01 /* byte 0, on all of them (L: "configuration register", A: table 8, T: table 7) */
#define CONFIG_LM75_RESERVED                                                                       \
	0xe0                    /* byte 0: read as 0 (L: "configuration register", A: table 8)     \
				 */
#define CONFIG_TMP102_R    0x60 /* byte 0: read as 1 (T: table 7, R1 and R0) */
#define CONFIG_TMP102_ZERO 0x0f /* byte 1: read as 0 (T: table 7) */
#define CONFIG_TMP102_EM   0x10 /* byte 1: extended mode (T: table 7, EM) */
#define SAMPLE_TMP102_EM   0x0001

#define T_HYST_DEFAULT 0x4b00 /* 75 °C and 80 °C at power-on: on all of them */
#define T_OS_DEFAULT   0x5000

#define CONVERSION_MAX_MS                                                                          \
	300 /* the slowest, the LM75 (L: "electrical characteristics"); A: 100, T: 35 */

enum { CHANNEL_TEMPERATURE };

enum variant { VARIANT_LM75, VARIANT_LM75A, VARIANT_TMP102 };

struct options {
	int32_t variant; /* enum variant */
	bool extended;
};

struct state {
	bool is_settled; /* a conversion was waited for since probe() */
};

static const char *const variants[] = {"lm75", "lm75a", "tmp102", NULL};

static int explain_other_chip(struct pf_device *device)
{
	const struct options *options = device->options;

	pf_explain(
		device->reason, "the chip does not answer like a %s", variants[options->variant]);
	return -ENODEV;
}

/* Checks the bits that are fixed, and wakes a chip that someone put to sleep. */
static int probe_lm75(struct pf_device *device)
{
	uint8_t config;
	int r = pf_i2c_read(device, REG_CONFIGURATION, &config, 1);

	if (r < 0)
		return r;
	if (config & CONFIG_LM75_RESERVED)
		return explain_other_chip(device);
	if (config & CONFIG_SHUTDOWN)
		return pf_i2c_write(
			device, REG_CONFIGURATION, (uint8_t)(config & ~CONFIG_SHUTDOWN));
	return 0;
}

/* The same, and sets or clears the extended mode. */
static int probe_tmp102(struct pf_device *device)
{
	const struct options *options = device->options;
	uint8_t config[2];
	uint8_t wanted[3] = {REG_CONFIGURATION};
	int r = pf_i2c_read(device, REG_CONFIGURATION, config, sizeof config);

	if (r < 0)
		return r;
	if ((config[0] & CONFIG_TMP102_R) != CONFIG_TMP102_R || config[1] & CONFIG_TMP102_ZERO)
		return explain_other_chip(device);
	wanted[1] = (uint8_t)(config[0] & ~CONFIG_SHUTDOWN);
	wanted[2] = (uint8_t)(config[1] & ~CONFIG_TMP102_EM);
	if (options->extended)
		wanted[2] |= CONFIG_TMP102_EM;
	if (memcmp(wanted + 1, config, sizeof config) == 0)
		return 0;
	return device->i2c->transfer(device, wanted, sizeof wanted, NULL, 0);
}

static int probe(struct pf_device *device)
{
	const struct options *options = device->options;

	if (options->variant == VARIANT_TMP102)
		return probe_tmp102(device);
	if (options->extended) {
		pf_explain(device->reason, "only a tmp102 has an extended mode");
		return -EINVAL;
	}
	return probe_lm75(device);
}

/* The chip converts all the time: only after probe(), which may have woken it, is there a wait. */
static int start(struct pf_device *device, uint32_t *ret_wait_ms)
{
	struct state *state = device->state;

	*ret_wait_ms = state->is_settled ? 0 : CONVERSION_MAX_MS;
	state->is_settled = true;
	return 0;
}

static int fetch(struct pf_device *device, uint8_t *raw)
{
	const int r = pf_i2c_read(device, REG_TEMPERATURE, raw, 2);

	return r < 0 ? r : 2;
}

/* The sample says itself in which mode it was taken: right even if the chip was reset meanwhile. */
static int decode_tmp102(uint16_t word, struct pf_sample *sample)
{
	const bool is_extended = word & SAMPLE_TMP102_EM;
	const unsigned bits = is_extended ? 13 : 12;
	const unsigned unused = (1u << (16 - bits)) - 1;

	if ((word & unused & ~(unsigned)SAMPLE_TMP102_EM) != 0) {
		pf_explain(sample->reason, "bits that are always 0 are set: not a tmp102");
		return -EBADMSG;
	}
	pf_sample_set(sample, CHANNEL_TEMPERATURE,
		pf_sign_extend((uint32_t)word >> (16 - bits), bits) / 16.0);
	return 0;
}

static int decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	const struct options *options = device->options;
	uint32_t word;

	if (raw_size != 2) {
		pf_explain(sample->reason, "the answer has %zu bytes instead of 2", raw_size);
		return -EBADMSG;
	}
	word = pf_be16(raw);
	if (options->variant == VARIANT_TMP102)
		return decode_tmp102((uint16_t)word, sample);
	/* what is below the resolution is undefined */
	if (options->variant == VARIANT_LM75A)
		pf_sample_set(sample, CHANNEL_TEMPERATURE, pf_sign_extend(word >> 5, 11) / 8.0);
	else
		pf_sample_set(sample, CHANNEL_TEMPERATURE, pf_sign_extend(word >> 7, 9) / 2.0);
	return 0;
}

/* There is no id register: the limits at power-on are as good as one, if nobody changed them. */
static int identify(struct pf_device *device)
{
	uint8_t hyst[2] = {0}, os[2] = {0};
	int r = pf_i2c_read(device, REG_T_HYST, hyst, sizeof hyst);

	if (r == 0)
		r = pf_i2c_read(device, REG_T_OS, os, sizeof os);
	if (r < 0)
		return r;
	return pf_be16(hyst) == T_HYST_DEFAULT && pf_be16(os) == T_OS_DEFAULT ? 0 : -ENODEV;
}

static const uint16_t addresses[] = {0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0};

static const struct pf_channel channels[] = {
	[CHANNEL_TEMPERATURE] = {.name = "temperature",
		.quantity = PF_QUANTITY_TEMPERATURE,
		.decimals = 2,
		.minimum = -55,
		.maximum = 150},
};

static const struct pf_option options_table[] = {
	{.name = "variant",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, variant),
		.default_number = VARIANT_LM75,
		.choices = variants,
		.help = "Layout: lm75 (9 bits), lm75a (11 bits, also LM75B, PCT2075) or tmp102 "
			"(12)."},
	{.name = "extended",
		.type = PF_OPTION_BOOL,
		.offset = offsetof(struct options, extended),
		.default_number = 0,
		.help = "Extended mode of a tmp102: 13 bits, above 128 °C."},
};

static const struct pf_sensor_ops ops = {
	.probe = probe,
	.start = start,
	.fetch = fetch,
	.decode = decode,
	.identify = identify,
};

static const struct pf_driver driver = {
	.abi = PF_DRIVER_ABI,
	.name = "lm75",
	.title = "LM75, LM75A, LM75B, PCT2075, TMP102 temperature",
	.datasheet = "TI LM75B/LM75C SNIS153, NXP LM75A revision 04, TI TMP102 SBOS397C",
	.bus = PF_BUS_I2C,
	.addresses = addresses,
	.interval_min_ms = 300,
	.channels = channels,
	.n_channels = sizeof channels / sizeof *channels,
	.options = options_table,
	.n_options = sizeof options_table / sizeof *options_table,
	.options_size = sizeof(struct options),
	.state_size = sizeof(struct state),
	.raw_size = 2,
	.example = "{ name = \"cabinet\"; driver = \"lm75\"; bus = \"i2c-1\"; address = 0x48;"
		   " variant = \"lm75a\"; interval_s = 10; }",
	.notes = "The chip has no id: the variant must be given right. LM75A and LM75B read right "
		 "as "
		 "lm75, too, in steps of 0.5 °C. A TMP102 is refused as lm75 and the others as "
		 "tmp102.",
	.sensor = &ops,
};

PF_DRIVER(driver);

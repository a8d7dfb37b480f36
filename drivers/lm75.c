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
 *
 * No checksum protects them: registers are read until two answers are the same. Until the first
 * conversion after power-on the register holds 0 °C (T: "temperature register"), and a bus on which
 * the chip has just gone reads as ones: both are measured, too, so that only a sample for which a
 * conversion was waited for, after the chip was seen to be there, is sure of them.
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
#define WORD_POWER_ON      0x0000
#define WORD_NOBODY        0xffff
#define UNUSED_LM75A       0x1f /* byte 1 of the temperature */

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
	bool is_sure;    /* for this very sample */
};

static const char *const variants[] = {"lm75", "lm75a", "tmp102", NULL};

static int explain_other_chip(struct pf_device *device)
{
	const struct options *options = device->options;

	pf_explain(
		device->reason, "the chip does not answer like a %s", variants[options->variant]);
	return -ENODEV;
}

/*
 * Writes the configuration, size bytes, and looks whether the chip has it: the bits of mask, since
 * others show what the chip does.
 */
static int configure(
	struct pf_device *device, const uint8_t *config, const uint8_t *mask, size_t size)
{
	bool is_taken = true;
	uint8_t out[3] = {REG_CONFIGURATION}, in[2];
	int r;

	memcpy(out + 1, config, size);
	r = device->i2c->transfer(device, out, size + 1, NULL, 0);
	if (r == 0)
		r = pf_i2c_read_sure(device, REG_CONFIGURATION, in, size);
	for (size_t i = 0; r == 0 && i < size; i++)
		is_taken = is_taken && ((in[i] ^ config[i]) & mask[i]) == 0;
	if (!is_taken) {
		pf_explain(device->reason, "the chip does not take its configuration");
		r = -EIO;
	}
	return r;
}

/* Checks the bits that are fixed, and wakes a chip that someone put to sleep. */
static int probe_lm75(struct pf_device *device)
{
	const uint8_t mask = CONFIG_SHUTDOWN;
	uint8_t config;
	int r = pf_i2c_read_sure(device, REG_CONFIGURATION, &config, 1);

	if (r < 0)
		return r;
	if (config & CONFIG_LM75_RESERVED)
		return explain_other_chip(device);
	if (config & CONFIG_SHUTDOWN) {
		config &= (uint8_t)~CONFIG_SHUTDOWN;
		return configure(device, &config, &mask, 1);
	}
	return 0;
}

/* The same, and sets or clears the extended mode. */
static int probe_tmp102(struct pf_device *device)
{
	const struct options *options = device->options;
	const uint8_t mask[2] = {CONFIG_SHUTDOWN, CONFIG_TMP102_EM};
	uint8_t config[2], wanted[2];
	int r = pf_i2c_read_sure(device, REG_CONFIGURATION, config, sizeof config);

	if (r < 0)
		return r;
	if ((config[0] & CONFIG_TMP102_R) != CONFIG_TMP102_R || config[1] & CONFIG_TMP102_ZERO)
		return explain_other_chip(device);
	wanted[0] = (uint8_t)(config[0] & ~CONFIG_SHUTDOWN);
	wanted[1] = (uint8_t)(config[1] & ~CONFIG_TMP102_EM);
	if (options->extended)
		wanted[1] |= CONFIG_TMP102_EM;
	if (memcmp(wanted, config, sizeof config) == 0)
		return 0;
	return configure(device, wanted, mask, sizeof wanted);
}

static int probe(struct pf_device *device)
{
	const struct options *options = device->options;

	if (options->variant == VARIANT_TMP102)
		return probe_tmp102(device);
	if (options->extended)
		pf_explain(device->warning, "only a tmp102 has an extended mode");
	return probe_lm75(device);
}

/* The chip converts all the time: only after probe(), which may have woken it, is there a wait. */
static int start(struct pf_device *device, uint32_t *ret_wait_ms)
{
	struct state *state = device->state;

	*ret_wait_ms = state->is_settled ? 0 : CONVERSION_MAX_MS;
	state->is_sure = !state->is_settled;
	state->is_settled = true;
	return 0;
}

static int fetch(struct pf_device *device, uint8_t *raw)
{
	const int r = pf_i2c_read_sure(device, REG_TEMPERATURE, raw, 2);

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
	const struct state *state = device->state;
	uint16_t word;
	int r = 0;

	if (raw_size != 2) {
		pf_explain(sample->reason, "the answer has %zu bytes instead of 2", raw_size);
		return -EBADMSG;
	}
	word = pf_be16(raw);
	/* what is below the resolution is undefined */
	if (options->variant == VARIANT_TMP102)
		r = decode_tmp102(word, sample);
	else if (options->variant == VARIANT_LM75A)
		pf_sample_set(
			sample, CHANNEL_TEMPERATURE, pf_sign_extend((uint32_t)word >> 5, 11) / 8.0);
	else
		pf_sample_set(
			sample, CHANNEL_TEMPERATURE, pf_sign_extend((uint32_t)word >> 7, 9) / 2.0);
	if (r == 0 && !state->is_sure && (word == WORD_POWER_ON || word == WORD_NOBODY)) {
		sample->readings[CHANNEL_TEMPERATURE].doubtful = true;
		pf_explain(sample->reason, "all bits are %d, as at power-on or without a chip",
			word == WORD_NOBODY);
	}
	return r;
}

/*
 * Which of them it is. A TMP102 has bits in its configuration that the others have not. Those read
 * right as an lm75a unless bits that it has not got are set: what a 9-bit chip has there is
 * undefined, and mostly zero.
 */
static int find_variant(struct pf_device *device, enum variant *ret_variant)
{
	uint8_t config[2] = {0}, temperature[2] = {0};
	int r = pf_i2c_read_sure(device, REG_CONFIGURATION, config, sizeof config);

	if (r == 0)
		r = pf_i2c_read_sure(device, REG_TEMPERATURE, temperature, sizeof temperature);
	if (r < 0)
		return r;
	if ((config[0] & CONFIG_TMP102_R) == CONFIG_TMP102_R && !(config[1] & CONFIG_TMP102_ZERO))
		*ret_variant = VARIANT_TMP102;
	else if (config[0] & CONFIG_LM75_RESERVED)
		return -ENODEV;
	else
		*ret_variant = temperature[1] & UNUSED_LM75A ? VARIANT_LM75 : VARIANT_LM75A;
	return 0;
}

/* There is no id register: the limits at power-on are as good as one, if nobody changed them. */
static int identify(struct pf_device *device)
{
	struct options *found = device->found;
	uint8_t hyst[2] = {0}, os[2] = {0};
	enum variant variant = VARIANT_LM75;
	int r = pf_i2c_read_sure(device, REG_T_HYST, hyst, sizeof hyst);

	if (r == 0)
		r = pf_i2c_read_sure(device, REG_T_OS, os, sizeof os);
	if (r == 0 && (pf_be16(hyst) != T_HYST_DEFAULT || pf_be16(os) != T_OS_DEFAULT))
		r = -ENODEV;
	if (r == 0)
		r = find_variant(device, &variant);
	if (r == 0 && found)
		found->variant = (int32_t)variant;
	return r;
}

/* Steps of 0.5, 0.125 and 0.0625 °C: no more decimals than tell these apart. */
static enum pf_presence channel(
	const void *options, const void *state, size_t i, struct pf_channel *channel)
{
	const struct options *chosen = options;

	(void)state;
	(void)i;
	if (chosen->variant != VARIANT_TMP102)
		channel->decimals = 1;
	return PF_PRESENT;
}

static const uint16_t addresses[] = {0x48, 0x49, 0x4a, 0x4b, 0x4c, 0x4d, 0x4e, 0x4f, 0};

static const struct pf_channel channels[] = {
	[CHANNEL_TEMPERATURE] = {.name = "temperature",
		.quantity = PF_QUANTITY_TEMPERATURE,
		.decimals = 2,
		.minimum = -55,
		.maximum = 150,
		.reach = 5},
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
	.channel = channel,
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

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Bosch BME280 (temperature, humidity, pressure) and BMP280 (no humidity), in forced mode: the
 * chip measures once when told to and sleeps in between.
 *
 * Datasheets: BME280, BST-BME280-DS002-15, revision 1.6 (below: E); BMP280, BST-BMP280-DS001-26,
 * revision 1.26 (below: P). Chapters are of E where not said otherwise.
 *
 * A raw sample is the register block 0xf2 to 0xfe (table 18), of a BMP280 0xf3 to 0xfc:
 *
 *   0xf2  ctrl_hum: osrs_h 2-0 (5.4.3)
 *   0xf3  status: bit 3 measuring, bit 0 calibration being copied (5.4.4)
 *   0xf4  ctrl_meas: osrs_t 7-5, osrs_p 4-2, mode 1-0 (5.4.5)
 *   0xf5  config: t_sb 7-5, filter 4-2 (5.4.6); after it a register without meaning
 *   0xf7  pressure: 8 bits, 8 bits, 4 bits in the upper half (5.4.7)
 *   0xfa  temperature in the same way (5.4.8)
 *   0xfd  humidity, 16 bits (5.4.9)
 *
 * The chip has gone back to sleep when the block is read, so it cannot change under the read, and
 * no checksum protects it: it is read until two answers are the same. The settings in it tell
 * whether this is still the chip that probe() met. t_sb has no meaning in forced mode: it holds a
 * mark, which a chip that was reset, or another one, has not got.
 */

#include "compensation.h"

#define REG_CALIBRATION_1 0x88 /* 26 bytes: T1 to P9, one unused, H1 (4.2.2, table 16) */
#define REG_CALIBRATION_2 0xe1 /* 7 bytes: H2 to H6 */
#define REG_ID            0xd0 /* 5.4.1 */
#define REG_CTRL_HUM      0xf2
#define REG_STATUS        0xf3
#define REG_CTRL_MEAS     0xf4
#define REG_CONFIG        0xf5

#define ID_BME280   0x60
#define ID_BMP280   0x58 /* P: 4.3.1 */
#define ID_BMP280_A 0x56 /* samples before mass production */
#define ID_BMP280_B 0x57

#define STATUS_IM_UPDATE 0x01
#define STATUS_MEASURING 0x08
#define MODE_SLEEP       0x00
#define MODE_FORCED      0x01
#define MODE_MASK        0x03
#define OSRS_H_MASK      0x07

/* t_sb 101 as a mark; no filter: at the intervals in use here it would only lag */
#define CONFIG_MARK 0xa0

/* The block from 0xf3 on, as offsets. */
#define AT_CTRL_MEAS   1
#define AT_CONFIG      2
#define AT_PRESSURE    4
#define AT_TEMPERATURE 7
#define AT_HUMIDITY    10

#define CALIBRATION_1_SIZE 26
#define CALIBRATION_2_SIZE 7
#define RAW_SIZE_BME280    13
#define RAW_SIZE_BMP280    10

enum { CHANNEL_TEMPERATURE, CHANNEL_HUMIDITY, CHANNEL_PRESSURE };

/* Index into the choices, and the value of the osrs bits (tables 20, 23, 24). */
enum oversampling { OSRS_OFF, OSRS_1, OSRS_2, OSRS_4, OSRS_8, OSRS_16 };

struct options {
	int32_t oversampling_temperature; /* less one: temperature has no "off" */
	int32_t oversampling_humidity;
	int32_t oversampling_pressure;
};

static const char *const oversampling_choices[] = {"off", "x1", "x2", "x4", "x8", "x16", NULL};

/* The temperature corrects the other two: without it there is nothing. */
static unsigned osrs_temperature(const struct options *options)
{
	return (unsigned)options->oversampling_temperature + 1;
}

static int16_t le16_signed(const uint8_t *bytes)
{
	return (int16_t)pf_sign_extend(pf_le16(bytes), 16);
}

static int read_id(struct pf_device *device, uint8_t *ret_id)
{
	const int r = pf_i2c_read_sure(device, REG_ID, ret_id, 1);

	if (r < 0)
		return r;
	if (*ret_id == ID_BME280 || *ret_id == ID_BMP280 || *ret_id == ID_BMP280_A ||
		*ret_id == ID_BMP280_B)
		return 0;
	pf_explain(device->reason, "chip id 0x%02x is neither a BME280 nor a BMP280", *ret_id);
	return -ENODEV;
}

static int read_calibration_1(struct pf_device *device, struct bme280_state *state)
{
	uint8_t c[CALIBRATION_1_SIZE];
	int r = pf_i2c_read_sure(device, REG_CALIBRATION_1, c, sizeof c);

	if (r < 0)
		return r;
	state->t1 = pf_le16(c);
	state->t2 = le16_signed(c + 2);
	state->t3 = le16_signed(c + 4);
	state->p1 = pf_le16(c + 6);
	state->p2 = le16_signed(c + 8);
	state->p3 = le16_signed(c + 10);
	state->p4 = le16_signed(c + 12);
	state->p5 = le16_signed(c + 14);
	state->p6 = le16_signed(c + 16);
	state->p7 = le16_signed(c + 18);
	state->p8 = le16_signed(c + 20);
	state->p9 = le16_signed(c + 22);
	state->h1 = c[25];
	return 0;
}

static int read_calibration_2(struct pf_device *device, struct bme280_state *state)
{
	uint8_t c[CALIBRATION_2_SIZE];
	int r = pf_i2c_read_sure(device, REG_CALIBRATION_2, c, sizeof c);

	if (r < 0)
		return r;
	state->h2 = le16_signed(c);
	state->h3 = c[2];
	/* H4 and H5 share the byte 0xe5: its low half belongs to H4, its high half to H5 */
	state->h4 = (int16_t)pf_sign_extend((uint32_t)c[3] << 4 | (c[4] & 0x0fu), 12);
	state->h5 = (int16_t)pf_sign_extend((uint32_t)c[5] << 4 | c[4] >> 4, 12);
	state->h6 = (int8_t)pf_sign_extend(c[6], 8);
	return 0;
}

static uint32_t adc_20(const uint8_t *bytes)
{
	return (uint32_t)bytes[0] << 12 | (uint32_t)bytes[1] << 4 | bytes[2] >> 4;
}

static int check_calibration(struct pf_device *device, const struct bme280_state *state)
{
	if (bme280_calibration_is_possible(state))
		return 0;
	pf_explain(device->reason, "the calibration in the chip is impossible");
	return -EBADMSG;
}

static int probe(struct pf_device *device)
{
	struct bme280_state *state = device->state;
	uint8_t id, status;
	int r = read_id(device, &id);

	if (r < 0)
		return r;
	r = pf_i2c_read_sure(device, REG_STATUS, &status, 1);
	if (r < 0)
		return r;
	if (status & STATUS_IM_UPDATE) {
		pf_explain(device->reason, "the chip is still starting");
		return -EAGAIN;
	}
	state->has_humidity = id == ID_BME280;
	r = read_calibration_1(device, state);
	if (r == 0 && state->has_humidity)
		r = read_calibration_2(device, state);
	if (r == 0)
		r = check_calibration(device, state);
	/* asleep, because config may be ignored while the chip measures (5.4.6) */
	if (r == 0)
		r = pf_i2c_write(device, REG_CTRL_MEAS, MODE_SLEEP);
	if (r == 0)
		r = pf_i2c_write(device, REG_CONFIG, CONFIG_MARK);
	return r;
}

/* 9.1, maximum; oversampling 2^(osrs - 1) times. */
static uint32_t measurement_max_us(unsigned osrs_t, unsigned osrs_p, unsigned osrs_h)
{
	uint32_t time_us = 1250 + (2300u << (osrs_t - 1));

	if (osrs_p != OSRS_OFF)
		time_us += (2300u << (osrs_p - 1)) + 575;
	if (osrs_h != OSRS_OFF)
		time_us += (2300u << (osrs_h - 1)) + 575;
	return time_us;
}

static unsigned osrs_humidity(const struct options *options, const struct bme280_state *state)
{
	return state->has_humidity ? (unsigned)options->oversampling_humidity : OSRS_OFF;
}

/* What ctrl_meas is to hold, without the mode. */
static uint8_t ctrl_meas(const struct options *options)
{
	return (uint8_t)(osrs_temperature(options) << 5 | (unsigned)options->oversampling_pressure
								  << 2);
}

static int start(struct pf_device *device, uint32_t *ret_wait_ms)
{
	const struct options *options = device->options;
	const struct bme280_state *state = device->state;
	const unsigned osrs_h = osrs_humidity(options, state);
	int r = 0;

	/* before ctrl_meas, which puts it in force (5.4.3) */
	if (state->has_humidity)
		r = pf_i2c_write(device, REG_CTRL_HUM, (uint8_t)osrs_h);
	if (r == 0)
		r = pf_i2c_write(
			device, REG_CTRL_MEAS, (uint8_t)(ctrl_meas(options) | MODE_FORCED));
	if (r < 0)
		return r;
	*ret_wait_ms = (measurement_max_us(osrs_temperature(options),
				(unsigned)options->oversampling_pressure, osrs_h) +
			       999) /
		       1000;
	return 0;
}

static int fetch(struct pf_device *device, uint8_t *raw)
{
	const struct bme280_state *state = device->state;
	const size_t size = state->has_humidity ? RAW_SIZE_BME280 : RAW_SIZE_BMP280;
	const int r = pf_i2c_read_sure(
		device, state->has_humidity ? REG_CTRL_HUM : REG_STATUS, raw, size);

	return r < 0 ? r : (int)size;
}

/* Whether the settings in the sample are those of probe() and start(). block: from 0xf3 on. */
static bool is_as_set(
	const struct pf_device *device, const uint8_t *block, unsigned osrs_h, unsigned osrs_h_set)
{
	return (block[AT_CTRL_MEAS] & ~MODE_MASK) == ctrl_meas(device->options) &&
	       block[AT_CONFIG] == CONFIG_MARK && osrs_h == osrs_h_set;
}

static int decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	const struct options *options = device->options;
	const struct bme280_state *state = device->state;
	const size_t size = state->has_humidity ? RAW_SIZE_BME280 : RAW_SIZE_BMP280;
	const unsigned osrs_h = osrs_humidity(options, state);
	const uint8_t *block = state->has_humidity ? raw + 1 : raw;
	double fine, pa;

	if (raw_size != size) {
		pf_explain(
			sample->reason, "the answer has %zu bytes instead of %zu", raw_size, size);
		return -EBADMSG;
	}
	if (block[0] & (STATUS_MEASURING | STATUS_IM_UPDATE)) {
		pf_explain(sample->reason, "the measurement is not finished");
		return -EAGAIN;
	}
	if (!is_as_set(device, block, osrs_h, state->has_humidity ? raw[0] & OSRS_H_MASK : 0)) {
		pf_explain(sample->reason, "the chip has lost its settings (reset or replaced?)");
		return -ENODATA;
	}
	/* what was not measured reads 80000h or 8000h (5.4.7 to 5.4.9): so may what was */
	fine = bme280_fine_temperature(state, adc_20(block + AT_TEMPERATURE));
	pf_sample_set(sample, CHANNEL_TEMPERATURE, fine / 5120);
	if (options->oversampling_pressure != OSRS_OFF) {
		if (bme280_pressure_pa(state, adc_20(block + AT_PRESSURE), fine, &pa))
			pf_sample_set(sample, CHANNEL_PRESSURE, pa / 100);
		else
			pf_explain(sample->reason, "the calibration would divide by 0");
	}
	if (osrs_h != OSRS_OFF)
		pf_sample_set(sample, CHANNEL_HUMIDITY,
			bme280_humidity_percent(state, pf_be16(block + AT_HUMIDITY), fine));
	return 0;
}

static enum pf_presence channel(
	const void *options, const void *state, size_t i, struct pf_channel *channel)
{
	const struct options *chosen = options;
	const struct bme280_state *found = state;

	(void)channel;
	if (i == CHANNEL_PRESSURE)
		return chosen->oversampling_pressure == OSRS_OFF ? PF_ABSENT : PF_PRESENT;
	if (i != CHANNEL_HUMIDITY)
		return PF_PRESENT;
	if (chosen->oversampling_humidity == OSRS_OFF)
		return PF_ABSENT;
	if (!found)
		return PF_BY_CHIP;
	return found->has_humidity ? PF_PRESENT : PF_ABSENT;
}

static int identify(struct pf_device *device)
{
	uint8_t id;

	return read_id(device, &id);
}

static void stop(struct pf_device *device)
{
	(void)pf_i2c_write(device, REG_CTRL_MEAS, MODE_SLEEP);
}

static const uint16_t addresses[] = {0x76, 0x77, 0};

/* Ranges: 1.1, 1.2, 1.3: operating range. */
static const struct pf_channel channels[] = {
	[CHANNEL_TEMPERATURE] = {.name = "temperature",
		.quantity = PF_QUANTITY_TEMPERATURE,
		.decimals = 2,
		.minimum = -40,
		.maximum = 85},
	[CHANNEL_HUMIDITY] = {.name = "humidity",
		.quantity = PF_QUANTITY_HUMIDITY,
		.decimals = 1,
		.minimum = 0,
		.maximum = 100,
		.margin = 5},
	[CHANNEL_PRESSURE] = {.name = "pressure",
		.quantity = PF_QUANTITY_PRESSURE,
		.decimals = 1,
		.minimum = 300,
		.maximum = 1100},
};

static const struct pf_option options_table[] = {
	{.name = "oversampling_temperature",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, oversampling_temperature),
		.default_number = OSRS_1 - 1,
		.choices = oversampling_choices + 1,
		.help = "Measurements averaged into one; more means less noise and more time."},
	{.name = "oversampling_humidity",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, oversampling_humidity),
		.default_number = OSRS_1,
		.choices = oversampling_choices,
		.help = "The same for humidity; off: not measured."},
	{.name = "oversampling_pressure",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, oversampling_pressure),
		.default_number = OSRS_1,
		.choices = oversampling_choices,
		.help = "The same for pressure; off: not measured."},
};

static const struct pf_sensor_ops ops = {
	.probe = probe,
	.start = start,
	.fetch = fetch,
	.decode = decode,
	.identify = identify,
	.channel = channel,
	.stop = stop,
};

static const struct pf_driver driver = {
	.abi = PF_DRIVER_ABI,
	.name = "bme280",
	.title = "Bosch BME280/BMP280 temperature, humidity, pressure",
	.datasheet = "Bosch BST-BME280-DS002-15 revision 1.6, BST-BMP280-DS001-26 revision 1.26",
	.bus = PF_BUS_I2C,
	.addresses = addresses,
	.interval_min_ms = 200,
	.channels = channels,
	.n_channels = sizeof channels / sizeof *channels,
	.options = options_table,
	.n_options = sizeof options_table / sizeof *options_table,
	.options_size = sizeof(struct options),
	.state_size = sizeof(struct bme280_state),
	.raw_size = RAW_SIZE_BME280,
	.example = "{ name = \"air\"; driver = \"bme280\"; bus = \"i2c-1\"; address = 0x76;"
		   " interval_s = 30; }",
	.notes = "A BMP280 is found by its chip id and has no humidity. Pressure is that of the "
		 "place, not reduced to sea level. The chip warms itself a little: intervals of "
		 "some "
		 "seconds and more read truest.",
	.sensor = &ops,
};

PF_DRIVER(driver);

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Maxim DS18B20 and its relatives, through the kernel's w1_therm driver.
 *
 * Datasheets: DS18B20, 19-7487, revision 6 (below: B); DS18S20, 19-5474 (below: S).
 *
 * A raw sample is the text of the attribute "w1_slave", which holds the scratchpad twice. The
 * driver takes the first nine bytes and converts them itself:
 *
 *   72 01 4b 46 7f ff 0e 10 57 : crc=57 YES
 *   72 01 4b 46 7f ff 0e 10 57 t=23125
 *
 *   byte 0, 1   temperature, low byte first, two's complement (B: figure 4, S: figure 4)
 *   byte 2, 3   alarm limits TH, TL
 *   byte 4      configuration: bits 6, 5 are the resolution (B: figure 10); S: reserved
 *   byte 5      reserved
 *   byte 6      B: reserved; S: COUNT REMAIN
 *   byte 7      B: reserved; S: COUNT PER °C, 16
 *   byte 8      CRC-8 of bytes 0 to 7, polynomial x^8 + x^5 + x^4 + 1 (B: figure 11)
 *
 * The kernel reads again after a bad checksum and gives an empty text when it gives up. It passes
 * on what has a right checksum and is wrong all the same: nine zero bytes (a line held low), and
 * 85 °C of a sensor that lost its power before the conversion was over.
 */

#include "pinferry/driver.h"

#define SCRATCHPAD_SIZE 9
#define TEXT_SIZE       128 /* the kernel's text has at most 77 bytes */
#define POWER_ON_BYTE6  0x0c

enum { CHANNEL_TEMPERATURE };

enum resolution { RESOLUTION_AS_IS, RESOLUTION_9, RESOLUTION_10, RESOLUTION_11, RESOLUTION_12 };

struct options {
	int32_t resolution; /* enum resolution */
};

static const char *const resolutions[] = {"as-is", "9-bit", "10-bit", "11-bit", "12-bit", NULL};

/* DS18S20: family code 0x10, another temperature format. */
static bool is_ds18s20(const struct pf_device *device)
{
	return strncmp(device->id, "10-", 3) == 0;
}

static bool family_is_known(const struct pf_device *device)
{
	/* DS18S20, DS1822, DS18B20, DS28EA00, DS1825 and MAX31826 */
	static const char *const families[] = {"10-", "22-", "28-", "42-", "3b-"};

	for (size_t i = 0; i < sizeof families / sizeof *families; i++)
		if (strncmp(device->id, families[i], 3) == 0)
			return true;
	return false;
}

static int set_resolution(struct pf_device *device, enum resolution resolution)
{
	static const char *const texts[] = {NULL, "9\n", "10\n", "11\n", "12\n"};
	int r;

	if (resolution == RESOLUTION_AS_IS)
		return 0;
	if (is_ds18s20(device)) {
		pf_explain(device->reason, "a DS18S20 has a fixed resolution");
		return -EINVAL;
	}
	r = device->w1->write(device, "resolution", texts[resolution]);
	if (r == -EACCES || r == -EPERM || r == -EROFS)
		pf_explain(device->reason,
			"no permission to set the resolution (a udev rule can give it)");
	return r;
}

static int probe(struct pf_device *device)
{
	const struct options *options = device->options;

	/* others have w1_slave files, too, with other bytes in them: thermocouples, switches */
	if (!family_is_known(device)) {
		pf_explain(device->reason, "1-Wire family %.2s is not of the DS18B20 kind",
			device->id);
		return -ENODEV;
	}
	return set_resolution(device, (enum resolution)options->resolution);
}

/* There is no start(): the kernel converts, waits and reads in one call. */
static int fetch(struct pf_device *device, uint8_t *raw)
{
	return device->w1->read(device, "w1_slave", (char *)raw, TEXT_SIZE);
}

static int hex_digit(uint8_t byte)
{
	if (byte >= '0' && byte <= '9')
		return byte - '0';
	if (byte >= 'a' && byte <= 'f')
		return byte - 'a' + 10;
	return -1;
}

/* The first nine bytes of the text, which is "hh hh ...". */
static bool parse_scratchpad(const uint8_t *text, size_t size, uint8_t *scratchpad)
{
	if (size < 3 * SCRATCHPAD_SIZE)
		return false;
	for (size_t i = 0; i < SCRATCHPAD_SIZE; i++) {
		const int high = hex_digit(text[3 * i]);
		const int low = hex_digit(text[3 * i + 1]);

		if (high < 0 || low < 0 || text[3 * i + 2] != ' ')
			return false;
		scratchpad[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static bool all_bytes_are(const uint8_t *bytes, size_t size, uint8_t value)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i] != value)
			return false;
	return true;
}

/* B: chapter "CRC generation": lowest bit first, start value 0; the polynomial reversed is 0x8c. */
static uint8_t crc8(const uint8_t *bytes, size_t size)
{
	unsigned crc = 0;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc & 1 ? crc >> 1 ^ 0x8c : crc >> 1;
	}
	return (uint8_t)crc;
}

static int check_scratchpad(const uint8_t *scratchpad, char *reason)
{
	if (all_bytes_are(scratchpad, SCRATCHPAD_SIZE, 0x00)) {
		pf_explain(reason, "all bytes are zero: the data line is held low");
		return -EBADMSG;
	}
	if (all_bytes_are(scratchpad, SCRATCHPAD_SIZE, 0xff)) {
		pf_explain(reason, "all bits are one: no sensor answers");
		return -EBADMSG;
	}
	if (crc8(scratchpad, SCRATCHPAD_SIZE - 1) != scratchpad[SCRATCHPAD_SIZE - 1]) {
		pf_explain(reason, "checksum of the sensor is wrong (noise on the data line?)");
		return -EBADMSG;
	}
	return 0;
}

/*
 * Whether this is the register of a sensor that has not converted since power-on: 85 °C (B and S:
 * memory map) and byte 6 as at power-on. After a conversion byte 6 of a DS18B20 is 16 less the
 * temperature's low four bits: a measured 85 °C has 0x10 there.
 */
static bool is_power_on_value(const uint8_t *scratchpad, bool is_s20)
{
	const uint16_t register_85 = is_s20 ? 0x00aa : 0x0550;

	return pf_le16(scratchpad) == register_85 && scratchpad[6] == POWER_ON_BYTE6;
}

/* B: table 1. Below 12 bits the lowest bits are undefined (B: "Operation, measuring"). */
static double temperature_ds18b20(const uint8_t *scratchpad)
{
	const unsigned undefined_bits = 3 - (scratchpad[4] >> 5 & 3u);
	const uint32_t value = pf_le16(scratchpad) & ~((1u << undefined_bits) - 1);

	return pf_sign_extend(value, 16) / 16.0;
}

/* S: equation 1: TEMP_READ - 0.25 + (COUNT_PER_C - COUNT_REMAIN) / COUNT_PER_C. */
static int temperature_ds18s20(const uint8_t *scratchpad, double *ret_value, char *reason)
{
	const uint8_t remain = scratchpad[6];
	const uint8_t per_degree = scratchpad[7];
	const int32_t half_degrees = pf_sign_extend(pf_le16(scratchpad), 16);
	/* TEMP_READ is the value with the half degree cut off, towards minus infinity */
	const int32_t whole = (half_degrees - (half_degrees & 1)) / 2;

	if (per_degree == 0 || remain > per_degree) {
		pf_explain(reason, "the counters are not those of a DS18S20");
		return -EBADMSG;
	}
	*ret_value = whole - 0.25 + (double)(per_degree - remain) / per_degree;
	return 0;
}

/* Family 3b is that of a thermocouple's converter, too: MAX31850, 19-6235, byte 4 is 1111b and
 * AD3-0. */
static bool is_max31850(const struct pf_device *device, const uint8_t *scratchpad)
{
	return strncmp(device->id, "3b-", 3) == 0 && (scratchpad[4] & 0x80);
}

static int decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	const bool is_s20 = is_ds18s20(device);
	uint8_t scratchpad[SCRATCHPAD_SIZE];
	double temperature;
	int r;

	if (raw_size == 0) {
		/* the kernel (w1_therm.c) gives the same nothing for both */
		pf_explain(sample->reason,
			"the sensor did not answer, or with wrong checksums (unplugged? cable?)");
		return -ENODATA;
	}
	if (!parse_scratchpad(raw, raw_size, scratchpad)) {
		pf_explain(sample->reason, "the kernel's answer is not nine bytes");
		return -EBADMSG;
	}
	r = check_scratchpad(scratchpad, sample->reason);
	if (r < 0)
		return r;
	if (is_max31850(device, scratchpad)) {
		pf_explain(sample->reason, "a MAX31850 for thermocouples, expected a DS1825");
		return -ENODEV;
	}
	if (is_power_on_value(scratchpad, is_s20)) {
		pf_explain(sample->reason, "power-on value of 85 °C (does the supply hold?)");
		return -EAGAIN;
	}
	if (is_s20) {
		r = temperature_ds18s20(scratchpad, &temperature, sample->reason);
		if (r < 0)
			return r;
	} else {
		temperature = temperature_ds18b20(scratchpad);
	}
	pf_sample_set(sample, CHANNEL_TEMPERATURE, temperature);
	return 0;
}

static const struct pf_channel channels[] = {
	[CHANNEL_TEMPERATURE] = {.name = "temperature",
		.quantity = PF_QUANTITY_TEMPERATURE,
		.decimals = 2,
		.minimum = -55,
		.maximum = 125},
};

static const struct pf_option options_table[] = {
	{.name = "resolution",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, resolution),
		.default_number = RESOLUTION_AS_IS,
		.choices = resolutions,
		.help = "Resolution to set; 9-bit converts in 94 ms, 12-bit in 750 ms."},
};

static int identify(struct pf_device *device)
{
	return family_is_known(device) ? 0 : -ENODEV;
}

static const struct pf_sensor_ops ops = {
	.probe = probe,
	.fetch = fetch,
	.decode = decode,
	.identify = identify,
};

static const struct pf_driver driver = {
	.abi = PF_DRIVER_ABI,
	.name = "ds18b20",
	.title = "Maxim DS18B20, DS18S20, DS1822, DS1825, DS28EA00, MAX31826 temperature",
	.datasheet = "Maxim DS18B20 19-7487 revision 6, DS18S20 19-5474",
	.bus = PF_BUS_W1,
	.interval_min_ms = 1000,
	.channels = channels,
	.n_channels = sizeof channels / sizeof *channels,
	.options = options_table,
	.n_options = sizeof options_table / sizeof *options_table,
	.options_size = sizeof(struct options),
	.raw_size = TEXT_SIZE,
	.example = "{ name = \"tank\"; driver = \"ds18b20\"; id = \"28-0316a2795aff\";"
		   " interval_s = 10; }",
	.notes =
		"Needs the kernel's 1-Wire: dtoverlay=w1-gpio in config.txt and a pull-up of 4.7 k "
		"from the data line to 3.3 V. One conversion takes 0.75 s and sensors of a bus "
		"convert one after another: the interval must be longer than 0.8 s for each. "
		"Connect all three wires: on two (parasite power) conversions fail or give 85 °C "
		"unless the bus has a strong pull-up. "
		"Setting the resolution needs write access to the attribute of that name. A "
		"DS18S20 "
		"that measures exactly 85 °C cannot be told from one at power-on and counts as "
		"such.",
	.sensor = &ops,
};

PF_DRIVER(driver);

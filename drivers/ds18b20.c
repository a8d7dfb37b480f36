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
 * Family 3b has byte 4 of its own: bits 3 to 0 are its address pins. Bit 7 is 0 in a DS1825, which
 * is a DS18B20 otherwise, and 1 in a MAX31826 (19-6264: 12 bits always) and a MAX31850
 * (a thermocouple, which this driver does not read): which of them it is nobody can tell. In family
 * 28 bit 7 is 1 in a GX20MH01 with 14 bits, whose bits 1 and 0 of byte 4 are the last two.
 *
 * The kernel reads again after a bad checksum and gives an empty text when it gives up. It passes
 * on what has a right checksum and is wrong all the same: nine zero bytes (a line held low), and
 * 85 °C of a sensor that lost its power before the conversion was over. Its bytes are those of one
 * that measures 85 °C: with byte 6 the makers do as they like. So 85 °C is doubtful, always.
 */

#include "pinferry/driver.h"

#define SCRATCHPAD_SIZE 9
#define TEXT_SIZE       128 /* the kernel's text has at most 77 bytes */
#define NUMBER_SIZE     8
#define CONFIG_BIT_7    0x80
#define REACH           10 /* °C: what a minute may change at most where it is 85 °C */

enum { CHANNEL_TEMPERATURE };

enum resolution { RESOLUTION_AS_IS, RESOLUTION_9, RESOLUTION_10, RESOLUTION_11, RESOLUTION_12 };

enum chip { CHIP_AUTO, CHIP_MAX31826 };

struct options {
	int32_t resolution; /* enum resolution */
	int32_t chip;       /* enum chip */
};

static const char *const resolutions[] = {"as-is", "9-bit", "10-bit", "11-bit", "12-bit", NULL};
static const char *const chips[] = {"auto", "max31826", NULL};

/* DS18S20, DS1822, DS18B20, DS1825 or MAX31826, DS28EA00 */
static const uint8_t families[] = {0x10, 0x22, 0x28, 0x3b, 0x42, 0};

/* DS18S20: family code 0x10, another temperature format. */
static bool is_ds18s20(const struct pf_device *device)
{
	return strncmp(device->id, "10-", 3) == 0;
}

static bool is_3b(const struct pf_device *device)
{
	return strncmp(device->id, "3b-", 3) == 0;
}

static bool family_is_known(const struct pf_device *device)
{
	char text[4];

	for (size_t i = 0; families[i]; i++) {
		(void)snprintf(text, sizeof text, "%02x-", families[i]);
		if (strncmp(device->id, text, 3) == 0)
			return true;
	}
	return false;
}

/* Whether it is that now; false, too, if nobody can tell. */
static bool has_resolution(const struct pf_device *device, const char *wanted)
{
	char text[NUMBER_SIZE] = "";
	const int n = device->w1->read(device, "resolution", text, sizeof text - 1);

	return n > 0 && strncmp(text, wanted, strlen(wanted)) == 0;
}

/*
 * Sets the resolution, unless it is that: older kernels keep it in memory that wears out. A sensor
 * that reads well in another one is not to be lost for it.
 */
static void set_resolution(struct pf_device *device, enum resolution resolution)
{
	static const char *const texts[] = {NULL, "9\n", "10\n", "11\n", "12\n"};
	int r;

	if (resolution == RESOLUTION_AS_IS)
		return;
	if (is_ds18s20(device)) {
		pf_explain(device->warning, "a DS18S20 has a fixed resolution");
		return;
	}
	if (has_resolution(device, texts[resolution]))
		return;
	r = device->w1->write(device, "resolution", texts[resolution]);
	if (r == -EACCES || r == -EPERM || r == -EROFS)
		pf_explain(device->warning, "no permission to set the resolution, it stays");
	else if (r < 0)
		pf_explain(
			device->warning, "cannot set the resolution, it stays: %s", strerror(-r));
	else if (!has_resolution(device, texts[resolution]))
		pf_explain(device->warning, "the sensor did not take the resolution");
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
	set_resolution(device, (enum resolution)options->resolution);
	return 0;
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

/* B and S: memory map, power-on state. */
static bool is_power_on_value(const uint8_t *scratchpad, bool is_s20)
{
	return pf_le16(scratchpad) == (is_s20 ? 0x00aa : 0x0550);
}

/* B: table 1. Below 12 bits the lowest bits are undefined (B: "Operation, measuring"). */
static double temperature_ds18b20(const uint8_t *scratchpad)
{
	const unsigned undefined_bits = 3 - (scratchpad[4] >> 5 & 3u);
	const uint32_t value = pf_le16(scratchpad) & ~((1u << undefined_bits) - 1);

	return pf_sign_extend(value, 16) / 16.0;
}

/* 14 bits: the last two are in byte 4. */
static double temperature_gx20mh01(const uint8_t *scratchpad)
{
	return pf_sign_extend((uint32_t)pf_le16(scratchpad) << 2 | (scratchpad[4] & 3u), 18) / 64.0;
}

/* All but a DS18S20. */
static int temperature_by_config(
	const struct pf_device *device, const uint8_t *scratchpad, double *ret_value, char *reason)
{
	const struct options *options = device->options;

	if (!(scratchpad[4] & CONFIG_BIT_7)) {
		*ret_value = temperature_ds18b20(scratchpad);
		return 0;
	}
	if (!is_3b(device)) {
		*ret_value = temperature_gx20mh01(scratchpad);
		return 0;
	}
	if (options->chip != CHIP_MAX31826) {
		pf_explain(reason, "a MAX31826 or a MAX31850, which cannot be told apart: for the "
				   "first say chip = \"max31826\"");
		return -ENODEV;
	}
	*ret_value = pf_sign_extend(pf_le16(scratchpad), 16) / 16.0;
	return 0;
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
	r = is_s20 ? temperature_ds18s20(scratchpad, &temperature, sample->reason)
		   : temperature_by_config(device, scratchpad, &temperature, sample->reason);
	if (r < 0)
		return r;
	pf_sample_set(sample, CHANNEL_TEMPERATURE, temperature);
	if (is_power_on_value(scratchpad, is_s20)) {
		sample->readings[CHANNEL_TEMPERATURE].doubtful = true;
		pf_explain(sample->reason, "85 °C, the value at power-on (does the supply hold?)");
	}
	return 0;
}

/* Steps of 0.5, 0.25, 0.125 and 0.0625 °C: no more decimals than tell these apart. */
static enum pf_presence channel(
	const void *options, const void *state, size_t i, struct pf_channel *channel)
{
	const struct options *chosen = options;

	(void)state;
	(void)i;
	if (chosen->resolution == RESOLUTION_9 || chosen->resolution == RESOLUTION_10 ||
		chosen->resolution == RESOLUTION_11)
		channel->decimals = 1;
	return PF_PRESENT;
}

/* B: table 2: the conversion; the rest is the bus itself, at 15 kbit/s. */
static uint32_t busy_ms(const void *options)
{
	static const uint32_t times_ms[] = {[RESOLUTION_AS_IS] = 750,
		[RESOLUTION_9] = 94,
		[RESOLUTION_10] = 188,
		[RESOLUTION_11] = 375,
		[RESOLUTION_12] = 750};
	const struct options *chosen = options;

	return times_ms[chosen->resolution] + 20;
}

static const struct pf_channel channels[] = {
	[CHANNEL_TEMPERATURE] = {.name = "temperature",
		.quantity = PF_QUANTITY_TEMPERATURE,
		.decimals = 2,
		.minimum = -55,
		.maximum = 125,
		.reach = REACH},
};

static const struct pf_option options_table[] = {
	{.name = "resolution",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, resolution),
		.default_number = RESOLUTION_AS_IS,
		.choices = resolutions,
		.help = "Resolution to set; 9-bit converts in 94 ms, 12-bit in 750 ms."},
	{.name = "chip",
		.type = PF_OPTION_CHOICE,
		.offset = offsetof(struct options, chip),
		.default_number = CHIP_AUTO,
		.choices = chips,
		.help = "Family 3b only: a MAX31826 has to be named, a DS1825 is found."},
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
	.channel = channel,
	.busy_ms = busy_ms,
};

static const struct pf_driver driver = {
	.abi = PF_DRIVER_ABI,
	.name = "ds18b20",
	.title = "Maxim DS18B20, DS18S20, DS1822, DS1825, DS28EA00, MAX31826 temperature",
	.datasheet = "Maxim DS18B20 19-7487 revision 6, DS18S20 19-5474",
	.bus = PF_BUS_W1,
	.families = families,
	.interval_min_ms = 1000,
	.patience = 2,
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
		"Setting the resolution needs write access to the attribute of that name; without "
		"it the sensor is read as it is. 85 °C is also what a sensor says that has lost "
		"its "
		"power: it is believed if the reading before was no further than 10 °C from it.",
	.sensor = &ops,
};

PF_DRIVER(driver);

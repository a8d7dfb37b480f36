/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/driver_set.h"

#include <errno.h>
#include <math.h>

#define NAME_MAX_SIZE   32
#define DECIMALS_MAX    6
#define INTERVAL_MAX_MS 86400000
#define ADDRESS_MIN     0x08 /* below and above are reserved: I2C specification UM10204, table 4 */
#define ADDRESS_MAX     0x77

/* Keys of a sensor or a channel in the configuration: a driver's option may not hide one. */
static const char *const reserved_keys[] = {"name", "driver", "bus", "address", "id", "topic",
	"qos", "retain", "format", "interval_s", "channels", "buffer", "home_assistant", "offset",
	"scale", "points", "decimals", "min", "max", "filter", "deadband", "max_interval_s",
	"patience"};

__attribute__((format(printf, 2, 3))) static int broken(char *reason, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(reason, PF_REASON_SIZE, format, arguments);
	va_end(arguments);
	return -ENOEXEC;
}

static bool text_is_empty(const char *text)
{
	return !text || text[0] == '\0';
}

/* Lower-case letters, digits and '_', a letter first: fit for a topic and for a configuration. */
static bool is_key(const char *name)
{
	if (!name || name[0] < 'a' || name[0] > 'z' || strlen(name) > NAME_MAX_SIZE)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_") == strlen(name);
}

bool pf_driver_name_is_valid(const char *name)
{
	if (text_is_empty(name) || name[0] == '-' || strlen(name) > NAME_MAX_SIZE)
		return false;
	return strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-") ==
	       strlen(name);
}

static bool range_is_valid(double minimum, double maximum)
{
	return isfinite(minimum) && isfinite(maximum) && minimum <= maximum;
}

static int check_channel(const struct pf_driver *driver, size_t index, char *reason)
{
	const struct pf_channel *channel = &driver->channels[index];

	if (!is_key(channel->name))
		return broken(reason, "channel %zu has no valid name", index);
	for (size_t i = 0; i < index; i++)
		if (strcmp(driver->channels[i].name, channel->name) == 0)
			return broken(reason, "two channels are called %s", channel->name);
	if ((int)channel->quantity < 0 || channel->quantity > PF_QUANTITY_OTHER)
		return broken(reason, "channel %s: unknown quantity", channel->name);
	if (channel->quantity == PF_QUANTITY_OTHER && !channel->unit)
		return broken(reason, "channel %s has no unit", channel->name);
	if (channel->decimals < 0 || channel->decimals > DECIMALS_MAX)
		return broken(reason, "channel %s: decimals are not 0 to %d", channel->name,
			DECIMALS_MAX);
	if (!range_is_valid(channel->minimum, channel->maximum) ||
		channel->minimum == channel->maximum)
		return broken(reason, "channel %s: minimum is not below maximum", channel->name);
	if (!range_is_valid(0, channel->margin) || !range_is_valid(0, channel->reach))
		return broken(reason, "channel %s: margin or reach is below 0", channel->name);
	return 0;
}

/* Bytes of an option in the options struct; 0: no such type. */
static size_t option_size(enum pf_option_type type)
{
	switch (type) {
	case PF_OPTION_INT:
	case PF_OPTION_CHOICE:
		return sizeof(int32_t);
	case PF_OPTION_FLOAT:
		return sizeof(double);
	case PF_OPTION_BOOL:
		return sizeof(bool);
	case PF_OPTION_STRING:
		return PF_STRING_SIZE;
	default:
		return 0;
	}
}

static size_t option_alignment(enum pf_option_type type)
{
	if (type == PF_OPTION_STRING)
		return 1;
	/* a double's is less than its size on some 32-bit machines */
	return type == PF_OPTION_FLOAT ? _Alignof(double) : option_size(type);
}

static bool option_default_is_valid(const struct pf_option *option)
{
	size_t n_choices = 0;

	if (option->required)
		return true;
	switch (option->type) {
	case PF_OPTION_INT:
	case PF_OPTION_FLOAT:
		return option->default_number >= option->minimum &&
		       option->default_number <= option->maximum;
	case PF_OPTION_BOOL:
		return option->default_number == 0 || option->default_number == 1;
	case PF_OPTION_CHOICE:
		while (option->choices[n_choices])
			n_choices++;
		return option->default_number >= 0 && option->default_number < (double)n_choices &&
		       option->default_number == floor(option->default_number);
	case PF_OPTION_STRING:
	default:
		return option->default_text && strlen(option->default_text) < PF_STRING_SIZE;
	}
}

static int check_option_type(const struct pf_option *option, char *reason)
{
	const bool is_int = option->type == PF_OPTION_INT;
	const bool is_number = is_int || option->type == PF_OPTION_FLOAT;

	if (is_number && !range_is_valid(option->minimum, option->maximum))
		return broken(reason, "option %s: minimum is not below maximum", option->name);
	if (is_int && (option->minimum < INT32_MIN || option->maximum > INT32_MAX))
		return broken(reason, "option %s: range does not fit 32 bits", option->name);
	if (option->type == PF_OPTION_CHOICE && (!option->choices || !option->choices[0]))
		return broken(reason, "option %s has no choices", option->name);
	if (!option_default_is_valid(option))
		return broken(reason, "option %s: default is not in its range", option->name);
	return 0;
}

static int check_option(const struct pf_driver *driver, size_t index, char *reason)
{
	const struct pf_option *option = &driver->options[index];
	const size_t size = option_size(option->type);

	if (!is_key(option->name))
		return broken(reason, "option %zu has no valid name", index);
	for (size_t i = 0; i < index; i++)
		if (strcmp(driver->options[i].name, option->name) == 0)
			return broken(reason, "two options are called %s", option->name);
	for (size_t i = 0; i < sizeof reserved_keys / sizeof *reserved_keys; i++)
		if (strcmp(reserved_keys[i], option->name) == 0)
			return broken(reason, "option %s: every sensor has that key", option->name);
	if (size == 0)
		return broken(reason, "option %s: unknown type", option->name);
	if (option->offset > driver->options_size || driver->options_size - option->offset < size)
		return broken(reason, "option %s lies outside the options", option->name);
	if (option->offset % option_alignment(option->type) != 0)
		return broken(reason, "option %s is not aligned", option->name);
	if (text_is_empty(option->help))
		return broken(reason, "option %s has no help", option->name);
	return check_option_type(option, reason);
}

static int check_options(const struct pf_driver *driver, char *reason)
{
	int r = 0;

	if (driver->n_options > 0 && !driver->options)
		return broken(reason, "it counts options and has none");
	for (size_t i = 0; i < driver->n_options && r == 0; i++)
		r = check_option(driver, i, reason);
	return r;
}

static int check_bus(const struct pf_driver *driver, char *reason)
{
	if ((int)driver->bus < 0 || driver->bus > PF_BUS_GPIO)
		return broken(reason, "unknown bus");
	if (driver->sensor && driver->bus == PF_BUS_GPIO)
		return broken(reason, "the gpio bus is for line drivers");
	if (driver->bus == PF_BUS_W1 && (!driver->families || driver->families[0] == 0))
		return broken(reason, "no 1-Wire family is given");
	if (driver->bus != PF_BUS_I2C)
		return 0;
	if (!driver->addresses || driver->addresses[0] == 0)
		return broken(reason, "no I2C address is given");
	for (const uint16_t *address = driver->addresses; *address; address++)
		if (*address < ADDRESS_MIN || *address > ADDRESS_MAX)
			return broken(reason, "0x%02x is not a 7-bit I2C address", *address);
	return 0;
}

static int check_sensor(const struct pf_driver *driver, char *reason)
{
	const struct pf_sensor_ops *ops = driver->sensor;
	int r = 0;

	if (!ops->probe || !ops->fetch || !ops->decode)
		return broken(reason, "function %s() is missing",
			!ops->probe   ? "probe"
			: !ops->fetch ? "fetch"
				      : "decode");
	if (text_is_empty(driver->datasheet))
		return broken(reason, "the datasheet is not named");
	if (driver->interval_min_ms > INTERVAL_MAX_MS)
		return broken(reason, "shortest interval is above one day");
	if (driver->raw_size == 0 || driver->raw_size > PF_RAW_SIZE_MAX)
		return broken(reason, "size of a raw sample is not 1 to %d", PF_RAW_SIZE_MAX);
	if (driver->n_channels == 0 || driver->n_channels > PF_CHANNELS_MAX || !driver->channels)
		return broken(reason, "channels are not 1 to %d", PF_CHANNELS_MAX);
	for (size_t i = 0; i < driver->n_channels && r == 0; i++)
		r = check_channel(driver, i, reason);
	return r;
}

static int check_lines(const struct pf_driver *driver, char *reason)
{
	const struct pf_line_ops *ops = driver->lines;

	if (!ops->scan || !ops->request_input || !ops->request_output || !ops->get || !ops->set ||
		!ops->event_fd || !ops->read_edges || !ops->release)
		return broken(reason, "a line function is missing");
	if (driver->n_channels > 0)
		return broken(reason, "a line driver has no channels");
	return 0;
}

int pf_driver_check(const struct pf_driver *driver, char *ret_reason)
{
	int r;

	if (driver->abi != PF_DRIVER_ABI)
		return broken(ret_reason, "it is built for driver interface %u, this is %u",
			(unsigned)driver->abi, (unsigned)PF_DRIVER_ABI);
	if (!pf_driver_name_is_valid(driver->name))
		return broken(ret_reason, "it has no valid name");
	if (text_is_empty(driver->title))
		return broken(ret_reason, "it has no title");
	if (text_is_empty(driver->example))
		return broken(ret_reason, "it has no example");
	if (!driver->sensor == !driver->lines)
		return broken(ret_reason, "it is not either a sensor or a line driver");
	r = check_bus(driver, ret_reason);
	if (r == 0)
		r = driver->sensor ? check_sensor(driver, ret_reason)
				   : check_lines(driver, ret_reason);
	if (r == 0)
		r = check_options(driver, ret_reason);
	return r;
}

const char *pf_channel_unit(const struct pf_channel *channel)
{
	static const char *const units[] = {
		[PF_QUANTITY_TEMPERATURE] = "°C",
		[PF_QUANTITY_HUMIDITY] = "%",
		[PF_QUANTITY_PRESSURE] = "hPa",
		[PF_QUANTITY_ILLUMINANCE] = "lx",
		[PF_QUANTITY_VOLTAGE] = "V",
		[PF_QUANTITY_CURRENT] = "A",
		[PF_QUANTITY_POWER] = "W",
		[PF_QUANTITY_ENERGY] = "Wh",
		[PF_QUANTITY_DISTANCE] = "m",
		[PF_QUANTITY_OTHER] = "",
	};

	if (channel->unit)
		return channel->unit;
	return units[channel->quantity];
}

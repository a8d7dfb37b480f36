/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/cli.h"
#include "hw/driver_set.h"

#define INDENT      2
#define TEXT_WIDTH  78
#define NAME_WIDTH  12
#define HEAD_WIDTH  10
#define TEXT_INDENT (INDENT + 4)

static const char *bus_name(enum pf_bus_kind bus)
{
	switch (bus) {
	case PF_BUS_I2C:
		return "i2c";
	case PF_BUS_W1:
		return "1-wire";
	case PF_BUS_GPIO:
		return "gpio";
	case PF_BUS_NONE:
	default:
		return "-";
	}
}

/* Columns of `size` bytes of UTF-8: bytes that begin a character. */
static int columns_of(const char *text, size_t size)
{
	int columns = 0;

	for (size_t i = 0; i < size; i++)
		if (((unsigned char)text[i] & 0xc0) != 0x80)
			columns++;
	return columns;
}

/* Prints a text in words, indented, in lines of TEXT_WIDTH; an empty line ends a paragraph. */
static void print_wrapped(const char *text, int indent)
{
	int used = 0;

	for (const char *word = text + strspn(text, " \n"); *word;) {
		const size_t size = strcspn(word, " \n");
		const int columns = columns_of(word, size);
		const size_t space = strspn(word + size, " \n");

		if (used > 0 && used + 1 + columns > TEXT_WIDTH) {
			printf("\n");
			used = 0;
		}
		used += used == 0 ? printf("%*s", indent, "") : printf(" ");
		printf("%.*s", (int)size, word);
		used += columns;
		if (word[size + space] && memmem(word + size, space, "\n\n", 2)) {
			printf("\n\n");
			used = 0;
		}
		word += size + space;
	}
	printf("\n");
}

/* Prints a text as it is, each line indented. */
static void print_lines(const char *text, int indent)
{
	while (*text) {
		const size_t size = strcspn(text, "\n");

		printf("%*s%.*s\n", indent, "", (int)size, text);
		text += size;
		text += *text == '\n';
	}
}

/* Prints text and fills it up with spaces to `width` columns. */
static void print_padded(const char *text, int width)
{
	const int columns = columns_of(text, strlen(text));

	printf("%s%*s", text, columns < width ? width - columns : 0, "");
}

static void print_bus(const struct pf_driver *driver)
{
	print_padded("Bus", HEAD_WIDTH);
	printf("%s", bus_name(driver->bus));
	if (driver->bus == PF_BUS_I2C) {
		printf(": bus = \"i2c-1\"; address =");
		for (size_t i = 0; driver->addresses[i]; i++)
			printf("%s 0x%02x", i == 0 ? "" : ",", (unsigned)driver->addresses[i]);
		printf("%s", driver->addresses[1] ? " (the first if not given)" : "");
	} else if (driver->bus == PF_BUS_W1) {
		printf(": id = \"28-...\" as under /sys/bus/w1/devices");
	}
	printf("\n");
}

static void print_channels(const struct pf_driver *driver)
{
	printf("\nChannels\n");
	for (size_t i = 0; i < driver->n_channels; i++) {
		const struct pf_channel *channel = &driver->channels[i];

		printf("%*s", INDENT, "");
		print_padded(channel->name, NAME_WIDTH);
		printf("  ");
		print_padded(pf_channel_unit(channel), 4);
		printf("  %g to %g, %d decimal%s\n", channel->minimum, channel->maximum,
			channel->decimals, channel->decimals == 1 ? "" : "s");
	}
}

static void print_choices(const struct pf_option *option)
{
	printf("  (one of");
	for (size_t i = 0; option->choices[i]; i++)
		printf("%s \"%s\"", i == 0 ? "" : ",", option->choices[i]);
	printf(")");
}

static void print_default(const struct pf_option *option)
{
	switch (option->type) {
	case PF_OPTION_BOOL:
		printf(" = %s", option->default_number != 0 ? "true" : "false");
		break;
	case PF_OPTION_STRING:
		printf(" = \"%s\"", option->default_text);
		break;
	case PF_OPTION_CHOICE:
		printf(" = \"%s\"", option->choices[(int32_t)option->default_number]);
		break;
	case PF_OPTION_INT:
	case PF_OPTION_FLOAT:
	default:
		printf(" = %g", option->default_number);
		break;
	}
}

static void print_option(const struct pf_option *option)
{
	static const char *const types[] = {[PF_OPTION_INT] = "whole number",
		[PF_OPTION_FLOAT] = "number",
		[PF_OPTION_BOOL] = "true or false",
		[PF_OPTION_STRING] = "text",
		[PF_OPTION_CHOICE] = "choice"};

	printf("%*s%s", INDENT, "", option->name);
	if (!option->required)
		print_default(option);
	if (option->type == PF_OPTION_CHOICE)
		print_choices(option);
	else if (option->type == PF_OPTION_INT || option->type == PF_OPTION_FLOAT)
		printf("  (%s, %g to %g)", types[option->type], option->minimum, option->maximum);
	else
		printf("  (%s)", types[option->type]);
	printf("%s\n", option->required ? ", required" : "");
	print_wrapped(option->help, TEXT_INDENT);
}

static void print_driver(const struct pf_driver *driver)
{
	printf("%s: %s\n\n", driver->name, driver->title);
	if (driver->datasheet) {
		print_padded("Datasheet", HEAD_WIDTH);
		printf("%s\n", driver->datasheet);
	}
	print_bus(driver);
	if (driver->interval_min_ms > 0) {
		print_padded("Interval", HEAD_WIDTH);
		printf("%g s or longer\n", driver->interval_min_ms / 1000.0);
	}
	if (driver->n_channels > 0)
		print_channels(driver);
	if (driver->n_options > 0)
		printf("\nOptions\n");
	for (size_t i = 0; i < driver->n_options; i++)
		print_option(&driver->options[i]);
	printf("\nExample (in %s)\n", driver->sensor ? "sensors" : "inputs or outputs");
	print_lines(driver->example, INDENT);
	if (driver->notes) {
		printf("\nNotes\n");
		print_wrapped(driver->notes, INDENT);
	}
}

static int describe_driver(struct pf_driver_set *set, const char *name)
{
	const struct pf_driver *driver;
	char reason[PF_REASON_SIZE];

	if (pf_driver_set_find(set, name, &driver, reason) < 0) {
		pf_error("%s", reason);
		return PF_EXIT_FAILURE;
	}
	print_driver(driver);
	return PF_EXIT_OK;
}

static int list_drivers(struct pf_driver_set *set)
{
	int status = PF_EXIT_OK;
	char **names = NULL;
	size_t n = 0;
	const int r = pf_driver_set_names(set, &names, &n);

	if (r < 0) {
		pf_error("cannot read the drivers in %s: %s", pf_driver_set_dir(set), strerror(-r));
		return PF_EXIT_FAILURE;
	}
	for (size_t i = 0; i < n; i++) {
		const struct pf_driver *driver;
		char reason[PF_REASON_SIZE];

		if (pf_driver_set_find(set, names[i], &driver, reason) < 0) {
			pf_error("%s", reason);
			status = PF_EXIT_FAILURE;
			continue;
		}
		print_padded(driver->name, NAME_WIDTH);
		printf("  %-6s  %s\n", bus_name(driver->bus), driver->title);
	}
	if (n == 0)
		pf_warning("there are no drivers in %s", pf_driver_set_dir(set));
	pf_driver_names_free(names, n);
	return status;
}

int pf_cli_drivers(const struct pf_cli *cli)
{
	struct pf_driver_set *set = pf_driver_set_new(cli->driver_dir);
	const int status = cli->argument ? describe_driver(set, cli->argument) : list_drivers(set);

	pf_driver_set_free(set);
	return status;
}

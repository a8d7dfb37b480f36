/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/scan.h"
#include "hw/w1.h"

#define ADDRESS_MIN 0x08
#define ADDRESS_MAX 0x77

/* A bus that hangs takes the adapter's timeout (1 s) for each address: so often is enough. */
#define TIMEOUTS_MAX 3

/* What a guess is about. */
struct place {
	enum pf_bus_kind kind;
	const char *bus; /* PF_BUS_I2C: "i2c-1" */
	uint16_t address;
	const char *id; /* PF_BUS_W1 */
};

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* Calls visit for each entry of a folder, in order; there need not be such a folder. */
static void each_entry(struct pf_scan *scan, const char *folder,
	void (*visit)(struct pf_scan *scan, const char *folder, const char *name))
{
	struct dirent **entries;
	const int n = scandir(folder, &entries, is_visible, versionsort);

	for (int i = 0; i < n; i++) {
		visit(scan, folder, entries[i]->d_name);
		free(entries[i]);
	}
	if (n >= 0)
		free(entries);
}

static bool has_address(const struct pf_driver *driver, uint16_t address)
{
	for (size_t i = 0; driver->addresses && driver->addresses[i]; i++)
		if (driver->addresses[i] == address)
			return true;
	return false;
}

/*
 * Asks a driver whether its chip is there, and what it finds out about its options (defaults so
 * far). 0; -EOPNOTSUPP: the driver cannot tell; -errno: no.
 */
static int identify(const struct pf_scan *scan, const struct pf_driver *driver,
	const struct place *place, void *found)
{
	struct pf_device device = {.found = found};
	void *options, *state;
	int r;

	if (!driver->sensor->identify)
		return -EOPNOTSUPP;
	options = pf_calloc(driver->options_size + 1, 1);
	state = pf_calloc(driver->state_size + 1, 1);
	pf_driver_default_options(driver, options);
	device.options = options;
	device.state = state;
	r = pf_board_open(scan->board, driver, place->bus, place->address, place->id, &device);
	if (r == 0) {
		r = driver->sensor->identify(&device);
		pf_board_close(scan->board, &device);
	}
	free(options);
	free(state);
	return r;
}

/* Whether the snippet would be a whole one: no option that only the owner can know. */
static bool needs_options(const struct pf_driver *driver)
{
	for (size_t i = 0; i < driver->n_options; i++)
		if (driver->options[i].required)
			return true;
	return false;
}

/* An option that was found to be other than its default. */
static void add_option(struct pf_scan *scan, const struct pf_option *option, const char *found,
	const char *defaults)
{
	const char *value = found + option->offset, *by_default = defaults + option->offset;
	int32_t whole;
	double number;

	switch (option->type) {
	case PF_OPTION_INT:
	case PF_OPTION_CHOICE:
		memcpy(&whole, value, sizeof whole);
		if (memcmp(value, by_default, sizeof whole) == 0)
			return;
		if (option->type == PF_OPTION_CHOICE)
			fprintf(scan->sensors, " %s = \"%s\";", option->name,
				option->choices[whole]);
		else
			fprintf(scan->sensors, " %s = %d;", option->name, (int)whole);
		break;
	case PF_OPTION_FLOAT:
		memcpy(&number, value, sizeof number);
		if (memcmp(value, by_default, sizeof number) != 0)
			fprintf(scan->sensors, " %s = %#.10g;", option->name, number);
		break;
	case PF_OPTION_BOOL:
		if (*(const bool *)value != *(const bool *)by_default)
			fprintf(scan->sensors, " %s = %s;", option->name,
				*(const bool *)value ? "true" : "false");
		break;
	case PF_OPTION_STRING:
		if (strcmp(value, by_default) != 0)
			fprintf(scan->sensors, " %s = \"%s\";", option->name, value);
		break;
	}
}

static void add_snippet(struct pf_scan *scan, const struct pf_driver *driver,
	const struct place *place, const char *found)
{
	char *defaults;

	if (needs_options(driver))
		return;
	if (place->kind == PF_BUS_I2C)
		fprintf(scan->sensors,
			"  { name = \"%s-%s-%02x\"; driver = \"%s\"; bus = \"%s\"; address = "
			"0x%02x;",
			driver->name, strchr(place->bus, '-') + 1, (unsigned)place->address,
			driver->name, place->bus, (unsigned)place->address);
	else
		fprintf(scan->sensors, "  { name = \"%s-%s\"; driver = \"%s\"; id = \"%s\";",
			driver->name, place->id, driver->name, place->id);
	defaults = pf_calloc(driver->options_size + 1, 1);
	pf_driver_default_options(driver, defaults);
	for (size_t i = 0; i < driver->n_options; i++)
		add_option(scan, &driver->options[i], found, defaults);
	free(defaults);
	fprintf(scan->sensors, " },\n");
}

/* Prints what it may be that is there; the first driver that is sure becomes a snippet. */
static void guess(struct pf_scan *scan, const struct place *place)
{
	bool sure = false, any = false;

	for (size_t i = 0; i < scan->n_drivers; i++) {
		const struct pf_driver *driver = scan->drivers[i];
		char *found;
		int r;

		if (driver->bus != place->kind || !driver->sensor ||
			(place->kind == PF_BUS_I2C && !has_address(driver, place->address)))
			continue;
		found = pf_calloc(driver->options_size + 1, 1);
		pf_driver_default_options(driver, found);
		r = identify(scan, driver, place, found);
		if (r == 0 || r == -EOPNOTSUPP) {
			printf("%s%s%s: %s", any ? "; or " : "", r ? "perhaps " : "", driver->name,
				driver->title);
			any = true;
		}
		if (r == 0 && !sure) {
			sure = true;
			add_snippet(scan, driver, place, found);
		}
		free(found);
	}
	if (!any && place->id && strncmp(place->id, "00-", 3) == 0)
		printf("no sensor: the bus has no pull-up resistor (4.7 kOhm to 3.3 V)\n");
	else
		printf("%s\n", any ? "" : "something that no driver here knows");
}

/* false: the rest of the bus need not be asked. */
static bool scan_address(
	struct pf_scan *scan, const char *bus, uint16_t address, int *answers, int *timeouts)
{
	const struct place place = {.kind = PF_BUS_I2C, .bus = bus, .address = address};
	char reason[PF_REASON_SIZE] = "";
	const int r = pf_board_detect(scan->board, bus, address, reason);

	if (r == 0) {
		printf("#   0x%02x  ", (unsigned)address);
		guess(scan, &place);
		++*answers;
	} else if (r == -EBUSY) {
		printf("#   0x%02x  %s\n", (unsigned)address, reason);
		++*answers;
	} else if (r == -ETIMEDOUT && ++*timeouts == TIMEOUTS_MAX) {
		printf("#   the bus hangs: no answer in time\n");
		return false;
	} else if (r == -ENOENT || r == -EACCES || r == -EPERM) {
		printf("#   %s\n", reason);
		return false;
	} else if (r == -EOPNOTSUPP) {
		printf("#   the adapter cannot look for chips\n");
		return false;
	}
	return true;
}

static void scan_bus(struct pf_scan *scan, const char *folder, const char *name)
{
	const char *digits = name + strlen("i2c-");
	int answers = 0, timeouts = 0;
	bool go_on = true;

	(void)folder;
	if (strncmp(name, "i2c-", strlen("i2c-")) != 0 || !*digits ||
		strspn(digits, "0123456789") != strlen(digits))
		return;
	printf("#\n# I2C bus %s\n", name);
	for (unsigned address = ADDRESS_MIN; address <= ADDRESS_MAX && go_on; address++)
		go_on = scan_address(scan, name, (uint16_t)address, &answers, &timeouts);
	if (go_on && !answers)
		printf("#   nothing answers\n");
}

void pf_scan_i2c(struct pf_scan *scan)
{
	each_entry(scan, pf_board_i2c_dir(scan->board), scan_bus);
}

static void scan_slave(struct pf_scan *scan, const char *folder, const char *name)
{
	const struct place place = {.kind = PF_BUS_W1, .id = name};

	(void)folder;
	if (!pf_w1_id_is_valid(name))
		return;
	printf("#   %s  ", name);
	guess(scan, &place);
}

void pf_scan_w1(struct pf_scan *scan)
{
	char *folder = pf_format("%s/bus/w1/devices", pf_board_sysfs(scan->board));
	DIR *there = opendir(folder);

	if (there) {
		(void)closedir(there);
		printf("#\n# 1-Wire sensors\n");
		each_entry(scan, folder, scan_slave);
	}
	free(folder);
}

/* Prints a device of the kernel by the text in its file `name`. */
static void print_kernel_device(struct pf_scan *scan, const char *folder, const char *name)
{
	char *path = pf_format("%s/%s/name", folder, name);
	FILE *file = fopen(path, "re");
	char text[64] = "";

	(void)scan;
	free(path);
	if (!file)
		return;
	if (!fgets(text, sizeof text, file))
		text[0] = '\0';
	(void)fclose(file);
	text[strcspn(text, "\n")] = '\0';
	printf("# %s/%s: %s, read by the kernel\n", folder, name, text);
}

void pf_scan_kernel_sensors(struct pf_scan *scan)
{
	const char *sysfs = pf_board_sysfs(scan->board);
	char *iio = pf_format("%s/bus/iio/devices", sysfs);
	char *hwmon = pf_format("%s/class/hwmon", sysfs);

	printf("#\n");
	each_entry(scan, iio, print_kernel_device);
	each_entry(scan, hwmon, print_kernel_device);
	free(iio);
	free(hwmon);
}

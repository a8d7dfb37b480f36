/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Lines of the kernel's GPIO chips: the descriptor, and what does not depend on libgpiod's version.
 */

#include <dirent.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lines.h"

/* Buses on which a transfer can take long: lines behind them are worked off the main loop. */
static const char *const slow_buses[] = {"i2c", "spi", "usb", "w1"};

int pf_gpio_path(const char *chip, char ret_path[PF_GPIO_PATH_SIZE])
{
	if (!chip[0] || strchr(chip, '/') || strlen(chip) > NAME_MAX)
		return -ENODEV;
	(void)snprintf(ret_path, PF_GPIO_PATH_SIZE, "/dev/%s", chip);
	return 0;
}

void pf_gpio_copy_name(char field[32], const char *name)
{
	(void)snprintf(field, 32, "%s", name ? name : "");
}

bool pf_gpio_lacks_edges(int error)
{
	/* ENODEV or ENXIO: no interrupt belongs to the line; 524 is the kernel's own ENOTSUPP */
	return error == -ENODEV || error == -ENXIO || error == -EINVAL || error == -EOPNOTSUPP ||
	       error == -524;
}

static bool is_slow_bus(const char *device_path)
{
	char link[PATH_MAX], target[PATH_MAX];
	const char *bus;
	ssize_t size;

	if (snprintf(link, sizeof link, "%s/subsystem", device_path) >= (int)sizeof link)
		return false;
	size = readlink(link, target, sizeof target - 1);
	if (size < 0)
		return false;
	target[size] = '\0';
	bus = strrchr(target, '/');
	for (size_t i = 0; bus && i < sizeof slow_buses / sizeof *slow_buses; i++)
		if (strcmp(bus + 1, slow_buses[i]) == 0)
			return true;
	return false;
}

/* The device of a slow bus that is nearest above the chip in sysfs: "1-0020" for an expander. */
static void find_parent(const char *chip, char parent[32])
{
	char link[PATH_MAX], path[PATH_MAX];
	char *slash;

	parent[0] = '\0';
	(void)snprintf(link, sizeof link, "/sys/bus/gpio/devices/%s", chip);
	if (!realpath(link, path))
		return;
	/* the last component is the chip itself */
	while ((slash = strrchr(path, '/')) && slash != path) {
		*slash = '\0';
		if (is_slow_bus(path)) {
			pf_gpio_copy_name(parent, strrchr(path, '/') + 1);
			return;
		}
	}
}

/* Raspberry Pi OS links /dev/gpiochip4 to gpiochip0: links are left out, or lines appear twice. */
static int is_chip(const struct dirent *entry)
{
	char path[PF_GPIO_PATH_SIZE];
	struct stat status;

	if (strncmp(entry->d_name, "gpiochip", strlen("gpiochip")) != 0)
		return 0;
	return pf_gpio_path(entry->d_name, path) == 0 && lstat(path, &status) == 0 &&
	       S_ISCHR(status.st_mode);
}

static int scan_chip(const char *chip, int (*visit)(const struct pf_line_info *info, void *user),
	void *user, int *ret_visit)
{
	struct pf_line_info info = {.offset = 0};
	char path[PF_GPIO_PATH_SIZE];
	int r;

	r = pf_gpio_path(chip, path);
	if (r)
		return r;
	pf_gpio_copy_name(info.chip, chip);
	find_parent(chip, info.parent);
	return pf_gpio_scan_chip(path, &info, visit, user, ret_visit);
}

/* An error of this process, which says nothing of the machine's chips. */
static bool is_ours(int error)
{
	return error == -EMFILE || error == -ENFILE || error == -ENOMEM;
}

int pf_gpio_scan(void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user)
{
	struct dirent **entries;
	int result = -ENODEV, visited = 0;
	int n;

	(void)board;
	n = scandir("/dev", &entries, is_chip, versionsort);
	if (n < 0)
		return is_ours(-errno) ? -errno : -ENODEV;
	for (int i = 0; i < n; i++) {
		const int r = visited ? 0 : scan_chip(entries[i]->d_name, visit, user, &visited);

		if (r == 0)
			result = 0;
		else if ((r == -EACCES || r == -EPERM) && result)
			result = -EACCES;
		else if (is_ours(r))
			visited = r;
		free(entries[i]);
	}
	free(entries);
	return visited ? visited : result;
}

static const struct pf_driver gpio = {
	.abi = PF_DRIVER_ABI,
	.name = "gpio",
	.title = "Lines of the kernel's GPIO chips",
	.datasheet = "Linux kernel, Documentation/userspace-api/gpio/chardev.rst",
	.bus = PF_BUS_GPIO,
	.example = "{ name = \"door\"; line = \"GPIO17\"; bias = \"up\"; active_low = true; }",
	.notes =
		"Works with every chip that the kernel knows: the 40-pin header, and expanders "
		"such as "
		"MCP23017 or PCF8574 once a device tree overlay has made them a chip of their own. "
		"`pinferry scan` lists all lines and who uses them.\n"
		"\n"
		"An output is requested with its direction and its first level in one step, so it "
		"does "
		"not flicker. With initial = \"keep\" it takes over the level that it drives "
		"already; a "
		"line that the kernel has turned back into an input meanwhile is taken as off. "
		"When "
		"Pinferry gives a line back, the kernel decides what becomes of it: Raspberry Pi "
		"kernels "
		"keep the level, other kernels may not.\n"
		"\n"
		"An input reports each change with the kernel's time stamp. Between two reads the "
		"kernel "
		"keeps 16 changes per line with libgpiod 1.6 (Debian 12) and drops the rest "
		"unheard; with "
		"libgpiod 2 (Debian 13) it keeps 1024 and tells how many are missing. Inputs of "
		"chips "
		"without interrupts are polled. The resistor for pull-up or pull-down (bias) is "
		"the "
		"chip's: where it has none, the kernel may ignore the setting without an error.\n"
		"\n"
		"Expanders: the kernel's drivers of MCP23017, PCF8574 and PCA9555 report success "
		"when the chip did not answer, so each level is read back, and what differs is a "
		"fault. Before Linux 6.12 an MCP23017 that is unplugged reads low without an "
		"error: an input of it cannot be told from one that is low, and an output that is "
		"off from one that is gone. One that has lost its power is not set up again by "
		"its driver: what was on stays a fault until the driver is bound anew. bias is "
		"taken without an error and does nothing on all three.\n"
		"\n"
		"A line that is in use elsewhere (by the kernel, or by another program) is "
		"reported as "
		"busy, with the user's name, and taken as soon as it is free. The same goes for a "
		"chip "
		"that is unplugged and comes back.",
	.lines = &pf_gpio_line_ops,
};
PF_DRIVER(gpio);

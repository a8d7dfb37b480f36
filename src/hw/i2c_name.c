/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/i2c_name.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"

#define ADAPTER_NAME_SIZE 64 /* the kernel's have 48 bytes */

/* Source: kernel Documentation/i2c/i2c-topology.rst, Documentation/ABI/testing/sysfs-bus-i2c*. */
static const char devices[] = "bus/i2c/devices";

static bool is_number(const char *text)
{
	return *text && strlen(text) <= 4 && strspn(text, "0123456789") == strlen(text);
}

static bool is_bus(const char *name)
{
	return strncmp(name, "i2c-", 4) == 0 && is_number(name + 4);
}

static int refuse(const char *bus, char *ret_reason)
{
	pf_explain(ret_reason, "\"%.60s\" is not an I2C bus such as \"i2c-1\"", bus);
	return -EINVAL;
}

/* Where a link ends: at a bus, or at nothing that we open. */
static int take_target(const char *path, const char *bus, char *ret_name, char *ret_reason)
{
	char *const target = realpath(path, NULL);
	const char *const name = target ? strrchr(target, '/') + 1 : NULL;
	int r = 0;

	if (!target) {
		pf_explain(ret_reason, "there is no I2C bus \"%.60s\"", bus);
		r = -ENODEV;
	} else if (!is_bus(name)) {
		r = refuse(bus, ret_reason);
	} else {
		memcpy(ret_name, name, strlen(name) + 1);
	}
	free(target);
	return r;
}

/* "1-0070/channel-1": the kernel has a link of that name in the multiplexer's folder. */
static bool is_channel(const char *bus)
{
	const char *dash = strchr(bus, '-'), *slash = dash ? strchr(dash, '/') : NULL;

	return slash && slash - dash == 5 && dash > bus &&
	       strspn(bus, "0123456789") == (size_t)(dash - bus) &&
	       strspn(dash + 1, "0123456789abcdef") == 4 && strncmp(slash, "/channel-", 9) == 0 &&
	       is_number(slash + 9);
}

static int resolve_channel(const char *sysfs, const char *bus, char *ret_name, char *ret_reason)
{
	char *path = pf_format("%s/%s/%s", sysfs, devices, bus);
	const int r = take_target(path, bus, ret_name, ret_reason);

	free(path);
	return r;
}

/* Whether the adapter of a bus has this name. */
static bool is_named(const char *sysfs, const char *bus, const char *name)
{
	char *path = pf_format("%s/%s/%s/name", sysfs, devices, bus), text[ADAPTER_NAME_SIZE];
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof text - 1);

	free(path);
	if (fd >= 0)
		close(fd);
	if (n <= 0)
		return false;
	text[n] = '\0';
	text[strcspn(text, "\n")] = '\0';
	return strcmp(text, name) == 0;
}

static int resolve_adapter(const char *sysfs, const char *bus, char *ret_name, char *ret_reason)
{
	char *path = pf_format("%s/%s", sysfs, devices);
	DIR *folder = opendir(path);
	const struct dirent *entry;
	char name[PF_I2C_NAME_SIZE] = "";
	unsigned n = 0;

	free(path);
	while (folder && (entry = readdir(folder)) != NULL) {
		if (!is_bus(entry->d_name) || !is_named(sysfs, entry->d_name, bus))
			continue;
		memcpy(name, entry->d_name, strlen(entry->d_name) + 1);
		n++;
	}
	if (folder)
		closedir(folder);
	if (n == 1) {
		memcpy(ret_name, name, sizeof name);
		return 0;
	}
	pf_explain(ret_reason,
		n ? "there are several I2C adapters named \"%.60s\""
		  : "there is no I2C adapter named \"%.60s\"",
		bus);
	return -ENODEV;
}

int pf_i2c_name_resolve(const char *sysfs, const char *bus, char ret_name[PF_I2C_NAME_SIZE],
	char ret_reason[PF_REASON_SIZE])
{
	const char *const bare = strncmp(bus, "/dev/", 5) == 0 ? bus + 5 : bus;

	if (is_bus(bare)) {
		memcpy(ret_name, bare, strlen(bare) + 1);
		return 0;
	}
	if (bare != bus && !strstr(bus, ".."))
		return take_target(bus, bus, ret_name, ret_reason);
	if (is_channel(bus))
		return resolve_channel(sysfs, bus, ret_name, ret_reason);
	if (!*bus || strchr(bus, '/') || is_number(bus) || strncmp(bus, "i2c-", 4) == 0)
		return refuse(bus, ret_reason);
	return resolve_adapter(sysfs, bus, ret_name, ret_reason);
}

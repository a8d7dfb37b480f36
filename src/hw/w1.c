/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Source: kernel Documentation/w1/w1-generic.rst, slaves/w1_therm.rst. */

#include "hw/w1.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/memory.h"

#define MASTER_WORD "w1_bus_master"

/* What device->bus points to: the folder of the slave, as text. */
struct w1_slave {
	char *path;
};

bool pf_w1_id_is_valid(const char *id)
{
	static const char hex[] = "0123456789abcdef";

	return strspn(id, hex) == 2 && id[2] == '-' && strspn(id + 3, hex) == 12 && id[15] == '\0';
}

/* Opens an attribute; -ENODEV if the whole slave is gone. */
static int open_attribute(const struct pf_device *device, const char *attribute, int flags)
{
	const struct w1_slave *slave = device->bus;
	char *path = pf_format("%s/%s", slave->path, attribute);
	const int fd = open(path, flags | O_CLOEXEC);
	int r = fd < 0 ? -errno : fd;

	free(path);
	if (r == -ENOENT && access(slave->path, F_OK) < 0)
		r = -ENODEV;
	return r;
}

static int read_attribute(
	const struct pf_device *device, const char *attribute, char *buffer, size_t size)
{
	const int fd = open_attribute(device, attribute, O_RDONLY);
	size_t used = 0;
	ssize_t n = 0;

	if (fd < 0)
		return fd;
	while (used < size) {
		n = read(fd, buffer + used, size - used);
		if (n <= 0)
			break;
		used += (size_t)n;
	}
	if (n < 0)
		n = -errno;
	(void)close(fd);
	return n < 0 ? (int)n : (int)used;
}

static int write_attribute(const struct pf_device *device, const char *attribute, const char *text)
{
	const int fd = open_attribute(device, attribute, O_WRONLY);
	const size_t size = strlen(text);
	ssize_t n;
	int r = 0;

	if (fd < 0)
		return fd;
	n = write(fd, text, size);
	if (n < 0)
		r = -errno;
	else if ((size_t)n < size)
		r = -EIO;
	(void)close(fd);
	return r;
}

const struct pf_w1_ops pf_w1_ops = {.read = read_attribute, .write = write_attribute};

/* The folder of a slave, to be freed. 0 or a negative errno with ret_reason. */
static int find_slave(const char *sysfs, const char *id, char **ret_path, char *ret_reason)
{
	char *path = pf_format("%s/bus/w1/devices/%s", sysfs, id);
	int r = 0;

	if (access(path, F_OK) < 0) {
		r = -ENODEV;
		*strrchr(path, '/') = '\0';
		if (access(path, F_OK) < 0)
			r = -ENOENT;
	}
	if (r == -ENOENT)
		pf_explain(ret_reason, "there is no 1-Wire bus (is it enabled?)");
	else if (r == -ENODEV)
		pf_explain(ret_reason, "no sensor %s is on the 1-Wire bus", id);
	if (r < 0)
		free(path);
	else
		*ret_path = path;
	return r;
}

int pf_w1_open(const char *sysfs, struct pf_device *device)
{
	struct w1_slave *slave;
	char *path;
	const int r = find_slave(sysfs, device->id, &path, device->reason);

	if (r < 0)
		return r;
	slave = pf_calloc(1, sizeof *slave);
	slave->path = path;
	device->w1 = &pf_w1_ops;
	device->bus = slave;
	return 0;
}

int pf_w1_master(
	const char *sysfs, const char *id, char ret_master[PF_W1_MASTER_SIZE], char *ret_reason)
{
	char *path, *slave, *end, *master;
	const int r = find_slave(sysfs, id, &path, ret_reason);

	if (r < 0)
		return r;
	/* a link to .../w1_bus_master1/28-0316a2795aff */
	slave = realpath(path, NULL);
	end = slave ? strrchr(slave, '/') : NULL;
	if (end)
		*end = '\0';
	master = end ? strrchr(slave, '/') : NULL;
	if (master && strncmp(master + 1, MASTER_WORD, strlen(MASTER_WORD)) == 0)
		(void)snprintf(ret_master, PF_W1_MASTER_SIZE, "%s", master + 1);
	else
		(void)snprintf(ret_master, PF_W1_MASTER_SIZE, "%s", PF_W1_MASTER_ANY);
	free(slave);
	free(path);
	return 0;
}

void pf_w1_close(struct pf_device *device)
{
	struct w1_slave *slave = device->bus;

	free(slave->path);
	free(slave);
	device->bus = NULL;
	device->w1 = NULL;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* I2C buses by number, path, channel and adapter, on a sysfs made for the test. */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../t.h"
#include "base/memory.h"
#include "hw/i2c_name.h"

static char name[PF_I2C_NAME_SIZE], reason[PF_REASON_SIZE];

static void make_adapter(const char *bus, const char *text)
{
	char *folder = pf_format("%s/bus/i2c/devices/%s", t_temp_dir(), bus);
	char *path = pf_format("%s/name", folder);
	FILE *file;

	(void)mkdir(folder, 0777);
	file = fopen(path, "w");
	if (file) {
		(void)fprintf(file, "%s\n", text);
		(void)fclose(file);
	}
	free(path);
	free(folder);
}

static void make_folder(const char *text)
{
	char *path = pf_format("%s/%s", t_temp_dir(), text);

	(void)mkdir(path, 0777);
	free(path);
}

/* Several tests make the same folder. */
static void make_link(const char *target, const char *path)
{
	T_TRUE(symlink(target, path) == 0 || errno == EEXIST);
}

static void begin(void)
{
	char *link, *target;

	make_folder("bus");
	make_folder("bus/i2c");
	make_folder("bus/i2c/devices");
	make_adapter("i2c-1", "bcm2835 (i2c@7e804000)");
	make_adapter("i2c-7", "CP2112 SMBus Bridge on hidraw0");
	make_adapter("i2c-8", "twin");
	make_adapter("i2c-9", "twin");
	make_adapter("1-0070", "pca9548");
	link = pf_format("%s/bus/i2c/devices/1-0070/channel-1", t_temp_dir());
	target = pf_format("%s/bus/i2c/devices/i2c-7", t_temp_dir());
	make_link(target, link);
	free(link);
	link = pf_format("%s/bus/i2c/devices/1-0070/channel-2", t_temp_dir());
	make_link("/etc/passwd", link);
	free(link);
	free(target);
}

static int resolve(const char *bus)
{
	name[0] = reason[0] = '\0';
	return pf_i2c_name_resolve(t_temp_dir(), bus, name, reason);
}

static void each_way_to_name_a_bus_leads_there(void)
{
	begin();
	T_INT(resolve("i2c-4"), 0);
	T_STR(name, "i2c-4");
	T_INT(resolve("/dev/i2c-12"), 0);
	T_STR(name, "i2c-12");
	T_INT(resolve("bcm2835 (i2c@7e804000)"), 0);
	T_STR(name, "i2c-1");
	T_INT(resolve("CP2112 SMBus Bridge on hidraw0"), 0);
	T_STR(name, "i2c-7");
	T_INT(resolve("1-0070/channel-1"), 0);
	T_STR(name, "i2c-7");
}

static void what_is_no_bus_is_never_opened(void)
{
	static const char *const bad[] = {"", "1", "/etc/passwd", "../i2c-1", "i2c-1/../x", "a/b",
		"/sys/bus/i2c", "x-0070/channel-1", "/dev/null", "/dev/../etc/passwd", "i2c-",
		"i2c-1x", "i2c-12345"};

	begin();
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		T_INT(resolve(bad[i]), -EINVAL);
		T_HAS(reason, "is not an I2C bus");
		T_STR(name, "");
	}
	T_INT(resolve("1-0070/channel-2"), -EINVAL);
	T_STR(name, "");
}

static void what_is_not_there_or_twice_is_told(void)
{
	begin();
	T_INT(resolve("CP2112"), -ENODEV);
	T_STR(reason, "there is no I2C adapter named \"CP2112\"");
	T_INT(resolve("twin"), -ENODEV);
	T_STR(reason, "there are several I2C adapters named \"twin\"");
	T_INT(resolve("1-0070/channel-5"), -ENODEV);
	T_STR(reason, "there is no I2C bus \"1-0070/channel-5\"");
	T_INT(resolve("/dev/i2c-sensors-not-there"), -ENODEV);
}

T_MAIN("i2c_name", T(each_way_to_name_a_bus_leads_there), T(what_is_no_bus_is_never_opened),
	T(what_is_not_there_or_twice_is_told))

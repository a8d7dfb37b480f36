/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../bench.h"
#include "../t.h"
#include "hw/driver_set.h"

/* Folder of the modules that are broken on purpose. */
static const char *broken_dir(void)
{
	static char path[512];
	const char *build = getenv("top_builddir");

	(void)snprintf(path, sizeof path, "%s/tests/modules/.libs", build ? build : ".");
	return path;
}

/* What find() says in a folder; the reason is valid until the next call. */
static const char *refusal(const char *directory, const char *name, int expected)
{
	static char reason[PF_REASON_SIZE];
	struct pf_driver_set *set = pf_driver_set_new(directory);
	const struct pf_driver *driver = NULL;

	reason[0] = '\0';
	T_INT(pf_driver_set_find(set, name, &driver, reason), expected);
	T_TRUE(driver == NULL);
	pf_driver_set_free(set);
	return reason;
}

static void another_abi_is_refused_before_the_rest_is_read(void)
{
	char expected[PF_REASON_SIZE];

	(void)snprintf(expected, sizeof expected,
		"driver other_abi: built for driver interface %d, this Pinferry has %d: build it "
		"anew",
		PF_DRIVER_ABI + 1, PF_DRIVER_ABI);
	T_STR(refusal(broken_dir(), "other_abi", -EPROTO), expected);
}

static void a_module_without_descriptor_is_refused(void)
{
	T_HAS(refusal(broken_dir(), "no_symbol", -ENOEXEC), "no PF_DRIVER() descriptor");
	T_HAS(refusal(broken_dir(), "null_symbol", -ENOEXEC), "no PF_DRIVER() descriptor");
}

static void a_missing_function_is_named(void)
{
	T_HAS(refusal(broken_dir(), "no_decode", -ENOEXEC), "function decode() is missing");
}

static void a_module_under_another_name_is_refused(void)
{
	T_HAS(refusal(broken_dir(), "other_name", -ENOEXEC), "calls itself \"somebody\"");
}

static void garbage_is_refused(void)
{
	char directory[512];

	t_write_file("bad/text.so",
		"this is no module, and long enough to have the header of one if it were one\n");
	t_write_file("bad/empty.so", "");
	t_write_file("bad/elf.so", "\177ELF\002\001\001");
	(void)snprintf(directory, sizeof directory, "%s/bad", t_temp_dir());
	T_STR(refusal(directory, "text", -ENOEXEC),
		"driver text: not a module that can be loaded: invalid ELF header");
	T_HAS(refusal(directory, "empty", -ENOEXEC), "driver empty: not a module");
	T_HAS(refusal(directory, "elf", -ENOEXEC), "driver elf: not a module");
}

static void a_missing_driver_is_explained(void)
{
	T_STR(refusal(bench_driver_dir(), "bme820", -ENOENT),
		"there is no driver \"bme820\", did you mean \"bme280\"?");
	T_HAS(refusal("/nonexistent", "bme280", -ENOENT),
		"there is no driver \"bme280\" in /nonexistent");
}

static void a_name_cannot_be_a_path(void)
{
	static const char *const names[] = {"", "..", "../drivers/.libs/bme280", "/tmp/x", "a b",
		"bme280.so", "-x", "ü", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		T_HAS(refusal(bench_driver_dir(), names[i], -ENOENT), "cannot be a driver's name");
}

static void a_driver_is_loaded_once(void)
{
	struct pf_driver_set *set = pf_driver_set_new(broken_dir());
	const struct pf_driver *first = NULL, *second = NULL;
	char reason[PF_REASON_SIZE];

	T_INT(pf_driver_set_find(set, "whole", &first, reason), 0);
	T_INT(pf_driver_set_find(set, "whole", &second, reason), 0);
	T_TRUE(first && first == second);
	T_STR(first->name, "whole");
	pf_driver_set_free(set);
	pf_driver_set_free(NULL);
}

static void all_modules_are_listed_in_order(void)
{
	char directory[512];
	struct pf_driver_set *set;
	char **names = NULL;
	size_t n = 0;

	t_write_file("list/zebra.so", "");
	t_write_file("list/ant.so", "");
	t_write_file("list/notes.txt", "");
	t_write_file("list/.so", "");
	t_write_file("list/with space.so", "");
	t_write_file("list/moth.so.1", "");
	(void)snprintf(directory, sizeof directory, "%s/list", t_temp_dir());
	set = pf_driver_set_new(directory);
	T_INT(pf_driver_set_names(set, &names, &n), 0);
	if (T_INT(n, 2)) {
		T_STR(names[0], "ant");
		T_STR(names[1], "zebra");
	}
	pf_driver_names_free(names, n);
	pf_driver_set_free(set);
	set = pf_driver_set_new("/nonexistent");
	T_INT(pf_driver_set_names(set, &names, &n), -ENOENT);
	pf_driver_set_free(set);
}

static void a_configuration_replaces_only_the_built_in_folder(void)
{
	struct pf_driver_set *set = pf_driver_set_new(NULL);

	T_HAS(pf_driver_set_dir(set), "pinferry/drivers");
	pf_driver_set_use_dir(set, "/elsewhere");
	T_STR(pf_driver_set_dir(set), "/elsewhere");
	pf_driver_set_free(set);
	set = pf_driver_set_new("/mine");
	pf_driver_set_use_dir(set, "/elsewhere");
	T_STR(pf_driver_set_dir(set), "/mine");
	pf_driver_set_free(set);
}

/* ---- the rules of pinferry/driver.h
 * --------------------------------------------------------------*/

/* A descriptor that can be changed, with all that it points to. */
struct draft {
	struct pf_driver driver;
	struct pf_sensor_ops ops;
	struct pf_channel channels[2];
	struct pf_option options[2];
	uint16_t addresses[2];
};

static const char *const draft_choices[] = {"a", "b", NULL};

static int draft_probe(struct pf_device *device)
{
	(void)device;
	return 0;
}

static int draft_fetch(struct pf_device *device, uint8_t *raw)
{
	(void)device;
	(void)raw;
	return 0;
}

static int draft_decode(const struct pf_device *device, const uint8_t *raw, size_t raw_size,
	struct pf_sample *sample)
{
	(void)device;
	(void)raw;
	(void)raw_size;
	(void)sample;
	return 0;
}

static void draft_init(struct draft *draft)
{
	*draft = (struct draft){
		.ops = {.probe = draft_probe, .fetch = draft_fetch, .decode = draft_decode},
		.channels = {{.name = "one", .decimals = 1, .minimum = -1, .maximum = 1},
			{.name = "two", .decimals = 1, .minimum = -1, .maximum = 1}},
		.options = {{.name = "gain", .type = PF_OPTION_INT, .maximum = 8, .help = "Gain."},
			{.name = "mode",
				.type = PF_OPTION_CHOICE,
				.offset = 4,
				.choices = draft_choices,
				.help = "Mode."}},
		.addresses = {0x40},
	};
	draft->driver = (struct pf_driver){.abi = PF_DRIVER_ABI,
		.name = "draft",
		.title = "a draft",
		.datasheet = "none",
		.bus = PF_BUS_I2C,
		.addresses = draft->addresses,
		.channels = draft->channels,
		.n_channels = 2,
		.options = draft->options,
		.n_options = 2,
		.options_size = 8,
		.raw_size = 4,
		.example = "{ }",
		.sensor = &draft->ops};
}

static const struct pf_line_ops no_lines = {0};

/* Changes a good draft with the statement, and checks that the rule named in the reason is found.
 */
#define T_BREAKS(statement, part)                                                                  \
	do {                                                                                       \
		struct draft d;                                                                    \
		char reason[PF_REASON_SIZE] = "";                                                  \
                                                                                                   \
		draft_init(&d);                                                                    \
		statement;                                                                         \
		T_INT(pf_driver_check(&d.driver, reason), -ENOEXEC);                               \
		T_HAS(reason, part);                                                               \
	} while (0)

static void a_good_descriptor_is_accepted(void)
{
	struct draft d;
	char reason[PF_REASON_SIZE] = "";

	draft_init(&d);
	T_INT(pf_driver_check(&d.driver, reason), 0);
	T_STR(reason, "");
}

static void descriptors_keep_the_rules(void)
{
	T_BREAKS(d.driver.abi = 7, "interface 7");
	T_BREAKS(d.driver.name = NULL, "no valid name");
	T_BREAKS(d.driver.name = "a/b", "no valid name");
	T_BREAKS(d.driver.title = NULL, "no title");
	T_BREAKS(d.driver.title = "", "no title");
	T_BREAKS(d.driver.datasheet = NULL, "datasheet");
	T_BREAKS(d.driver.example = NULL, "no example");
	T_BREAKS(d.driver.sensor = NULL, "not either");
	T_BREAKS(d.driver.lines = &no_lines, "not either");
	T_BREAKS(d.driver.bus = (enum pf_bus_kind)9, "unknown bus");
	T_BREAKS(d.driver.bus = PF_BUS_GPIO, "for line drivers");
	T_BREAKS(d.driver.addresses = NULL, "no I2C address");
	T_BREAKS(d.addresses[0] = 0, "no I2C address");
	T_BREAKS(d.addresses[0] = 0x90, "0x90 is not");
	T_BREAKS(d.addresses[0] = 0x07, "0x07 is not");
	T_BREAKS(d.ops.probe = NULL, "probe()");
	T_BREAKS(d.ops.fetch = NULL, "fetch()");
	T_BREAKS(d.ops.decode = NULL, "decode()");
	T_BREAKS(d.driver.raw_size = 0, "raw sample");
	T_BREAKS(d.driver.raw_size = PF_RAW_SIZE_MAX + 1, "raw sample");
	T_BREAKS(d.driver.interval_min_ms = 86400001, "interval");
	T_BREAKS((d.driver.sensor = NULL, d.driver.lines = &no_lines), "line function");
}

static void channels_keep_the_rules(void)
{
	T_BREAKS(d.driver.n_channels = 0, "channels are not 1 to 16");
	T_BREAKS(d.driver.n_channels = 17, "channels are not 1 to 16");
	T_BREAKS(d.driver.channels = NULL, "channels are not 1 to 16");
	T_BREAKS(d.channels[1].name = NULL, "channel 1 has no valid name");
	T_BREAKS(d.channels[1].name = "Two", "channel 1 has no valid name");
	T_BREAKS(d.channels[1].name = "a/b", "channel 1 has no valid name");
	T_BREAKS(d.channels[1].name = "a#", "channel 1 has no valid name");
	T_BREAKS(d.channels[1].name = "one", "two channels are called one");
	T_BREAKS(d.channels[0].quantity = (enum pf_quantity)99, "quantity");
	T_BREAKS(d.channels[0].quantity = PF_QUANTITY_OTHER, "no unit");
	T_BREAKS(d.channels[0].decimals = 7, "decimals");
	T_BREAKS(d.channels[0].decimals = -1, "decimals");
	T_BREAKS(d.channels[0].maximum = -1, "minimum is not below");
	T_BREAKS(d.channels[0].maximum = NAN, "minimum is not below");
	T_BREAKS(d.channels[0].maximum = INFINITY, "minimum is not below");
}

static void options_keep_the_rules(void)
{
	T_BREAKS(d.driver.options = NULL, "counts options");
	T_BREAKS(d.options[1].name = "Mode", "option 1 has no valid name");
	T_BREAKS(d.options[1].name = "gain", "two options are called gain");
	T_BREAKS(d.options[1].name = "interval_s", "every sensor has that key");
	T_BREAKS(d.options[1].type = (enum pf_option_type)9, "unknown type");
	T_BREAKS(d.options[1].help = NULL, "no help");
	T_BREAKS(d.options[1].offset = 5, "outside the options");
	T_BREAKS((d.driver.options_size = 16, d.options[1].offset = 6), "not aligned");
	T_BREAKS(d.options[1].offset = SIZE_MAX, "outside the options");
	T_BREAKS(d.options[1].choices = NULL, "no choices");
	T_BREAKS(d.options[1].default_number = 2, "default is not in its range");
	T_BREAKS(d.options[1].default_number = 0.5, "default is not in its range");
	T_BREAKS(d.options[0].default_number = 9, "default is not in its range");
	T_BREAKS(d.options[0].minimum = 9, "minimum is not below");
	T_BREAKS(d.options[0].maximum = 1e10, "32 bits");
	T_BREAKS(d.options[0].maximum = NAN, "minimum is not below");
	T_BREAKS(d.options[0].type = PF_OPTION_STRING, "outside the options");
	T_BREAKS((d.driver.options_size = 64, d.options[0].type = PF_OPTION_STRING), "default");
	T_BREAKS((d.options[0].type = PF_OPTION_BOOL, d.options[0].default_number = 2), "default");
}

static void units_follow_from_the_quantity(void)
{
	const struct pf_channel temperature = {.quantity = PF_QUANTITY_TEMPERATURE};
	const struct pf_channel fahrenheit = {.quantity = PF_QUANTITY_TEMPERATURE, .unit = "°F"};
	const struct pf_channel pressure = {.quantity = PF_QUANTITY_PRESSURE};

	T_STR(pf_channel_unit(&temperature), "°C");
	T_STR(pf_channel_unit(&fahrenheit), "°F");
	T_STR(pf_channel_unit(&pressure), "hPa");
}

T_MAIN("driver_set", T(another_abi_is_refused_before_the_rest_is_read),
	T(a_module_without_descriptor_is_refused), T(a_missing_function_is_named),
	T(a_module_under_another_name_is_refused), T(garbage_is_refused),
	T(a_missing_driver_is_explained), T(a_name_cannot_be_a_path), T(a_driver_is_loaded_once),
	T(all_modules_are_listed_in_order), T(a_configuration_replaces_only_the_built_in_folder),
	T(a_good_descriptor_is_accepted), T(descriptors_keep_the_rules), T(channels_keep_the_rules),
	T(options_keep_the_rules), T(units_follow_from_the_quantity))

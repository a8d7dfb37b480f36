/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Whole configurations: what the good ones give, and what is said of the bad ones. */

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "../t.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/config.h"
#include "hw/driver_set.h"

#define CONFIG_FILES_MAX 64

/* libconfig 1.5 loses the text before a syntax error: a few bytes each time, not ours. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so\n";
}

/* A configuration that was read, with all that belongs to it. */
struct loaded {
	struct pf_driver_set *drivers;
	struct pf_problems problems;
	struct pf_config *config; /* NULL: there were errors */
	int result;
	char *text; /* the problems as printed */
};

static char *source_path(const char *variable, const char *path)
{
	const char *top = getenv(variable);

	return pf_format("%s/%s", top ? top : ".", path);
}

static char *print(struct pf_problems *problems)
{
	char *text = NULL;
	size_t size = 0;
	FILE *stream = open_memstream(&text, &size);

	pf_problems_print(problems, stream);
	(void)fclose(stream);
	return text;
}

static void load_with(struct loaded *loaded, const char *file, const char *driver_dir)
{
	char *directory = source_path("top_builddir", driver_dir);

	*loaded = (struct loaded){.drivers = pf_driver_set_new(directory)};
	pf_problems_init(&loaded->problems);
	loaded->result = pf_config_load(file, loaded->drivers, &loaded->problems, &loaded->config);
	loaded->text = print(&loaded->problems);
	T_TRUE((loaded->result == 0) == (loaded->config != NULL));
	T_TRUE((loaded->result == 0) == (loaded->problems.n_errors == 0));
	free(directory);
}

static void load(struct loaded *loaded, const char *file)
{
	load_with(loaded, file, "drivers/.libs");
}

static void load_text(struct loaded *loaded, const char *text)
{
	load(loaded, t_write_file("test.conf", text));
}

static void unload(struct loaded *loaded)
{
	free(loaded->text);
	pf_problems_done(&loaded->problems);
	pf_config_free(loaded->config);
	pf_driver_set_free(loaded->drivers);
}

/* The text is refused, and this is said. */
static void refuses(const char *text, const char *part)
{
	struct loaded loaded;

	load_text(&loaded, text);
	T_INT(loaded.result, -EINVAL);
	T_HAS(loaded.text, part);
	unload(&loaded);
}

static char *host(void)
{
	char name[256] = "";

	(void)gethostname(name, sizeof name - 1);
	name[strcspn(name, ".")] = '\0';
	return pf_strdup(name);
}

/* expected: with %s for the host name */
static void is_host_text(const char *actual, const char *before, const char *after)
{
	char *name = host(), *expected = pf_format("%s%s%s", before, name, after);

	T_STR(actual, expected);
	free(expected);
	free(name);
}

static void defaults_are_those_of_the_manual(void)
{
	struct loaded loaded;
	const struct pf_mqtt_config *mqtt;

	load_text(&loaded, "inputs: ( { name = \"a\"; pin = 11; } );\n"
			   "outputs: ( { name = \"b\"; pin = 13; } );\n"
			   "sensors: ( { name = \"c\"; driver = \"lm75\"; bus = \"i2c-1\"; } );\n");
	if (!T_STR(loaded.text, ""))
		return;
	mqtt = &loaded.config->mqtt;
	T_STR(mqtt->broker, "mqtt://localhost:1883");
	is_host_text(mqtt->prefix, "pinferry/", "");
	is_host_text(mqtt->client_id, "pinferry-", "");
	T_STR(mqtt->username, NULL);
	T_STR(mqtt->password_file, NULL);
	T_INT(mqtt->version, PF_MQTT_AUTO);
	T_INT(mqtt->keepalive_s, 30);
	T_INT(mqtt->qos, 1);
	T_INT(mqtt->reconnect_max_s, 60);
	T_HAS(loaded.config->state_dir, "/lib/pinferry");
	T_STR(loaded.config->driver_dir, NULL);
	T_INT(loaded.config->log_level, PF_LOG_INFO);
	unload(&loaded);
}

static void items_have_their_defaults(void)
{
	struct loaded loaded;
	const struct pf_input_config *input;
	const struct pf_output_config *output;

	load_text(&loaded, "mqtt: { prefix = \"p\"; qos = 2; };\n"
			   "inputs: ( { name = \"a\"; pin = 11; } );\n"
			   "outputs: ( { name = \"b\"; pin = 13; } );\n");
	if (!T_STR(loaded.text, ""))
		return;
	input = &loaded.config->inputs[0];
	T_STR(input->item.topic, "p/input/a");
	T_INT(input->item.qos, 2);
	T_TRUE(input->item.retain);
	T_INT(input->item.format, PF_FORMAT_PLAIN);
	T_INT(input->item.place.line, 2);
	T_STR(input->driver->name, "gpio");
	T_STR(input->line.text, "pin 11");
	T_INT(input->line.pin, 11);
	T_INT(input->bias, PF_BIAS_AS_IS);
	T_FALSE(input->active_low);
	T_INT(input->debounce_ms, 20);
	T_STR(input->payload_on, "ON");
	T_STR(input->payload_off, "OFF");
	output = &loaded.config->outputs[0];
	T_STR(output->item.topic, "p/output/b");
	T_STR(output->command_topic, "p/output/b/set");
	T_INT(output->drive, PF_DRIVE_PUSH_PULL);
	T_INT(output->initial, PF_INITIAL_OFF);
	T_INT(output->on_exit, PF_ON_EXIT_OFF);
	T_INT(output->pulse_ms, 0);
	T_STR(output->payload_on, "ON");
	T_STR(output->payload_off, "OFF");
	unload(&loaded);
}

static void top_of_the_good_file_is_as_written(void)
{
	struct loaded loaded;
	const struct pf_mqtt_config *mqtt;

	load(&loaded, "good.conf");
	if (!T_STR(loaded.text, ""))
		return;
	mqtt = &loaded.config->mqtt;
	T_STR(mqtt->broker, "mqtts://user-less.example:8883");
	is_host_text(mqtt->prefix, "house/", "");
	is_host_text(mqtt->client_id, "c-", "");
	T_STR(mqtt->username, "shed");
	T_INT(mqtt->version, PF_MQTT_3_1_1);
	T_INT(mqtt->keepalive_s, 16);
	T_INT(mqtt->qos, 2);
	T_INT(mqtt->reconnect_max_s, 3600);
	T_STR(loaded.config->state_dir, "/var/lib/other");
	T_INT(loaded.config->log_level, PF_LOG_DEBUG);
	T_STR(loaded.config->file, "good.conf");
	unload(&loaded);
}

static void inputs_of_the_good_file_are_as_written(void)
{
	struct loaded loaded;
	const struct pf_input_config *input;

	load(&loaded, "good.conf");
	if (!T_STR(loaded.text, "") || !T_INT(loaded.config->n_inputs, 5))
		return;
	input = &loaded.config->inputs[0];
	T_STR(input->item.name, "door");
	T_STR(input->item.topic, "house/door");
	T_INT(input->item.qos, 0);
	T_FALSE(input->item.retain);
	T_INT(input->item.format, PF_FORMAT_JSON);
	T_STR(input->line.line, "GPIO17");
	T_STR(input->line.text, "GPIO17");
	T_INT(input->bias, PF_BIAS_UP);
	T_TRUE(input->active_low);
	T_INT(input->debounce_ms, 0);
	T_STR(input->payload_on, "open");
	T_STR(input->payload_off, "closed");
	T_STR(input[2].item.name, "included");
	T_STR(input[2].item.place.file, "include/input.conf");
	T_INT(input[2].item.place.line, 2);
	T_STR(input[2].line.line, "some line");
	T_STR(input[3].item.place.file, "include/nested/more.conf");
	T_STR(input[3].line.chip, "/dev/gpiochip5");
	T_INT(input[3].line.offset, 0);
	T_STR(input[4].line.text, "pinctrl-rp1:22");
	T_INT(input[4].line.offset, 22);
	T_STR(input[4].item.place.file, "good.conf");
	T_INT(input[4].item.place.line, 14);
	unload(&loaded);
}

static void outputs_of_the_good_file_are_as_written(void)
{
	struct loaded loaded;
	const struct pf_output_config *output;

	load(&loaded, "good.conf");
	if (!T_STR(loaded.text, "") || !T_INT(loaded.config->n_outputs, 2))
		return;
	output = &loaded.config->outputs[0];
	T_TRUE(output->active_low);
	T_INT(output->drive, PF_DRIVE_OPEN_DRAIN);
	T_INT(output->initial, PF_INITIAL_KEEP);
	T_INT(output->on_exit, PF_ON_EXIT_KEEP);
	is_host_text(output->item.topic, "house/", "/output/pump");
	is_host_text(output->command_topic, "house/", "/cmd");
	T_STR(output->payload_on, "1");
	T_STR(output->payload_off, "0");
	T_INT(output[1].line.pin, 36);
	T_INT(output[1].pulse_ms, 86400000);
	unload(&loaded);
}

static void sensor_of_several_channels_is_as_written(void)
{
	struct loaded loaded;
	const struct pf_sensor_config *air;

	load(&loaded, "good.conf");
	if (!T_STR(loaded.text, "") || !T_INT(loaded.config->n_sensors, 5))
		return;
	air = &loaded.config->sensors[0];
	T_STR(air->driver->name, "bme280");
	T_STR(air->bus, "i2c-1");
	T_INT(air->address, 0x77);
	T_INT(air->interval_ms, 250);
	T_STR(air->channels[0].topic, "house/air");
	T_NEAR(air->channels[0].offset, -0.8, 1e-12);
	T_NEAR(air->channels[0].scale, 2, 0);
	T_INT(air->channels[0].decimals, 0);
	T_NEAR(air->channels[0].minimum, -10, 0);
	T_NEAR(air->channels[0].maximum, 50.5, 0);
	T_NEAR(air->channels[0].deadband, 0.5, 0);
	T_INT(air->channels[0].max_interval_ms, 300000);
	is_host_text(air->channels[1].topic, "house/", "/sensor/air/humidity");
	T_NEAR(air->channels[1].scale, 1, 0);
	T_NEAR(air->channels[1].maximum, 100, 0);
	T_INT(air->channels[1].n_points, 0);
	if (!T_INT(air->channels[2].n_points, 2))
		return;
	T_NEAR(air->channels[2].points[0].raw, 300, 0);
	T_NEAR(air->channels[2].points[0].value, 301, 0);
	T_NEAR(air->channels[2].points[1].value, 1100.5, 0);
	unload(&loaded);
}

static void sensors_of_one_channel_are_as_written(void)
{
	struct loaded loaded;
	const struct pf_sensor_config *tank, *json, *one;

	load(&loaded, "good.conf");
	if (!T_STR(loaded.text, "") || !T_INT(loaded.config->n_sensors, 5))
		return;
	tank = &loaded.config->sensors[1];
	T_STR(tank->id, "28-0316a2795aff");
	T_STR(tank->bus, NULL);
	T_INT(tank->interval_ms, 60000);
	T_NEAR(tank->channels[0].offset, 1, 0);
	T_INT(tank->channels[0].decimals, 3);
	T_STR(tank->channels[0].topic, tank->item.topic);
	json = &loaded.config->sensors[2];
	T_INT(loaded.config->sensors[0].buffer.max_messages, 0);
	T_INT(json->buffer.max_messages, 70000);
	T_INT(loaded.config->sensors[3].buffer.max_messages, 500);
	T_TRUE(json->buffer.on_disk);
	T_FALSE(loaded.config->sensors[3].buffer.on_disk);
	T_STR(json->bus, "i2c-22");
	T_INT(json->address, 0x76);
	T_INT(json->item.format, PF_FORMAT_JSON);
	T_STR(json->channels[0].topic, NULL);
	one = &loaded.config->sensors[3];
	T_INT(one->address, 73);
	T_STR(one->channels[0].topic, one->item.topic);
	T_NEAR(one->channels[0].minimum, 0, 0);
	T_NEAR(one->channels[0].maximum, 150, 0);
	/* another unit: what a thermometer can say in °C is no bound for °F */
	T_TRUE(one[1].channels[0].minimum < -1e300);
	T_NEAR(one[1].channels[0].maximum, 257, 0);
	unload(&loaded);
}

static void options_of_a_driver_are_filled(void)
{
	struct {
		int32_t count;
		double factor;
		bool loud;
		char label[PF_STRING_SIZE];
		int32_t mode;
		int32_t needed;
	} options;
	struct loaded loaded;

	load_with(&loaded,
		t_write_file("options.conf",
			"sensors: ( { name = \"a\"; driver = \"options\"; needed = 7; },\n"
			"  { name = \"b\"; driver = \"options\"; needed = 0; count = 5; factor = "
			"1;\n"
			"    loud = false; label = \"\"; mode = \"slow\"; } );\n"),
		"tests/config/.libs");
	if (!T_STR(loaded.text, ""))
		return;
	memcpy(&options, loaded.config->sensors[0].options, sizeof options);
	T_INT(options.count, -3);
	T_NEAR(options.factor, 0.5, 0);
	T_TRUE(options.loud);
	T_STR(options.label, "as is");
	T_INT(options.mode, 1);
	T_INT(options.needed, 7);
	T_INT(loaded.config->sensors[0].interval_ms, 90000);
	memcpy(&options, loaded.config->sensors[1].options, sizeof options);
	T_INT(options.count, 5);
	T_NEAR(options.factor, 1, 0);
	T_FALSE(options.loud);
	T_STR(options.label, "");
	T_INT(options.mode, 0);
	unload(&loaded);
}

static void options_of_a_driver_are_checked(void)
{
	static const char text[] =
		"sensors: ( { name = \"a\"; driver = \"options\";\n"
		" count = 6;\n factor = -0.1;\n loud = 1;\n mode = \"fasst\";\n bus = \"i2c-1\";\n"
		" label = \"1234567890123456789012345678901234567890123456789012345678901234\"; "
		"});\n";
	static const char *const parts[] = {
		":1: sensor a: needed: is missing, driver options needs it: Has no default.",
		":2: sensor a: count: 6 is out of range, expected a whole number from -5 to 5",
		":3: sensor a: factor: -0.1 is out of range, expected a number from 0 to 1",
		":4: sensor a: loud: is a number, expected true or false",
		":5: sensor a: mode: is \"fasst\", expected \"slow\" or \"fast\", did you mean",
		":6: sensor a: bus: driver options has none, it needs no bus",
		":7: sensor a: label: has 64 bytes, expected a text in quotes of at most 63 bytes",
	};
	struct loaded loaded;

	load_with(&loaded, t_write_file("options.conf", text), "tests/config/.libs");
	T_INT(loaded.problems.n_errors, sizeof parts / sizeof *parts);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		T_HAS(loaded.text, parts[i]);
	unload(&loaded);
}

static void missing_line_driver_is_said_once(void)
{
	struct loaded loaded;

	load_with(&loaded,
		t_write_file("once.conf", "inputs: ( { name = \"a\"; pin = 11; },\n"
					  "  { name = \"b\"; pin = 13; } );\n"),
		"tests/config/.libs");
	T_INT(loaded.problems.n_errors, 1);
	T_HAS(loaded.text, ":1: input a: driver: unknown driver \"gpio\"");
	unload(&loaded);
}

static void file_that_cannot_be_read_is_told(void)
{
	struct loaded loaded;
	char *path = pf_format("%s/none.conf", t_temp_dir());
	char *expected = pf_format("%s: the file does not exist\n", path);

	load(&loaded, path);
	T_INT(loaded.result, -ENOENT);
	T_STR(loaded.text, expected);
	unload(&loaded);
	load(&loaded, t_temp_dir());
	T_INT(loaded.result, -EISDIR);
	T_HAS(loaded.text, "is a directory");
	unload(&loaded);
	free(expected);
	free(path);
}

static void password_in_the_address_is_not_repeated(void)
{
	refuses("mqtt: { broker = \"mqtt://shed:secret@box\"; };",
		": mqtt: broker: \"...\": no user in the address");
}

static void include_is_bounded(void)
{
	char name[32], text[64];
	struct loaded loaded;

	for (int i = 1; i <= 12; i++) {
		(void)snprintf(name, sizeof name, "deep/%d.conf", i);
		(void)snprintf(text, sizeof text, "@include \"%d.conf\"\n", i + 1);
		(void)t_write_file(name, i == 12 ? "log: { };\n" : text);
	}
	load(&loaded, t_write_file("deep/0.conf", "@include \"1.conf\"\n"));
	T_INT(loaded.problems.n_errors, 1);
	T_HAS(loaded.text, "deep/10.conf:1: @include: \"11.conf\": expected at most");
	unload(&loaded);
	load(&loaded, t_write_file("deep/2.conf", "@include \"/dev/zero\"\n@include \"fifo\"\n"));
	T_HAS(loaded.text, "deep/2.conf:1: @include: \"/dev/zero\" is not a regular file");
	unload(&loaded);
}

static void broken_brackets_are_told(void)
{
	char text[200] = "a = ";

	memset(text + strlen(text), '(', 50);
	refuses(text, ":1: expected at most 31 brackets in one another");
	refuses("inputs: (\n{ name = \"a\";\n", ":2: the \"{\" is never closed");
	refuses("inputs: ( );\n}\n", ":2: \"}\" closes nothing");
	refuses("inputs: (\n { name = \"a\"; ]; );\n", ":2: \"]\" cannot close the \"{\" of");
}

static void same_words_are_right_in_every_version(void)
{
	struct loaded loaded;

	load_text(&loaded, "\xef\xbb\xbfmqtt: {\r\n\tkeepalive_s = +30L, qos: 0x2LL\n};\n"
			   "inputs: ( { name = \"a\"; pin = 11 }, { name = \"b\"; pin = 13 }, );\n"
			   "sensors: ( { name = \"c\"; driver = \"lm75\"; bus = \"i2c-1\";\n"
			   "  interval_s = 1e1; offset = 1.; scale = .5e+0; max = 1E+2;\n"
			   "  points = ( [-1, 2,], ( 3.5, 4 ), ); } );");
	if (!T_STR(loaded.text, ""))
		return;
	T_INT(loaded.config->mqtt.keepalive_s, 30);
	T_INT(loaded.config->mqtt.qos, 2);
	T_INT(loaded.config->n_inputs, 2);
	T_INT(loaded.config->sensors[0].interval_ms, 10000);
	T_NEAR(loaded.config->sensors[0].channels[0].offset, 1, 0);
	T_NEAR(loaded.config->sensors[0].channels[0].scale, 0.5, 0);
	T_NEAR(loaded.config->sensors[0].channels[0].maximum, 100, 0);
	T_NEAR(loaded.config->sensors[0].channels[0].points[1].raw, 3.5, 0);
	unload(&loaded);
}

static char *read_whole(const char *path)
{
	static char text[65536];
	FILE *file = fopen(path, "r");
	size_t size = 0;

	if (file) {
		size = fread(text, 1, sizeof text - 1, file);
		(void)fclose(file);
	}
	text[size] = '\0';
	return text;
}

static bool begins(const char *text, const char *start)
{
	return strncmp(text, start, strlen(start)) == 0;
}

static int is_conf(const struct dirent *entry)
{
	const size_t size = strlen(entry->d_name);

	return size > 5 && strcmp(entry->d_name + size - 5, ".conf") == 0;
}

/* NAME.conf against NAME.err */
static void compare(const char *name)
{
	char *expected = pf_format("%.*s.err", (int)strlen(name) - 5, name);
	struct loaded loaded;

	load(&loaded, name);
	T_INT(loaded.result, begins(name, "bad") ? -EINVAL : 0);
	if (!T_STR(loaded.text, begins(name, "good") ? "" : read_whole(expected)))
		printf("# %s\n", name);
	unload(&loaded);
	free(expected);
}

static void problems_of_the_files_are_exactly_those(void)
{
	struct dirent **entries = NULL;
	const int n = scandir(".", &entries, is_conf, alphasort);

	T_TRUE(n >= 18 && n < CONFIG_FILES_MAX);
	for (int i = 0; i < n; i++) {
		compare(entries[i]->d_name);
		free(entries[i]);
	}
	free(entries);
}

static void ten_mistakes_give_ten_lines(void)
{
	struct loaded loaded;
	int last = 0;

	load(&loaded, "bad-ten.conf");
	T_INT(loaded.problems.n_errors, 10);
	for (size_t i = 0; i < loaded.problems.n; i++) {
		T_TRUE(loaded.problems.list[i].line > last);
		last = loaded.problems.list[i].line;
	}
	unload(&loaded);
}

/* xorshift: the same sequence everywhere */
static uint32_t random_next(uint32_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

/* Changes, copies and removes a few pieces of text[size]. */
static size_t mutate(char *text, size_t size, size_t capacity, uint32_t *state)
{
	static const char bytes[] = "{}()[]=:;,\"\\/#*@x0-9.eL\n\t\xff\x80 ";

	for (uint32_t n = 1 + random_next(state) % 4; n > 0 && size > 8; n--) {
		const size_t at = random_next(state) % size;
		const size_t piece = random_next(state) % 32 % (size - at) + 1;

		switch (random_next(state) % 3) {
		case 0:
			text[at] = bytes[random_next(state) % sizeof bytes];
			break;
		case 1:
			memmove(text + at, text + at + piece, size - at - piece);
			size -= piece;
			break;
		default:
			if (size + piece > capacity)
				break;
			memmove(text + at + piece, text + at, size - at);
			size += piece;
			break;
		}
	}
	return size;
}

static void write_bytes(const char *path, const char *text, size_t size)
{
	FILE *file = fopen(path, "w");

	if (!file || fwrite(text, 1, size, file) != size || fclose(file) != 0)
		abort();
}

/* Whatever the text: an answer, and one that fits the problems (load() checks that). */
static void changed_texts_do_no_harm(void)
{
	char *original = pf_strdup(read_whole("good.conf"));
	const size_t original_size = strlen(original), capacity = original_size * 2;
	char *text = pf_calloc(capacity, 1), *path = pf_strdup(t_write_file("fuzz.conf", ""));
	const char *rounds = getenv("FUZZ_ROUNDS"), *seed = getenv("FUZZ_SEED");
	uint32_t state = seed ? (uint32_t)strtoul(seed, NULL, 10) : 20260301;
	int n_refused = 0;

	for (int i = rounds ? atoi(rounds) : 1500; i > 0; i--) {
		struct loaded loaded;

		memcpy(text, original, original_size + 1);
		write_bytes(path, text, mutate(text, original_size, capacity, &state));
		load(&loaded, path);
		n_refused += loaded.result != 0;
		unload(&loaded);
	}
	T_TRUE(n_refused > 100);
	free(path);
	free(text);
	free(original);
}

static void problems_are_sorted_by_file_and_line(void)
{
	struct pf_problems problems;
	char *text;

	pf_problems_init(&problems);
	pf_problems_error(&problems, "b", 7, "late");
	pf_problems_error(&problems, "a", 2, "other %s", "file");
	pf_problems_warning(&problems, "b", 3, "early");
	pf_problems_error(&problems, "b", 3, "second");
	pf_problems_error(&problems, "b", 0, "whole");
	T_INT(problems.n, 5);
	T_INT(problems.n_errors, 4);
	text = print(&problems);
	T_STR(text, "b: whole\nb:3: warning: early\nb:3: second\nb:7: late\na:2: other file\n");
	free(text);
	pf_problems_done(&problems);
	T_INT(problems.n, 0);
}

static const struct t_test tests[] = {
	T(defaults_are_those_of_the_manual),
	T(items_have_their_defaults),
	T(top_of_the_good_file_is_as_written),
	T(inputs_of_the_good_file_are_as_written),
	T(outputs_of_the_good_file_are_as_written),
	T(sensor_of_several_channels_is_as_written),
	T(sensors_of_one_channel_are_as_written),
	T(options_of_a_driver_are_filled),
	T(options_of_a_driver_are_checked),
	T(missing_line_driver_is_said_once),
	T(file_that_cannot_be_read_is_told),
	T(password_in_the_address_is_not_repeated),
	T(include_is_bounded),
	T(broken_brackets_are_told),
	T(same_words_are_right_in_every_version),
	T(problems_of_the_files_are_exactly_those),
	T(ten_mistakes_give_ten_lines),
	T(changed_texts_do_no_harm),
	T(problems_are_sorted_by_file_and_line),
};

int main(void)
{
	char *directory = source_path("top_srcdir", "tests/config");

	/* the problems name the files as they are given */
	if (chdir(directory)) {
		perror(directory);
		return 99;
	}
	free(directory);
	return t_run("config", tests, sizeof tests / sizeof *tests);
}

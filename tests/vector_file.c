/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "vector_file.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>

#include "base/memory.h"
#include "hw/driver_set.h"
#include "t.h"

#define LINE_SIZE 1024

struct vectors {
	const char *path;
	unsigned line;
	struct bench bench;
	struct fake_bus bus;
	vectors_visit *visit;
	int n_results;
	char *found; /* options as identify() left them, or NULL */
};

/* ---- reading
 * ------------------------------------------------------------------------------------*/

static void wrong(const struct vectors *v, const char *what)
{
	t_check(false, v->path, v->line, "%s", what);
}

static char *skip_space(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* Cuts the text at its first space and gives what follows. */
static char *cut_word(char *text)
{
	char *end = text + strcspn(text, " \t");

	if (*end)
		*end++ = '\0';
	return skip_space(end);
}

/* Cuts comments, and spaces at the end. A '#' in a quoted text is not a comment. */
static void cut_comment(char *line)
{
	bool is_quoted = false;
	char *end = line;

	for (; *end && (is_quoted || *end != '#'); end++)
		if (*end == '"')
			is_quoted = !is_quoted;
	while (end > line && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
}

/* Cuts the text before "=>" and gives what follows, or NULL. */
static char *cut_result(struct vectors *v, char *text)
{
	char *arrow = strstr(text, "=>");

	if (!arrow) {
		wrong(v, "=> is missing");
		return NULL;
	}
	*arrow = '\0';
	v->n_results++;
	return skip_space(arrow + 2);
}

static size_t parse_hex(struct vectors *v, const char *text, uint8_t *bytes, size_t max)
{
	size_t n = 0;
	char *end;

	for (; *text; text = end) {
		const unsigned long value = strtoul(text, &end, 16);

		if (end == text)
			break;
		if (n == max || value > 0xff) {
			wrong(v, "these are not bytes");
			return n;
		}
		bytes[n++] = (uint8_t)value;
	}
	return n;
}

/* The text between quotes, with \n taken as a line end; its size. */
static size_t parse_text(struct vectors *v, const char *text, char *ret_text, size_t max)
{
	size_t n = 0;

	if (*text++ != '"') {
		wrong(v, "a text has to be in quotes");
		return 0;
	}
	for (; *text && *text != '"' && n + 1 < max; text++) {
		const bool is_line_end = text[0] == '\\' && text[1] == 'n';

		ret_text[n++] = is_line_end ? '\n' : *text;
		text += is_line_end;
	}
	ret_text[n] = '\0';
	return n;
}

/* ---- comparing
 * ----------------------------------------------------------------------------------*/

static int errno_of(const char *name)
{
	static const struct {
		const char *name;
		int value;
	} names[] = {{"EACCES", EACCES}, {"EAGAIN", EAGAIN}, {"EBADMSG", EBADMSG},
		{"EINVAL", EINVAL}, {"EIO", EIO}, {"ENODATA", ENODATA}, {"ENODEV", ENODEV},
		{"EREMOTEIO", EREMOTEIO}, {"ETIMEDOUT", ETIMEDOUT}};

	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strcmp(names[i].name, name) == 0)
			return names[i].value;
	return 0;
}

static void compare_error(struct vectors *v, char *expected, int result, const char *reason)
{
	char *text = cut_word(expected);
	char part[PF_REASON_SIZE];

	t_check(result < 0 && result == -errno_of(expected), v->path, v->line,
		"result is %d (%s), expected %s", result, reason, expected);
	if (*text == '\0')
		return;
	(void)parse_text(v, text, part, sizeof part);
	t_check(strstr(reason, part) != NULL, v->path, v->line, "reason \"%s\" has \"%s\" in it",
		reason, part);
}

static void compare_channel(struct vectors *v, char *expected, const struct pf_sample *sample,
	bool is_expected[PF_CHANNELS_MAX])
{
	const struct pf_driver *driver = v->bench.driver;
	char *value = cut_word(expected);
	char *tolerance = cut_word(value);
	char *mark = strchr(expected, '?');

	if (mark)
		*mark = '\0';
	for (size_t i = 0; i < driver->n_channels; i++) {
		if (strcmp(driver->channels[i].name, expected) != 0)
			continue;
		is_expected[i] = true;
		if (!t_check(sample->readings[i].valid, v->path, v->line, "%s is valid", expected))
			return;
		t_check(sample->readings[i].doubtful == (mark != NULL), v->path, v->line,
			"%s is %sdoubtful", expected, mark ? "" : "not ");
		(void)t_near(sample->readings[i].value, strtod(value, NULL),
			strtod(tolerance, NULL), expected, v->path, v->line);
		return;
	}
	wrong(v, "no such channel");
}

static void compare_channels(struct vectors *v, char *expected, const struct pf_sample *sample)
{
	const struct pf_driver *driver = v->bench.driver;
	bool is_expected[PF_CHANNELS_MAX] = {false};
	char *rest = NULL;

	for (char *part = strtok_r(expected, ",", &rest); part; part = strtok_r(NULL, ",", &rest))
		compare_channel(v, skip_space(part), sample, is_expected);
	for (size_t i = 0; i < driver->n_channels; i++)
		t_check(is_expected[i] || !sample->readings[i].valid, v->path, v->line,
			"%s has no value", driver->channels[i].name);
}

/* sample: NULL where the result is a status only. */
static void compare(struct vectors *v, char *expected, int result, const struct pf_sample *sample)
{
	const char *reason = v->bench.device.reason;

	if (sample && sample->reason[0])
		reason = sample->reason;
	t_check(v->bus.problem[0] == '\0', v->path, v->line, "the driver %s", v->bus.problem);
	if (expected[0] == 'E') {
		compare_error(v, expected, result, reason);
		return;
	}
	if (!t_check(
		    result == 0, v->path, v->line, "result is %d (%s), expected 0", result, reason))
		return;
	if (sample)
		compare_channels(v, expected, sample);
	else if (strcmp(expected, "ok") != 0)
		wrong(v, "expected is neither ok nor an error");
}

/* ---- statements
 * ---------------------------------------------------------------------------------*/

static void do_new(struct vectors *v, char *text)
{
	(void)text;
	bench_done(&v->bench);
	bench_init(&v->bench, v->bench.driver);
	v->bus = (struct fake_bus){.n_blocks = 0};
	fake_bus_attach(&v->bus, &v->bench.device);
}

static void do_option(struct vectors *v, char *text)
{
	char *value = cut_word(text);

	if (!bench_set(&v->bench, text, value))
		wrong(v, "the driver does not take this option");
}

static void do_id(struct vectors *v, char *text)
{
	(void)snprintf(v->bench.device.id, sizeof v->bench.device.id, "%s", text);
}

static void do_register(struct vectors *v, char *text)
{
	uint8_t bytes[FAKE_BLOCK_SIZE];
	char *end;
	const unsigned long reg = strtoul(text, &end, 16);

	if (*end != ':' || reg > 0xff)
		wrong(v, "register 0x..: is missing");
	else
		fake_bus_set(
			&v->bus, (uint8_t)reg, bytes, parse_hex(v, end + 1, bytes, sizeof bytes));
}

static void do_writable(struct vectors *v, char *text)
{
	uint8_t registers[FAKE_BLOCK_SIZE];
	const size_t n = parse_hex(v, text, registers, sizeof registers);

	for (size_t i = 0; i < n; i++)
		v->bus.is_writable[registers[i]] = true;
}

static void do_w1_slave(struct vectors *v, char *text)
{
	(void)parse_text(v, text, v->bus.text, sizeof v->bus.text);
	v->bus.has_text = true;
}

static void do_resolution(struct vectors *v, char *text)
{
	(void)snprintf(v->bus.resolution, sizeof v->bus.resolution, "%s\n", text);
}

static void do_read_only(struct vectors *v, char *text)
{
	(void)text;
	v->bus.is_read_only = true;
}

static void do_warned(struct vectors *v, char *text)
{
	const char *warning = v->bench.device.warning;
	char part[PF_REASON_SIZE];

	(void)parse_text(v, text, part, sizeof part);
	t_check(*part ? strstr(warning, part) != NULL : !*warning, v->path, v->line,
		"warning \"%s\" has \"%s\" in it", warning, part);
}

static void do_probe(struct vectors *v, char *text)
{
	char *expected = cut_result(v, text);

	if (expected)
		compare(v, expected, bench_probe(&v->bench), NULL);
}

static void do_start(struct vectors *v, char *text)
{
	const struct pf_sensor_ops *ops = v->bench.driver->sensor;
	char *expected = cut_result(v, text);
	uint32_t wait_ms = 0;
	int r;

	if (!expected)
		return;
	if (!ops->start) {
		wrong(v, "the driver has no start()");
		return;
	}
	r = ops->start(&v->bench.device, &wait_ms);
	t_check(r == 0, v->path, v->line, "start() is %d", r);
	(void)t_int(wait_ms, atoi(expected), "wait_ms", v->path, v->line);
}

static void do_wrote(struct vectors *v, char *text)
{
	(void)t_str(v->bus.written, text, "written", v->path, v->line);
	v->bus.written[0] = '\0';
}

static void do_identify(struct vectors *v, char *text)
{
	char *expected = cut_result(v, text);

	v->bench.device.reason[0] = '\0';
	if (!expected)
		return;
	free(v->found);
	v->found = pf_calloc(v->bench.driver->options_size + 1, 1);
	pf_driver_default_options(v->bench.driver, v->found);
	v->bench.device.found = v->found;
	compare(v, expected, v->bench.driver->sensor->identify(&v->bench.device), NULL);
	v->bench.device.found = NULL;
}

static void do_found(struct vectors *v, char *text)
{
	const struct pf_driver *driver = v->bench.driver;
	char *value = cut_word(text);
	int32_t chosen = -1;

	for (size_t i = 0; i < driver->n_options; i++) {
		if (strcmp(driver->options[i].name, text) != 0)
			continue;
		if (v->found)
			memcpy(&chosen, v->found + driver->options[i].offset, sizeof chosen);
		if (chosen >= 0)
			(void)t_str(
				driver->options[i].choices[chosen], value, text, v->path, v->line);
	}
	if (chosen < 0)
		wrong(v, "nothing was found of this option");
}

/* In memory of the exact size: who reads too far is seen. */
static void decode_and_compare(struct vectors *v, char *expected, const void *bytes, size_t size)
{
	uint8_t *exact = pf_calloc(size ? size : 1, 1);
	struct pf_sample sample = {.reason = ""};
	int r;

	memcpy(exact, bytes, size);
	v->bench.device.reason[0] = '\0';
	r = v->bench.driver->sensor->decode(&v->bench.device, exact, size, &sample);
	compare(v, expected, r, &sample);
	free(exact);
}

static void do_raw(struct vectors *v, char *text)
{
	char *expected = cut_result(v, text);
	uint8_t bytes[PF_RAW_SIZE_MAX] = {0};

	if (expected)
		decode_and_compare(v, expected, bytes, parse_hex(v, text, bytes, sizeof bytes));
}

static void do_text(struct vectors *v, char *text)
{
	char *expected = cut_result(v, text);
	char characters[PF_RAW_SIZE_MAX] = "";

	if (expected)
		decode_and_compare(v, expected, characters,
			parse_text(v, text, characters, sizeof characters));
}

static void do_sample(struct vectors *v, char *text)
{
	char *expected = cut_result(v, text);
	struct pf_sample sample = {.reason = ""};
	int r;

	if (!expected)
		return;
	r = bench_probe(&v->bench);
	if (r == 0)
		r = bench_sample(&v->bench, false, &sample);
	compare(v, expected, r, &sample);
	if (v->visit && r == 0)
		v->visit(&v->bench, &v->bus, v->path, v->line);
}

static void run_line(struct vectors *v, char *line)
{
	static const struct {
		const char *name;
		void (*run)(struct vectors *v, char *text);
	} statements[] = {{"new", do_new}, {"option", do_option}, {"id", do_id},
		{"register", do_register}, {"writable", do_writable}, {"w1_slave", do_w1_slave},
		{"resolution", do_resolution}, {"read-only", do_read_only}, {"warned", do_warned},
		{"probe", do_probe}, {"start", do_start}, {"wrote", do_wrote},
		{"identify", do_identify}, {"found", do_found}, {"raw", do_raw}, {"text", do_text},
		{"sample", do_sample}};
	char *text;

	cut_comment(line);
	line = skip_space(line);
	if (*line == '\0')
		return;
	text = cut_word(line);
	for (size_t i = 0; i < sizeof statements / sizeof *statements; i++) {
		if (strcmp(statements[i].name, line) == 0) {
			statements[i].run(v, text);
			return;
		}
	}
	wrong(v, "no such statement");
}

int vectors_run(const struct pf_driver *driver, vectors_visit *visit)
{
	const char *source = getenv("top_srcdir");
	char *path = pf_format("%s/tests/vectors/%s.vec", source ? source : ".", driver->name);
	struct vectors v = {.path = path, .visit = visit};
	FILE *file = fopen(path, "re");
	char line[LINE_SIZE];

	if (!file) {
		free(path);
		return -ENOENT;
	}
	bench_init(&v.bench, driver);
	fake_bus_attach(&v.bus, &v.bench.device);
	while (fgets(line, sizeof line, file)) {
		v.line++;
		run_line(&v, line);
	}
	bench_done(&v.bench);
	free(v.found);
	(void)fclose(file);
	free(path);
	return v.n_results;
}

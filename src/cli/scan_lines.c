/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "cli/scan.h"
#include "hw/resolve.h"

/* Lines of the header without a common second use: good ones to propose. */
static const uint32_t plain_gpios[] = {17, 27, 22, 23, 24, 25, 5, 6, 16, 26};

/* All lines of the machine, and the chip that carries the header. */
struct lines {
	struct pf_line_info *list;
	size_t n, capacity;
	const char *header_chip; /* NULL: none */
};

static int collect(const struct pf_line_info *info, void *user)
{
	struct lines *lines = user;

	if (lines->n == lines->capacity) {
		lines->capacity = lines->capacity ? 2 * lines->capacity : 64;
		lines->list = pf_reallocarray(lines->list, lines->capacity, sizeof *lines->list);
	}
	lines->list[lines->n++] = *info;
	return 0;
}

/* Hands the lines out again: the resolution of names then asks the same lines as the list shows. */
static int replay(
	void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user)
{
	const struct lines *lines = board;
	int r = 0;

	for (size_t i = 0; i < lines->n && !r; i++)
		r = visit(&lines->list[i], user);
	return r;
}

static const struct pf_line_ops replay_ops = {.scan = replay};

/* The line of a query, or NULL. */
static const struct pf_line_info *resolve(
	struct lines *lines, const struct pf_line_query *query, struct pf_line_info *info)
{
	char reason[PF_REASON_SIZE];

	return pf_line_resolve(&replay_ops, lines, query, info, reason) == 0 ? info : NULL;
}

/* What the firmware or an overlay usually uses a line of the header for. */
static const char *usual_use(uint32_t gpio)
{
	if (gpio <= 1)
		return "HAT ID";
	if (gpio <= 3)
		return "I2C";
	if (gpio == 4)
		return "1-Wire";
	if (gpio >= 7 && gpio <= 11)
		return "SPI";
	if (gpio == 14 || gpio == 15)
		return "serial";
	return "";
}

static void print_line(const struct lines *lines, const struct pf_line_info *info)
{
	const bool in_header = lines->header_chip && strcmp(info->chip, lines->header_chip) == 0;
	const int pin = in_header ? pf_header_pin((int)info->offset) : -1;
	const char *use = pin > 0 ? usual_use(info->offset) : "";
	char pin_text[16] = "";

	if (pin > 0)
		(void)snprintf(pin_text, sizeof pin_text, "%d", pin);
	printf("#   %4u  %-20s %3s  %-6s  ", (unsigned)info->offset, info->name, pin_text,
		info->output ? "output" : "input");
	if (info->used)
		printf("used by %s", info->consumer[0] ? info->consumer : "the kernel");
	else
		printf("free");
	printf("%s%s\n", use[0] ? "; usually " : "", use);
}

static void print_chips(const struct lines *lines)
{
	const char *chip = "";

	for (size_t i = 0; i < lines->n; i++) {
		const struct pf_line_info *info = &lines->list[i];

		if (strcmp(info->chip, chip) != 0) {
			chip = info->chip;
			printf("#\n# GPIO chip %s, label %s", chip, info->label);
			printf("%s%s\n", info->parent[0] ? ", behind " : "", info->parent);
			printf("#   line  %-20s pin  %-6s  use\n", "name", "now");
		}
		print_line(lines, info);
	}
}

static bool is_same(const struct pf_line_info *a, const struct pf_line_info *b)
{
	return a->offset == b->offset && strcmp(a->chip, b->chip) == 0;
}

/* A free line to propose, other than `taken` (or NULL): one of the header, else any. */
static bool find_free(
	struct lines *lines, const struct pf_line_info *taken, struct pf_line_info *ret_info)
{
	const size_t n = lines->header_chip ? sizeof plain_gpios / sizeof *plain_gpios : lines->n;

	for (size_t i = 0; i < n; i++) {
		struct pf_line_info info;

		if (lines->header_chip) {
			const struct pf_line_query query = {
				.chip = lines->header_chip, .offset = plain_gpios[i]};

			if (!resolve(lines, &query, &info))
				continue;
		} else {
			info = lines->list[i];
		}
		if (info.used || (taken && is_same(&info, taken)))
			continue;
		*ret_info = info;
		return true;
	}
	return false;
}

/* The keys that name a line: the shortest way that leads to it. */
static void print_place(FILE *stream, struct lines *lines, const struct pf_line_info *line)
{
	struct pf_line_info found;
	char gpio[16];
	const struct pf_line_query by_name = {.line = line->name}, by_gpio = {.line = gpio};
	const struct pf_line_query by_label = {.chip = line->label, .offset = line->offset};

	(void)snprintf(gpio, sizeof gpio, "GPIO%u", (unsigned)line->offset);
	if (line->name[0] && resolve(lines, &by_name, &found) && is_same(&found, line))
		fprintf(stream, "line = \"%s\";", line->name);
	else if (resolve(lines, &by_gpio, &found) && is_same(&found, line))
		fprintf(stream, "line = \"%s\";", gpio);
	else
		fprintf(stream, "chip = \"%s\"; offset = %u;",
			line->label[0] && resolve(lines, &by_label, &found) ? line->label
									    : line->chip,
			(unsigned)line->offset);
}

static void print_snippets(struct pf_scan *scan, struct lines *lines)
{
	struct pf_line_info input, output;

	if (!find_free(lines, NULL, &input))
		return;
	fprintf(scan->inputs, "  # a contact between the line and ground\n");
	fprintf(scan->inputs, "  { name = \"input-%u\"; ", (unsigned)input.offset);
	print_place(scan->inputs, lines, &input);
	fprintf(scan->inputs, " bias = \"up\"; active_low = true; },\n");
	if (!find_free(lines, &input, &output))
		return;
	fprintf(scan->outputs, "  # a relay; active_low = true if it is on at low level\n");
	fprintf(scan->outputs, "  { name = \"output-%u\"; ", (unsigned)output.offset);
	print_place(scan->outputs, lines, &output);
	fprintf(scan->outputs, " active_low = false; },\n");
}

static const struct pf_driver *find_gpio_driver(const struct pf_scan *scan)
{
	for (size_t i = 0; i < scan->n_drivers; i++)
		if (scan->drivers[i]->bus == PF_BUS_GPIO)
			return scan->drivers[i];
	return NULL;
}

void pf_scan_lines(struct pf_scan *scan)
{
	const struct pf_line_query header = {.pin = 11};
	const struct pf_driver *driver = find_gpio_driver(scan);
	struct lines lines = {.list = NULL};
	struct pf_line_info on_header;
	const struct pf_line_ops *ops;
	void *context;
	int r;

	if (!driver) {
		printf("#\n# GPIO chips: the driver gpio is not there\n");
		return;
	}
	ops = pf_board_lines(scan->board, driver, &context);
	r = ops->scan(context, collect, &lines);
	if (r == -EACCES)
		printf("#\n# GPIO chips: no permission to open any (group gpio, or root)\n");
	else if (r < 0)
		printf("#\n# GPIO chips: none\n");
	if (resolve(&lines, &header, &on_header))
		lines.header_chip = on_header.chip;
	print_chips(&lines);
	print_snippets(scan, &lines);
	free(lines.list);
}

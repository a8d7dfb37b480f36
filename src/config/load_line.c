/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "config/loader.h"
#include "hw/resolve.h"

#define GPIO_MAX 57 /* of the BCM2711; others have fewer */

static const char ways[] = "expected one of line = \"GPIO17\", pin = 11, "
			   "or chip = \"pinctrl-bcm2711\" with offset = 17";

/* What power and ground pins are. */
static const char *pin_use(int pin)
{
	switch (pin) {
	case 1:
	case 17:
		return "3.3 V";
	case 2:
	case 4:
		return "5 V";
	default:
		return "ground";
	}
}

static const char *bare_chip(const char *chip)
{
	return strncmp(chip, "/dev/", 5) == 0 ? chip + 5 : chip;
}

/* The same text for the same line, however it is named. */
static const char *line_key(struct pf_pool *pool, const struct pf_line_config *line)
{
	if (line->pin)
		return pf_pool_format(pool, "GPIO%d", pf_header_gpio(line->pin));
	if (line->line)
		return line->line;
	if (pf_header_is_chip(line->chip))
		return pf_pool_format(pool, "GPIO%u", line->offset);
	return pf_pool_format(pool, "%s:%u", bare_chip(line->chip), line->offset);
}

static const char *line_text(struct pf_pool *pool, const struct pf_line_config *line)
{
	if (line->pin)
		return pf_pool_format(pool, "pin %d", line->pin);
	if (line->line)
		return line->line;
	return pf_pool_format(pool, "%s:%u", line->chip, line->offset);
}

/* Whether the line is named in exactly one way, and that way is complete. */
static bool check_ways(const struct pf_item_loader *item)
{
	const bool line = pf_node_find(item->group, "line") != NULL;
	const bool pin = pf_node_find(item->group, "pin") != NULL;
	const bool chip = pf_node_find(item->group, "chip") != NULL;
	const bool offset = pf_node_find(item->group, "offset") != NULL;
	const struct pf_loader *loader = item->loader;

	if (line + pin + (chip || offset) == 0)
		pf_report(loader->problems, &item->group->place, item->label, NULL,
			"has no line, %s", ways);
	else if (line + pin + (chip || offset) > 1)
		pf_report(loader->problems, pf_node_place(item->group, pin ? "pin" : "line"),
			item->label, NULL, "names its line more than once, %s", ways);
	else if (chip && !offset)
		pf_item_error(item, "chip", "stands without offset, %s", ways);
	else if (offset && !chip)
		pf_item_error(item, "offset", "stands without chip, %s", ways);
	else
		return true;
	return false;
}

/* The key that names the line. */
static const char *way_of(const struct pf_line_config *line)
{
	return line->pin ? "pin" : line->line ? "line" : "chip";
}

/* GPIO17 in the spelling of somebody else: "27", "gpio 27", "BCM27", "pin 13"; or -1. */
static int number_in(const char *name, bool *ret_is_pin)
{
	static const char *const words[] = {"gpio", "bcm", "io", "pin", "physical", "board"};
	int64_t number;

	*ret_is_pin = false;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		const size_t size = strlen(words[i]);

		if (strncasecmp(name, words[i], size) != 0)
			continue;
		name += size;
		*ret_is_pin = i >= 3;
		break;
	}
	name += strspn(name, " _-.#");
	return pf_integer_parse(name, strlen(name), 0, 999, &number) == 0 ? (int)number : -1;
}

/* Lines may have any name; but one that looks like that of a GPIO should be that. */
static void check_spelling(const struct pf_item_loader *item, const char *name)
{
	bool is_pin;
	const int number = number_in(name, &is_pin),
		  gpio = is_pin ? pf_header_gpio(number) : number;
	char usual[32];

	if (gpio < 0)
		return;
	(void)snprintf(usual, sizeof usual, "GPIO%d", gpio);
	if (gpio > GPIO_MAX)
		pf_item_warning(item, "line", "no Raspberry Pi has a line \"%s\"",
			pf_load_shown(item->loader, name));
	else if (strcmp(name, usual) != 0)
		pf_item_warning(item, "line",
			"\"%s\" is no usual name of a line, did you mean \"%s\"?",
			pf_load_shown(item->loader, name), usual);
}

void pf_load_line(const struct pf_item_loader *item, struct pf_line_config *line)
{
	const struct pf_taken *first;
	struct pf_taken taken = {.label = item->label};

	line->text = line->key = "";
	if (!check_ways(item) || !(line->line || line->pin || line->chip))
		return;
	if (line->chip && pf_node_find(item->group, "offset")->type != PF_NODE_INT)
		return;
	if (line->pin && pf_header_gpio(line->pin) < 0) {
		pf_item_error(item, "pin", "%d is a %s pin, expected a GPIO pin", line->pin,
			pin_use(line->pin));
		return;
	}
	if (line->line)
		check_spelling(item, line->line);
	line->text = line_text(item->loader->pool, line);
	line->key = line_key(item->loader->pool, line);
	taken.key = line->key;
	taken.place = *pf_node_place(item->group, way_of(line));
	first = pf_take(&item->loader->lines, &taken);
	if (first) {
		const bool is_same = strcmp(line->text, taken.key) == 0;

		pf_item_error(item, way_of(line), "%s is %s%salready the line of %s, %s:%d",
			line->text, is_same ? "" : taken.key, is_same ? "" : ", ", first->label,
			first->place.file, first->place.line);
	}
}

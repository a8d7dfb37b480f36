/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/resolve.h"

#include <assert.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* Pins of the 40-pin header that are not lines. */
enum { POWER_3V3 = -1, POWER_5V = -2, GROUND = -3 };

/* BCM number by header pin, from pin 1 on: odd pins left, even pins right. */
static const signed char header[] = {
	POWER_3V3, POWER_5V, /* 1, 2 */
	2, POWER_5V,         /* 3, 4 */
	3, GROUND,           /* 5, 6 */
	4, 14,               /* 7, 8 */
	GROUND, 15,          /* 9, 10 */
	17, 18,              /* 11, 12 */
	27, GROUND,          /* 13, 14 */
	22, 23,              /* 15, 16 */
	POWER_3V3, 24,       /* 17, 18 */
	10, GROUND,          /* 19, 20 */
	9, 25,               /* 21, 22 */
	11, 8,               /* 23, 24 */
	GROUND, 7,           /* 25, 26 */
	0, 1,                /* 27, 28 */
	5, GROUND,           /* 29, 30 */
	6, 12,               /* 31, 32 */
	13, GROUND,          /* 33, 34 */
	19, 16,              /* 35, 36 */
	26, 20,              /* 37, 38 */
	GROUND, 21,          /* 39, 40 */
};
#define N_PINS ((int)(sizeof header / sizeof *header))

/* Chips that carry the header: Raspberry Pi 0 to 3; 4, 400, CM4; 5, 500, CM5. */
static const char *const header_labels[] = {"pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"};

/* Lines that fit in one way: how many, and the first two of them. */
struct matches {
	int n;
	struct pf_line_info list[2];
};

/* One search: what is looked for, and what was found in one scan over all lines. */
struct search {
	const struct pf_line_query *query;
	int gpio;                 /* offset on the header's chip, or -1 */
	const char *chip_name;    /* query->chip with path and links resolved, or NULL */
	struct matches by_name;   /* of the line, or of the chip */
	struct matches by_header; /* gpio on the header's chip */
	struct matches by_label;  /* offset on a chip with that label */
	bool chip_seen;           /* a chip of that name or label is there */
	bool header_seen;
};

bool pf_header_is_chip(const char *label)
{
	for (size_t i = 0; i < sizeof header_labels / sizeof *header_labels; i++)
		if (strcmp(label, header_labels[i]) == 0)
			return true;
	return false;
}

int pf_header_gpio(int pin)
{
	if (pin < 1 || pin > N_PINS || header[pin - 1] < 0)
		return -1;
	return header[pin - 1];
}

int pf_header_pin(int gpio)
{
	for (int pin = 1; pin <= N_PINS; pin++)
		if (gpio >= 0 && header[pin - 1] == gpio)
			return pin;
	return -1;
}

int pf_gpio_number(const char *name)
{
	const char *digits;
	int number = 0;

	if (strncmp(name, "GPIO", 4) != 0)
		return -1;
	digits = name + 4;
	if (!digits[0] || (digits[0] == '0' && digits[1]) || strlen(digits) > 3)
		return -1;
	for (const char *p = digits; *p; p++) {
		if (*p < '0' || *p > '9')
			return -1;
		number = number * 10 + (*p - '0');
	}
	return number;
}

static int explain_pin(int pin, char *reason)
{
	if (pin < 1 || pin > N_PINS)
		pf_explain(reason, "the header has pins 1 to %d, not %d", N_PINS, pin);
	else
		pf_explain(reason, "header pin %d is %s, not a line", pin,
			header[pin - 1] == POWER_3V3  ? "3.3 V"
			: header[pin - 1] == POWER_5V ? "5 V"
						      : "ground");
	return -ENOENT;
}

static void match(struct matches *matches, const struct pf_line_info *info)
{
	if (matches->n < 2)
		matches->list[matches->n] = *info;
	matches->n++;
}

static void visit_for_chip(struct search *search, const struct pf_line_info *info)
{
	const bool named = search->chip_name && strcmp(info->chip, search->chip_name) == 0;
	const bool labelled = strcmp(info->label, search->query->chip) == 0;

	if (!named && !labelled)
		return;
	search->chip_seen = true;
	if (info->offset == search->query->offset)
		match(named ? &search->by_name : &search->by_label, info);
}

static int visit(const struct pf_line_info *info, void *user)
{
	struct search *search = user;

	if (search->query->chip) {
		visit_for_chip(search, info);
		return 0;
	}
	if (search->query->line && strcmp(info->name, search->query->line) == 0)
		match(&search->by_name, info);
	if (pf_header_is_chip(info->label)) {
		search->header_seen = true;
		if (search->gpio >= 0 && info->offset == (uint32_t)search->gpio)
			match(&search->by_header, info);
	}
	return 0;
}

/*
 * The chip's own name for what the configuration calls it: "/dev/gpiochip4" may be a link to
 * gpiochip0, as on Raspberry Pi OS, and so may a link of the owner's own udev rule. A label stays
 * what it is. *storage is what to free.
 */
static const char *resolve_chip_name(const char *chip, char **storage)
{
	char path[PATH_MAX];
	const char *slash;

	if (snprintf(path, sizeof path, "%s%s", chip[0] == '/' ? "" : "/dev/", chip) >=
		(int)sizeof path)
		return chip;
	*storage = realpath(path, NULL);
	/* without such a file (on the simulated board) the name counts as it stands */
	slash = strrchr(*storage ? *storage : chip, '/');
	return slash ? slash + 1 : chip;
}

static int explain_scan(int error, char *reason)
{
	if (error == -EACCES)
		pf_explain(reason, "no permission to open any GPIO chip (group gpio?)");
	else if (error == -ENODEV)
		pf_explain(reason, "this machine has no GPIO chip");
	else
		pf_explain(reason, "looking for GPIO chips failed: %s", strerror(-error));
	return error;
}

static int explain_clash(const struct matches *matches, const char *what, char *reason)
{
	pf_explain(reason, "%.40s is ambiguous: %s:%u and %s:%u", what, matches->list[0].chip,
		(unsigned)matches->list[0].offset, matches->list[1].chip,
		(unsigned)matches->list[1].offset);
	return -ENOTUNIQ;
}

static int explain_missing(const struct search *search, char *reason)
{
	const struct pf_line_query *query = search->query;

	if (query->chip && !search->chip_seen) {
		pf_explain(reason, "there is no GPIO chip %.60s", query->chip);
		return -ENODEV;
	}
	if (query->chip) {
		pf_explain(reason, "GPIO chip %.60s has no line %u", query->chip,
			(unsigned)query->offset);
		return -ENOENT;
	}
	if (query->line) {
		pf_explain(
			reason, "there is no line %.60s (`pinferry scan` lists them)", query->line);
		return -ENOENT;
	}
	if (!search->header_seen) {
		pf_explain(reason, "this machine has no GPIO chip with a 40-pin header");
		return -ENODEV;
	}
	pf_explain(reason, "the header's chip has no line %d", search->gpio);
	return -ENOENT;
}

/* What was found, in the order of the rules; NULL in *ret_info means nothing. */
static int choose(const struct search *search, const struct pf_line_info **ret_info, char *reason)
{
	const struct pf_line_query *query = search->query;
	const struct matches *const by_rule[] = {
		&search->by_name, &search->by_header, &search->by_label};
	const char *what = query->line ? query->line : query->chip ? query->chip : "the header";

	for (size_t i = 0; i < sizeof by_rule / sizeof *by_rule; i++) {
		if (by_rule[i]->n > 1)
			return explain_clash(by_rule[i], what, reason);
		if (by_rule[i]->n == 1) {
			*ret_info = &by_rule[i]->list[0];
			return 0;
		}
	}
	return explain_missing(search, reason);
}

int pf_line_resolve(const struct pf_line_ops *ops, void *context, const struct pf_line_query *query,
	struct pf_line_info *ret_info, char *ret_reason)
{
	struct search search = {.query = query, .gpio = -1};
	const struct pf_line_info *found = NULL;
	char *storage = NULL;
	int r;

	assert(!!query->line + !!query->pin + !!query->chip == 1);
	if (query->line)
		search.gpio = pf_gpio_number(query->line);
	else if (query->pin)
		search.gpio = pf_header_gpio(query->pin);
	else
		search.chip_name = resolve_chip_name(query->chip, &storage);
	if (query->pin && search.gpio < 0)
		return explain_pin(query->pin, ret_reason);
	r = ops->scan(context, visit, &search);
	r = r < 0 ? explain_scan(r, ret_reason) : choose(&search, &found, ret_reason);
	free(storage);
	if (r == 0)
		*ret_info = *found;
	return r;
}

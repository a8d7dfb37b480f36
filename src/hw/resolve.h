/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * From the way a configuration names a line to a chip and an offset.
 *
 * Rules: an exact kernel line name first; else "GPIO<n>", and always a header pin, mean offset n of
 * the chip that carries the 40-pin header (label pinctrl-bcm2835, pinctrl-bcm2711 or pinctrl-rp1:
 * on all three the offset is the BCM number); a chip is given by label, name or path. A name that
 * two lines have is an error. Own scan, because libgpiod 1.6's finder fails as soon as one chip
 * cannot be opened.
 *
 * Thread: that of the line functions used.
 */

#ifndef PF_HW_RESOLVE_H
#define PF_HW_RESOLVE_H

#include <stdbool.h>
#include <stdint.h>

#include "pinferry/driver.h"

/* What to look for; exactly one of line, pin, chip is set. */
struct pf_line_query {
	const char *line; /* "GPIO17" or NULL */
	int pin;          /* 1 to 40 or 0 */
	const char *chip; /* label, name or path, or NULL; with offset */
	uint32_t offset;
};

/*
 * Finds the line. 0 and *ret_info, or a negative errno with ret_reason[PF_REASON_SIZE] in plain
 * words: -ENODEV there is no GPIO chip (or not that one); -ENOENT no line of that name or offset;
 * -ENOTUNIQ two lines have the name; -EACCES no chip can be opened.
 */
int pf_line_resolve(const struct pf_line_ops *ops, void *context, const struct pf_line_query *query,
	struct pf_line_info *ret_info, char *ret_reason);

/* The BCM number (0 to 27) of a header pin (1 to 40), or -1 for power and ground pins. */
int pf_header_gpio(int pin);

/* The header pin (1 to 40) of a BCM number, or -1 if it is not on the header. */
int pf_header_pin(int gpio);

/* Whether a chip with this label carries the header: then offsets are BCM numbers. */
bool pf_header_is_chip(const char *label);

/* The number n of a name "GPIO<n>" with n of 0 to 999, no leading zeros; else -1. */
int pf_gpio_number(const char *name);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Private to the gpio driver: what the two libgpiod versions share. lines_v1.c (libgpiod 1.6) and
 * lines_v2.c (libgpiod 2.x) implement the same functions; configure takes the one that fits.
 *
 * What both promise beyond struct pf_line_ops:
 *   - A chip that goes away (an unplugged expander) makes get(), set() and read_edges() return
 *     -ENODEV for ever, and the event descriptor poll with POLLHUP and POLLERR for ever. The owner
 *     stops watching it at once, releases the line, and resolves and requests it again from time
 *     to time: the chip may come back under another number.
 *   - Outputs have no event descriptor: their owner learns of an unplugged chip from get() or
 * set().
 *   - Line-info watches of the kernel are never used: on Linux 6.1 they crash at unplug.
 *
 * Threading: as pf_line_ops. Errors: negative errno.
 */

#ifndef PF_DRIVERS_GPIO_LINES_H
#define PF_DRIVERS_GPIO_LINES_H

#include <limits.h>

#include "pinferry/driver.h"

/* ---- in gpio.c -------------------------------------------------------------------------------*/

/* Bytes of a chip's path: "/dev/" and a file name. */
#define PF_GPIO_PATH_SIZE (sizeof "/dev/" + NAME_MAX)

/* The path of a chip's device by its name ("gpiochip0"). 0, or -ENODEV: not a chip's name. */
int pf_gpio_path(const char *chip, char ret_path[PF_GPIO_PATH_SIZE]);

/* scan() of struct pf_line_ops, by means of pf_gpio_scan_chip(). */
int pf_gpio_scan(
	void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user);

/* Copies a name of the kernel into a field of struct pf_line_info; NULL becomes "". */
void pf_gpio_copy_name(char field[32], const char *name);

/* Whether a request with edges may be tried again without: the chip has no interrupts. */
bool pf_gpio_lacks_edges(int error);

/* ---- in lines_v1.c or lines_v2.c -------------------------------------------------------------*/

/*
 * Calls visit for each line of the chip at path. info has `chip` and `parent` filled in. 0 and in
 * *ret_visit what the last visit returned, or a negative errno: the chip cannot be opened.
 */
int pf_gpio_scan_chip(const char *path, struct pf_line_info *info,
	int (*visit)(const struct pf_line_info *info, void *user), void *user, int *ret_visit);

/* The driver's functions. */
extern const struct pf_line_ops pf_gpio_line_ops;

#endif

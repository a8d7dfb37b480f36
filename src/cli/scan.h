/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Private to `pinferry scan`: the parts that look, and what they share.
 *
 * What is found is printed as comments of the configuration language, and what can be configured is
 * collected as snippets, printed last. So all of the output is a configuration. Main thread only;
 * blocks as long as the buses do.
 */

#ifndef PF_CLI_SCAN_H
#define PF_CLI_SCAN_H

#include <stdio.h>

#include "hw/board.h"
#include "hw/driver_set.h"

/* One run of `scan`. */
struct pf_scan {
	const struct pf_board *board;
	const struct pf_driver **drivers; /* those that load */
	size_t n_drivers;
	FILE *inputs, *outputs, *sensors; /* snippets: list elements, each with a comma behind it */
};

/* Prints the GPIO chips with all lines. */
void pf_scan_lines(struct pf_scan *scan);

/* Prints the I2C buses with what answers, and guesses what it is. */
void pf_scan_i2c(struct pf_scan *scan);

/* Prints the 1-Wire sensors. */
void pf_scan_w1(struct pf_scan *scan);

/* Prints the kernel's own sensor devices (IIO, hwmon). */
void pf_scan_kernel_sensors(struct pf_scan *scan);

#endif

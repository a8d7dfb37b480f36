/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Finding a configured line on the board, and saying in plain words why it cannot be had.
 */

#ifndef PF_LINES_LINE_FIND_H
#define PF_LINES_LINE_FIND_H

#include "config/config.h"
#include "hw/board.h"

/* A line as found, with the functions to use on it. */
struct pf_found_line {
	const struct pf_line_ops *ops;
	void *context; /* the functions' `board` */
	struct pf_line_info info;
};

/* Finds the line. 0, or a negative errno with ret_reason[PF_REASON_SIZE]. */
int pf_line_find(const struct pf_board *board, const struct pf_driver *driver,
	const struct pf_line_config *config, struct pf_found_line *ret_found, char *ret_reason);

/* Why a request for the found line failed with `error` (negative errno). */
void pf_line_explain(const struct pf_found_line *found, const struct pf_line_config *config,
	int error, char *ret_reason);

#endif

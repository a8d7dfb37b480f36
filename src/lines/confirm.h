/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Whether a line has the level that was put on it. That a write came back without an error says
 * little: drivers of expanders in the kernel report success when the chip did not answer, and write
 * nothing at all where their copy of a register that the chip has lost says so.
 *
 * Thread: that of the line functions used.
 */

#ifndef PF_LINES_CONFIRM_H
#define PF_LINES_CONFIRM_H

#include <errno.h>
#include <stdbool.h>

#include "pinferry/driver.h"

/* The line answers, and has another level than it was set. */
#define PF_LINE_DIFFERS (-EBADE)

/*
 * Whether a line that was set `wanted` and reads `seen` contradicts that. Of an open drain or open
 * source only the level that it drives itself can be told.
 */
bool pf_line_contradicts(enum pf_drive drive, bool active_low, bool wanted, bool seen);

/*
 * Reads a line until it has the level that it was set, for 2 ms at most: what hangs at the line may
 * make it slow. 0; PF_LINE_DIFFERS; or the negative errno of reading. Levels are logical.
 */
int pf_line_confirm(const struct pf_line_ops *ops, struct pf_line *line, enum pf_drive drive,
	bool active_low, bool wanted);

#endif

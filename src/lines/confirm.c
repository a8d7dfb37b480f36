/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/confirm.h"

#include "base/clock.h"

#define PATIENCE_NS (2 * PF_NS_PER_MS)

bool pf_line_contradicts(enum pf_drive drive, bool active_low, bool wanted, bool seen)
{
	const bool driven_high = wanted != active_low;

	if (wanted == seen)
		return false;
	if (drive == PF_DRIVE_OPEN_DRAIN)
		return !driven_high;
	if (drive == PF_DRIVE_OPEN_SOURCE)
		return driven_high;
	return true;
}

int pf_line_confirm(const struct pf_line_ops *ops, struct pf_line *line, enum pf_drive drive,
	bool active_low, bool wanted)
{
	const uint64_t until_ns = pf_clock_now_ns() + PATIENCE_NS;
	int seen;

	do {
		seen = ops->get(line);
		if (seen < 0)
			return seen;
		if (!pf_line_contradicts(drive, active_low, wanted, seen))
			return 0;
	} while (pf_clock_now_ns() < until_ns);
	return PF_LINE_DIFFERS;
}

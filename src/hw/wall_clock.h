/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Whether the system clock has been set. A Raspberry Pi without a battery starts with the time of
 * its last shutdown, or 1970, until a time service has reached the network; a time published until
 * then is wrong by hours. Does not block; any thread.
 */

#ifndef PF_HW_WALL_CLOCK_H
#define PF_HW_WALL_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

/* What tells about it. */
struct pf_clock_signs {
	/*
	 * 1: the kernel was told that the clock is right (STA_UNSYNC of adjtimex(2) is clear, as
	 * systemd-timesyncd, chrony and ntpd leave it); 0: not so; negative errno: it may not be
	 * asked, as in many containers.
	 */
	int kernel;
	bool marker;     /* systemd-timesyncd has set it since boot */
	int64_t wall_ms; /* what it shows, in ms since 1970 */
};

/* Reads the signs of this machine. */
void pf_clock_signs_read(struct pf_clock_signs *ret_signs);

/*
 * What the signs mean. A clock that shows a time before this program was written is not set. Where
 * nothing else is known, any later time is believed. Pure.
 */
bool pf_clock_signs_good(const struct pf_clock_signs *signs);

#endif

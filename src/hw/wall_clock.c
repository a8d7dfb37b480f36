/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/wall_clock.h"

#include <errno.h>
#include <sys/timex.h>
#include <unistd.h>

#include "base/clock.h"

/* 2026-01-01T00:00:00Z: this program did not exist before. */
#define WRITTEN_MS ((int64_t)1767225600 * 1000)

/* systemd-timesyncd.service(8): made at the first synchronisation; gone with the next boot. */
#define MARKER "/run/systemd/timesync/synchronized"

static int ask_kernel(void)
{
	struct timex timex = {.modes = 0}; /* only reads: needs no privilege */

	if (adjtimex(&timex) < 0)
		return -errno;
	return (timex.status & STA_UNSYNC) == 0;
}

void pf_clock_signs_read(struct pf_clock_signs *ret_signs)
{
	*ret_signs = (struct pf_clock_signs){.kernel = ask_kernel(),
		.marker = access(MARKER, F_OK) == 0,
		.wall_ms = pf_clock_wall_ms()};
}

bool pf_clock_signs_good(const struct pf_clock_signs *signs)
{
	if (signs->wall_ms < WRITTEN_MS)
		return false;
	/* after hours without network the kernel's sign goes; the clock is still right by seconds
	 */
	return signs->marker || signs->kernel != 0;
}

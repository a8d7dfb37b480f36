/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

/*
 * Two clocks are read one after the other, and on a busy machine another process may run in
 * between: then they are read again, so many times at most.
 */
#define GAP_NS (PF_NS_PER_MS / 5)
#define TRIES  10

static uint64_t read_ns(clockid_t clock)
{
	struct timespec time;

	/* cannot fail for these clocks on Linux >= 2.6.39 */
	(void)clock_gettime(clock, &time);
	return (uint64_t)time.tv_sec * PF_NS_PER_S + (uint64_t)time.tv_nsec;
}

uint64_t pf_clock_now_ns(void)
{
	return read_ns(CLOCK_BOOTTIME);
}

int64_t pf_clock_wall_ms(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_REALTIME, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

uint64_t pf_clock_monotonic_ns(void)
{
	return read_ns(CLOCK_MONOTONIC);
}

/* The clock and wall time at one moment. */
static void read_both(clockid_t clock, uint64_t *ret_now_ns, int64_t *ret_wall_ms)
{
	uint64_t best_ns = UINT64_MAX;

	for (int i = 0; i < TRIES && best_ns > GAP_NS; i++) {
		const uint64_t before_ns = read_ns(clock);
		const int64_t wall_ms = pf_clock_wall_ms();
		const uint64_t gap_ns = read_ns(clock) - before_ns;

		if (gap_ns < best_ns) {
			best_ns = gap_ns;
			*ret_now_ns = before_ns;
			*ret_wall_ms = wall_ms;
		}
	}
}

static int64_t wall_of_ms(clockid_t clock, uint64_t time_ns)
{
	uint64_t now_ns = 0;
	int64_t wall_ms = 0;

	read_both(clock, &now_ns, &wall_ms);
	return now_ns > time_ns ? wall_ms - (int64_t)((now_ns - time_ns) / PF_NS_PER_MS) : wall_ms;
}

int64_t pf_clock_wall_of_ms(uint64_t time_ns)
{
	return wall_of_ms(CLOCK_BOOTTIME, time_ns);
}

int64_t pf_clock_wall_of_monotonic_ms(uint64_t monotonic_ns)
{
	return wall_of_ms(CLOCK_MONOTONIC, monotonic_ns);
}

void pf_clock_format(int64_t wall_ms, char *ret_text)
{
	int64_t seconds = wall_ms / 1000, milliseconds = wall_ms % 1000;
	struct tm parts;
	char date[24];
	time_t time;

	if (milliseconds < 0) {
		milliseconds += 1000;
		seconds--;
	}
	time = (time_t)seconds;
	if (!gmtime_r(&time, &parts))
		memset(&parts, 0, sizeof parts);
	(void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &parts);
	(void)snprintf(ret_text, PF_CLOCK_TEXT_SIZE, "%s.%03dZ", date, (int)milliseconds);
}

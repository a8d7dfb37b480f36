/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

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

/* A time of a clock that shows now_ns now. */
static int64_t wall_of_ms(uint64_t now_ns, uint64_t time_ns)
{
	const uint64_t age_ns = now_ns > time_ns ? now_ns - time_ns : 0;

	return pf_clock_wall_ms() - (int64_t)(age_ns / PF_NS_PER_MS);
}

int64_t pf_clock_wall_of_ms(uint64_t time_ns)
{
	return wall_of_ms(pf_clock_now_ns(), time_ns);
}

int64_t pf_clock_wall_of_monotonic_ms(uint64_t monotonic_ns)
{
	return wall_of_ms(pf_clock_monotonic_ns(), monotonic_ns);
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

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Time. Policy code never asks for it: the time is passed in, so that tests can invent it.
 *
 * Deadlines and schedules use CLOCK_BOOTTIME, which goes on while the machine is suspended; kernel
 * edge stamps are CLOCK_MONOTONIC. Both are unsigned 64-bit nanoseconds (584 years). Wall time is
 * only for people. Thread-safe.
 */

#ifndef PF_BASE_CLOCK_H
#define PF_BASE_CLOCK_H

#include <stdint.h>

#define PF_NS_PER_MS ((uint64_t)1000000)
#define PF_NS_PER_S  ((uint64_t)1000000000)

/* A time that never comes. */
#define PF_NEVER UINT64_MAX

/* Bytes of a formatted wall time with its NUL: "2026-03-01T12:00:00.123Z". */
#define PF_CLOCK_TEXT_SIZE 32

/* CLOCK_BOOTTIME now, in ns. */
uint64_t pf_clock_now_ns(void);

/* CLOCK_REALTIME now, in ms since 1970. */
int64_t pf_clock_wall_ms(void);

/* CLOCK_MONOTONIC now, in ns: what the kernel stamps edges with. */
uint64_t pf_clock_monotonic_ns(void);

/* Wall time, in ms since 1970, of a CLOCK_BOOTTIME in the past, by the clock as it is set now. */
int64_t pf_clock_wall_of_ms(uint64_t time_ns);

/* The same of a CLOCK_MONOTONIC stamp in the recent past. */
int64_t pf_clock_wall_of_monotonic_ms(uint64_t monotonic_ns);

/* RFC 3339 in UTC with milliseconds into ret_text[PF_CLOCK_TEXT_SIZE]. */
void pf_clock_format(int64_t wall_ms, char *ret_text);

#endif

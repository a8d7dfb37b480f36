/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/backoff.h"

#define FIRST_MS 1000
#define LAST_MS  60000

#define LINE_LAST_MS 4000

uint32_t pf_backoff_ms(uint32_t n)
{
	uint32_t wait_ms = FIRST_MS;

	for (uint32_t i = 1; i < n && wait_ms < LAST_MS; i++)
		wait_ms *= 2;
	return wait_ms < LAST_MS ? wait_ms : LAST_MS;
}

uint32_t pf_backoff_line_ms(uint32_t n)
{
	const uint32_t wait_ms = pf_backoff_ms(n);

	return wait_ms < LINE_LAST_MS ? wait_ms : LINE_LAST_MS;
}

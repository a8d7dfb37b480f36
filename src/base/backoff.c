/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/backoff.h"

#define FIRST_MS     1000
#define LAST_MS      60000
#define LAST_LINE_MS 5000

static uint32_t doubled_ms(uint32_t n, uint32_t last_ms)
{
	uint32_t wait_ms = FIRST_MS;

	for (uint32_t i = 1; i < n && wait_ms < last_ms; i++)
		wait_ms *= 2;
	return wait_ms < last_ms ? wait_ms : last_ms;
}

uint32_t pf_backoff_ms(uint32_t n)
{
	return doubled_ms(n, LAST_MS);
}

uint32_t pf_backoff_line_ms(uint32_t n)
{
	return doubled_ms(n, LAST_LINE_MS);
}

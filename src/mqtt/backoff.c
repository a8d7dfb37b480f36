/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/backoff.h"

#define FIRST_MS 2000u

static uint32_t least(uint32_t a, uint32_t b)
{
	return a < b ? a : b;
}

void pf_backoff_reset(struct pf_backoff *backoff)
{
	backoff->next_ms = least(FIRST_MS, backoff->max_ms);
}

void pf_backoff_init(struct pf_backoff *backoff, uint32_t max_ms)
{
	backoff->max_ms = max_ms;
	pf_backoff_reset(backoff);
}

uint32_t pf_backoff_next_ms(struct pf_backoff *backoff, uint32_t random)
{
	const uint32_t step_ms = backoff->next_ms;

	backoff->next_ms = step_ms > backoff->max_ms / 2 ? backoff->max_ms : step_ms * 2;
	return step_ms - random % (step_ms / 2 + 1);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "input/debounce.h"

#include "base/clock.h"

void pf_debounce_init(struct pf_debounce *debounce, uint32_t window_ms, bool level)
{
	*debounce = (struct pf_debounce){.window_ns = window_ms * PF_NS_PER_MS, .level = level};
}

void pf_debounce_edge(struct pf_debounce *debounce, uint64_t now_ns, uint64_t stamp_ns)
{
	if (!debounce->open)
		debounce->stamp_ns = stamp_ns;
	debounce->open = true;
	debounce->end_ns = now_ns + debounce->window_ns;
}

uint64_t pf_debounce_wake_ns(const struct pf_debounce *debounce)
{
	return debounce->open ? debounce->end_ns : PF_NEVER;
}

bool pf_debounce_settle(
	struct pf_debounce *debounce, uint64_t now_ns, bool level, uint64_t *ret_stamp_ns)
{
	if (!debounce->open || now_ns < debounce->end_ns)
		return false;
	debounce->open = false;
	if (level == debounce->level)
		return false;
	debounce->level = level;
	*ret_stamp_ns = debounce->stamp_ns;
	return true;
}

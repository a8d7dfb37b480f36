/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"
#include "base/clock.h"
#include "input/debounce.h"

#define MS PF_NS_PER_MS

static struct pf_debounce debounce;
static uint64_t stamp_ns;

static bool settle(uint64_t now_ns, bool level)
{
	return pf_debounce_settle(&debounce, now_ns, level, &stamp_ns);
}

static void burst_gives_one_report_with_its_first_stamp(void)
{
	pf_debounce_init(&debounce, 20, false);
	T_TRUE(pf_debounce_wake_ns(&debounce) == PF_NEVER);
	for (unsigned i = 0; i < 21; i++)
		pf_debounce_edge(&debounce, (100 + i) * MS, (5000 + i) * MS);
	T_INT(pf_debounce_wake_ns(&debounce), 140 * MS);
	T_FALSE(settle(139 * MS, true));
	T_TRUE(settle(140 * MS, true));
	T_INT(stamp_ns, 5000 * MS);
	T_TRUE(pf_debounce_wake_ns(&debounce) == PF_NEVER);
	T_FALSE(settle(200 * MS, false));
}

static void glitch_gives_no_report(void)
{
	pf_debounce_init(&debounce, 20, false);
	pf_debounce_edge(&debounce, 100 * MS, 1);
	pf_debounce_edge(&debounce, 103 * MS, 2);
	T_FALSE(settle(123 * MS, false));
	T_FALSE(debounce.open);
}

static void final_state_is_never_lost(void)
{
	/* the kernel's queue overflowed: the last edge told of was a rise, but the line is low */
	pf_debounce_init(&debounce, 20, true);
	pf_debounce_edge(&debounce, 10 * MS, 1);
	T_TRUE(settle(30 * MS, false));
	T_FALSE(debounce.level);
}

static void without_a_window_every_edge_counts_at_once(void)
{
	pf_debounce_init(&debounce, 0, false);
	pf_debounce_edge(&debounce, 7 * MS, 3);
	T_TRUE(settle(7 * MS, true));
	pf_debounce_edge(&debounce, 7 * MS, 4);
	T_TRUE(settle(7 * MS, false));
	T_INT(stamp_ns, 4);
}

T_MAIN("debounce", T(burst_gives_one_report_with_its_first_stamp), T(glitch_gives_no_report),
	T(final_state_is_never_lost), T(without_a_window_every_edge_counts_at_once))

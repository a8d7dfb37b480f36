/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "input/debounce.h"

#include "base/clock.h"

/* A burst that lasts longer than so many windows is no bouncing: what returns in it are pulses. */
#define BOUNCE_WINDOWS 3

void pf_debounce_init(struct pf_debounce *debounce, uint32_t window_ms, bool level)
{
	*debounce = (struct pf_debounce){
		.window_ns = window_ms * PF_NS_PER_MS, .level = level, .candidate = level};
}

/* The burst is over, and the line has held its candidate. Whether that is news. */
static bool close_burst(struct pf_debounce *debounce, struct pf_debounced *ret_report)
{
	debounce->open = debounce->doubted = false;
	/* what came before a change was bouncing; else it was a pulse, and too short */
	if (debounce->candidate == debounce->level) {
		debounce->n_swallowed += debounce->n_returns;
		return false;
	}
	debounce->level = debounce->candidate;
	*ret_report = (struct pf_debounced){debounce->level, debounce->stamp_ns, debounce->end_ns};
	return true;
}

static void count_return(struct pf_debounce *debounce, uint64_t stamp_ns)
{
	debounce->n_returns += debounce->candidate == debounce->level;
	if (stamp_ns - debounce->stamp_ns <= BOUNCE_WINDOWS * debounce->window_ns)
		return;
	debounce->n_swallowed += debounce->n_returns;
	debounce->n_returns = 0;
}

bool pf_debounce_edge(
	struct pf_debounce *debounce, const struct pf_edge *edge, struct pf_debounced *ret_report)
{
	const uint64_t stamp_ns = edge->time_ns;
	const bool over = debounce->open && stamp_ns >= debounce->end_ns && !edge->missed;
	const bool news = over && close_burst(debounce, ret_report);

	if (!debounce->open) {
		debounce->open = true;
		debounce->stamp_ns = stamp_ns;
		debounce->n_returns = 0;
	}
	debounce->doubted = false;
	debounce->candidate = edge->rising;
	debounce->end_ns = stamp_ns + debounce->window_ns;
	count_return(debounce, stamp_ns);
	return news;
}

uint64_t pf_debounce_wake_ns(const struct pf_debounce *debounce)
{
	return debounce->open ? debounce->end_ns : PF_NEVER;
}

enum pf_settled pf_debounce_settle(
	struct pf_debounce *debounce, uint64_t now_ns, bool level, struct pf_debounced *ret_report)
{
	if (!debounce->open || now_ns < debounce->end_ns)
		return PF_SETTLED_NOTHING;
	if (level != debounce->candidate && !debounce->doubted) {
		debounce->doubted = true;
		return PF_SETTLED_DOUBT;
	}
	debounce->n_untold += level != debounce->candidate;
	debounce->candidate = level;
	return close_burst(debounce, ret_report) ? PF_SETTLED_REPORT : PF_SETTLED_NOTHING;
}

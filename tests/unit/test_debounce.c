/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * T_SEED=N repeats a run of the random test; T_TRAINS=N plays that many trains of edges.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "../t.h"
#include "base/clock.h"
#include "input/debounce.h"

#define MS PF_NS_PER_MS

#define EDGES_MAX   60
#define REPORTS_MAX (2 * EDGES_MAX)

static struct pf_debounce debounce;
static struct pf_debounced said;

static bool edge(uint64_t stamp_ns, bool level)
{
	return pf_debounce_edge(
		&debounce, &(struct pf_edge){.time_ns = stamp_ns, .rising = level}, &said);
}

static enum pf_settled settle(uint64_t now_ns, bool level)
{
	return pf_debounce_settle(&debounce, now_ns, level, &said);
}

static void burst_gives_one_report_with_its_first_stamp(void)
{
	pf_debounce_init(&debounce, 20, false);
	T_TRUE(pf_debounce_wake_ns(&debounce) == PF_NEVER);
	for (unsigned i = 0; i < 21; i++)
		T_FALSE(edge((5000 + i) * MS, i % 2 == 0));
	T_INT(pf_debounce_wake_ns(&debounce), 5040 * MS);
	T_INT(settle(5040 * MS - 1, true), PF_SETTLED_NOTHING);
	T_INT(settle(5040 * MS, true), PF_SETTLED_REPORT);
	T_TRUE(said.level);
	T_INT(said.stamp_ns, 5000 * MS);
	T_INT(said.held_ns, 5040 * MS);
	T_TRUE(pf_debounce_wake_ns(&debounce) == PF_NEVER);
	T_INT(settle(6000 * MS, false), PF_SETTLED_NOTHING);
	T_INT(debounce.n_swallowed, 0);
}

static void glitch_gives_no_report_and_is_counted(void)
{
	pf_debounce_init(&debounce, 20, false);
	T_FALSE(edge(1 * MS, true));
	T_FALSE(edge(4 * MS, false));
	T_INT(settle(24 * MS, false), PF_SETTLED_NOTHING);
	T_FALSE(debounce.open);
	T_INT(debounce.n_swallowed, 1);
}

/* A meter whose pulses follow each other faster than the window: it never ends. */
static void pulses_that_never_let_the_window_end_are_counted(void)
{
	pf_debounce_init(&debounce, 2000, false);
	for (unsigned i = 0; i < 100; i++) {
		T_FALSE(edge((i * 1000 + 1) * MS, true));
		T_FALSE(edge((i * 1000 + 101) * MS, false));
	}
	T_TRUE(debounce.n_swallowed >= 99);
}

static void presses_in_a_stall_are_all_seen(void)
{
	static const uint32_t windows_ms[] = {0, 20};

	for (size_t i = 0; i < 2; i++) {
		pf_debounce_init(&debounce, windows_ms[i], false);
		T_FALSE(edge(100 * MS, true));
		T_TRUE(edge(200 * MS, false));
		T_TRUE(said.level);
		T_INT(said.stamp_ns, 100 * MS);
		T_INT(settle(900 * MS, false), PF_SETTLED_REPORT);
		T_FALSE(said.level);
		T_INT(said.stamp_ns, 200 * MS);
	}
}

static void a_level_that_no_edge_tells_of_is_doubted_once(void)
{
	/* the edge is on its way: what was before it is not forgotten */
	pf_debounce_init(&debounce, 20, false);
	T_FALSE(edge(100 * MS, true));
	T_INT(settle(150 * MS, false), PF_SETTLED_DOUBT);
	T_TRUE(edge(149 * MS, false));
	T_TRUE(said.level);
	T_INT(settle(169 * MS, false), PF_SETTLED_REPORT);
	T_INT(debounce.n_untold, 0);
	/* the kernel's queue overflowed: there is none */
	pf_debounce_init(&debounce, 20, true);
	T_FALSE(edge(100 * MS, true));
	T_INT(settle(120 * MS, false), PF_SETTLED_DOUBT);
	T_INT(settle(120 * MS, false), PF_SETTLED_REPORT);
	T_FALSE(debounce.level);
	T_INT(debounce.n_untold, 1);
}

static void what_was_before_missed_edges_is_not_believed(void)
{
	pf_debounce_init(&debounce, 20, false);
	T_FALSE(edge(100 * MS, true));
	T_FALSE(pf_debounce_edge(&debounce,
		&(struct pf_edge){.time_ns = 900 * MS, .rising = false, .missed = 5}, &said));
	T_INT(settle(920 * MS, false), PF_SETTLED_NOTHING);
}

static void without_a_window_every_edge_counts_at_once(void)
{
	pf_debounce_init(&debounce, 0, false);
	T_FALSE(edge(3, true));
	T_INT(settle(3, true), PF_SETTLED_REPORT);
	T_FALSE(edge(4, false));
	T_INT(settle(7 * MS, false), PF_SETTLED_REPORT);
	T_INT(said.stamp_ns, 4);
}

/* ---- the same whenever it is looked at ------------------------------------------------------- */

static uint64_t random_state;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return (uint32_t)(random_state % n);
}

/* What the contact does: edges with their stamps, the level alternating. */
struct train {
	uint64_t stamps_ns[EDGES_MAX];
	size_t n;
};

struct reports {
	struct pf_debounced list[REPORTS_MAX];
	size_t n;
};

static void make_train(struct train *train)
{
	static const uint32_t gaps_ms[] = {1, 2, 19, 20, 21, 60, 300};
	uint64_t now_ns = 1000 * MS;

	train->n = 1 + random_below(EDGES_MAX);
	for (size_t i = 0; i < train->n; i++) {
		now_ns += gaps_ms[random_below(7)] * MS + random_below(2);
		train->stamps_ns[i] = now_ns;
	}
}

static bool level_at(const struct train *train, uint64_t now_ns)
{
	bool level = false;

	for (size_t i = 0; i < train->n && train->stamps_ns[i] <= now_ns; i++)
		level = !level;
	return level;
}

static void note(struct reports *reports)
{
	if (T_TRUE(reports->n < REPORTS_MAX))
		reports->list[reports->n++] = said;
}

/* Takes the edges that have come by now. */
static void take(const struct train *train, size_t *next, uint64_t now_ns, struct reports *reports)
{
	for (; *next < train->n && train->stamps_ns[*next] <= now_ns; ++*next)
		if (edge(train->stamps_ns[*next], *next % 2 == 0))
			note(reports);
}

/*
 * Plays a train to one who looks at each edge and each end of a window that much too late at most,
 * and between whose two looks, at the edges and at the level, some time passes, too.
 */
static void play(const struct train *train, uint32_t window_ms, uint32_t late_ms, uint32_t gap_us,
	struct reports *reports)
{
	const uint64_t end_ns = train->stamps_ns[train->n - 1] + 100000 * MS;
	uint64_t now_ns = 0;
	size_t next = 0;

	reports->n = 0;
	pf_debounce_init(&debounce, window_ms, false);
	while (now_ns < end_ns) {
		const uint64_t wake_ns = pf_debounce_wake_ns(&debounce);
		uint64_t due_ns = next < train->n ? train->stamps_ns[next] : end_ns;
		enum pf_settled settled;

		due_ns = wake_ns < due_ns ? wake_ns : due_ns;
		now_ns = due_ns > now_ns ? due_ns : now_ns;
		now_ns += late_ms ? random_below(late_ms) * MS + random_below(1000) : 0;
		do {
			take(train, &next, now_ns, reports);
			now_ns += gap_us ? random_below(gap_us) * 1000 : 0;
			settled = settle(now_ns, level_at(train, now_ns));
			if (settled == PF_SETTLED_REPORT)
				note(reports);
		} while (settled == PF_SETTLED_DOUBT);
	}
}

static bool same_reports(const struct reports *a, const struct reports *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (a->list[i].level != b->list[i].level ||
			a->list[i].stamp_ns != b->list[i].stamp_ns)
			return false;
	return true;
}

static unsigned long long number_from(const char *variable, unsigned long long fallback)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 0) : fallback;
}

static void late_looks_change_nothing(void)
{
	static const uint32_t windows_ms[] = {0, 1, 20, 100};
	static const uint32_t late_ms[] = {1, 10, 200, 12000};
	const unsigned long long seed = number_from("T_SEED", pf_clock_now_ns() | 1);
	const unsigned long long n_trains = number_from("T_TRAINS", 5000);
	struct reports in_time, late;
	struct train train;

	printf("# T_SEED=%llu\n", seed);
	random_state = seed;
	for (unsigned long long i = 0; i < n_trains; i++) {
		const uint32_t window_ms = windows_ms[random_below(4)];

		make_train(&train);
		play(&train, window_ms, 0, 0, &in_time);
		play(&train, window_ms, late_ms[random_below(4)], 1 + random_below(3000), &late);
		if (!T_TRUE(same_reports(&in_time, &late))) {
			printf("# train %llu, window %u ms: %zu reports in time, %zu late\n", i,
				window_ms, in_time.n, late.n);
			return;
		}
	}
}

T_MAIN("debounce", T(burst_gives_one_report_with_its_first_stamp),
	T(glitch_gives_no_report_and_is_counted),
	T(pulses_that_never_let_the_window_end_are_counted), T(presses_in_a_stall_are_all_seen),
	T(a_level_that_no_edge_tells_of_is_doubted_once),
	T(what_was_before_missed_edges_is_not_believed),
	T(without_a_window_every_edge_counts_at_once), T(late_looks_change_nothing))

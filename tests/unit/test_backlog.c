/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "../t.h"
#include "store/backlog.h"

static struct pf_backlog backlog;

/* Puts the numbers from..to in; how many were dropped for them. */
static size_t put(int from, int to)
{
	size_t n_dropped = 0;
	char text[16];

	for (int i = from; i <= to; i++) {
		(void)snprintf(text, sizeof text, "%d", i);
		n_dropped += pf_backlog_put(&backlog, (uint64_t)i, text, 60);
	}
	return n_dropped;
}

/* Hands up to n readings over: "1 2 3 ". */
static const char *hand_over(size_t n)
{
	static char all[65536];
	const struct pf_reading_text *reading;
	size_t used = 0;

	all[0] = '\0';
	for (; n > 0 && (reading = pf_backlog_next(&backlog)); n--) {
		used += (size_t)snprintf(all + used, sizeof all - used, "%s ", reading->text);
		pf_backlog_sent(&backlog);
	}
	return all;
}

static void first_in_first_out(void)
{
	const struct pf_reading_text *reading;

	pf_backlog_init(&backlog, 100);
	T_TRUE(pf_backlog_next(&backlog) == NULL);
	T_INT(put(1, 3), 0);
	reading = pf_backlog_next(&backlog);
	T_STR(reading->text, "1");
	T_INT(reading->time_ns, 1);
	T_INT(reading->expiry_s, 60);
	T_FALSE(pf_backlog_is_newest(&backlog, reading));
	T_TRUE(pf_backlog_is_newest(&backlog, pf_backlog_at(&backlog, 2)));
	T_STR(hand_over(2), "1 2 ");
	T_INT(put(4, 4), 0);
	T_STR(hand_over(9), "3 4 ");
	T_TRUE(pf_backlog_next(&backlog) == NULL);
	T_INT(backlog.n, 4);
	for (uint64_t id = 1; id <= 4; id++)
		pf_backlog_confirm(&backlog, id);
	T_INT(backlog.n, 0);
	pf_backlog_done(&backlog);
}

static void what_is_not_confirmed_comes_again(void)
{
	pf_backlog_init(&backlog, 100);
	(void)put(1, 6);
	T_STR(hand_over(4), "1 2 3 4 ");
	pf_backlog_confirm(&backlog, 1);
	/* out of turn: it is not sent again, but stays until those before it have gone */
	pf_backlog_confirm(&backlog, 3);
	T_INT(backlog.n, 5);
	T_INT(pf_backlog_lost(&backlog), 0);
	T_STR(hand_over(9), "2 4 5 6 ");
	pf_backlog_confirm(&backlog, 2);
	T_INT(backlog.n, 3);
	/* an answer that comes twice, and one to a question nobody asked */
	pf_backlog_confirm(&backlog, 2);
	pf_backlog_confirm(&backlog, 77);
	T_INT(backlog.n, 3);
	pf_backlog_done(&backlog);
}

static void the_oldest_is_dropped_first(void)
{
	pf_backlog_init(&backlog, 3);
	T_INT(put(1, 3), 0);
	T_INT(put(4, 10), 7);
	T_INT(backlog.n, 3);
	T_STR(hand_over(9), "8 9 10 ");
	pf_backlog_done(&backlog);
}

/* Whether those are lost turns out later. */
static void drops_on_their_way_are_counted_when_they_are_lost(void)
{
	pf_backlog_init(&backlog, 3);
	(void)put(1, 3);
	T_STR(hand_over(2), "1 2 ");
	T_INT(put(4, 6), 1); /* 1 and 2 on their way, 3 for good */
	T_INT(backlog.n, 3);
	pf_backlog_confirm(&backlog, 1);
	T_INT(pf_backlog_lost(&backlog), 1);
	T_INT(pf_backlog_lost(&backlog), 0);
	T_STR(hand_over(9), "4 5 6 ");
	pf_backlog_done(&backlog);
}

static void the_limit_can_change(void)
{
	pf_backlog_init(&backlog, 0);
	T_INT(pf_backlog_limit(&backlog, 5), 0);
	T_INT(put(1, 5), 0);
	T_INT(pf_backlog_limit(&backlog, 2), 3);
	T_INT(pf_backlog_limit(&backlog, 4), 0);
	T_INT(put(6, 8), 1);
	T_STR(hand_over(9), "5 6 7 8 ");
	pf_backlog_done(&backlog);
}

static void an_earlier_run_goes_in_front(void)
{
	struct pf_reading_text *old[3] = {pf_reading_text_new(10, "a", 1),
		pf_reading_text_new(11, "b", 1), pf_reading_text_new(15, "c", 1)};

	pf_backlog_init(&backlog, 4);
	(void)put(1, 2);
	T_INT(pf_backlog_load(&backlog, old, 3, 20), 1);
	T_INT(pf_backlog_at(&backlog, 0)->id, 11);
	T_INT(pf_backlog_at(&backlog, 2)->id, 21);
	T_INT(pf_backlog_at(&backlog, 3)->id, 22);
	T_STR(hand_over(9), "b c 1 2 ");
	T_INT(put(3, 3), 0);
	pf_backlog_confirm(&backlog, 11);
	T_INT(pf_backlog_at(&backlog, backlog.n - 1)->id, 23);
	pf_backlog_done(&backlog);

	/* nothing is left, but the ids go on */
	pf_backlog_init(&backlog, 4);
	T_INT(pf_backlog_load(&backlog, NULL, 0, 7), 0);
	(void)put(1, 1);
	T_INT(pf_backlog_at(&backlog, 0)->id, 8);
	pf_backlog_done(&backlog);
}

/* Many random steps beside a simple model: each reading is delivered, dropped or still there. */
static void random_steps_lose_nothing_uncounted(void)
{
	uint64_t on_their_way[8];
	size_t n_way = 0, n_dropped = 0, n_delivered = 0;
	int n_put = 0;

	srand(1);
	pf_backlog_init(&backlog, 50);
	for (int step = 0; step < 50000; step++) {
		const int what = rand() % 1000;
		const struct pf_reading_text *reading = pf_backlog_next(&backlog);

		if (what < 500) {
			n_put++;
			n_dropped += put(n_put, n_put);
		} else if (what < 750 && reading && n_way < 8) {
			T_TRUE(n_way == 0 || reading->id > on_their_way[n_way - 1]);
			T_INT(atoi(reading->text), reading->id);
			on_their_way[n_way++] = reading->id;
			pf_backlog_sent(&backlog);
		} else if (what < 995 && n_way > 0) {
			pf_backlog_confirm(&backlog, on_their_way[0]);
			memmove(on_their_way, on_their_way + 1, --n_way * sizeof *on_their_way);
			n_delivered++;
		} else if (what >= 995) {
			n_dropped += pf_backlog_lost(&backlog);
			n_way = 0;
			T_INT(n_put, n_dropped + n_delivered + backlog.n);
		}
		T_TRUE(backlog.n <= 50);
	}
	T_TRUE(n_dropped > 100 && n_delivered > 100);
	pf_backlog_done(&backlog);
}

T_MAIN("backlog", T(first_in_first_out), T(what_is_not_confirmed_comes_again),
	T(the_oldest_is_dropped_first), T(drops_on_their_way_are_counted_when_they_are_lost),
	T(the_limit_can_change), T(an_earlier_run_goes_in_front),
	T(random_steps_lose_nothing_uncounted))

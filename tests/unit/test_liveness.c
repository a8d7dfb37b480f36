/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"

#include <stdlib.h>

#include "base/clock.h"
#include "mqtt/liveness.h"
#include "output/age.h"

#define S  PF_NS_PER_S
#define MS PF_NS_PER_MS

static struct pf_liveness liveness;

/* Connected in the 100th second. */
static void begin(void)
{
	pf_liveness_open(&liveness, 30, 0, true, 100 * S);
}

static void round_trip(uint64_t asked_ns, uint64_t answered_ns)
{
	pf_liveness_ask(&liveness, asked_ns, true);
	pf_liveness_answer(&liveness, answered_ns);
}

static bool hears_stale(uint64_t now_ns)
{
	return pf_age_is_stale(now_ns, pf_liveness_hear(&liveness));
}

static void five_seconds_are_the_limit(void)
{
	T_FALSE(pf_age_is_stale(110 * S, 105 * S));
	T_TRUE(pf_age_is_stale(110 * S, 105 * S - 1));
	/* a time ahead of ours is no reason */
	T_FALSE(pf_age_is_stale(110 * S, 111 * S));
}

static void with_a_broker_that_answers_all_is_new(void)
{
	begin();
	T_FALSE(hears_stale(101 * S));
	for (uint64_t t = 102; t < 200; t += 2) {
		round_trip(t * S, t * S + 300 * MS);
		T_FALSE(hears_stale(t * S + 300 * MS));
		T_FALSE(hears_stale(t * S + 2300 * MS));
	}
}

static void the_next_question_is_due_soon(void)
{
	begin();
	T_TRUE(pf_liveness_next_ns(&liveness) == 102500 * MS);
	T_FALSE(pf_liveness_is_due(&liveness, 102499 * MS));
	T_TRUE(pf_liveness_is_due(&liveness, 102500 * MS));
	round_trip(102500 * MS, 103 * S);
	T_TRUE(pf_liveness_next_ns(&liveness) == 105 * S);
	/* after a silence much sooner */
	round_trip(105 * S, 120 * S);
	T_TRUE(pf_liveness_is_due(&liveness, 120 * S));
	round_trip(120 * S, 120001 * MS);
	T_FALSE(pf_liveness_is_due(&liveness, 120049 * MS));
	/* not while one is under way */
	pf_liveness_ask(&liveness, 123 * S, true);
	T_FALSE(pf_liveness_is_due(&liveness, 137999 * MS));
}

static void the_broker_may_want_to_hear_of_us_more_often(void)
{
	pf_liveness_open(&liveness, 3600, 1, true, 100 * S);
	T_TRUE(pf_liveness_next_ns(&liveness) == 100500 * MS);
	pf_liveness_open(&liveness, 3600, 10, false, 100 * S);
	T_TRUE(pf_liveness_next_ns(&liveness) == 105 * S);
	pf_liveness_open(&liveness, 3600, 0, false, 100 * S);
	T_TRUE(pf_liveness_next_ns(&liveness) == 820 * S);
	pf_liveness_open(&liveness, 3600, 0, true, 100 * S);
	T_TRUE(pf_liveness_next_ns(&liveness) == 102500 * MS);
}

/* Half of keepalive_s after the question; what comes meanwhile gives it more time, but no end. */
static void who_does_not_answer_is_dead(void)
{
	begin();
	T_FALSE(pf_liveness_is_dead(&liveness, 200 * S));
	pf_liveness_ask(&liveness, 102 * S, true);
	T_TRUE(pf_liveness_next_ns(&liveness) == 117 * S);
	T_FALSE(pf_liveness_is_dead(&liveness, 117 * S - 1));
	T_TRUE(pf_liveness_is_dead(&liveness, 117 * S));
	pf_liveness_see(&liveness, 116 * S);
	T_FALSE(pf_liveness_is_dead(&liveness, 131 * S - 1));
	T_TRUE(pf_liveness_is_dead(&liveness, 131 * S));
	for (uint64_t t = 102; t < 147; t++) {
		pf_liveness_see(&liveness, t * S);
		T_FALSE(pf_liveness_is_dead(&liveness, t * S));
	}
	T_TRUE(pf_liveness_is_dead(&liveness, 147 * S));
}

/* Something else is on its way to the broker, and nobody takes it. */
static void a_question_that_cannot_be_sent_is_tried_again(void)
{
	begin();
	pf_liveness_ask(&liveness, 103 * S, false);
	T_FALSE(pf_liveness_is_due(&liveness, 103624 * MS));
	T_TRUE(pf_liveness_is_due(&liveness, 103625 * MS));
	/* the library's own ping is answered */
	pf_liveness_answer(&liveness, 103700 * MS);
	T_TRUE(pf_liveness_hear(&liveness) == 100 * S);
	for (uint64_t t = 104; t < 118; t++)
		pf_liveness_ask(&liveness, t * S, false);
	T_TRUE(pf_liveness_is_dead(&liveness, 118 * S));
	pf_liveness_ask(&liveness, 117900 * MS, true);
	T_FALSE(pf_liveness_is_dead(&liveness, 118 * S));
}

static void what_comes_after_a_silence_was_said_in_it(void)
{
	begin();
	pf_liveness_ask(&liveness, 102 * S, true);
	T_FALSE(hears_stale(105 * S));
	T_TRUE(hears_stale(105 * S + 1));
	/* asked in the silence: the answer does not say that what follows is new */
	pf_liveness_answer(&liveness, 120 * S);
	T_TRUE(hears_stale(120 * S));
	pf_liveness_ask(&liveness, 120 * S + 50 * MS, true);
	pf_liveness_answer(&liveness, 120 * S + 60 * MS);
	T_FALSE(hears_stale(120 * S + 61 * MS));
}

static void an_answer_that_overtakes_the_rest_ends_no_silence(void)
{
	uint64_t now_ns = 120 * S;

	begin();
	round_trip(102 * S, now_ns);
	for (int i = 0; i < 50; i++) {
		pf_liveness_ask(&liveness, now_ns += 50 * MS, true);
		for (int k = 0; k < 20; k++)
			T_TRUE(hears_stale(now_ns));
		pf_liveness_answer(&liveness, now_ns += 2 * MS);
	}
	/* nothing came */
	round_trip(now_ns + 50 * MS, now_ns + 52 * MS);
	T_FALSE(hears_stale(now_ns + 52 * MS));
}

static void who_talks_all_the_time_is_heard_after_five_seconds(void)
{
	uint64_t now_ns = 120 * S;
	bool stale = true;

	begin();
	round_trip(102 * S, now_ns);
	while (stale && now_ns < 140 * S) {
		pf_liveness_ask(&liveness, now_ns += 50 * MS, true);
		stale = hears_stale(now_ns);
		pf_liveness_answer(&liveness, now_ns += 2 * MS);
	}
	T_TRUE(now_ns > 125 * S && now_ns < 126 * S);
}

/*
 * Property: whatever the delays are, a message that waited longer than the limit is stale, as long
 * as answers come behind what was sent before. Times in ms; one message in each step, the link
 * silent for some of the time.
 */
static void nothing_old_is_taken_for_new(void)
{
	unsigned seed = 5;
	size_t n_stale = 0, n_old = 0, n = 0;

	for (int round = 0; round < 300; round++) {
		uint64_t asked = 0, now = 100 * S, silent_until = 0;
		bool waiting = false;

		begin();
		for (int step = 0; step < 400; step++, n++) {
			const uint64_t said = now;
			uint64_t heard;

			now += (uint64_t)(rand_r(&seed) % 400) * MS;
			if (now > silent_until && rand_r(&seed) % 40 == 0)
				silent_until = now + (uint64_t)(rand_r(&seed) % 9000) * MS;
			if (!waiting && pf_liveness_is_due(&liveness, now)) {
				pf_liveness_ask(&liveness, now, true);
				asked = now;
				waiting = true;
			}
			heard = said < silent_until && now < silent_until ? silent_until : now;
			/* what was said before the silence ends comes first, then the answer */
			if (heard > now)
				now = heard;
			n_stale += hears_stale(now);
			n_old += now - said > PF_AGE_MAX_NS;
			T_TRUE(now - said <= PF_AGE_MAX_NS || liveness.live_ns <= said);
			T_TRUE(liveness.live_ns <= said);
			if (waiting)
				pf_liveness_answer(&liveness, now);
			waiting = false;
			T_TRUE(liveness.live_ns <= now && asked <= now);
		}
	}
	printf("# %zu messages, %zu of them old, %zu taken for stale\n", n, n_old, n_stale);
	T_TRUE(n_old > 100 && n_stale >= n_old);
}

/* Nothing can be asked for seconds, since there is always something under way. */
static void in_a_flood_acknowledged_messages_are_answers(void)
{
	begin();
	for (uint64_t t = 102; t < 200; t++) {
		pf_liveness_ask(&liveness, t * S, false);
		pf_liveness_confirm(&liveness, t * S, t * S + 500 * MS);
		pf_liveness_see(&liveness, t * S + 500 * MS);
		T_FALSE(hears_stale(t * S + 500 * MS));
		T_FALSE(pf_liveness_is_dead(&liveness, t * S + 500 * MS));
	}
	/* one that was older than the last question takes nothing back */
	round_trip(200 * S, 201 * S);
	pf_liveness_confirm(&liveness, 190 * S, 201 * S);
	T_FALSE(hears_stale(205 * S));
}

static void an_acknowledged_message_ends_no_silence(void)
{
	begin();
	pf_liveness_confirm(&liveness, 101 * S, 120 * S);
	T_TRUE(hears_stale(120 * S));
	pf_liveness_confirm(&liveness, 120 * S, 120 * S + 1);
	T_TRUE(hears_stale(120 * S + 1));
}

T_MAIN("liveness", T(five_seconds_are_the_limit), T(with_a_broker_that_answers_all_is_new),
	T(the_next_question_is_due_soon), T(the_broker_may_want_to_hear_of_us_more_often),
	T(who_does_not_answer_is_dead), T(a_question_that_cannot_be_sent_is_tried_again),
	T(what_comes_after_a_silence_was_said_in_it),
	T(an_answer_that_overtakes_the_rest_ends_no_silence),
	T(who_talks_all_the_time_is_heard_after_five_seconds), T(nothing_old_is_taken_for_new),
	T(in_a_flood_acknowledged_messages_are_answers), T(an_acknowledged_message_ends_no_silence))

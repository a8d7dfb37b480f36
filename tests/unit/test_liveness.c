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
	pf_liveness_init(&liveness, 0);
	pf_liveness_open(&liveness, 100 * S);
}

static void end(void)
{
	pf_liveness_done(&liveness);
}

static void round_trip(uint64_t asked_ns, uint64_t answered_ns)
{
	pf_liveness_ask(&liveness, asked_ns);
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
	end();
}

static void the_next_question_is_due_two_seconds_later(void)
{
	begin();
	T_INT(pf_liveness_wait_ms(&liveness, 100 * S), 2001);
	T_INT(pf_liveness_wait_ms(&liveness, 102 * S), 0);
	round_trip(102 * S, 103 * S);
	T_INT(pf_liveness_wait_ms(&liveness, 103 * S), 1001);
	/* after a silence much sooner */
	round_trip(104 * S, 120 * S);
	T_INT(pf_liveness_wait_ms(&liveness, 120 * S), 0);
	pf_liveness_ask(&liveness, 120 * S);
	T_INT(pf_liveness_wait_ms(&liveness, 120 * S), 51);
	end();
}

static void what_comes_after_a_silence_was_said_in_it(void)
{
	begin();
	pf_liveness_ask(&liveness, 102 * S);
	T_FALSE(hears_stale(105 * S));
	T_TRUE(hears_stale(105 * S + 1));
	/* asked in the silence: the answer does not say that what follows is new */
	pf_liveness_answer(&liveness, 120 * S);
	T_TRUE(hears_stale(120 * S));
	pf_liveness_ask(&liveness, 120 * S + 50 * MS);
	pf_liveness_answer(&liveness, 120 * S + 60 * MS);
	T_FALSE(hears_stale(120 * S + 61 * MS));
	end();
}

static void an_answer_that_overtakes_the_rest_ends_no_silence(void)
{
	uint64_t now_ns = 120 * S;

	begin();
	round_trip(102 * S, now_ns);
	for (int i = 0; i < 50; i++) {
		pf_liveness_ask(&liveness, now_ns += 50 * MS);
		for (int k = 0; k < 20; k++)
			T_TRUE(hears_stale(now_ns));
		pf_liveness_answer(&liveness, now_ns += 2 * MS);
	}
	/* nothing came */
	round_trip(now_ns + 50 * MS, now_ns + 52 * MS);
	T_FALSE(hears_stale(now_ns + 52 * MS));
	end();
}

static void who_talks_all_the_time_is_heard_after_five_seconds(void)
{
	uint64_t now_ns = 120 * S;
	bool stale = true;

	begin();
	round_trip(102 * S, now_ns);
	while (stale && now_ns < 140 * S) {
		pf_liveness_ask(&liveness, now_ns += 50 * MS);
		stale = hears_stale(now_ns);
		pf_liveness_answer(&liveness, now_ns += 2 * MS);
	}
	T_TRUE(now_ns > 125 * S && now_ns < 126 * S);
	end();
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
			if (!waiting && pf_liveness_wait_ms(&liveness, now) == 0) {
				pf_liveness_ask(&liveness, now);
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
		end();
	}
	printf("# %zu messages, %zu of them old, %zu taken for stale\n", n, n_old, n_stale);
	T_TRUE(n_old > 100 && n_stale >= n_old);
}

T_MAIN("liveness", T(five_seconds_are_the_limit), T(with_a_broker_that_answers_all_is_new),
	T(the_next_question_is_due_two_seconds_later), T(what_comes_after_a_silence_was_said_in_it),
	T(an_answer_that_overtakes_the_rest_ends_no_silence),
	T(who_talks_all_the_time_is_heard_after_five_seconds), T(nothing_old_is_taken_for_new))

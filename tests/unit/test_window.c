/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "../t.h"
#include "mqtt/window.h"

static struct pf_window window;

static uint64_t take(enum pf_news_kind kind, uint64_t token, int id)
{
	const struct pf_news news = {.kind = kind, .token = token, .id = id};

	return pf_window_take(&window, &news);
}

/* A message goes out; with a token it is kept. */
static void send(bool kept)
{
	struct pf_outgoing message = {0};

	window.n_kept += kept ? 1 : 0;
	pf_window_sent(&window, &message);
	T_INT(message.token, 0);
}

static void send_state(void)
{
	struct pf_outgoing message = {.state = true};

	pf_window_sent(&window, &message);
	T_TRUE(message.token == PF_TOKEN_STATE);
}

static void answers_are_matched(void)
{
	pf_window_open(&window, 4);
	send(true);
	send(false);
	send(true);
	T_INT(take(PF_NEWS_SENT, 71, 1), 0);
	T_INT(take(PF_NEWS_SENT, 73, 3), 0);
	T_INT(window.n, 3);
	T_INT(take(PF_NEWS_DONE, 0, 1), 71);
	T_INT(take(PF_NEWS_DONE, 0, 2), 0);
	T_INT(take(PF_NEWS_DONE, 0, 3), 73);
	T_INT(window.n, 0);
	T_INT(window.n_kept, 0);
}

/* The broker is faster than the library's return. */
static void an_early_answer_is_remembered(void)
{
	pf_window_open(&window, 4);
	for (int round = 0; round < 100; round++) {
		send(true);
		T_INT(take(PF_NEWS_DONE, 0, round + 1), 0);
		T_INT(window.n, 0);
		T_INT(take(PF_NEWS_SENT, (uint64_t)round + 1000, round + 1), round + 1000);
	}
	T_INT(window.n_kept, 0);
}

static void answers_of_others_are_no_answers(void)
{
	pf_window_open(&window, 4);
	for (int id = 1; id <= 1000; id++) {
		send(false);
		T_INT(take(PF_NEWS_DONE, 0, id), 0);
	}
	send(true);
	T_INT(take(PF_NEWS_SENT, 5, 1001), 0);
	T_INT(take(PF_NEWS_DONE, 0, 1001), 5);
}

static void without_an_answer_to_come_it_is_delivered(void)
{
	pf_window_open(&window, 4);
	send(true);
	T_INT(take(PF_NEWS_DONE, 9, 0), 9);
	send(true);
	T_INT(take(PF_NEWS_LEFT, 10, 0), 0);
	T_INT(window.n, 0);
	T_INT(window.n_kept, 0);
}

static void only_what_nobody_keeps_is_lost(void)
{
	pf_window_open(&window, 4);
	send(true);
	send(false);
	send(false);
	T_INT(pf_window_lost(&window, 0), 2);
	T_INT(window.n, 0);
	/* of those that never went out two were kept */
	pf_window_open(&window, 4);
	send(true);
	send(false);
	window.n_kept += 2;
	T_INT(pf_window_lost(&window, 5), 4);
	pf_window_open(&window, 4);
	T_INT(take(PF_NEWS_DONE, 0, 1), 0);
	T_INT(window.n, 0);
}

/* They are published again after the next connect. */
static void states_are_not_lost(void)
{
	pf_window_open(&window, 4);
	send_state();
	send(false);
	send_state();
	T_INT(take(PF_NEWS_SENT, PF_TOKEN_STATE, 1), 0);
	T_INT(take(PF_NEWS_DONE, 0, 1), 0);
	T_INT(window.n_kept, 1);
	T_INT(pf_window_lost(&window, 3), 4);
	pf_window_open(&window, 4);
	send_state();
	T_INT(take(PF_NEWS_LEFT, PF_TOKEN_STATE, 0), 0);
	T_INT(window.n, 0);
	T_INT(window.n_kept, 0);
}

T_MAIN("window", T(answers_are_matched), T(an_early_answer_is_remembered),
	T(answers_of_others_are_no_answers), T(without_an_answer_to_come_it_is_delivered),
	T(only_what_nobody_keeps_is_lost), T(states_are_not_lost))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/window.h"

#include <string.h>

#define N_EARLY (sizeof((struct pf_window *)0)->early / sizeof(int))

void pf_window_open(struct pf_window *window, int size)
{
	*window = (struct pf_window){.size = size};
}

void pf_window_sent(struct pf_window *window, struct pf_outgoing *message)
{
	window->n++;
	if (message->state) {
		message->token = PF_TOKEN_STATE;
		window->n_kept++;
	}
}

size_t pf_window_lost(struct pf_window *window, size_t n_others)
{
	const size_t n = (size_t)window->n + n_others;
	const size_t n_kept = window->n_kept;

	window->n = 0;
	window->n_kept = 0;
	return n > n_kept ? n - n_kept : 0;
}

static uint64_t deliver(struct pf_window *window, uint64_t token)
{
	if (token && window->n_kept > 0)
		window->n_kept--;
	return token == PF_TOKEN_STATE ? 0 : token;
}

/* The library has told the number: was the answer there before? */
static uint64_t take_sent(struct pf_window *window, uint64_t token, int id)
{
	for (size_t i = 0; i < N_EARLY; i++)
		if (window->early[i] == id) {
			window->early[i] = 0;
			return deliver(window, token);
		}
	for (size_t i = 0; i < PF_WINDOW_MAX; i++)
		if (!window->sent[i].id) {
			window->sent[i].id = id;
			window->sent[i].token = token;
			break;
		}
	return 0;
}

static uint64_t take_done(struct pf_window *window, int id)
{
	for (size_t i = 0; i < PF_WINDOW_MAX; i++)
		if (window->sent[i].id == id) {
			window->sent[i].id = 0;
			return deliver(window, window->sent[i].token);
		}
	/* of a message without a token, or too early; numbers come again only after 65535 others */
	window->early[window->next_early++ % N_EARLY] = id;
	return 0;
}

uint64_t pf_window_take(struct pf_window *window, const struct pf_news *news)
{
	if (news->kind == PF_NEWS_SENT)
		return take_sent(window, news->token, news->id);
	if (window->n > 0)
		window->n--;
	if (news->kind == PF_NEWS_LEFT) {
		(void)deliver(window, news->token);
		return 0;
	}
	return news->id ? take_done(window, news->id) : deliver(window, news->token);
}

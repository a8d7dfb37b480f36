/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/input_edges.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "publish/payload.h"

int pf_input_edges_fd(const struct pf_input_item *input)
{
	return input->slow ? pf_slow_line_event_fd(input->slow)
			   : input->found.ops->event_fd(input->line);
}

void pf_input_edges_publish(struct pf_input_item *input, bool level, struct pf_moment moment)
{
	const struct pf_input_config *config = input->config;
	char *payload = pf_payload_state(
		config->item.format, level ? config->payload_on : config->payload_off, moment);

	pf_debug("input %s: %s", config->item.name,
		level ? config->payload_on : config->payload_off);
	pf_state_set(&input->item.env->publisher, input->state, payload);
	free(payload);
}

/* The kernel's stamp of an edge as CLOCK_BOOTTIME. */
static uint64_t since_ns(uint64_t stamp_ns)
{
	return pf_clock_now_ns() - (pf_clock_monotonic_ns() - stamp_ns);
}

static void report(struct pf_input_item *input, const struct pf_debounced *news)
{
	/* first what it does here, then what the world is told */
	if (news->level)
		input->pressed(input->user, input->config->item.name, since_ns(news->held_ns));
	pf_input_edges_publish(
		input, news->level, pf_moment_of_edge(&input->item.env->clock, news->stamp_ns));
}

/* The line is to be read when the window ends, which may have been. */
static void await_end(struct pf_input_item *input)
{
	const uint64_t now_ns = pf_clock_monotonic_ns();
	const uint64_t end_ns = pf_debounce_wake_ns(&input->debounce);
	const uint64_t left_ns = end_ns > now_ns ? end_ns - now_ns : 0;

	if (end_ns == PF_NEVER)
		pf_timer_stop(&input->item.env->timers, &input->settle);
	else
		pf_timer_set(&input->item.env->timers, &input->settle, pf_clock_now_ns() + left_ns);
}

/* What the edges were that somebody counts. */
static void count(struct pf_input_item *input, uint64_t missed)
{
	struct pf_debounce *debounce = &input->debounce;
	struct pf_env *env = input->item.env;

	/* where there are no edges, none is missed */
	if (pf_input_edges_fd(input) >= 0)
		missed += debounce->n_untold;
	if (missed || debounce->n_swallowed)
		pf_item_news(&input->item);
	env->n_missed_edges += missed;
	env->n_swallowed_pulses += debounce->n_swallowed;
	debounce->n_untold = debounce->n_swallowed = 0;
}

void pf_input_edges_take(struct pf_input_item *input, const struct pf_edge *edges, size_t n)
{
	struct pf_debounced news;
	uint64_t missed = 0;

	for (size_t i = 0; i < n; i++) {
		missed += edges[i].missed;
		if (pf_debounce_edge(&input->debounce, &edges[i], &news))
			report(input, &news);
	}
	count(input, missed);
	await_end(input);
}

void pf_input_edges_settle(struct pf_input_item *input, bool level)
{
	struct pf_debounced news;

	if (pf_debounce_settle(&input->debounce, pf_clock_monotonic_ns(), level, &news) ==
		PF_SETTLED_REPORT)
		report(input, &news);
	count(input, 0);
	await_end(input);
}

void pf_input_edges_check(struct pf_input_item *input, bool level)
{
	const struct pf_edge edge = {.time_ns = pf_clock_monotonic_ns(), .rising = level};

	if (level == input->debounce.level || input->debounce.open)
		return;
	pf_input_edges_take(input, &edge, 1);
	if (input->config->debounce_ms == 0)
		pf_input_edges_settle(input, level);
}

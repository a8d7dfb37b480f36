/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/input_item.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bridge/item.h"
#include "bridge/line_find.h"
#include "bridge/payload.h"
#include "input/debounce.h"

/* Where a chip has no interrupts, its level is read this often. */
#define POLL_MS 20

struct pf_input_item {
	struct pf_item item;
	const struct pf_input_config *config;
	void (*pressed)(void *user, const char *name);
	void *user;
	struct pf_state *state;
	struct pf_found_line found;
	struct pf_line *line; /* NULL: not held */
	uint32_t n_failures;  /* to get the line, in a row */
	struct pf_debounce debounce;
	struct ev_io edges;
	struct pf_timer settle; /* end of the debounce window */
	struct pf_timer wake;   /* next try for the line; or next poll of a line without edges */
};

static struct pf_timers *timers_of(struct pf_input_item *input)
{
	return &input->item.env->timers;
}

static void release_line(struct pf_input_item *input)
{
	if (ev_is_active(&input->edges))
		ev_io_stop(input->item.env->loop, &input->edges);
	pf_timer_stop(timers_of(input), &input->settle);
	if (input->line)
		input->found.ops->release(input->line);
	input->line = NULL;
}

static void give_up(struct pf_input_item *input, int error)
{
	char reason[PF_REASON_SIZE];

	pf_line_explain(&input->found, &input->config->line, error, reason);
	release_line(input);
	pf_item_fault(&input->item, "%s", reason);
	input->n_failures = 1;
	pf_timer_set(timers_of(input), &input->wake,
		pf_clock_now_ns() + pf_backoff_ms(input->n_failures) * PF_NS_PER_MS);
}

static void publish_level(struct pf_input_item *input, bool level, struct pf_moment moment)
{
	const struct pf_input_config *config = input->config;
	char *payload = pf_payload_state(
		config->item.format, level ? config->payload_on : config->payload_off, moment);

	pf_info("input %s: %s", config->item.name,
		level ? config->payload_on : config->payload_off);
	pf_state_set(&input->item.env->publisher, input->state, payload);
	free(payload);
}

/* The window has ended: what does the line say? */
static void settle(struct pf_input_item *input, uint64_t now_ns)
{
	const int level = input->found.ops->get(input->line);
	uint64_t stamp_ns;

	if (level < 0) {
		give_up(input, level);
		return;
	}
	if (!pf_debounce_settle(&input->debounce, now_ns, level, &stamp_ns))
		return;
	/* first what it does here, then what the world is told */
	if (level)
		input->pressed(input->user, input->config->item.name);
	publish_level(input, level, pf_moment_of_edge(input->item.env, stamp_ns));
}

static void on_settle(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_input_item *input = PF_OWNER(timer, struct pf_input_item, settle);

	settle(input, now_ns);
}

static void note_edge(struct pf_input_item *input, uint64_t now_ns, uint64_t stamp_ns)
{
	pf_debounce_edge(&input->debounce, now_ns, stamp_ns);
	if (input->config->debounce_ms == 0)
		settle(input, now_ns);
	else
		pf_timer_set(
			timers_of(input), &input->settle, pf_debounce_wake_ns(&input->debounce));
}

static void on_edges(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct pf_input_item *input = watcher->data;
	const uint64_t now_ns = pf_clock_now_ns();
	struct pf_edge edges[16];
	int n, level;

	(void)loop;
	(void)events;
	n = input->found.ops->read_edges(input->line, edges, sizeof edges / sizeof *edges);
	/* woken without an edge: an unplugged chip polls as ready for ever */
	level = n > 0 ? 0 : input->found.ops->get(input->line);
	if (n < 0 || level < 0) {
		give_up(input, n < 0 ? n : level);
		return;
	}
	for (int i = 0; i < n && input->line; i++) {
		if (edges[i].missed)
			pf_item_news(&input->item);
		input->item.env->n_missed_edges += edges[i].missed;
		note_edge(input, now_ns, edges[i].time_ns);
	}
}

/* Reads the level; a change that no edge told of counts like an edge. */
static void check_level(struct pf_input_item *input)
{
	const int level = input->found.ops->get(input->line);

	if (level < 0)
		give_up(input, level);
	else if (level != input->debounce.level && !input->debounce.open)
		note_edge(input, pf_clock_now_ns(), pf_clock_monotonic_ns());
}

void pf_input_item_resync(struct pf_input_item *input)
{
	if (input->line)
		check_level(input);
}

static int request_line(struct pf_input_item *input, char *ret_reason)
{
	const struct pf_input_config *config = input->config;
	struct pf_input_request request = {
		.active_low = config->active_low, .bias = config->bias, .consumer = "pinferry"};
	int r = pf_line_find(
		input->item.env->board, config->driver, &config->line, &input->found, ret_reason);

	if (r < 0)
		return r;
	request.chip = input->found.info.chip;
	request.offset = input->found.info.offset;
	r = input->found.ops->request_input(input->found.context, &request, &input->line);
	if (r == 0)
		pf_line_warn_if_slow(&input->found, "input", config->item.name);
	if (r == 0)
		r = input->found.ops->get(input->line);
	if (r < 0) {
		release_line(input);
		pf_line_explain(&input->found, &config->line, r, ret_reason);
	}
	return r;
}

static void watch_edges(struct pf_input_item *input)
{
	const int fd = input->found.ops->event_fd(input->line);

	if (fd >= 0) {
		ev_io_init(&input->edges, on_edges, fd, EV_READ);
		ev_set_priority(&input->edges, 1); /* edges before timers */
		input->edges.data = input;
		ev_io_start(input->item.env->loop, &input->edges);
		return;
	}
	pf_notice("input %s: line %s has no edge events, reading it every %d ms",
		input->config->item.name, input->config->line.text, POLL_MS);
	pf_timer_set(timers_of(input), &input->wake, pf_clock_now_ns() + POLL_MS * PF_NS_PER_MS);
}

static void try_line(struct pf_input_item *input, uint64_t now_ns)
{
	char reason[PF_REASON_SIZE] = "";
	const int level = request_line(input, reason);

	if (level < 0) {
		pf_item_fault(&input->item, "%s", reason);
		input->n_failures++;
		pf_timer_set(timers_of(input), &input->wake,
			now_ns + pf_backoff_ms(input->n_failures) * PF_NS_PER_MS);
		return;
	}
	input->n_failures = 0;
	pf_debounce_init(&input->debounce, input->config->debounce_ms, level);
	pf_item_clear(&input->item);
	publish_level(input, level, pf_moment_of(input->item.env, pf_clock_now_ns()));
	pf_item_online(&input->item);
	watch_edges(input);
}

static void on_wake(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_input_item *input = PF_OWNER(timer, struct pf_input_item, wake);

	if (!input->line) {
		try_line(input, now_ns);
		return;
	}
	pf_timer_set(timers_of(input), &input->wake, now_ns + POLL_MS * PF_NS_PER_MS);
	check_level(input);
}

struct pf_input_item *pf_input_item_new(struct pf_env *env, const struct pf_input_config *config,
	void (*pressed)(void *user, const char *name), void *user)
{
	struct pf_input_item *input = pf_calloc(1, sizeof *input);

	input->config = config;
	input->pressed = pressed;
	input->user = user;
	pf_item_init(&input->item, env, "input", &config->item);
	input->state = pf_item_add_state(&input->item, NULL);
	pf_item_add_availability(&input->item);
	pf_timer_init(&input->settle, on_settle);
	pf_timer_init(&input->wake, on_wake);
	try_line(input, pf_clock_now_ns());
	return input;
}

void pf_input_item_rebind(struct pf_input_item *input, const struct pf_input_config *config)
{
	input->config = config;
	input->item.config = &config->item;
}

void pf_input_item_free(struct pf_input_item *input, bool clear)
{
	if (!input)
		return;
	release_line(input);
	pf_timer_stop(timers_of(input), &input->wake);
	pf_state_remove(&input->item.env->publisher, input->state, clear);
	pf_item_done(&input->item, clear);
	free(input);
}

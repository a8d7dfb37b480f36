/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/input_item.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bridge/input_edges.h"

/* Where a chip has no interrupts, its level is read this often. */
#define POLL_MS 20

static struct pf_timers *timers_of(struct pf_input_item *input)
{
	return &input->item.env->timers;
}

static void release_line(struct pf_input_item *input)
{
	if (ev_is_active(&input->edges))
		ev_io_stop(input->item.env->loop, &input->edges);
	pf_timer_stop(timers_of(input), &input->settle);
	if (input->slow)
		pf_slow_line_free(input->slow);
	else if (input->line)
		input->found.ops->release(input->line);
	input->slow = NULL;
	input->line = NULL;
}

/* This is what hinders it now, whatever it was before; tries again soon. */
static void retry_later(struct pf_input_item *input, const char *reason)
{
	pf_item_raise(&input->item, PF_HINDRANCE_FAULT, "%s", reason);
	pf_item_lower(&input->item, PF_HINDRANCES_OF_HARDWARE & ~PF_HINDRANCE_FAULT);
	input->n_failures++;
	pf_timer_set(timers_of(input), &input->wake,
		pf_clock_now_ns() + pf_backoff_line_ms(input->n_failures) * PF_NS_PER_MS);
}

static void give_up(struct pf_input_item *input, int error)
{
	char reason[PF_REASON_SIZE];

	pf_line_explain(&input->found, &input->config->line, error, reason);
	release_line(input);
	retry_later(input, reason);
}

static void take_level(struct pf_input_item *input, enum reading reading, int level)
{
	if (level < 0)
		give_up(input, level);
	else if (reading == READ_CHECK)
		pf_input_edges_check(input, level);
	else
		pf_input_edges_settle(input, level);
}

/* The edges of a line that is not behind a bus. false: it is gone. */
static bool take_edges(struct pf_input_item *input)
{
	struct pf_edge edges[16];
	int n;

	do {
		n = pf_input_edges_fd(input) < 0 ? 0
						 : input->found.ops->read_edges(input->line, edges,
							   sizeof edges / sizeof *edges);
		if (n > 0)
			pf_input_edges_take(input, edges, (size_t)n);
	} while (n == sizeof edges / sizeof *edges);
	if (n < 0)
		give_up(input, n);
	return n >= 0;
}

/* Takes the edges and reads the level, on the bus if the line sits behind one. */
static void read_level(struct pf_input_item *input, enum reading reading)
{
	if (!input->slow) {
		if (!take_edges(input))
			return;
		take_level(input, reading, input->found.ops->get(input->line));
	} else if (pf_slow_line_get(input->slow)) {
		input->reading = reading;
	} else {
		input->again = input->again || reading == READ_SETTLE;
	}
}

static void on_settle(struct pf_timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	read_level(PF_OWNER(timer, struct pf_input_item, settle), READ_SETTLE);
}

static void on_edges(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct pf_input_item *input = watcher->data;

	(void)events;
	/* until the bus has read them, the descriptor would stay readable */
	if (input->slow)
		ev_io_stop(loop, watcher);
	/* also without an edge: an unplugged chip polls as ready for ever */
	read_level(input, READ_EDGES);
}

static void check_bus(struct pf_input_item *input)
{
	const char *bus = pf_slow_line_hangs(input->slow, pf_clock_now_ns());

	if (bus)
		pf_item_raise(&input->item, PF_HINDRANCE_BUS,
			"bus %s hangs: a call does not come back", bus);
}

void pf_input_item_resync(struct pf_input_item *input)
{
	if (input->slow)
		check_bus(input);
	if (input->line)
		read_level(input, READ_CHECK);
}

static void watch_edges(struct pf_input_item *input)
{
	const int fd = pf_input_edges_fd(input);

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

static void come_back(struct pf_input_item *input, bool level)
{
	pf_item_lower(&input->item, PF_HINDRANCES_OF_HARDWARE);
	pf_input_edges_publish(
		input, level, pf_moment_of(&input->item.env->clock, pf_clock_now_ns()));
	pf_item_online(&input->item);
}

/* The line was requested and read, or could not be: level is what it says, or a negative errno. */
static void take_line(struct pf_input_item *input, int level)
{
	char reason[PF_REASON_SIZE] = "";

	if (level < 0) {
		release_line(input);
		pf_line_explain(&input->found, &input->config->line, level, reason);
		retry_later(input, reason);
		return;
	}
	input->n_failures = 0;
	pf_debounce_init(&input->debounce, input->config->debounce_ms, level);
	come_back(input, level);
	watch_edges(input);
}

/* A task on the bus has come back. */
static void on_slow(void *user, enum pf_slow_task task, int result)
{
	struct pf_input_item *input = user;
	const bool again = input->again;
	const bool hung = pf_item_is_hindered(&input->item, PF_HINDRANCE_BUS);
	const struct pf_edge *edges;
	size_t n;

	input->again = false;
	if (task == PF_SLOW_REQUEST) {
		input->line = pf_slow_line_held(input->slow);
		take_line(input, result);
		return;
	}
	n = pf_slow_line_edges(input->slow, &edges);
	pf_input_edges_take(input, edges, n);
	take_level(input, input->reading, result);
	if (!input->line)
		return;
	if (!ev_is_active(&input->edges) && pf_input_edges_fd(input) >= 0)
		ev_io_start(input->item.env->loop, &input->edges);
	if (again)
		read_level(input, READ_SETTLE);
	if (hung)
		come_back(input, input->debounce.level);
}

/* Requests the line and reads it: the level, or a negative errno; -EINPROGRESS: on_slow() tells. */
static int request_line(struct pf_input_item *input)
{
	const struct pf_input_config *config = input->config;
	const struct pf_input_request request = {.chip = input->found.info.chip,
		.offset = input->found.info.offset,
		.active_low = config->active_low,
		.bias = config->bias,
		.consumer = "pinferry"};
	int r;

	if (!pf_line_is_slow(&input->found)) {
		r = input->found.ops->request_input(input->found.context, &request, &input->line);
		return r < 0 ? r : input->found.ops->get(input->line);
	}
	if (input->n_failures == 0 && (config->bias == PF_BIAS_UP || config->bias == PF_BIAS_DOWN))
		pf_warning("input %s: drivers of expanders in the kernel take bias without an "
			   "error and ignore it",
			config->item.name);
	r = pf_slow_line_new(input->item.env->buses, &input->found, on_slow, input, &input->slow);
	if (r < 0)
		return r;
	pf_slow_line_request_input(input->slow, &request);
	return -EINPROGRESS;
}

static void try_line(struct pf_input_item *input)
{
	char reason[PF_REASON_SIZE] = "";
	int level;

	if (pf_line_find(input->item.env->board, input->config->driver, &input->config->line,
		    &input->found, reason) < 0) {
		retry_later(input, reason);
		return;
	}
	level = request_line(input);
	if (level != -EINPROGRESS)
		take_line(input, level);
}

static void on_wake(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_input_item *input = PF_OWNER(timer, struct pf_input_item, wake);

	if (!input->line && !input->slow) {
		try_line(input);
		return;
	}
	pf_timer_set(timers_of(input), &input->wake, now_ns + POLL_MS * PF_NS_PER_MS);
	read_level(input, READ_CHECK);
}

struct pf_input_item *pf_input_item_new(struct pf_env *env, const struct pf_input_config *config,
	void (*pressed)(void *user, const char *name, uint64_t since_ns), void *user)
{
	struct pf_input_item *input = pf_calloc(1, sizeof *input);

	input->config = config;
	input->pressed = pressed;
	input->user = user;
	pf_item_init(&input->item, env, "input", &config->item);
	input->state = pf_item_add_state(&input->item, NULL);
	pf_state_send_each(input->state);
	pf_item_add_availability(&input->item);
	pf_timer_init(&input->settle, on_settle);
	pf_timer_init(&input->wake, on_wake);
	try_line(input);
	return input;
}

void pf_input_item_rebind(struct pf_input_item *input, const struct pf_input_config *config)
{
	input->config = config;
	input->item.config = &config->item;
}

bool pf_input_item_is_held(const struct pf_input_item *input)
{
	return input->line != NULL;
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

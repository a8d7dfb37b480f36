/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/input_item.h"

#include <stdlib.h>

#include "base/backoff.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "bridge/item.h"
#include "bridge/payload.h"
#include "input/debounce.h"
#include "lines/line_find.h"
#include "lines/slow_line.h"

/* Where a chip has no interrupts, its level is read this often. */
#define POLL_MS 20

/* Why the level is read; the later one counts if a read is under way already. */
enum reading {
	READ_ALIVE, /* only to see whether the line is there */
	READ_CHECK, /* in case an edge was lost */
	READ_SETTLE /* the debounce window has ended */
};

struct pf_input_item {
	struct pf_item item;
	const struct pf_input_config *config;
	void (*pressed)(void *user, const char *name);
	void *user;
	struct pf_state *state;
	struct pf_found_line found;
	struct pf_line *line;      /* NULL: not held */
	struct pf_slow_line *slow; /* owns `line`, if it sits behind a bus; or NULL */
	enum reading reading;      /* under way on the bus */
	bool again;                /* read once more: it may have been too early */
	uint32_t n_failures;       /* to get the line, in a row */
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

/* The window has ended, and this is what the line says. */
static void settle(struct pf_input_item *input, uint64_t now_ns, bool level)
{
	uint64_t stamp_ns;

	if (!pf_debounce_settle(&input->debounce, now_ns, level, &stamp_ns))
		return;
	/* first what it does here, then what the world is told */
	if (level)
		input->pressed(input->user, input->config->item.name);
	publish_level(input, level, pf_moment_of_edge(input->item.env, stamp_ns));
}

/* A change that no edge told of counts like an edge, and the level is known already. */
static void check_level(struct pf_input_item *input, uint64_t now_ns, bool level)
{
	if (level == input->debounce.level || input->debounce.open)
		return;
	pf_debounce_edge(&input->debounce, now_ns, 0);
	if (input->config->debounce_ms == 0)
		settle(input, now_ns, level);
	else
		pf_timer_set(
			timers_of(input), &input->settle, pf_debounce_wake_ns(&input->debounce));
}

static void take_level(struct pf_input_item *input, enum reading reading, int level)
{
	const uint64_t now_ns = pf_clock_now_ns();

	if (level < 0)
		give_up(input, level);
	else if (reading == READ_SETTLE)
		settle(input, now_ns, level);
	else if (reading == READ_CHECK)
		check_level(input, now_ns, level);
}

/* Reads the level, on the bus if the line sits behind one. */
static void read_level(struct pf_input_item *input, enum reading reading)
{
	if (!input->slow) {
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

static void note_edge(struct pf_input_item *input, uint64_t now_ns, uint64_t stamp_ns)
{
	pf_debounce_edge(&input->debounce, now_ns, stamp_ns);
	if (input->config->debounce_ms == 0)
		read_level(input, READ_SETTLE);
	else
		pf_timer_set(
			timers_of(input), &input->settle, pf_debounce_wake_ns(&input->debounce));
}

static void on_edges(struct ev_loop *loop, struct ev_io *watcher, int events)
{
	struct pf_input_item *input = watcher->data;
	const uint64_t now_ns = pf_clock_now_ns();
	struct pf_edge edges[16];
	int n;

	(void)events;
	if (input->slow) {
		/* until the bus has read them, the descriptor would stay readable */
		ev_io_stop(loop, watcher);
		read_level(input, READ_ALIVE);
		return;
	}
	n = input->found.ops->read_edges(input->line, edges, sizeof edges / sizeof *edges);
	if (n < 0) {
		give_up(input, n);
		return;
	}
	/* woken without an edge: an unplugged chip polls as ready for ever */
	if (n == 0)
		read_level(input, READ_ALIVE);
	for (int i = 0; i < n && input->line; i++) {
		if (edges[i].missed)
			pf_item_news(&input->item);
		input->item.env->n_missed_edges += edges[i].missed;
		note_edge(input, now_ns, edges[i].time_ns);
	}
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

/* -1: there are no edge events. */
static int event_fd(const struct pf_input_item *input)
{
	return input->slow ? pf_slow_line_event_fd(input->slow)
			   : input->found.ops->event_fd(input->line);
}

static void watch_edges(struct pf_input_item *input)
{
	const int fd = event_fd(input);

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
	publish_level(input, level, pf_moment_of(input->item.env, pf_clock_now_ns()));
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

/* The edges that came with a reading of the bus. */
static void take_edges(struct pf_input_item *input)
{
	const uint64_t now_ns = pf_clock_now_ns();
	const struct pf_edge *edges;
	const size_t n = pf_slow_line_edges(input->slow, &edges);

	for (size_t i = 0; i < n; i++) {
		input->item.env->n_missed_edges += edges[i].missed;
		pf_debounce_edge(&input->debounce, now_ns, edges[i].time_ns);
	}
	if (n && input->config->debounce_ms == 0)
		input->reading = READ_SETTLE;
	else if (n)
		pf_timer_set(
			timers_of(input), &input->settle, pf_debounce_wake_ns(&input->debounce));
}

/* A task on the bus has come back. */
static void on_slow(void *user, enum pf_slow_task task, int result)
{
	struct pf_input_item *input = user;
	const bool again = input->again;
	const bool hung = pf_item_is_hindered(&input->item, PF_HINDRANCE_BUS);

	input->again = false;
	if (task == PF_SLOW_REQUEST) {
		input->line = pf_slow_line_held(input->slow);
		take_line(input, result);
		return;
	}
	take_edges(input);
	take_level(input, input->reading, result);
	if (!input->line)
		return;
	if (!ev_is_active(&input->edges) && event_fd(input) >= 0)
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

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Inside an input item (input_item.h): what it is made of, and what its edges and levels mean: what
 * is published, and what works a button. Main loop only.
 */

#ifndef PF_BRIDGE_INPUT_EDGES_H
#define PF_BRIDGE_INPUT_EDGES_H

#include <ev.h>

#include "bridge/item.h"
#include "input/debounce.h"
#include "lines/line_find.h"
#include "lines/slow_line.h"
#include "publish/moment.h"

/* Why the level is read; the later one counts if a read is under way already. */
enum reading {
	READ_EDGES, /* edges have come */
	READ_CHECK, /* in case one was lost */
	READ_SETTLE /* the debounce window has ended */
};

struct pf_input_item {
	struct pf_item item;
	const struct pf_input_config *config;
	void (*pressed)(void *user, const char *name, uint64_t since_ns);
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

/* A descriptor that is readable when edges have come; -1: there are none. */
int pf_input_edges_fd(const struct pf_input_item *input);

/* Edges that have come, oldest first: reports what had held before them. */
void pf_input_edges_take(struct pf_input_item *input, const struct pf_edge *edges, size_t n);

/* The level after all edges that have come. */
void pf_input_edges_settle(struct pf_input_item *input, bool level);

/* The same in case an edge was lost: a change that none told of counts like one. */
void pf_input_edges_check(struct pf_input_item *input, bool level);

/* Publishes a level. */
void pf_input_edges_publish(struct pf_input_item *input, bool level, struct pf_moment moment);

#endif

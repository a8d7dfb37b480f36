/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What every item of the bridge works with. Borrowed by the items; main loop only.
 */

#ifndef PF_BRIDGE_ENV_H
#define PF_BRIDGE_ENV_H

#include <ev.h>
#include <stdint.h>

#include "base/timer.h"
#include "hw/board.h"
#include "publish/moment.h"
#include "publish/publisher.h"

struct pf_buffers;
struct pf_buses;
struct pf_discovery;
struct pf_info;
struct pf_item;
struct pf_record_store;
struct pf_remains;

struct pf_env {
	struct ev_loop *loop;
	struct pf_config *config; /* the one in force; nothing in it changes */
	struct pf_timers timers;
	const struct pf_board *board;
	struct pf_publisher publisher;
	struct pf_buses *buses;
	struct pf_buffers *buffers;
	struct pf_record_store *record;
	struct pf_remains *remains; /* what the last run has left on */
	struct pf_moment_clock clock;
	struct pf_item *items; /* all of them, the newest first */
	struct pf_info *info;
	struct pf_discovery *discovery;
	void (*channels)(struct pf_env *env); /* sensors have other channels; NULL: not yet */
	void (*news)(struct pf_env *env);     /* something that `info` tells soon; NULL: not yet */
	/* counters for `info`, since start */
	uint64_t n_errors;           /* faults entered */
	uint64_t n_missed_edges;     /* edges that were not told of, as far as that is known */
	uint64_t n_swallowed_pulses; /* pulses shorter than debounce_ms */
	uint64_t n_reconnects;       /* of links that a reload has ended */
	uint64_t n_sent, n_received; /* the same: messages */
	uint64_t n_dropped; /* the same: messages given up; and readings that buffers dropped */
};

/*
 * Begins with an empty one that has timers, a publisher and a clock; all arguments are borrowed. 0
 * or a negative errno: there are no timers.
 */
int pf_env_init(struct pf_env *env, struct ev_loop *loop, struct pf_config *config,
	const struct pf_board *board);

/* Makes what items share: the workers of buses, and the buffers that the configuration wants. */
void pf_env_start(struct pf_env *env);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The bridge: all items of a configuration at work, and the link to the broker. What is read
 * becomes what is published; what is commanded becomes what an output does.
 *
 * Start: outputs in their initial state, then inputs and sensors, then the broker. Stop: commands
 * are refused, outputs go to on_exit at once, then states and `offline` are sent within a
 * deadline, then the lines are released. Main loop only.
 */

#ifndef PF_BRIDGE_BRIDGE_H
#define PF_BRIDGE_BRIDGE_H

#include <ev.h>
#include <stdbool.h>

#include "config/config.h"
#include "hw/board.h"

struct pf_bridge;

/* Most time that pf_bridge_stop() gives the broker. */
#define PF_STOP_DEADLINE_MS 3000

/*
 * Starts everything. config and board are borrowed and outlive the bridge. stopped(user) is called
 * when a stop has come to its end. Outputs never wait for the network. 0 or a negative errno.
 */
int pf_bridge_start(struct ev_loop *loop, const struct pf_config *config,
	const struct pf_board *board, void (*stopped)(void *user), void *user,
	struct pf_bridge **ret_bridge);

/* Begins to stop; again: nothing more happens. */
void pf_bridge_stop(struct pf_bridge *bridge);

/*
 * Releases everything, after `stopped`. false: a bus hangs, and what it may still touch was left
 * behind: configuration, board and drivers must not be freed, the process is to end. NULL is fine
 * (true).
 */
bool pf_bridge_free(struct pf_bridge *bridge);

#endif

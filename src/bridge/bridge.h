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
#include "hw/driver_set.h"

struct pf_bridge;
struct pf_held;

/* Most time that pf_bridge_stop() gives the broker. */
#define PF_STOP_DEADLINE_MS 3000

/*
 * Starts everything. The bridge takes over the caller's hold on config; board,
 * drivers and held (locked) are borrowed and outlive it. stopped(user) is called when a stop has
 * come to its end. Outputs never wait for the network. 0 or a negative errno; then, too,
 * *ret_bridge may be set and is to be freed.
 */
int pf_bridge_start(struct ev_loop *loop, struct pf_config *config, const struct pf_board *board,
	struct pf_driver_set *drivers, struct pf_held *held, void (*stopped)(void *user),
	void *user, struct pf_bridge **ret_bridge);

/*
 * Goes over to another configuration and takes over the hold on it: see pf_items_reload(). The
 * connection to the broker stays if the settings of `mqtt` do.
 */
void pf_bridge_reload(struct pf_bridge *bridge, struct pf_config *config);

/* Puts into `info` how the last reload went: "ok", or in plain words why nothing changed. */
void pf_bridge_tell_reload(struct pf_bridge *bridge, const char *result);

/* Begins to stop; again: nothing more happens. */
void pf_bridge_stop(struct pf_bridge *bridge);

/*
 * Releases everything, after `stopped`. false: a bus hangs, and what it may still touch was left
 * behind: configuration, board and drivers must not be freed, the process is to end. NULL is fine
 * (true).
 */
bool pf_bridge_free(struct pf_bridge *bridge);

#endif

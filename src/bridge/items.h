/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * All inputs, outputs and sensors of the configuration in force. Main loop only.
 */

#ifndef PF_BRIDGE_ITEMS_H
#define PF_BRIDGE_ITEMS_H

#include "bridge/env.h"
#include "bridge/input_item.h"
#include "bridge/leaving.h"
#include "bridge/output_item.h"
#include "bridge/sensor_item.h"
#include "output/interlock.h"

/* Index by index as in env->config. */
struct pf_items {
	struct pf_env *env;
	struct pf_interlock *groups;
	struct pf_output_item **outputs;
	struct pf_input_item **inputs;
	struct pf_sensor_item **sensors;
	struct pf_timer resync;
	struct pf_leaving leaving; /* outputs that were in the configuration before */
};

/* Starts the items of env->config: outputs first, in their initial states. */
void pf_items_start(struct pf_items *items, struct pf_env *env);

/*
 * Goes over from the configuration `old` to env->config. What both say
 * the same stays as it is; an output whose line and polarity are the same keeps its request and
 * its level, and takes over name and rules; what is gone is brought to on_exit, released and
 * cleared at the broker; what is new starts.
 */
void pf_items_reload(struct pf_items *items, struct pf_config *old);

/* So many messages on a topic were dropped: tells it, if they were commands. */
void pf_items_overloaded(struct pf_items *items, const char *topic, uint64_t n);

/* Hands a message to the output it is for; stale: it waited too long to be obeyed. */
void pf_items_message(
	struct pf_items *items, uint64_t now_ns, const struct pf_link_message *message, bool stale);

/* The broker refuses the subscription to this topic, until the link is down; NULL: it does not. */
void pf_items_unheard(struct pf_items *items, const char *topic, const char *reason);

/* Tells the outputs that the broker is there or away. */
void pf_items_link(struct pf_items *items, bool up);

/* Adds all command and heartbeat topics to a new link. */
void pf_items_subscribe(const struct pf_items *items, struct pf_link *link);

/*
 * Brings all outputs to their on_exit states at once and lets the sensors rest. An "on" that a
 * limit holds back may follow until until_ns.
 */
void pf_items_exit(struct pf_items *items, uint64_t until_ns);

/* Whether an output has not come to rest yet: its bus works on it, or on_exit waits for a limit. */
bool pf_items_are_busy(const struct pf_items *items);

/* Frees everything; the sensors only if no bus hangs. */
void pf_items_free(struct pf_items *items, bool sensors);

#endif

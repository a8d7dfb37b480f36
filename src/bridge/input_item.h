/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * An input of the configuration at work: holds its line, debounces its edges, publishes its
 * state, and comes back by itself after its line was busy or gone. Main loop only.
 */

#ifndef PF_BRIDGE_INPUT_ITEM_H
#define PF_BRIDGE_INPUT_ITEM_H

#include "bridge/env.h"
#include "config/config.h"

struct pf_input_item;

/*
 * Requests the line and publishes its level; if that fails, tries again by itself. pressed(user,
 * name, since_ns) is called when the input goes on, but not for the level that is found at first;
 * since_ns (CLOCK_BOOTTIME): since when it counts as on, by the kernel's stamps of its edges.
 */
struct pf_input_item *pf_input_item_new(struct pf_env *env, const struct pf_input_config *config,
	void (*pressed)(void *user, const char *name, uint64_t since_ns), void *user);

/* The same input in a new configuration. */
void pf_input_item_rebind(struct pf_input_item *input, const struct pf_input_config *config);

/* Whether its line is held. */
bool pf_input_item_is_held(const struct pf_input_item *input);

/* Releases the line; if `clear`, clears the retained topics. NULL is fine. */
void pf_input_item_free(struct pf_input_item *input, bool clear);

/*
 * Reads the level in case the hardware lost an edge (it happens on BCM2835); on a line behind a
 * bus, a call that does not come back is a fault. To be called every 10 s or so.
 */
void pf_input_item_resync(struct pf_input_item *input);

#endif

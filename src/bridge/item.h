/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What inputs, outputs and sensors have in common: the topics `availability` and `error`, and one
 * log line on entering and one on leaving a fault.
 *
 * Order on the wire. Fault: error, then offline. Recovery: error emptied, value, then online:
 *   pf_item_clear(); publish the value; pf_item_online();
 * Main loop only.
 */

#ifndef PF_BRIDGE_ITEM_H
#define PF_BRIDGE_ITEM_H

#include <stdbool.h>

#include "bridge/env.h"
#include "config/config.h"

enum pf_health { PF_HEALTH_UNKNOWN, PF_HEALTH_GOOD, PF_HEALTH_FAULTY };

struct pf_item {
	struct pf_env *env;
	const char *kind; /* "input", "output", "sensor" */
	const struct pf_item_config *config;
	enum pf_health health;
	uint64_t n_errors; /* faults entered */
	struct pf_state *error, *availability;
	char *hindrance;                 /* why nobody can use it although it works; or NULL */
	struct pf_item *previous, *next; /* in env->items */
};

/* Makes an item whose health is not known yet; nothing is published. kind is a literal. */
void pf_item_init(struct pf_item *item, struct pf_env *env, const char *kind,
	const struct pf_item_config *config);

/*
 * Adds the availability, after the item's value topics: so that after a connect, when all states
 * are published in the order they were added, it comes after the value. Required before a fault.
 */
void pf_item_add_availability(struct pf_item *item);

/* Frees its states; if `clear`, their retained messages are cleared. */
void pf_item_done(struct pf_item *item, bool clear);

/* The item does not work; reason in plain words. Again with the same reason: nothing happens. */
__attribute__((format(printf, 2, 3))) void pf_item_fault(
	struct pf_item *item, const char *format, ...);

/* The item works (again): empties the error. To be followed by its value and _online(). */
void pf_item_clear(struct pf_item *item);

/* The item's value is published: makes it available. */
void pf_item_online(struct pf_item *item);

/*
 * The item works, but cannot be used from outside (reason copied); NULL: it can. Published like a
 * fault, which goes before it. Again with the same reason: nothing happens.
 */
void pf_item_hinder(struct pf_item *item, const char *reason);

/* Something happened to the item that `info` tells, and somebody may wait for. */
void pf_item_news(const struct pf_item *item);

/* Adds TOPIC or TOPIC/SUFFIX as a state of the item, with its QoS and retain. suffix may be NULL.
 */
struct pf_state *pf_item_add_state(struct pf_item *item, const char *suffix);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What inputs, outputs and sensors have in common: the topics `availability` and `error`, and one
 * log line on entering and one on leaving a fault.
 *
 * Several things can keep an item from being used at the same time. Each is a hindrance with a name
 * and an owner, who raises and lowers it; what is published follows from all of them together, so
 * that the end of one does not hide another. A line that may be bad for two reasons is `online`
 * only after both are gone and a value has been seen since.
 *
 * Order on the wire. Fault: error, then offline. Recovery: error emptied, value, then online:
 *   pf_item_lower(); publish the value; pf_item_online();
 * Main loop only.
 */

#ifndef PF_BRIDGE_ITEM_H
#define PF_BRIDGE_ITEM_H

#include <stdbool.h>

#include "bridge/env.h"
#include "config/config.h"

/* What can keep an item from being used, as bits. The lowest one raised is the one told of. */
enum pf_hindrance {
	PF_HINDRANCE_BUS = 1,        /* a call on its bus does not come back */
	PF_HINDRANCE_FAULT = 2,      /* it does not answer, or what it says cannot be true */
	PF_HINDRANCE_LEVEL = 4,      /* the line does not have the level that it was set */
	PF_HINDRANCE_COMMANDS = 8,   /* the broker refuses the topic of its commands */
	PF_HINDRANCE_HEARTBEAT = 16, /* ... or of its heartbeat */
	PF_HINDRANCE_MESSAGES = 32,  /* the broker does not take what it publishes */
};

#define PF_N_HINDRANCES 6

/* Those after which the value has to be seen again before it counts as true. */
#define PF_HINDRANCES_OF_HARDWARE (PF_HINDRANCE_BUS | PF_HINDRANCE_FAULT | PF_HINDRANCE_LEVEL)

struct pf_item {
	struct pf_env *env;
	const char *kind; /* "input", "output", "sensor" */
	const struct pf_item_config *config;
	bool seen;                         /* its value is published, and true */
	bool faulty;                       /* the log says that it does not work */
	char *hindrances[PF_N_HINDRANCES]; /* the reasons of those raised; NULL: it is not */
	size_t n_refused;                  /* topics of it whose last message was not taken */
	char *remark;                      /* what is missing although it can be used; or NULL */
	uint64_t n_errors;                 /* times at which something began to hinder it */
	struct pf_state *error, *availability;
	const enum pf_presence *presence; /* of the channels of a sensor, else NULL; borrowed */
	struct pf_item *previous, *next;  /* in env->items */
};

/* Makes an item of which nothing is known yet; nothing is published. kind is a literal. */
void pf_item_init(struct pf_item *item, struct pf_env *env, const char *kind,
	const struct pf_item_config *config);

/*
 * Adds the availability, after the item's value topics: so that after a connect, when all states
 * are published in the order they were added, it comes after the value. Required before a
 * hindrance is raised.
 */
void pf_item_add_availability(struct pf_item *item);

/*
 * Takes the item's topics away, and, after a change of its config, adds them anew; what hinders it
 * stays. In between come the value topics and pf_item_add_availability(), then the value and
 * pf_item_tell(). If `clear`, what is retained under the old ones is cleared.
 */
void pf_item_drop_topics(struct pf_item *item, bool clear);

/* Adds the first of them again, see pf_item_drop_topics(). */
void pf_item_add_topics(struct pf_item *item);

/* Frees its states; if `clear`, their retained messages are cleared. Again: nothing happens. */
void pf_item_done(struct pf_item *item, bool clear);

/* Something hinders it; reason in plain words. Again with the same reason: nothing happens. */
__attribute__((format(printf, 3, 4))) void pf_item_raise(
	struct pf_item *item, enum pf_hindrance which, const char *format, ...);

/*
 * These hinder it no more (bits of enum pf_hindrance); if nothing else does, the error is emptied.
 * After one of the hardware it is usable when its value was published and pf_item_online() called.
 */
void pf_item_lower(struct pf_item *item, unsigned which);

/* The item's value is published and true: makes it available, unless something hinders it. */
void pf_item_online(struct pf_item *item);

/* Why nobody can use it, the first of the reasons; NULL: nothing is known to hinder it. */
const char *pf_item_reason(const struct pf_item *item);

/* Whether one of these (bits of enum pf_hindrance) is raised. */
bool pf_item_is_hindered(const struct pf_item *item, unsigned which);

/*
 * The item can be used, but a part of it is missing (reason copied); NULL: none is. The reason is
 * its error, beside `online`. One log line when it begins, one when it ends.
 */
void pf_item_remark(struct pf_item *item, const char *reason);

/* Publishes what follows from the hindrances, as far as that is not published. */
void pf_item_tell(struct pf_item *item);

/* Something happened to the item that `info` tells, and somebody may wait for. */
void pf_item_news(const struct pf_item *item);

/* Adds TOPIC or TOPIC/SUFFIX as a state of the item, with its QoS and retain. suffix may be NULL.
 */
struct pf_state *pf_item_add_state(struct pf_item *item, const char *suffix);

/* The same with a topic of its own. */
struct pf_state *pf_item_add_state_at(struct pf_item *item, const char *topic);

#endif

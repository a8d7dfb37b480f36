/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Keeps Home Assistant informed: announces the items at each connect, when Home Assistant has
 * started, and when the configuration changes; and takes back what is gone, also when it went while
 * the daemon was off. Main loop only.
 */

#ifndef PF_BRIDGE_DISCOVERY_H
#define PF_BRIDGE_DISCOVERY_H

#include "bridge/env.h"

struct pf_discovery {
	struct pf_env *env;
	char *topic;            /* of the announcement, or NULL: there is none */
	struct pf_state *state; /* the same */
	struct pf_trace **parts;
	size_t n_parts;
	char *birth_topic; /* NULL: discovery is off */
	struct pf_timer birth;
	struct pf_timer refresh; /* to announce anew soon */
	void (*republish)(void *user);
	void *user;
};

/*
 * Starts with the announcement for env->config, after the states of all items were added.
 * republish(user): Home Assistant has started and wants to hear everything again.
 */
void pf_discovery_init(struct pf_discovery *discovery, struct pf_env *env,
	void (*republish)(void *user), void *user);

/* env->config is another one now. To be followed by pf_publisher_sweep(). */
void pf_discovery_reload(struct pf_discovery *discovery);

/* Adds what has to be subscribed to a new link. */
void pf_discovery_subscribe(const struct pf_discovery *discovery, struct pf_link *link);

/* Before a connection is used: what sensors have found out since is in the announcement. */
void pf_discovery_refresh(struct pf_discovery *discovery);

/* Connected: takes back the components that are gone. Before the states are published. */
void pf_discovery_connected(struct pf_discovery *discovery);

/* The connection is gone: the next connect announces everything anyway. */
void pf_discovery_disconnected(struct pf_discovery *discovery);

/* A message came in; it may be that Home Assistant has started. */
void pf_discovery_message(struct pf_discovery *discovery, const struct pf_link_message *message);

/* Ends it; what is announced stays. */
void pf_discovery_done(struct pf_discovery *discovery);

#endif

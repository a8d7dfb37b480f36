/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What the log says about the connection: each thing once, in words, and no flood, however long a
 * broker is away and however often a connection breaks. Main loop only; the time is passed in.
 */

#ifndef PF_MQTT_LINK_LOG_H
#define PF_MQTT_LINK_LOG_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "mqtt/fate.h"
#include "mqtt/subscriptions.h"

/* So many reasons why no connection comes about are told until one does. */
#define PF_LINK_LOG_FAILURES 6

struct pf_link_log {
	const char *broker;                   /* borrowed */
	char *failures[PF_LINK_LOG_FAILURES]; /* told since the last connection; NULL: no more */
	char *refusal;                        /* the last; or NULL */
	bool fallback_told;
	bool connected_before, quiet;
	uint64_t connected_ns, lost_told_ns;
	int n_quick, n_short; /* lost connections in a row that had lasted so little */
	int n_refused;        /* messages, since refused_ns */
	uint64_t refused_ns;
};

/* Begins; broker is borrowed. */
void pf_link_log_init(struct pf_link_log *log, const char *broker);

/* Frees what it keeps. */
void pf_link_log_done(struct pf_link_log *log);

/*
 * A connect failed, and is tried again later. Each reason is told once until a connection stands: a
 * pulled cable is "no answer" and "no route" by turns.
 */
void pf_link_log_failed(struct pf_link_log *log, const char *reason);

/* MQTT 3.1.1 is tried in place of 5. Told once until a connection stands. */
void pf_link_log_fallback(struct pf_link_log *log, const char *reason);

/* A connection stands. */
void pf_link_log_connected(struct pf_link_log *log, uint64_t now_ns, enum pf_mqtt_version version);

/*
 * The connection is lost. Those that hardly lasted are told three times in a row, with a question
 * about client_id if they were quick, and then once an hour.
 */
void pf_link_log_lost(struct pf_link_log *log, uint64_t now_ns, const char *reason);

/*
 * The broker refused a message, or it can never go: told a few times an hour, and not twice in a
 * row with the same text.
 */
void pf_link_log_refused(
	struct pf_link_log *log, uint64_t now_ns, const struct pf_delivery *delivery);

/* The topics that the broker refused to subscribe, but for those that were told before. */
void pf_link_log_unheard(
	const struct pf_link_log *log, const struct pf_subscriptions *subscriptions);

#endif

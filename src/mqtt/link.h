/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The link to the broker: connects, subscribes, publishes, reconnects; for ever and by itself.
 *
 * All blocking library calls (connect with its name lookup, publish, disconnect) are made by one
 * link thread that the link owns; the library's threads only copy and post. Every function below
 * is called from the main loop and returns at once; every callback is called from the main loop.
 *
 * Life: pf_link_new() -> pf_link_start() -> [connected -> publish ... -> disconnected]* ->
 * pf_link_stop() -> stopped callback -> pf_link_free().
 *
 * Sources: MQTT 5.0 and 3.1.1 (OASIS), sections named in link.c.
 */

#ifndef PF_MQTT_LINK_H
#define PF_MQTT_LINK_H

#include <ev.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "mqtt/fate.h"
#include "mqtt/message.h"

struct pf_link;

/* All are required. user is what pf_link_new() was given. */
struct pf_link_callbacks {
	/*
	 * Connected, and every subscription is acknowledged. The receiver publishes all states and
	 * then `online`: the order of pf_link_publish() is the order on the wire.
	 */
	void (*connected)(void *user);
	/*
	 * The broker refuses the subscription to this topic; reason in plain words, NULL: it does
	 * not (any more). Right before each `connected`, and after pf_link_subscribe_now(); true
	 * until that connection ends. Logged already.
	 */
	void (*unheard)(void *user, const char *topic, const char *reason);
	/* The connection was lost (not: could not be made). reason in plain words. */
	void (*disconnected)(void *user, const char *reason);
	/* A message on a subscribed topic. */
	void (*message)(void *user, const struct pf_link_message *message);
	/*
	 * So many messages on a topic came faster than they could be handled, and were dropped; at
	 * most once a second for each topic.
	 */
	void (*overloaded)(void *user, const char *topic, uint64_t n);
	/*
	 * A message that pf_link_publish() took in has come to its end: once for each, and what is
	 * lost with a connection before `disconnected`. Refusals are counted and logged already.
	 * The receiver may publish.
	 */
	void (*done)(void *user, const struct pf_delivery *delivery);
	/* After pf_link_stop(): everything is delivered, or the deadline has passed. */
	void (*stopped)(void *user);
};

/* What `info` tells about the link. Counters since start. */
struct pf_link_stats {
	bool connected;
	uint32_t reconnects; /* successful connects after the first */
	uint64_t sent;       /* messages handed to the library */
	uint64_t received;
	uint64_t
		dropped; /* given up; what has a token its owner counts, a lost state comes again */
};

/*
 * Makes a link. config is borrowed and must outlive the link; will_topic gets a retained "offline"
 * as last will, QoS 1. Nothing is connected yet.
 */
struct pf_link *pf_link_new(struct ev_loop *loop, const struct pf_mqtt_config *config,
	const char *will_topic, const struct pf_link_callbacks *callbacks, void *user);

/* Frees a link that was never started or is stopped; NULL is fine. */
void pf_link_free(struct pf_link *link);

/*
 * Adds a topic (no wildcards), with the given QoS, to what is wanted from
 * pf_link_subscribe_now() on. Subscribed with clean start, session
 * expiry 0 and Retain As Published 1; unless `stored` messages are wanted, with Retain Handling 2
 * (MQTT 5 3.8.3.1), so that they are not even sent; with 3.1.1 they come with `retained` set.
 */
void pf_link_subscribe(struct pf_link *link, const char *topic, int qos, bool stored);

/*
 * What was added since the last call is all that is wanted from now on, at every connect. On a
 * connection that stands only what is new is subscribed, so that stored messages come once, and
 * what is gone is unsubscribed; refused topics are told as at a connect, old refusals, too. Not
 * after pf_link_stop().
 */
void pf_link_subscribe_now(struct pf_link *link);

/* Starts the link thread and the first connect. 0 or a negative errno. */
int pf_link_start(struct pf_link *link);

/*
 * Queues a message. While not connected, states wait (the newest per topic) and other messages are
 * dropped. Never blocks. Returns 0; -ENOTCONN: dropped; -ENOBUFS: too many waiting, dropped.
 */
int pf_link_publish(struct pf_link *link, const struct pf_link_publication *publication);

/*
 * How many messages with a token should be under way at a time, so that others need not wait for
 * them: half of the window. 0: not connected.
 */
int pf_link_share(const struct pf_link *link);

/*
 * Sends what waits, disconnects cleanly and calls `stopped`, at the latest after deadline_ms, even
 * if the link thread hangs (then the thread is left behind; the process is about to end).
 */
void pf_link_stop(struct pf_link *link, uint32_t deadline_ms);

/* The counters now; all zero for NULL. */
void pf_link_get_stats(const struct pf_link *link, struct pf_link_stats *ret_stats);

#endif

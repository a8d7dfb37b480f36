/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What has been published, so that it can be published again after each connect: brokers lose
 * retained data. While there is no connection only the newest of each state is kept.
 *
 * Main loop only. A publisher owns its states; owners keep pointers to them until they remove them.
 */

#ifndef PF_PUBLISH_PUBLISHER_H
#define PF_PUBLISH_PUBLISHER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/timer.h"
#include "mqtt/link.h"
#include "store/traces.h"

/* One topic that carries a state. */
struct pf_state;

struct pf_publisher {
	struct pf_link *link; /* borrowed; NULL: none yet */
	bool connected;
	struct pf_state *first, *last; /* in the order they were added */
	size_t n_refused; /* states of which the broker did not take the last message */
	struct pf_timers *timers;
	struct pf_timer again;   /* what was put off is published again then */
	struct pf_traces traces; /* what is retained at the broker */
};

/* Makes one without states; timers is borrowed. What is in `traces` stays. */
void pf_publisher_init(struct pf_publisher *publisher, struct pf_timers *timers);

/* Adds a topic (copied) that has no content yet. */
struct pf_state *pf_state_add(
	struct pf_publisher *publisher, const char *topic, int qos, bool retain);

/* Puts a topic before all others in the order in which they are published after a connect. */
void pf_state_put_first(struct pf_publisher *publisher, struct pf_state *state);

/*
 * Removes a topic. If `clear`, its retained message is cleared at the broker by the next
 * pf_publisher_sweep(), unless another state has taken the topic over until then; else it stays
 * there. NULL is fine.
 */
void pf_state_remove(struct pf_publisher *publisher, struct pf_state *state, bool clear);

/*
 * Clears what is retained at the broker and belongs to no state any more, also since before the
 * start; at once if connected, else after the next connect.
 */
void pf_publisher_sweep(struct pf_publisher *publisher);

/*
 * From the next content on: each is only true for expiry_s after it was set (0: for ever). A broker
 * that speaks MQTT 5 forgets it then, and it is not published again at a connect.
 */
void pf_state_set_expiry(struct pf_state *state, uint32_t expiry_s);

/*
 * From the next content on: while connected, each is sent, none takes the place of an older one
 * that still waits.
 */
void pf_state_send_each(struct pf_state *state);

/* Sets the content (copied), and publishes it now if connected. "" clears a retained topic. */
void pf_state_set(struct pf_publisher *publisher, struct pf_state *state, const char *payload);

/*
 * Somebody else publishes on the topic: it is not published again at connects, only cleared when it
 * is removed.
 */
void pf_state_leave(struct pf_publisher *publisher, struct pf_state *state);

/*
 * refused(owner) is called when the broker does not take a message on the topic, with the reason in
 * plain words, and with NULL when it took one again; not for more of the same.
 */
void pf_state_watch(struct pf_state *state,
	void (*refused)(void *owner, const char *topic, const char *reason), void *owner);

/* The content, or NULL if none was set. Borrowed until the next set. */
const char *pf_state_payload(const struct pf_state *state);

/* The connection is there: sweeps. To be followed by pf_publisher_publish(). */
void pf_publisher_connected(struct pf_publisher *publisher);

/* Publishes what is true in the order it was added, if connected. */
void pf_publisher_publish(struct pf_publisher *publisher);

/*
 * A message has come to its end: pf_link_callbacks. What cleared a topic is forgotten, or told
 * apart; who watches a state that is refused is told; what was put off is published again in a
 * while.
 */
void pf_publisher_take(struct pf_publisher *publisher, const struct pf_delivery *delivery);

/* The connection is gone. */
void pf_publisher_disconnected(struct pf_publisher *publisher);

/*
 * Publishes one retained message now, if connected, that is not kept (the daemon's status). The
 * caller claims the topic as long as it is to stay: publisher->traces.
 */
void pf_publisher_announce(
	struct pf_publisher *publisher, struct pf_trace *trace, const char *payload);

/* Publishes something that is no state (an answer to a command): dropped if not connected. */
void pf_publisher_send(struct pf_publisher *publisher, const char *topic, const char *payload,
	int qos, const uint8_t *correlation_data, size_t correlation_size);

/* Frees all states. */
void pf_publisher_done(struct pf_publisher *publisher);

#endif

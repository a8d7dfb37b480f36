/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * One session with a broker through the MQTT library: connect, subscribe, publish, receive. All of
 * it in the calling thread: the library has none of its own, as it gets no callbacks for messages
 * (it would wake up ten times a second then). Everything here blocks but for the receiving. Link
 * thread only.
 *
 * The library's client handle is a `void *` here, so that only session.c and connect.c see its
 * header.
 */

#ifndef PF_MQTT_SESSION_H
#define PF_MQTT_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "mqtt/diagnose.h"
#include "mqtt/endpoint.h"
#include "mqtt/flights.h"
#include "mqtt/limits.h"
#include "mqtt/message.h"
#include "mqtt/outbox.h"
#include "mqtt/subscriptions.h"
#include "mqtt/wire.h"

struct pf_lane;

/* A message that came in, with all it points to in one block. Freed with free(). */
struct pf_incoming {
	struct pf_incoming *previous, *next; /* these and */
	struct pf_lane *lane;                /* this are the queue's: queue.h */
	struct pf_link_message message;
	char bytes[];
};

struct pf_session {
	void *handle; /* the library's; NULL: there is no session */
	enum pf_mqtt_version version;
	struct pf_limits limits;
	struct pf_wire wire;
	struct pf_flights flights;
	int early_reason;    /* the answer to a message that is just being published */
	uint64_t n_received; /* messages that the library has handed out */
	unsigned pongs;      /* PINGRESP told of */
};

/*
 * Connects, to whichever address of the broker will have us: clean start, session expiry 0, the
 * retained last will "offline" (not retained, or with QoS 0, if the broker wants no other). true;
 * or false with the kind of failure and the words in ret_text[PF_DIAGNOSIS_SIZE], and nothing to
 * close. *warned_open: whether the warning about files with secrets that others can read was given.
 */
bool pf_session_open(struct pf_session *session, const struct pf_endpoint *endpoint,
	enum pf_mqtt_version version, bool *warned_open, enum pf_failure *ret_failure,
	char *ret_text);

/* Disconnects if still connected, and frees what is inside; fine without a session. */
void pf_session_close(struct pf_session *session);

/* Whether the connection stands, as far as is known. */
bool pf_session_is_up(const struct pf_session *session);

/*
 * Subscribes to n topics and waits for every SUBACK; sets each topic's answer. true: all answered;
 * false: the connection broke meanwhile.
 */
bool pf_session_subscribe(
	struct pf_session *session, struct pf_subscription *subscriptions, size_t n);

/*
 * What is wanted now takes the place of what was before: subscribes what is new, then unsubscribes
 * what is gone; pf_subscriptions_carry(). true: all answered.
 */
bool pf_session_resubscribe(
	struct pf_session *session, struct pf_subscriptions *now, struct pf_subscriptions *before);

/*
 * Publishes within what the broker allows (a lower QoS, not retained), and takes the message over.
 * PF_PUBLISHED_FLYING: it is among the flights until pf_session_next_answered() has it.
 */
enum pf_published {
	PF_PUBLISHED_NOT,    /* there is no connection */
	PF_PUBLISHED_DONE,   /* QoS 0: that is all */
	PF_PUBLISHED_FLYING, /* an answer will come */
} pf_session_publish(struct pf_session *session, struct pf_outgoing *message);

/*
 * A flight that the broker has answered since, to be ended by the caller; NULL: there are no (more)
 * such. Every call but this one can bring answers.
 */
struct pf_flight *pf_session_next_answered(struct pf_session *session);

/*
 * Reads a packet if one is there; does not block. A message goes to *ret_message, the caller's;
 * NULL: none. since_ns is for the caller to set. *ret_answered: a PINGRESP has come, and before
 * that message. false: nothing was read, and no message waits.
 */
bool pf_session_receive(
	struct pf_session *session, struct pf_incoming **ret_message, bool *ret_answered);

/*
 * The library sets itself up with its first handle and tears itself down, and much of OpenSSL, with
 * its last: one that never connects keeps it from doing so for every connection.
 */
void *pf_session_anchor(const struct pf_endpoint *endpoint);

/* Frees it. */
void pf_session_unanchor(void *anchor);

#endif

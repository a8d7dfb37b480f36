/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * One session with a broker through the MQTT library: connect, subscribe, publish. Everything
 * here but pf_session_copy() blocks. Link thread only.
 *
 * The library's client handle is a `void *` here, so that only session.c and client.c see its
 * header.
 */

#ifndef PF_MQTT_SESSION_H
#define PF_MQTT_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "mqtt/diagnose.h"
#include "mqtt/endpoint.h"
#include "mqtt/message.h"
#include "mqtt/outbox.h"
#include "mqtt/subscriptions.h"

struct pf_lane;

/* A message that came in, with all it points to in one block. Freed with free(). */
struct pf_incoming {
	struct pf_incoming *previous, *next; /* these and */
	struct pf_lane *lane;                /* this are the queue's: queue.h */
	struct pf_link_message message;
	char bytes[];
};

/* Most messages on their way at a time. */
#define PF_WINDOW_MAX 16

/* What the broker allows, from its CONNACK (MQTT 5 3.2.2.3). */
struct pf_limits {
	int window;  /* messages on their way at a time, 1 to PF_WINDOW_MAX */
	int qos_max; /* 0 to 2 */
	bool retain;
	size_t packet_max; /* bytes; 0: it does not tell */
};

/*
 * Connects: clean start, session expiry 0, the retained last will "offline". Returns true and the
 * limits; or false with the kind of failure and the words in ret_text[PF_DIAGNOSIS_SIZE].
 * *warned_open: whether the warning about files with secrets that others can read was given.
 */
bool pf_session_connect(void *handle, const struct pf_endpoint *endpoint,
	enum pf_mqtt_version version, bool *warned_open, struct pf_limits *ret_limits,
	enum pf_failure *ret_failure, char *ret_text);

/*
 * Subscribes to all topics and waits for every SUBACK; sets each topic's answer. true: all
 * answered; false: the connection broke meanwhile.
 */
bool pf_session_subscribe(
	void *handle, enum pf_mqtt_version version, struct pf_subscriptions *subscriptions);

/*
 * Asks the broker for something that changes nothing, and waits for the answer: to unsubscribe
 * `topic`, which never was subscribed (MQTT 5 3.10.4, 3.1.1 the same: it has to answer). true: it
 * did; false: it did not, and the connection is gone.
 */
bool pf_session_ask(void *handle, const char *topic);

/*
 * Whether the broker takes a message of this size: one that is larger would make it close the
 * connection (MQTT 5 3.2.2.3.6). If not, that is logged unless *warned, which is set.
 */
bool pf_session_fits(
	const struct pf_limits *limits, const struct pf_outgoing *message, bool *warned);

/*
 * Publishes within what the broker allows (a lower QoS, not retained). true: handed over, and with
 * QoS 1 and 2 the broker's answer will come, to the library's number of the message, *ret_id (0
 * with QoS 0). false: not sent.
 */
bool pf_session_publish(void *handle, enum pf_mqtt_version version, const struct pf_limits *limits,
	const struct pf_outgoing *message, int *ret_id);

/*
 * Copies a message that the library (its MQTTClient_message) hands over, with all it points to;
 * free() it. It was said after since_ns. Does not block; any thread.
 */
struct pf_incoming *pf_session_copy(const char *topic, void *library_message, uint64_t since_ns);

/*
 * Ends the connection of *handle if there is one, waits until the library's thread has ended, and
 * frees it: it is NULL then, or was.
 */
void pf_session_close(void **handle);

#endif

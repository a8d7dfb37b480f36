/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What the broker allows on a connection, from its CONNACK (MQTT 5 3.2.2.3), and every question
 * about it. What is not in here cannot concern us: topic aliases, wildcards, shared subscriptions
 * and subscription identifiers are never used, and no session is ever resumed. Pure.
 */

#ifndef PF_MQTT_LIMITS_H
#define PF_MQTT_LIMITS_H

#include <stdbool.h>
#include <stddef.h>

#include "mqtt/outbox.h"

/* Most messages on their way at a time. */
#define PF_WINDOW_MAX 16

/* Most topics in one SUBSCRIBE. */
#define PF_SUBSCRIBE_MAX 50

struct pf_limits {
	int window;  /* messages on their way at a time, 1 to PF_WINDOW_MAX */
	int qos_max; /* 0 to 2 */
	bool retain;
	size_t packet_max; /* bytes; 0: any */
	int keepalive_s;   /* demanded in place of ours; 0: it does not demand any */
};

/* A broker that tells nothing, as all do with MQTT 3.1.1. */
void pf_limits_init(struct pf_limits *limits);

/* The CONNACK's Receive Maximum. */
void pf_limits_set_window(struct pf_limits *limits, int receive_maximum);

/* The QoS that a message of this QoS is sent with. */
int pf_limits_qos(const struct pf_limits *limits, int qos);

/* Whether a message that is to be retained may say so. */
bool pf_limits_retain(const struct pf_limits *limits, bool retain);

/* Whether the broker takes the message: one that is larger makes it end the connection. */
bool pf_limits_fits(const struct pf_limits *limits, const struct pf_outgoing *message);

/* The most bytes that the message can have as a packet. */
size_t pf_limits_size(const struct pf_outgoing *message);

/*
 * How many of the n topics, from the first on, go into one SUBSCRIBE. 0: not even the first.
 */
size_t pf_limits_share(const struct pf_limits *limits, const char *const *topics, size_t n);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A broker for one client, without a process of its own: takes the daemon's connections (MQTT
 * 3.1.1), remembers the newest payload of each topic, and sends it commands. Everything happens in
 * wire_run(), for as long as the caller gives it.
 */

#ifndef PF_TESTS_CRASH_WIRE_H
#define PF_TESTS_CRASH_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_TOPICS 64

struct wire_topic {
	char topic[64];
	char payload[512];
	unsigned n; /* messages so far */
};

struct wire {
	int listener, client; /* -1: none */
	int port;
	bool subscribed;       /* the client has, since it connected */
	unsigned n_subscribed; /* how often */
	bool refuses;          /* closes whatever connects */
	uint8_t bytes[65536];
	size_t size;
	struct wire_topic topics[WIRE_TOPICS];
	size_t n_topics;
};

/* Listens on a free port of 127.0.0.1. */
void wire_init(struct wire *wire);

void wire_done(struct wire *wire);

/* Drops the client and what is known of it. */
void wire_reset(struct wire *wire);

/* Serves for at most timeout_ms, or until something has come. */
void wire_run(struct wire *wire, int timeout_ms);

/* The topic of this name, or NULL. */
const struct wire_topic *wire_find(const struct wire *wire, const char *topic);

/* Sends a message to the client; false: there is none. */
bool wire_publish(struct wire *wire, const char *topic, const char *payload);

#endif

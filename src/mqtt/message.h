/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What goes in and out through a link. Plain data. */

#ifndef PF_MQTT_MESSAGE_H
#define PF_MQTT_MESSAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Of a larger payload that comes in only so many bytes are kept: more than anything of ours may
 * have, so that who reads it sees that it is too large, and no flood of them can fill the memory.
 */
#define PF_LINK_PAYLOAD_MAX 8192

/*
 * A message that comes in with a longer response topic, or with more correlation data, is taken as
 * one without: it would only serve to fill our memory with answers.
 */
#define PF_LINK_RESPONSE_MAX 1024

/* A message that came in on a subscribed topic. Everything is borrowed for the call. */
struct pf_link_message {
	const char *topic;      /* NUL-terminated */
	const uint8_t *payload; /* payload_size bytes, then a NUL for convenience */
	size_t payload_size;
	bool retained;     /* carries the flag: stored by this broker, or by one behind a bridge */
	bool from_store;   /* for sure this broker's, from before we subscribed (MQTT 3.1.1 only) */
	uint64_t time_ns;  /* CLOCK_BOOTTIME when the library handed it over */
	uint64_t since_ns; /* the same; it was said after that: liveness.h */
	const char *response_topic;      /* MQTT 5; NULL if none */
	const uint8_t *correlation_data; /* MQTT 5; NULL if none */
	size_t correlation_size;
};

/* One message to send. Copied by pf_link_publish(). */
struct pf_link_publication {
	const char *topic;
	const void *payload;
	size_t payload_size;
	int qos; /* 0 to 2 */
	bool retain;
	/*
	 * State: while waiting, a newer message on the same topic replaces it and joins the end,
	 * so that what was published last also arrives last. On its way when the connection is
	 * lost, it may be lost, too: `connected` is the moment to publish all states again. Not a
	 * state (acks): kept in order, dropped when the connection is lost.
	 */
	bool state;
	/*
	 * Every change of this state is sent, as long as not very many wait: none takes the place
	 * of an older one.
	 */
	bool each;
	/* A state that goes out after all others: while it waits, other states queue before it. */
	bool last;
	/*
	 * MQTT 5: the broker forgets the message so many seconds after born_ns (CLOCK_BOOTTIME; 0:
	 * now), the time it waits here included. 0: never.
	 */
	uint32_t expiry_s;
	uint64_t born_ns;
	/* A number of the owner's choice, to know the message by when it is done. 0: none. */
	uint64_t token;
	const uint8_t *correlation_data; /* MQTT 5, for responses; or NULL */
	size_t correlation_size;
};

#endif

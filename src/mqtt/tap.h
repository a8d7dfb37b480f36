/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Looks on while the library reads from the broker, for what it tells nobody: a PINGRESP, a
 * DISCONNECT with its reason, whether the CONNACK says that it goes on with an old session, how
 * many topics a SUBACK answers. And for packets that it would choke on. Only the frames of the
 * packets are followed (MQTT 5 and 3.1.1, 2.1; through WebSockets RFC 6455 5.2), in whatever pieces
 * they come. Pure.
 */

#ifndef PF_MQTT_TAP_H
#define PF_MQTT_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What we take in one packet: payload, topic, response topic (64 KiB each at most) and a bit. */
#define PF_PACKET_MAX (256 * 1024)

/*
 * A broker of MQTT 3.1.1 cannot be told that. What is larger than this is not even read: the
 * library would make room for up to 256 MiB.
 */
#define PF_PACKET_BAD (16 * 1024 * 1024)

struct pf_tap {
	bool websocket;
	uint64_t bytes;                /* read so far */
	unsigned pongs;                /* PINGRESP so far */
	uint64_t messages;             /* PUBLISH so far */
	uint64_t messages_before_pong; /* ... when the last PINGRESP came */
	bool left;                     /* a DISCONNECT came */
	int reason;                    /* its code; 0: none, which means that all is well */
	bool resumed;                  /* the CONNACK's Session Present */
	uint32_t suback_max;  /* set by who subscribes: a SUBACK's bytes at most; 0: any number */
	uint32_t suback_size; /* of the last one */
	bool bad; /* a packet that no broker may send, that is too large, or has more than was asked
		     for */

	/* where in a packet the next byte is */
	enum { PF_TAP_TYPE, PF_TAP_SIZE, PF_TAP_BODY } stage;
	uint8_t type;
	unsigned shift; /* of the next seven bits of the size */
	uint32_t size, at;

	/* where in a frame of the WebSocket the next byte is */
	unsigned line; /* line ends in a row: 4 end the answer to the upgrade, and it stays 4 */
	unsigned head, head_size;
	uint8_t opcode;
	uint64_t rest; /* of the frame's payload */
};

/* Begins with the first byte of a connection. */
void pf_tap_init(struct pf_tap *tap, bool websocket);

/* The library has read these bytes. */
void pf_tap_feed(struct pf_tap *tap, const void *bytes, size_t size);

#endif

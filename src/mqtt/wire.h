/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The connection under the library, which hides it: which socket it is, what comes in, and a ping
 * when we want one.
 *
 * The library makes its connection by itself: to the first address of a name only, without a word
 * on why that failed, and without TCP_NODELAY. So getaddrinfo(), connect(), recv(), SSL_set_fd()
 * and SSL_read() of this program stand before those of the C library and of OpenSSL. For a thread
 * that has offered a connected socket connect() puts that in the place of the library's, and the
 * others look on (tap.h). For everybody else they do what they always did.
 *
 * A wire belongs to the thread that makes all calls of the library for its connection.
 */

#ifndef PF_MQTT_WIRE_H
#define PF_MQTT_WIRE_H

#include <stdbool.h>

#include "mqtt/tap.h"

struct pf_wire {
	int offered;  /* ours until the library takes it; -1 */
	int fd;       /* the library's, once it has taken it; -1 */
	void *tls;    /* OpenSSL's SSL of it; NULL: none */
	bool in_turn; /* the library is to connect step by step */
	struct pf_tap tap;
};

/*
 * Takes the connected socket over for the next connection that the library makes in this thread.
 * From now on until pf_wire_done() the wire looks on at what this thread reads from it.
 */
void pf_wire_offer(struct pf_wire *wire, int fd, bool tls, bool websocket);

/* After the library has closed its connection, or has not made one. */
void pf_wire_done(struct pf_wire *wire);

/*
 * Sends a PINGREQ (MQTT 5 3.12). Not while the library's last packet is only half written, or while
 * something else is under way: false, and there was no need, as an answer to that may come.
 * Does not block.
 */
bool pf_wire_ping(struct pf_wire *wire);

#endif

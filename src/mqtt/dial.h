/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Looks the broker's name up and connects to one of its addresses: each is tried, a slow one is not
 * waited for before the next is tried, too, and the first that takes the connection is used. If it
 * turns out to be no good, the others are still there. Blocks: link thread only.
 */

#ifndef PF_MQTT_DIAL_H
#define PF_MQTT_DIAL_H

#include <stdbool.h>

#include "mqtt/endpoint.h"

struct addrinfo;

#define PF_ADDRESSES_MAX 16

struct pf_dial {
	struct addrinfo *list;
	struct {
		const struct addrinfo *info;
		int fd;    /* while it connects; -1 */
		int error; /* 0: not tried yet, or good; a negative errno */
		bool used;
	} addresses[PF_ADDRESSES_MAX];
	int n, current; /* current: the address of the last connection */
};

/*
 * Looks the name up. 0, or -EHOSTUNREACH and the words in ret_text[PF_DIAGNOSIS_SIZE]; then there
 * is nothing to close.
 */
int pf_dial_open(struct pf_dial *dial, const struct pf_endpoint *endpoint, char *ret_text);

/*
 * Connects to an address that was not connected to yet: its socket, non-blocking, without Nagle's
 * delay, the caller's to close. A negative errno: none of them takes a connection (any more);
 * -ENOENT: there is none left.
 */
int pf_dial_next(struct pf_dial *dial, int *ret_fd);

/* The address of the last connection is to be tried once more. */
void pf_dial_again(struct pf_dial *dial);

/* The address of the last connection, borrowed. */
const struct addrinfo *pf_dial_address(const struct pf_dial *dial);

/* The same in digits, into ret_text[size]. */
void pf_dial_format(const struct pf_dial *dial, char *ret_text, size_t size);

/* Frees the addresses. */
void pf_dial_close(struct pf_dial *dial);

/* One connection to this address, waited for at most timeout_ms. A negative errno otherwise. */
int pf_dial_address_only(const struct addrinfo *address, int timeout_ms, int *ret_fd);

#endif

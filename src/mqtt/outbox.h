/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What waits to be sent, in order and bounded. Of a state only the newest per topic waits: a newer
 * one removes the older and joins the end, so that what was published last also arrives last. Where
 * many answers wait it takes the place of the older one instead, or it might never be sent.
 * Other messages just queue up. Main loop only.
 */

#ifndef PF_MQTT_OUTBOX_H
#define PF_MQTT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mqtt/message.h"

#define PF_OUTBOX_STATES_MAX 16384 /* topics; far more than a configuration can have */
#define PF_OUTBOX_OTHERS_MAX 1000
#define PF_OUTBOX_CROWD      64  /* answers that make a state keep its place */
#define PF_OUTBOX_ROOM       256 /* answers; what is taken in above that has to wait */

/* A message that waits or is on its way; one block, freed with free(). */
struct pf_outgoing {
	struct pf_outgoing *previous, *next; /* in the order of sending */
	struct pf_outgoing *same_bucket;
	uint32_t hash;
	int qos;
	bool retain, state;
	uint32_t expiry_s; /* after born_ns; 0: never */
	uint64_t born_ns;  /* CLOCK_BOOTTIME */
	uint64_t token;    /* 0: none */
	uint64_t serial;   /* set when it goes out: delivery.h */
	size_t payload_size, correlation_size;
	const char *topic;               /* NUL-terminated */
	const uint8_t *payload;          /* inside bytes[] */
	const uint8_t *correlation_data; /* NULL if none */
	char bytes[];
};

struct pf_outbox {
	struct pf_outgoing *first, *last;
	struct pf_outgoing *buckets[256]; /* states by topic */
	size_t n_states, n_others;
	size_t n_kept;               /* of the others: they have a token */
	struct pf_outgoing *barrier; /* the waiting one that is to be the last state, or NULL */
	size_t n_ahead;              /* states that were put before it since */
};

/* Makes an empty outbox. */
void pf_outbox_init(struct pf_outbox *outbox);

/* Frees what waits. */
void pf_outbox_done(struct pf_outbox *outbox);

/*
 * Puts a copy in. 0, and the older state that it takes the place of goes to *ret_replaced, the
 * caller's, if there is one; or -ENOBUFS: too many wait.
 */
int pf_outbox_put(struct pf_outbox *outbox, const struct pf_link_publication *publication,
	struct pf_outgoing **ret_replaced);

/*
 * What is left at now_ns of the message's time to live, in whole seconds, rounded up. At least 1: a
 * message that is late replaces an older one all the same. 0: it has no end.
 */
uint32_t pf_outgoing_rest_s(const struct pf_outgoing *message, uint64_t now_ns);

/* Takes the first out; the caller owns it. NULL: nothing waits. */
struct pf_outgoing *pf_outbox_take(struct pf_outbox *outbox);

/*
 * Takes the first out that is not to wait for another connection, the caller's: what is no state,
 * or the one that was to be the last of the states, which speaks of the one that is gone. NULL:
 * none.
 */
struct pf_outgoing *pf_outbox_take_passing(struct pf_outbox *outbox);

/* Whether the answers to more commands may be put in. */
bool pf_outbox_has_room(const struct pf_outbox *outbox);

/* Whether nothing waits. */
bool pf_outbox_is_empty(const struct pf_outbox *outbox);

#endif

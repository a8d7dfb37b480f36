/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What the daemon leaves at the broker, so that nothing stays there that nobody looks after any
 * more: retained topics, and parts of their content that a consumer has to be told of when they go
 * (the components of a Home Assistant device). Kept over restarts (traces_file.h), because the
 * configuration may change while the daemon is off.
 *
 * A part may outlive its topic: the consumer may have been off when that was cleared.
 *
 * A trace is claimed by whom it belongs to, and stored once it may be at the broker. One that is
 * stored and not claimed is an orphan: it is to be cleared, and forgotten when the broker has that.
 * Main loop only.
 */

#ifndef PF_STORE_TRACES_H
#define PF_STORE_TRACES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PF_TRACES_BUCKETS 512

struct pf_trace {
	char *topic;
	char *part; /* NULL: the topic itself */
	unsigned n_owners;
	bool stored;
	uint64_t token; /* of the message under way that clears it; 0: none */
	bool refused;   /* the broker did not take that message */
	struct pf_trace *next;
};

/* Zeroed: empty. */
struct pf_traces {
	struct pf_trace *buckets[PF_TRACES_BUCKETS];
	uint64_t last_token;
	void (*changed)(void *user); /* the stored ones are others now; or NULL */
	void *user;
};

/* Claims a trace, which is made if it is new. part may be NULL. */
struct pf_trace *pf_traces_claim(struct pf_traces *traces, const char *topic, const char *part);

/* Gives a claim back; the trace may be gone then. */
void pf_traces_release(struct pf_traces *traces, struct pf_trace *trace);

/* It is published now, so from now on it may be at the broker. */
void pf_traces_store(struct pf_traces *traces, struct pf_trace *trace);

/* All traces, one after the other in no order; the first after NULL, NULL after the last. */
struct pf_trace *pf_traces_next(const struct pf_traces *traces, const struct pf_trace *trace);

/* Whether such a trace is stored. part may be NULL. */
bool pf_traces_has(const struct pf_traces *traces, const char *topic, const char *part);

/* Whether it is to be cleared, and that is not under way, and was not in vain. */
bool pf_trace_is_orphan(const struct pf_trace *trace);

/* A new token for messages that clear: no other module uses the same numbers. */
uint64_t pf_traces_token(struct pf_traces *traces);

/* How many topics are being cleared at the moment. */
size_t pf_traces_under_way(const struct pf_traces *traces);

/* The broker has a message: what it cleared is forgotten. false: it is none of these. */
bool pf_traces_delivered(struct pf_traces *traces, uint64_t token);

/* The broker does not take a message: what it should have cleared stays, until pf_traces_again().
 */
void pf_traces_refused(struct pf_traces *traces, uint64_t token);

/* What was refused may be tried again. */
void pf_traces_again(struct pf_traces *traces);

/* A new connection: what was under way on the last one is not any more, what was refused counts as
 * new. */
void pf_traces_reconnected(struct pf_traces *traces);

/* The stored ones as text, the same for the same ones; to be freed. */
char *pf_traces_encode(const struct pf_traces *traces);

/* Adds what a text says as stored. 0 or -EBADMSG. */
int pf_traces_decode(struct pf_traces *traces, const char *text);

/* Frees all. */
void pf_traces_done(struct pf_traces *traces);

#endif

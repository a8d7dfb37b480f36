/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The readings of sensors with a `buffer`: each waits in the queue of its sensor until the broker
 * has confirmed it, so that none is lost and none overtakes another while the broker is away. (A
 * broker that takes QoS 0 only confirms nothing: with it a reading that is sent is done.) At
 * most half of the link's window is used for them: states and answers need not wait. Of a queue
 * only the newest reading is retained. Main loop only.
 */

#ifndef PF_PUBLISH_BUFFERS_H
#define PF_PUBLISH_BUFFERS_H

#include <ev.h>
#include <stddef.h>
#include <stdint.h>

#include "config/config.h"
#include "publish/publisher.h"

/* Of one sensor. */
struct pf_buffer;

/* All of them. */
struct pf_buffers;

/* What they live in; copied, what it points to is borrowed. */
struct pf_buffers_host {
	struct ev_loop *loop;
	struct pf_publisher *publisher; /* for its link and its timers */
	uint64_t *n_dropped;            /* counts the readings that are given up */
	uint64_t *n_errors;             /* counts the faults of the disk */
};

/* Makes the buffers that the configuration wants. */
struct pf_buffers *pf_buffers_new(
	const struct pf_buffers_host *host, const struct pf_config *config);

/*
 * Goes over to another configuration: a sensor of the same name keeps what waits; what waits of
 * others is dropped, with a line in the log.
 */
void pf_buffers_use(struct pf_buffers *buffers, const struct pf_config *config);

/* The buffer of a sensor; NULL: it has none. Valid until the sensor's name has none any more. */
struct pf_buffer *pf_buffers_find(struct pf_buffers *buffers, const char *name);

/*
 * Adds a reading (copied), taken at taken_ns and true for expiry_s (0: for ever), and sends it if
 * it is its turn. A full buffer drops the oldest, counts it, and says so once.
 */
void pf_buffer_put(
	struct pf_buffer *buffer, uint64_t taken_ns, const char *payload, uint32_t expiry_s);

/* There is a new connection: begins to send what waits. After the states. */
void pf_buffers_connected(struct pf_buffers *buffers);

/* The connection is gone: what is not on the disk is written, where it is to be. */
void pf_buffers_disconnected(struct pf_buffers *buffers);

/*
 * A message has come to its end: pf_link_callbacks. A reading that the broker has, or will never
 * take, goes, and the others go on; one that was put off is sent again in a while, in its place.
 */
void pf_buffers_take(struct pf_buffers *buffers, const struct pf_delivery *delivery);

/* How many readings wait now, for `info`. */
size_t pf_buffers_waiting(const struct pf_buffers *buffers);

/*
 * Writes what still waits, which may block for as long as the disk does, and frees all; what waits
 * in memory only is lost, with a line in the log. NULL is fine.
 */
void pf_buffers_free(struct pf_buffers *buffers);

#endif

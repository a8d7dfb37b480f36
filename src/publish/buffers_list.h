/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What buffers.c, which has the list of the buffers, and buffers_send.c, which empties them, have
 * in common. Nobody else includes this.
 */

#ifndef PF_PUBLISH_BUFFERS_LIST_H
#define PF_PUBLISH_BUFFERS_LIST_H

#include "mqtt/session.h"
#include "publish/publisher.h"
#include "store/backlog.h"
#include "store/backlog_disk.h"

struct pf_buffer {
	struct pf_buffers *all;
	char *name, *topic;
	int qos;
	bool retain;
	struct pf_backlog backlog;
	struct pf_backlog_disk *disk; /* NULL: it is in memory only */
	size_t n_dropped;             /* since it was full for the first time */
	int n_under_way;
	bool put_off; /* the broker does not take its readings now */
};

/* A reading that the link has, and the broker not yet. */
struct pf_under_way {
	uint64_t token;
	struct pf_buffer *buffer; /* NULL: it is gone */
	uint64_t id;
};

struct pf_buffers {
	struct ev_loop *loop;
	struct pf_publisher *publisher;
	uint64_t *n_dropped, *n_errors;
	struct pf_backlog_disks *disks; /* NULL: none yet */
	struct pf_buffer **list;
	size_t n, turn;
	struct pf_under_way under_way[PF_WINDOW_MAX];
	int n_under_way;
	uint64_t last_token;
	struct pf_timer again; /* what was put off is sent again then */
	bool told_unconfirmed;
};

/* Begins: nothing is on its way. */
void pf_buffers_init_sending(struct pf_buffers *buffers);

/* Sends what waits, as far as it is its turn. */
void pf_buffers_send(struct pf_buffers *buffers);

/* So many of its readings are dropped: counted, and told once. */
void pf_buffer_count_dropped(struct pf_buffer *buffer, size_t n);

/* What waits is another now: the disk is to have it, too. */
void pf_buffer_changed(struct pf_buffer *buffer);

/* The buffer goes: what of it is on its way is nobody's. */
void pf_buffer_forget(struct pf_buffer *buffer);

#endif

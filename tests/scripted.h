/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A broker by a script, for what real ones do not do or not on demand: limits of every kind, no
 * answers, odd answers. It takes one client at a time, in a process of its own, and keeps account
 * of what the client does, in memory that the test can read.
 */

#ifndef PF_TESTS_SCRIPTED_H
#define PF_TESTS_SCRIPTED_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

struct script {
	int refuse_will_retain; /* CONNACK code for a retained will; 0: takes it */
	int refuse_will_qos;    /* for a will with a QoS */
	int refuse;             /* for all; 0: takes them */
	bool hang_up;           /* closes without a CONNACK */
	int flags;              /* of the CONNACK: 1 is Session Present */
	int max_qos;            /* 0 or 1; else nothing is said of it */
	bool no_retain;
	unsigned max_packet;      /* 0: nothing is said */
	unsigned receive_maximum; /* 0: nothing is said */
	unsigned keepalive_s; /* Server Keep Alive; and who says nothing for 1.5 times that long is
				 left; 0: nothing is said */
	const char *odd;      /* more properties of the CONNACK, odd_size bytes */
	unsigned odd_size;
	bool no_puback, no_pong, no_suback;
	unsigned suback_codes; /* in place of as many as there are topics; 0: as many */
	const char *after;     /* sent after the first SUBACK, after_size bytes */
	unsigned after_size;
	bool ack_late; /* PUBACKs are sent when as many are out as may be */
};

/* What the client has done. */
struct account {
	volatile int connects, n_subscribed, n_published, n_pings, n_lapses;
	volatile int version;  /* of the last CONNECT: 4 or 5 */
	volatile int will_qos; /* of the last CONNECT; -1: no will */
	volatile int will_retain;
	volatile unsigned largest; /* packet */
	volatile int highest_qos, n_retained, most_under_way;
	volatile int least_options; /* of all subscriptions: all bits that each had */
};

struct scripted {
	struct script script;
	struct account *account;
	pid_t pid;
	int port;
};

/* Starts it on 127.0.0.1, or on this address of the machine, on its port or (0) a free one. */
void scripted_start(struct scripted *scripted, const char *address);

/* Ends it. */
void scripted_stop(struct scripted *scripted);

#endif

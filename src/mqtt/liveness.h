/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * How old a message may be that comes in. It says nothing of that itself, and it may have waited:
 * in a network that was silent, in a broker that stood still, in our own socket. But what a broker
 * answers comes behind all that it had sent before. So while there is a connection it is asked
 * something every two seconds, and what is heard was said after the last question that is answered.
 *
 * After a silence a broker may have more for us than it sends at a time (mosquitto: 20), and its
 * answer overtakes the rest. So the silence is over when nothing came between a question and its
 * answer, or five seconds after the broker was back.
 *
 * Asking is the link thread's, hearing the library's; times are CLOCK_BOOTTIME.
 */

#ifndef PF_MQTT_LIVENESS_H
#define PF_MQTT_LIVENESS_H

#include <pthread.h>
#include <stdint.h>

struct pf_liveness {
	pthread_mutex_t lock;
	uint64_t live_ns;        /* the last question that is answered, and no silence since */
	uint64_t asked_ns;       /* the last question */
	uint64_t back_ns;        /* the first answer after a silence; 0: there was none */
	uint64_t n_heard;        /* messages */
	uint64_t n_heard_before; /* the last question */
};

/* Begins; nothing can be heard yet. */
void pf_liveness_init(struct pf_liveness *liveness, uint64_t now_ns);

/* Ends. */
void pf_liveness_done(struct pf_liveness *liveness);

/* A new connection: nothing on it can have been said earlier. */
void pf_liveness_open(struct pf_liveness *liveness, uint64_t now_ns);

/* A question goes out now. */
void pf_liveness_ask(struct pf_liveness *liveness, uint64_t now_ns);

/* It is answered. */
void pf_liveness_answer(struct pf_liveness *liveness, uint64_t now_ns);

/* A message came in: the moment after which it was said. */
uint64_t pf_liveness_hear(struct pf_liveness *liveness);

/* How long the next question can wait. */
uint32_t pf_liveness_wait_ms(struct pf_liveness *liveness, uint64_t now_ns);

#endif

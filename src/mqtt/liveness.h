/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Is the broker alive, and how old may a message be that comes in? It says nothing of that itself,
 * and it may have waited: in a network that was silent, in a broker that stood still, in our own
 * socket. But what a broker answers comes behind all that it had sent before. So while there is a
 * connection it is asked something every few seconds (a ping), and what is heard was said after the
 * last question that is answered. A question that is not answered for long shows that it is dead.
 *
 * After a silence a broker may have more for us than it sends at a time (mosquitto: 20), and its
 * answer overtakes the rest. So the silence is over when nothing came between a question and its
 * answer, or five seconds after the broker was back.
 *
 * Pure: times are CLOCK_BOOTTIME and passed in. Link thread only.
 */

#ifndef PF_MQTT_LIVENESS_H
#define PF_MQTT_LIVENESS_H

#include <stdbool.h>
#include <stdint.h>

struct pf_liveness {
	uint64_t period_ns, patience_ns;
	uint64_t live_ns;        /* the last question that is answered, and no silence since */
	uint64_t asked_ns;       /* the last question */
	bool asking;             /* that is not answered yet, */
	bool sent;               /* or could not even be sent: something else is under way, */
	uint64_t again_ns;       /* and it is tried again then */
	uint64_t heard_ns;       /* when anything came */
	uint64_t back_ns;        /* the first answer after a silence; 0: there was none */
	uint64_t n_heard;        /* messages */
	uint64_t n_heard_before; /* the last question */
};

/*
 * A new connection: nothing on it can have been said earlier. keepalive_s: what the owner wants;
 * server_keepalive_s: what the broker demands (MQTT 5 3.2.2.3.14), 0: nothing. listens: messages
 * may come whose age matters.
 */
void pf_liveness_open(struct pf_liveness *liveness, int keepalive_s, int server_keepalive_s,
	bool listens, uint64_t now_ns);

/* From now on messages may come whose age matters. */
void pf_liveness_listen(struct pf_liveness *liveness);

/* Whether to ask now. */
bool pf_liveness_is_due(const struct pf_liveness *liveness, uint64_t now_ns);

/* A question goes out now; or (sent false) could not. */
void pf_liveness_ask(struct pf_liveness *liveness, uint64_t now_ns, bool sent);

/* It is answered. */
void pf_liveness_answer(struct pf_liveness *liveness, uint64_t now_ns);

/*
 * A message of ours that was sent then is acknowledged, which is as good as an answer; and in a
 * flood of messages, where questions find no room, the only one.
 */
void pf_liveness_confirm(struct pf_liveness *liveness, uint64_t sent_ns, uint64_t now_ns);

/* Anything came in. */
void pf_liveness_see(struct pf_liveness *liveness, uint64_t now_ns);

/* A message came in: the moment after which it was said. */
uint64_t pf_liveness_hear(struct pf_liveness *liveness);

/* Whether a question is unanswered for so long that nobody is there any more. */
bool pf_liveness_is_dead(const struct pf_liveness *liveness, uint64_t now_ns);

/* When is_due() or is_dead() becomes true if nothing comes in. */
uint64_t pf_liveness_next_ns(const struct pf_liveness *liveness);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/liveness.h"

#include <stdbool.h>

#include "base/clock.h"

#define ASK_NS       (2 * PF_NS_PER_S)
#define ASK_AGAIN_NS (50 * PF_NS_PER_MS) /* after a silence */
#define SILENCE_NS   (5 * PF_NS_PER_S)   /* what is older moves no relay: output/age.h */
#define BACK_NS      (5 * PF_NS_PER_S)

void pf_liveness_open(struct pf_liveness *liveness, uint64_t now_ns)
{
	pthread_mutex_lock(&liveness->lock);
	liveness->live_ns = now_ns;
	liveness->asked_ns = now_ns;
	liveness->back_ns = 0;
	pthread_mutex_unlock(&liveness->lock);
}

void pf_liveness_init(struct pf_liveness *liveness, uint64_t now_ns)
{
	*liveness = (struct pf_liveness){0};
	pthread_mutex_init(&liveness->lock, NULL);
	pf_liveness_open(liveness, now_ns);
}

void pf_liveness_done(struct pf_liveness *liveness)
{
	pthread_mutex_destroy(&liveness->lock);
}

void pf_liveness_ask(struct pf_liveness *liveness, uint64_t now_ns)
{
	pthread_mutex_lock(&liveness->lock);
	liveness->asked_ns = now_ns;
	liveness->n_heard_before = liveness->n_heard;
	pthread_mutex_unlock(&liveness->lock);
}

/* Whether what is heard from now on is new: the silence, if there was one, is over. */
static bool is_over(struct pf_liveness *liveness, uint64_t now_ns)
{
	if (!liveness->back_ns && now_ns <= liveness->live_ns + SILENCE_NS)
		return true;
	if (!liveness->back_ns)
		liveness->back_ns = now_ns;
	/* what was asked in the silence says nothing of what was said in it */
	return liveness->asked_ns >= liveness->back_ns &&
	       (liveness->n_heard == liveness->n_heard_before ||
		       now_ns >= liveness->back_ns + BACK_NS);
}

void pf_liveness_answer(struct pf_liveness *liveness, uint64_t now_ns)
{
	pthread_mutex_lock(&liveness->lock);
	if (is_over(liveness, now_ns)) {
		liveness->live_ns = liveness->asked_ns;
		liveness->back_ns = 0;
	}
	pthread_mutex_unlock(&liveness->lock);
}

uint64_t pf_liveness_hear(struct pf_liveness *liveness)
{
	uint64_t live_ns;

	pthread_mutex_lock(&liveness->lock);
	liveness->n_heard++;
	live_ns = liveness->live_ns;
	pthread_mutex_unlock(&liveness->lock);
	return live_ns;
}

uint32_t pf_liveness_wait_ms(struct pf_liveness *liveness, uint64_t now_ns)
{
	uint64_t next_ns;

	pthread_mutex_lock(&liveness->lock);
	next_ns = liveness->asked_ns + (liveness->back_ns ? ASK_AGAIN_NS : ASK_NS);
	pthread_mutex_unlock(&liveness->lock);
	return next_ns > now_ns ? (uint32_t)((next_ns - now_ns) / PF_NS_PER_MS) + 1 : 0;
}

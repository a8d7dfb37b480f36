/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/liveness.h"

#include "base/clock.h"

#define ASK_NS       (2500 * PF_NS_PER_MS)
#define ASK_AGAIN_NS (50 * PF_NS_PER_MS) /* after a silence */
#define SILENCE_NS   (5 * PF_NS_PER_S)   /* what is older moves no relay: output/age.h */
#define BACK_NS      (5 * PF_NS_PER_S)

/* In tenths of keepalive_s: a dead broker is noticed within 1.5 times that, and well before. */
#define ASK_TENTHS      2
#define PATIENCE_TENTHS 5

/* What comes shows that it is alive; but who does not answer for so many times that long is ill. */
#define PATIENCE_MAX 3

static uint64_t least(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static uint64_t most(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

void pf_liveness_listen(struct pf_liveness *liveness)
{
	liveness->period_ns = least(liveness->period_ns, ASK_NS);
}

void pf_liveness_open(struct pf_liveness *liveness, int keepalive_s, int server_keepalive_s,
	bool listens, uint64_t now_ns)
{
	const uint64_t tenth_ns = (uint64_t)keepalive_s * PF_NS_PER_S / 10;
	const uint64_t demanded_ns = (uint64_t)server_keepalive_s * PF_NS_PER_S / 2;

	*liveness = (struct pf_liveness){.period_ns = ASK_TENTHS * tenth_ns,
		.patience_ns = PATIENCE_TENTHS * tenth_ns,
		.live_ns = now_ns,
		.asked_ns = now_ns,
		.heard_ns = now_ns};
	if (listens)
		pf_liveness_listen(liveness);
	if (demanded_ns)
		liveness->period_ns = least(liveness->period_ns, demanded_ns);
}

/* When the next question goes out if the last is answered. */
static uint64_t due_ns(const struct pf_liveness *liveness)
{
	if (liveness->asking)
		return liveness->sent ? PF_NEVER : liveness->again_ns;
	return liveness->asked_ns + (liveness->back_ns ? ASK_AGAIN_NS : liveness->period_ns);
}

bool pf_liveness_is_due(const struct pf_liveness *liveness, uint64_t now_ns)
{
	return now_ns >= due_ns(liveness);
}

void pf_liveness_ask(struct pf_liveness *liveness, uint64_t now_ns, bool sent)
{
	if (sent || !liveness->asking)
		liveness->asked_ns = now_ns;
	liveness->asking = true;
	liveness->sent = sent;
	liveness->again_ns = now_ns + liveness->period_ns / 4;
	liveness->n_heard_before = liveness->n_heard;
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
	/* the library asks now and then, too */
	if (!liveness->asking || !liveness->sent)
		return;
	liveness->asking = false;
	if (is_over(liveness, now_ns)) {
		liveness->live_ns = liveness->asked_ns;
		liveness->back_ns = 0;
	}
}

void pf_liveness_confirm(struct pf_liveness *liveness, uint64_t sent_ns, uint64_t now_ns)
{
	/* whether a silence is over, only a question tells that was asked for it */
	if (liveness->back_ns || now_ns > liveness->live_ns + SILENCE_NS)
		return;
	liveness->live_ns = most(liveness->live_ns, sent_ns);
	if (liveness->asking && !liveness->sent) {
		liveness->asking = false;
		liveness->asked_ns = sent_ns;
	}
}

void pf_liveness_see(struct pf_liveness *liveness, uint64_t now_ns)
{
	liveness->heard_ns = now_ns;
}

uint64_t pf_liveness_hear(struct pf_liveness *liveness)
{
	liveness->n_heard++;
	return liveness->live_ns;
}

/* When the patience ends if nothing comes in. */
static uint64_t end_ns(const struct pf_liveness *liveness)
{
	if (!liveness->asking)
		return PF_NEVER;
	return least(most(liveness->asked_ns, liveness->heard_ns) + liveness->patience_ns,
		liveness->asked_ns + PATIENCE_MAX * liveness->patience_ns);
}

bool pf_liveness_is_dead(const struct pf_liveness *liveness, uint64_t now_ns)
{
	return now_ns >= end_ns(liveness);
}

uint64_t pf_liveness_next_ns(const struct pf_liveness *liveness)
{
	return least(due_ns(liveness), end_ns(liveness));
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/subscriptions.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "mqtt/reason.h"

void pf_subscriptions_add(
	struct pf_subscriptions *subscriptions, const char *topic, int qos, bool stored)
{
	subscriptions->list = pf_reallocarray(
		subscriptions->list, subscriptions->n + 1, sizeof *subscriptions->list);
	subscriptions->list[subscriptions->n++] = (struct pf_subscription){
		.topic = pf_strdup(topic), .qos = qos, .stored = stored};
}

struct pf_subscriptions pf_subscriptions_copy(const struct pf_subscriptions *subscriptions)
{
	struct pf_subscriptions copy = {
		.list = pf_calloc(subscriptions->n, sizeof *copy.list), .n = subscriptions->n};

	for (size_t i = 0; i < copy.n; i++) {
		copy.list[i] = subscriptions->list[i];
		copy.list[i].topic = pf_strdup(copy.list[i].topic);
	}
	return copy;
}

static int by_topic(const void *left, const void *right)
{
	const struct pf_subscription *a = left, *b = right;

	return strcmp(a->topic, b->topic);
}

static int carried_first(const void *left, const void *right)
{
	const struct pf_subscription *a = left, *b = right;

	return a->carried != b->carried ? b->carried - a->carried : strcmp(a->topic, b->topic);
}

/* Whether there is nothing to ask the broker for. One that was refused is asked for again. */
static bool is_as_wanted(const struct pf_subscription *now, const struct pf_subscription *before)
{
	return before->answer < PF_REASON_FAILURE && before->qos == now->qos &&
	       (before->stored || !now->stored);
}

void pf_subscriptions_carry(struct pf_subscriptions *now, struct pf_subscriptions *before)
{
	if (before->n > 0)
		qsort(before->list, before->n, sizeof *before->list, by_topic);
	for (size_t i = 0; i < before->n; i++)
		before->list[i].carried = false;
	for (size_t i = 0; i < now->n && before->n > 0; i++) {
		struct pf_subscription *old = bsearch(
			&now->list[i], before->list, before->n, sizeof *before->list, by_topic);

		now->list[i].carried = old && is_as_wanted(&now->list[i], old);
		if (!old)
			continue;
		old->carried = true;
		now->list[i].answer = old->answer;
	}
	if (now->n > 0)
		qsort(now->list, now->n, sizeof *now->list, carried_first);
	if (before->n > 0)
		qsort(before->list, before->n, sizeof *before->list, carried_first);
}

size_t pf_subscriptions_carried(const struct pf_subscriptions *subscriptions)
{
	size_t n = 0;

	while (n < subscriptions->n && subscriptions->list[n].carried)
		n++;
	return n;
}

void pf_subscriptions_done(struct pf_subscriptions *subscriptions)
{
	for (size_t i = 0; i < subscriptions->n; i++)
		free(subscriptions->list[i].topic);
	free(subscriptions->list);
	*subscriptions = (struct pf_subscriptions){0};
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/subscriptions.h"

#include <stdlib.h>

#include "base/memory.h"

void pf_subscriptions_add(
	struct pf_subscriptions *subscriptions, const char *topic, int qos, bool stored)
{
	subscriptions->list = pf_reallocarray(
		subscriptions->list, subscriptions->n + 1, sizeof *subscriptions->list);
	subscriptions->list[subscriptions->n++] = (struct pf_subscription){
		.topic = pf_strdup(topic), .qos = qos, .stored = stored};
}

void pf_subscriptions_done(struct pf_subscriptions *subscriptions)
{
	for (size_t i = 0; i < subscriptions->n; i++)
		free(subscriptions->list[i].topic);
	free(subscriptions->list);
	*subscriptions = (struct pf_subscriptions){0};
}

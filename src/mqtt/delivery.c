/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void pf_deliveries_init(struct pf_deliveries *deliveries,
	void (*done)(void *user, const struct pf_delivery *delivery), void *user)
{
	*deliveries = (struct pf_deliveries){.done = done, .user = user};
	pf_outbox_init(&deliveries->outbox);
}

void pf_deliveries_free(struct pf_deliveries *deliveries)
{
	pf_outbox_done(&deliveries->outbox);
	for (int i = 0; i < PF_WINDOW_MAX; i++) {
		free(deliveries->ways[i].topic);
		deliveries->ways[i].topic = NULL;
	}
}

/* One that waited, and never went; frees it. */
static void end_waiting(
	struct pf_deliveries *deliveries, struct pf_outgoing *message, enum pf_fate fate)
{
	const struct pf_delivery delivery = {.topic = message->topic,
		.token = message->token,
		.state = message->state,
		.fate = fate};

	deliveries->done(deliveries->user, &delivery);
	free(message);
}

int pf_deliveries_put(
	struct pf_deliveries *deliveries, const struct pf_link_publication *publication)
{
	struct pf_outgoing *replaced = NULL;
	const int r = pf_outbox_put(&deliveries->outbox, publication, &replaced);

	if (replaced)
		end_waiting(deliveries, replaced, PF_FATE_REPLACED);
	return r;
}

void pf_deliveries_open(struct pf_deliveries *deliveries, int window)
{
	deliveries->window = window;
}

struct pf_outgoing *pf_deliveries_next(struct pf_deliveries *deliveries)
{
	struct pf_outgoing *message = NULL;
	int i = 0;

	if (deliveries->n < deliveries->window)
		message = pf_outbox_take(&deliveries->outbox);
	if (!message)
		return NULL;
	while (deliveries->ways[i].serial)
		i++;
	message->serial = ++deliveries->last_serial;
	deliveries->ways[i].serial = message->serial;
	deliveries->ways[i].token = message->token;
	deliveries->ways[i].state = message->state;
	deliveries->ways[i].topic = pf_strdup(message->topic);
	deliveries->n++;
	return message;
}

/* Its place is free before anybody is told. */
static void end_way(struct pf_deliveries *deliveries, int i, enum pf_fate fate, const char *reason)
{
	char *topic = deliveries->ways[i].topic;
	const struct pf_delivery delivery = {.topic = topic,
		.token = deliveries->ways[i].token,
		.state = deliveries->ways[i].state,
		.fate = fate,
		.reason = reason};

	deliveries->ways[i].serial = 0;
	deliveries->ways[i].topic = NULL;
	deliveries->n--;
	deliveries->done(deliveries->user, &delivery);
	free(topic);
}

void pf_deliveries_end(
	struct pf_deliveries *deliveries, uint64_t serial, enum pf_fate fate, const char *reason)
{
	for (int i = 0; serial && i < PF_WINDOW_MAX; i++)
		if (deliveries->ways[i].serial == serial) {
			end_way(deliveries, i, fate, reason);
			return;
		}
}

void pf_deliveries_lose(struct pf_deliveries *deliveries)
{
	struct pf_outgoing *message;

	deliveries->window = 0;
	for (int i = 0; i < PF_WINDOW_MAX; i++)
		if (deliveries->ways[i].serial)
			end_way(deliveries, i, PF_FATE_LOST, NULL);
	while ((message = pf_outbox_take_passing(&deliveries->outbox)))
		end_waiting(deliveries, message, PF_FATE_LOST);
}

void pf_deliveries_flush(struct pf_deliveries *deliveries)
{
	struct pf_outgoing *message;

	pf_deliveries_lose(deliveries);
	while ((message = pf_outbox_take(&deliveries->outbox)))
		end_waiting(deliveries, message, PF_FATE_LOST);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/recent.h"

#include <stdlib.h>

#include "base/memory.h"

#define N_SLOTS (sizeof((struct pf_recent *)0)->slots / sizeof *((struct pf_recent *)0)->slots)

void pf_recent_keep(struct pf_recent *recent, struct pf_outgoing *message, int id)
{
	struct pf_outgoing *old = message;
	const size_t slot = (size_t)id % N_SLOTS;

	if (id) {
		old = recent->slots[slot].message;
		recent->slots[slot].message = message;
		recent->slots[slot].id = id;
	}
	free(old);
}

static const char *topic_of(const struct pf_recent *recent, int id)
{
	const size_t slot = (size_t)id % N_SLOTS;

	return recent->slots[slot].message && recent->slots[slot].id == id
		       ? recent->slots[slot].message->topic
		       : NULL;
}

char *pf_recent_refusal(const struct pf_recent *recent, int id, const char *reason)
{
	const char *topic = topic_of(recent, id);

	return pf_format("the broker refuses a message%s%s: %s", topic ? " on " : "",
		topic ? topic : "", reason);
}

void pf_recent_done(struct pf_recent *recent)
{
	for (size_t i = 0; i < N_SLOTS; i++)
		free(recent->slots[i].message);
}

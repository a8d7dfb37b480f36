/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/recent.h"

#include <stdlib.h>

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

const char *pf_recent_topic(const struct pf_recent *recent, int id)
{
	const size_t slot = (size_t)id % N_SLOTS;

	return recent->slots[slot].message && recent->slots[slot].id == id
		       ? recent->slots[slot].message->topic
		       : NULL;
}

void pf_recent_done(struct pf_recent *recent)
{
	for (size_t i = 0; i < N_SLOTS; i++)
		free(recent->slots[i].message);
}

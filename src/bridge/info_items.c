/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/info_items.h"

#include <cJSON.h>
#include <string.h>

/* Keeps worst[] sorted: the most errors first, and of as many the oldest item first. */
static void insert(const struct pf_item **worst, size_t *n, const struct pf_item *item)
{
	size_t at = 0;

	while (at < *n && worst[at]->n_errors > item->n_errors)
		at++;
	if (*n < PF_INFO_ITEMS_MAX)
		(*n)++;
	else if (at == *n)
		return;
	memmove(&worst[at + 1], &worst[at], (*n - at - 1) * sizeof *worst);
	worst[at] = item;
}

void pf_info_add_items(cJSON *object, const struct pf_item *items)
{
	const struct pf_item *worst[PF_INFO_ITEMS_MAX];
	size_t n = 0, n_faulty = 0;
	cJSON *list;

	for (const struct pf_item *item = items; item; item = item->next) {
		if (item->n_errors == 0)
			continue;
		insert(worst, &n, item);
		n_faulty++;
	}
	if (n == 0)
		return;
	list = cJSON_AddObjectToObject(object, "items");
	for (size_t i = 0; i < n; i++)
		cJSON_AddNumberToObject(cJSON_AddObjectToObject(list, worst[i]->config->name),
			"errors", (double)worst[i]->n_errors);
	if (n_faulty > n)
		cJSON_AddNumberToObject(object, "items_left_out", (double)(n_faulty - n));
}

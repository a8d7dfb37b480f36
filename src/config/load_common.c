/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/loader.h"

const struct pf_taken *pf_take(struct pf_taken_list *list, const struct pf_taken *entry)
{
	for (size_t i = 0; i < list->n; i++)
		if (strcmp(list->list[i].key, entry->key) == 0)
			return &list->list[i];
	if (list->n == list->capacity) {
		list->capacity = list->capacity * 2 + 16;
		list->list = pf_reallocarray(list->list, list->capacity, sizeof *list->list);
	}
	list->list[list->n++] = *entry;
	return NULL;
}

const char *pf_load_shown(const struct pf_loader *loader, const char *value)
{
	char text[PF_SHOWN_SIZE];

	return pf_pool_format(loader->pool, "%s", pf_shown(PF_PUBLIC, value, text));
}

const char *pf_load_host(struct pf_pool *pool)
{
	char name[256] = "";

	if (gethostname(name, sizeof name - 1) != 0 || !name[0] || name[0] == '.')
		return "localhost";
	name[strcspn(name, ".")] = '\0';
	for (char *c = name; *c; c++)
		if (!isalnum((unsigned char)*c) && *c != '-' && *c != '_')
			*c = '-';
	return pf_pool_format(pool, "%s", name);
}

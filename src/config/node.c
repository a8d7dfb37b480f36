/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/node.h"

#include <string.h>

const struct pf_node *pf_node_find(const struct pf_node *group, const char *name)
{
	for (size_t i = 0; i < group->n_children; i++)
		if (group->children[i].name && strcmp(group->children[i].name, name) == 0)
			return &group->children[i];
	return NULL;
}

const struct pf_place *pf_node_place(const struct pf_node *group, const char *name)
{
	const struct pf_node *child = pf_node_find(group, name);

	return child ? &child->place : &group->place;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A configuration file as a tree of values, each with its place. Read-only once made; everything
 * belongs to the pool that the tree was made with.
 */

#ifndef PF_CONFIG_NODE_H
#define PF_CONFIG_NODE_H

#include <stddef.h>

#include "config/config.h"

enum pf_node_type {
	PF_NODE_GROUP, /* { ... }, and the file as a whole */
	PF_NODE_LIST,  /* ( ... ) or [ ... ] */
	PF_NODE_INT,
	PF_NODE_FLOAT,
	PF_NODE_BOOL,
	PF_NODE_STRING,
	PF_NODE_SPOILT, /* a value that is wrong in itself; its error is already reported */
};

struct pf_node {
	enum pf_node_type type;
	const char *name; /* the key; NULL in lists and for the file as a whole */
	struct pf_place place;
	int integer;      /* INT; BOOL: 0 or 1 */
	double number;    /* INT, FLOAT */
	const char *text; /* STRING: clean UTF-8 */
	struct pf_node *children;
	size_t n_children;
};

/* The child of a group with this key, or NULL. */
const struct pf_node *pf_node_find(const struct pf_node *group, const char *name);

/* Where the child stands; if there is none, where the group does. */
const struct pf_place *pf_node_place(const struct pf_node *group, const char *name);

#endif

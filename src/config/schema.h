/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Groups of keys, set, read and compared by their rows. Main thread only. */

#ifndef PF_CONFIG_SCHEMA_H
#define PF_CONFIG_SCHEMA_H

#include "config/key.h"

/* A table of keys, and what their offsets are relative to. */
struct pf_key_set {
	const struct pf_key *keys;
	size_t n;
	void *base;
	bool below;       /* they are known, but belong into channels = { ... } */
	const char *name; /* of the group, or NULL */
};

#define PF_KEY_SET(group, base)                                                                    \
	(struct pf_key_set)                                                                        \
	{                                                                                          \
		(group)->keys, (group)->n, (base), false, (group)->name                            \
	}

/* Sets all members to their defaults, those of groups inside, too. */
void pf_keys_set_defaults(
	const struct pf_key_reader *reader, const struct pf_key_set *sets, size_t n_sets);

/*
 * Reads the group by the rows. Members whose key is missing or wrong keep what they have; wrong,
 * missing and unknown keys are reported. label: what the problems speak of ("input door"), or NULL.
 */
void pf_keys_read(const struct pf_key_reader *reader, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets);

/* The same, when it cannot be known which other keys there may be: those are passed over. */
void pf_keys_read_known(const struct pf_key_reader *reader, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets);

/* Whether two structs have the same in all members that rows of the group fill. */
bool pf_keys_same(const struct pf_key_group *group, const void *a, const void *b);

#endif

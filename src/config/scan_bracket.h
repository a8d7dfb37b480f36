/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The brackets open in a configuration text, and the keys of the groups among them: to say where a
 * bracket or a key stood first. Main thread only.
 */

#ifndef PF_CONFIG_SCAN_BRACKET_H
#define PF_CONFIG_SCAN_BRACKET_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/problems.h"

#define PF_BRACKETS_MAX       32
#define PF_BRACKETS_ITEM_SIZE 80

/* A key of a group. */
struct pf_bracket_key {
	char *name;
	struct pf_place place;
};

/* An open bracket. */
struct pf_bracket {
	char mark; /* '{', '(', '['; '\0': the file as a whole */
	struct pf_place place;
	struct pf_bracket_key *keys;
	size_t n_keys;
	char *name; /* of the item that a group is, once it was read; or NULL */
};

/* All zero but `problems` (borrowed): none is open. */
struct pf_brackets {
	struct pf_problems *problems;
	struct pf_bracket list[PF_BRACKETS_MAX];
	size_t depth; /* index of the innermost one; 0: the file */
	bool wrong;   /* reported; one report is enough */
};

/* '{', '(' or '[' at a place; too many in one another are reported. */
void pf_brackets_open(struct pf_brackets *brackets, char mark, const struct pf_place *place);

/* '}', ')' or ']' at a place; one that does not fit is reported. */
void pf_brackets_close(struct pf_brackets *brackets, char mark, const struct pf_place *place);

/* Whether the innermost bracket is a list's. */
bool pf_brackets_in_list(const struct pf_brackets *brackets);

/* Adds a key to the innermost group. false: it is there already, or one too many; reported. */
bool pf_brackets_add_key(
	struct pf_brackets *brackets, const char *name, const struct pf_place *place);

/* The newest key of the innermost group, lists in it included; "value" if it has none. */
const char *pf_brackets_last_key(const struct pf_brackets *brackets);

/* Notes the value of a key "name". */
void pf_brackets_set_name(struct pf_brackets *brackets, const char *name);

/* "input door: " for what is being read, if its name has been; or "". Into text. */
const char *pf_brackets_item(const struct pf_brackets *brackets, char text[PF_BRACKETS_ITEM_SIZE]);

/* Reports what is still open and frees all. Whether all brackets were right. */
bool pf_brackets_end(struct pf_brackets *brackets);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/schema.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/report.h"
#include "config/words.h"

static struct pf_key_set inside(const struct pf_key *key, void *base)
{
	return PF_KEY_SET(key->group, (char *)base + key->offset);
}

/* Recursion ends where the tables do. */
void pf_keys_set_defaults(
	const struct pf_key_reader *reader, const struct pf_key_set *sets, size_t n_sets)
{
	for (size_t i = 0; i < n_sets; i++) {
		for (size_t k = 0; k < sets[i].n && !sets[i].below; k++) {
			const struct pf_key *key = &sets[i].keys[k];
			struct pf_key_set set;

			if (key->type != PF_KEY_GROUP || !key->size) {
				pf_key_set_default(reader, key, sets[i].base);
				continue;
			}
			set = inside(key, sets[i].base);
			pf_keys_set_defaults(reader, &set, 1);
		}
	}
}

static void report_unknown(struct pf_problems *problems, const struct pf_node *node,
	const char *label, const struct pf_key_set *sets, size_t n_sets)
{
	const char **names;
	size_t n = 0;
	char hint[120];

	for (size_t i = 0; i < n_sets; i++) {
		const char *here = sets[i].name ? pf_word_of_key(sets[i].name, node->name) : NULL;

		if (here) {
			pf_report(
				problems, &node->place, label, node->name, "unknown key, %s", here);
			return;
		}
		n += sets[i].n;
	}
	names = pf_calloc(n + 1, sizeof *names);
	n = 0;
	for (size_t i = 0; i < n_sets; i++)
		for (size_t k = 0; k < sets[i].n; k++)
			names[n++] = sets[i].keys[k].name;
	pf_report(problems, &node->place, label, node->name, "unknown key%s",
		pf_did_you_mean(node->name, names, n, hint));
	free(names);
}

/* The row of a key, and the table that it is in; NULL: no table has the key. */
static const struct pf_key *find_key(
	const char *name, const struct pf_key_set *sets, size_t n_sets, size_t *ret_set)
{
	for (size_t i = 0; i < n_sets; i++) {
		for (size_t k = 0; k < sets[i].n; k++) {
			if (strcmp(sets[i].keys[k].name, name) != 0)
				continue;
			*ret_set = i;
			return &sets[i].keys[k];
		}
	}
	return NULL;
}

static void read_child(const struct pf_key_reader *reader, const struct pf_node *node,
	const char *label, const struct pf_key *key, const struct pf_key_set *set)
{
	struct pf_key_set group;

	if (set->below) {
		pf_report(reader->problems, &node->place, label, key->name,
			"belongs to a channel, expected channels = { NAME = { %s = ...; }; }",
			key->name);
		return;
	}
	if (key->type != PF_KEY_GROUP || !key->size || node->type != PF_NODE_GROUP) {
		pf_key_read(reader, node, label, key, set->base);
		return;
	}
	group = inside(key, set->base);
	if (label)
		label = pf_pool_format(reader->pool, "%s: %s", label, key->name);
	pf_keys_read(reader, node, label ? label : key->name, &group, 1);
}

static void check_required(const struct pf_key_reader *reader, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets)
{
	for (size_t i = 0; i < n_sets; i++) {
		for (size_t k = 0; k < sets[i].n; k++) {
			const struct pf_key *key = &sets[i].keys[k];

			if (key->required && !pf_node_find(group, key->name))
				pf_report(reader->problems, &group->place, label, key->name,
					"is missing, expected %s", key->help);
		}
	}
}

static void read_group(const struct pf_key_reader *reader, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets, bool all_known)
{
	for (size_t i = 0; i < group->n_children; i++) {
		const struct pf_node *node = &group->children[i];
		size_t set = 0;
		const struct pf_key *key = find_key(node->name, sets, n_sets, &set);

		if (key)
			read_child(reader, node, label, key, &sets[set]);
		else if (all_known)
			report_unknown(reader->problems, node, label, sets, n_sets);
	}
	check_required(reader, group, label, sets, n_sets);
}

void pf_keys_read(const struct pf_key_reader *reader, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets)
{
	read_group(reader, group, label, sets, n_sets, true);
}

void pf_keys_read_known(const struct pf_key_reader *reader, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets)
{
	read_group(reader, group, label, sets, n_sets, false);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Members that are no texts were made from the same row: what is the same is so to the bit. */
static bool same_member(const struct pf_key *key, const char *a, const char *b)
{
	const char *text_a, *text_b;

	if (key->type != PF_KEY_TEXT && key->type != PF_KEY_TOPIC && key->type != PF_KEY_PATH)
		return memcmp(a, b, key->size) == 0;
	memcpy(&text_a, a, sizeof text_a);
	memcpy(&text_b, b, sizeof text_b);
	return same_text(text_a, text_b);
}

bool pf_keys_same(const struct pf_key_group *group, const void *a, const void *b)
{
	for (size_t i = 0; i < group->n; i++) {
		const struct pf_key *key = &group->keys[i];
		const char *const member_a = (const char *)a + key->offset;
		const char *const member_b = (const char *)b + key->offset;

		if (!key->size || key->elsewhere)
			continue;
		if (key->type == PF_KEY_GROUP ? !pf_keys_same(key->group, member_a, member_b)
					      : !same_member(key, member_a, member_b))
			return false;
	}
	return true;
}

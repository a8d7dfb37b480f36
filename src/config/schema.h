/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Which keys a group may have, as tables; and the one function that reads groups by them.
 *
 * Main thread only.
 */

#ifndef PF_CONFIG_SCHEMA_H
#define PF_CONFIG_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "config/node.h"
#include "config/problems.h"

/* What a key takes, and the type of the member that gets it. */
enum pf_key_type {
	PF_KEY_BOOL,    /* bool */
	PF_KEY_INT,     /* int, int32_t, or uint32_t with minimum >= 0 */
	PF_KEY_NUMBER,  /* double; integers are accepted, too */
	PF_KEY_SECONDS, /* uint32_t in milliseconds; minimum and maximum in seconds */
	PF_KEY_STRING,  /* const char *; maximum: bytes; never empty */
	PF_KEY_BUFFER,  /* char[maximum + 1]; may be empty */
	PF_KEY_CHOICE,  /* int or an enum: index into choices */
	PF_KEY_GROUP,   /* const struct pf_node * */
	PF_KEY_LIST,    /* const struct pf_node * */
	PF_KEY_LATER,   /* documented, but not in this version */
	PF_KEY_BELOW,   /* known, but it belongs in channels = { ... } */
};

struct pf_key {
	const char *name;
	enum pf_key_type type;
	size_t offset; /* of the member in what `base` points to */
	double minimum, maximum;
	const char *const *choices; /* NULL-terminated */
	const char *later; /* CHOICE: a documented one that is not in this version; or NULL */
};

/* A table of keys, and what their offsets are relative to. */
struct pf_key_set {
	const struct pf_key *keys;
	size_t n;
	void *base;
};

/* For the tables. */
#define PF_KEY_OF(key, kind, structure, member, ...)                                               \
	{                                                                                          \
		.name = (key), .type = (kind), .offset = offsetof(structure, member), __VA_ARGS__  \
	}
#define PF_KEY_RANGE(low, high) .minimum = (low), .maximum = (high)

/* Bytes of the longest "expected ..." text, with its NUL. */
#define PF_EXPECTED_SIZE 300

/*
 * Reads the group by the tables: the first key of a name counts. Members whose key is missing or
 * wrong keep what they have; wrong and unknown keys are reported. label: what the problems speak of
 * ("input door"), or NULL.
 */
void pf_keys_read(struct pf_problems *problems, const struct pf_node *group, const char *label,
	const struct pf_key_set *sets, size_t n_sets);

/* The same, when it cannot be known which other keys there may be: those are passed over. */
void pf_keys_read_known(struct pf_problems *problems, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets);

/* Reads one value by its key's row. false: it was wrong, and is reported. */
bool pf_key_read(struct pf_problems *problems, const struct pf_node *node, const char *label,
	const struct pf_key *key, void *base);

/* Adds an error at a place: "label: key: text". label and key may be NULL. */
__attribute__((format(printf, 5, 6))) void pf_report(struct pf_problems *problems,
	const struct pf_place *place, const char *label, const char *key, const char *format, ...);

/* The same as a warning. */
__attribute__((format(printf, 5, 6))) void pf_report_warning(struct pf_problems *problems,
	const struct pf_place *place, const char *label, const char *key, const char *format, ...);

/* Of `candidates` the one most like word, as `, did you mean "..."?`; or "". Into text[120]. */
const char *pf_did_you_mean(
	const char *word, const char *const *candidates, size_t n, char text[120]);

#endif

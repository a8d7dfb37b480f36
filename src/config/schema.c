/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/schema.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define MS_PER_S 1000.0

__attribute__((format(printf, 6, 0))) static void report(struct pf_problems *problems, bool warning,
	const struct pf_place *place, const char *label, const char *key, const char *format,
	va_list arguments)
{
	char *text = pf_vformat(format, arguments);
	void (*const add)(struct pf_problems *, const char *, int, const char *,
		...) = warning ? pf_problems_warning : pf_problems_error;

	add(problems, place->file, place->line, "%s%s%s%s%s", label ? label : "", label ? ": " : "",
		key ? key : "", key ? ": " : "", text);
	free(text);
}

void pf_report(struct pf_problems *problems, const struct pf_place *place, const char *label,
	const char *key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(problems, false, place, label, key, format, arguments);
	va_end(arguments);
}

void pf_report_warning(struct pf_problems *problems, const struct pf_place *place,
	const char *label, const char *key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(problems, true, place, label, key, format, arguments);
	va_end(arguments);
}

const char *pf_did_you_mean(
	const char *word, const char *const *candidates, size_t n, char text[120])
{
	const char *similar = pf_similar(word, candidates, n);

	if (!similar)
		return "";
	(void)snprintf(text, 120, ", did you mean \"%s\"?", similar);
	return text;
}

/* "a", "b" or "c" */
static void format_choices(const char *const *choices, char text[PF_EXPECTED_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; choices[i] && used < PF_EXPECTED_SIZE; i++) {
		const char *before = i == 0 ? "" : choices[i + 1] ? ", " : " or ";
		const int n = snprintf(
			text + used, PF_EXPECTED_SIZE - used, "%s\"%s\"", before, choices[i]);

		used += n > 0 ? (size_t)n : 0;
	}
}

static void format_range(const struct pf_key *key, const char *what, char text[PF_EXPECTED_SIZE])
{
	const bool bounded = key->maximum < 1e100;

	if (!bounded && key->minimum <= -1e100)
		(void)snprintf(text, PF_EXPECTED_SIZE, "%s", what);
	else if (!bounded)
		(void)snprintf(text, PF_EXPECTED_SIZE, "%s of at least %.10g", what, key->minimum);
	else
		(void)snprintf(text, PF_EXPECTED_SIZE, "%s from %.10g to %.10g", what, key->minimum,
			key->maximum);
}

static const char *format_expected(const struct pf_key *key, char text[PF_EXPECTED_SIZE])
{
	switch (key->type) {
	case PF_KEY_BOOL:
		return "true or false";
	case PF_KEY_INT:
		format_range(key, "a whole number", text);
		return text;
	case PF_KEY_NUMBER:
		format_range(key, "a number", text);
		return text;
	case PF_KEY_SECONDS:
		format_range(key, "a number of seconds", text);
		return text;
	case PF_KEY_STRING:
	case PF_KEY_BUFFER:
		(void)snprintf(text, PF_EXPECTED_SIZE, "a text in quotes of at most %.0f bytes",
			key->maximum);
		return text;
	case PF_KEY_CHOICE:
		format_choices(key->choices, text);
		return text;
	case PF_KEY_GROUP:
		return "a group: { ... }";
	case PF_KEY_LIST:
		return "a list: ( ... )";
	case PF_KEY_LATER:
	case PF_KEY_BELOW:
	default:
		return "nothing";
	}
}

static const char *type_name(enum pf_node_type type)
{
	switch (type) {
	case PF_NODE_GROUP:
		return "a group";
	case PF_NODE_LIST:
		return "a list";
	case PF_NODE_INT:
	case PF_NODE_FLOAT:
		return "a number";
	case PF_NODE_BOOL:
		return "a truth value";
	case PF_NODE_STRING:
		return "a text";
	case PF_NODE_SPOILT:
	default:
		return "unreadable";
	}
}

static bool fits_type(const struct pf_node *node, enum pf_key_type type)
{
	switch (type) {
	case PF_KEY_BOOL:
		return node->type == PF_NODE_BOOL;
	case PF_KEY_INT:
		return node->type == PF_NODE_INT;
	case PF_KEY_NUMBER:
	case PF_KEY_SECONDS:
		return node->type == PF_NODE_INT || node->type == PF_NODE_FLOAT;
	case PF_KEY_STRING:
	case PF_KEY_BUFFER:
	case PF_KEY_CHOICE:
		return node->type == PF_NODE_STRING;
	case PF_KEY_GROUP:
		return node->type == PF_NODE_GROUP;
	case PF_KEY_LIST:
		return node->type == PF_NODE_LIST;
	case PF_KEY_LATER:
	case PF_KEY_BELOW:
	default:
		return false;
	}
}

static size_t n_choices(const struct pf_key *key)
{
	size_t n = 0;

	while (key->choices[n])
		n++;
	return n;
}

static int find_choice(const struct pf_key *key, const char *text)
{
	for (int i = 0; key->choices[i]; i++)
		if (strcmp(key->choices[i], text) == 0)
			return i;
	return -1;
}

/* The value lies within what the key takes; the type is right. */
static bool fits_range(const struct pf_node *node, const struct pf_key *key)
{
	switch (key->type) {
	case PF_KEY_INT:
	case PF_KEY_NUMBER:
	case PF_KEY_SECONDS:
		return node->number >= key->minimum && node->number <= key->maximum;
	case PF_KEY_STRING:
		return node->text[0] && strlen(node->text) <= (size_t)key->maximum;
	case PF_KEY_BUFFER:
		return strlen(node->text) <= (size_t)key->maximum;
	case PF_KEY_CHOICE:
		return find_choice(key, node->text) >= 0;
	case PF_KEY_BOOL:
	case PF_KEY_GROUP:
	case PF_KEY_LIST:
	case PF_KEY_LATER:
	case PF_KEY_BELOW:
	default:
		return true;
	}
}

static void report_type(struct pf_problems *problems, const struct pf_node *node, const char *label,
	const struct pf_key *key)
{
	char expected[PF_EXPECTED_SIZE];

	pf_report(problems, &node->place, label, key->name, "is %s, expected %s",
		node->type == PF_NODE_FLOAT ? "a fraction" : type_name(node->type),
		format_expected(key, expected));
}

static void report_value(struct pf_problems *problems, const struct pf_node *node,
	const char *label, const struct pf_key *key)
{
	char expected[PF_EXPECTED_SIZE], hint[120];

	format_expected(key, expected);
	if (node->type != PF_NODE_STRING)
		pf_report(problems, &node->place, label, key->name,
			"%.10g is out of range, expected %s", node->number, expected);
	else if (!node->text[0] && key->type != PF_KEY_CHOICE)
		pf_report(problems, &node->place, label, key->name, "is empty, expected %s",
			expected);
	else if (key->type != PF_KEY_CHOICE)
		pf_report(problems, &node->place, label, key->name, "has %zu bytes, expected %s",
			strlen(node->text), expected);
	else
		pf_report(problems, &node->place, label, key->name, "is \"%.60s\", expected %s%s",
			node->text, expected,
			pf_did_you_mean(node->text, key->choices, n_choices(key), hint));
}

static void store(const struct pf_node *node, const struct pf_key *key, void *base)
{
	char *member = (char *)base + key->offset;
	const bool truth = node->integer != 0;
	uint32_t milliseconds;
	int choice;

	switch (key->type) {
	case PF_KEY_BOOL:
		memcpy(member, &truth, sizeof truth);
		break;
	case PF_KEY_INT:
		memcpy(member, &node->integer, sizeof node->integer);
		break;
	case PF_KEY_NUMBER:
		memcpy(member, &node->number, sizeof node->number);
		break;
	case PF_KEY_SECONDS:
		milliseconds = (uint32_t)llround(node->number * MS_PER_S);
		memcpy(member, &milliseconds, sizeof milliseconds);
		break;
	case PF_KEY_STRING:
		memcpy(member, &node->text, sizeof node->text);
		break;
	case PF_KEY_BUFFER:
		memcpy(member, node->text, strlen(node->text) + 1);
		break;
	case PF_KEY_CHOICE:
		choice = find_choice(key, node->text);
		memcpy(member, &choice, sizeof choice);
		break;
	case PF_KEY_GROUP:
	case PF_KEY_LIST:
		memcpy(member, &node, sizeof node);
		break;
	case PF_KEY_LATER:
	case PF_KEY_BELOW:
	default:
		break;
	}
}

bool pf_key_read(struct pf_problems *problems, const struct pf_node *node, const char *label,
	const struct pf_key *key, void *base)
{
	if (key->type == PF_KEY_LATER)
		pf_report(
			problems, &node->place, label, key->name, "not available in this version");
	else if (key->type == PF_KEY_BELOW)
		pf_report(problems, &node->place, label, key->name,
			"belongs to a channel, expected channels = { NAME = { %s = ...; }; }",
			key->name);
	else if (node->type == PF_NODE_SPOILT)
		return false;
	else if (!fits_type(node, key->type))
		report_type(problems, node, label, key);
	else if (key->later && strcmp(node->text, key->later) == 0)
		pf_report(problems, &node->place, label, key->name,
			"\"%s\" is not available in this version", key->later);
	else if (!fits_range(node, key))
		report_value(problems, node, label, key);
	else {
		store(node, key, base);
		return true;
	}
	return false;
}

static void report_unknown(struct pf_problems *problems, const struct pf_node *node,
	const char *label, const struct pf_key_set *sets, size_t n_sets)
{
	const char **names;
	size_t n = 0;
	char hint[120];

	for (size_t i = 0; i < n_sets; i++)
		n += sets[i].n;
	names = pf_calloc(n + 1, sizeof *names);
	n = 0;
	for (size_t i = 0; i < n_sets; i++)
		for (size_t k = 0; k < sets[i].n; k++)
			names[n++] = sets[i].keys[k].name;
	pf_report(problems, &node->place, label, node->name, "unknown key%s",
		pf_did_you_mean(node->name, names, n, hint));
	free(names);
}

/* false: no table has the key. */
static bool read_child(struct pf_problems *problems, const struct pf_node *node, const char *label,
	const struct pf_key_set *sets, size_t n_sets)
{
	for (size_t i = 0; i < n_sets; i++) {
		for (size_t k = 0; k < sets[i].n; k++) {
			if (strcmp(sets[i].keys[k].name, node->name) != 0)
				continue;
			(void)pf_key_read(problems, node, label, &sets[i].keys[k], sets[i].base);
			return true;
		}
	}
	return false;
}

void pf_keys_read(struct pf_problems *problems, const struct pf_node *group, const char *label,
	const struct pf_key_set *sets, size_t n_sets)
{
	for (size_t i = 0; i < group->n_children; i++)
		if (!read_child(problems, &group->children[i], label, sets, n_sets))
			report_unknown(problems, &group->children[i], label, sets, n_sets);
}

void pf_keys_read_known(struct pf_problems *problems, const struct pf_node *group,
	const char *label, const struct pf_key_set *sets, size_t n_sets)
{
	for (size_t i = 0; i < group->n_children; i++)
		(void)read_child(problems, &group->children[i], label, sets, n_sets);
}

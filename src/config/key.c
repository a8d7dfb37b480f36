/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/key.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "config/report.h"
#include "config/topics.h"
#include "config/words.h"

#define HINT_SIZE     160
#define MS_PER_S      1000.0
#define EXPECTED_SIZE 300 /* bytes of the longest "expected ..." text, with its NUL */

static const char *const states[] = {"off", "on", NULL};

const char *pf_expand_host(const struct pf_key_reader *reader, const char *text)
{
	const char *mark;

	while ((mark = strstr(text, "%h")) != NULL)
		text = pf_pool_format(
			reader->pool, "%.*s%s%s", (int)(mark - text), text, reader->host, mark + 2);
	return text;
}

/* "a", "b" or "c" */
static void format_choices(const char *const *choices, char text[EXPECTED_SIZE])
{
	size_t used = 0;

	text[0] = '\0';
	for (size_t i = 0; choices[i] && used < EXPECTED_SIZE; i++) {
		const char *before = i == 0 ? "" : choices[i + 1] ? ", " : " or ";
		const int n = snprintf(
			text + used, EXPECTED_SIZE - used, "%s\"%s\"", before, choices[i]);

		used += n > 0 ? (size_t)n : 0;
	}
}

static void format_range(const struct pf_key *key, const char *what, char text[EXPECTED_SIZE])
{
	const bool bounded = key->maximum < 1e100;

	if (!bounded && key->minimum <= -1e100)
		(void)snprintf(text, EXPECTED_SIZE, "%s", what);
	else if (!bounded)
		(void)snprintf(text, EXPECTED_SIZE, "%s of at least %.10g", what, key->minimum);
	else
		(void)snprintf(text, EXPECTED_SIZE, "%s from %.10g to %.10g", what, key->minimum,
			key->maximum);
}

static const char *format_expected(const struct pf_key *key, char text[EXPECTED_SIZE])
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
	case PF_KEY_TEXT:
	case PF_KEY_TOPIC:
	case PF_KEY_PATH:
	case PF_KEY_BUFFER:
		(void)snprintf(text, EXPECTED_SIZE, "a text in quotes of at most %.0f bytes",
			key->maximum);
		return text;
	case PF_KEY_CHOICE:
		format_choices(key->choices, text);
		return text;
	case PF_KEY_STATE:
		format_choices(states, text);
		return text;
	case PF_KEY_GROUP:
		return "a group: { ... }";
	case PF_KEY_LIST:
		return "a list: ( ... )";
	case PF_KEY_LATER:
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
	case PF_KEY_TEXT:
	case PF_KEY_TOPIC:
	case PF_KEY_PATH:
	case PF_KEY_BUFFER:
	case PF_KEY_CHOICE:
	case PF_KEY_STATE:
		return node->type == PF_NODE_STRING;
	case PF_KEY_GROUP:
		return node->type == PF_NODE_GROUP;
	case PF_KEY_LIST:
		return node->type == PF_NODE_LIST;
	case PF_KEY_LATER:
	default:
		return false;
	}
}

/* The words that the key may be; NULL: it is no such key. */
static const char *const *words_of(const struct pf_key *key)
{
	return key->type == PF_KEY_STATE ? states : key->choices;
}

static size_t n_choices(const struct pf_key *key)
{
	size_t n = 0;

	while (words_of(key)[n])
		n++;
	return n;
}

static int find_choice(const struct pf_key *key, const char *text)
{
	const char *const *const words = words_of(key);

	for (int i = 0; words[i]; i++)
		if (strcmp(words[i], text) == 0)
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
	case PF_KEY_TEXT:
	case PF_KEY_TOPIC:
	case PF_KEY_PATH:
		return node->text[0] && strlen(node->text) <= (size_t)key->maximum;
	case PF_KEY_BUFFER:
		return strlen(node->text) <= (size_t)key->maximum;
	case PF_KEY_CHOICE:
	case PF_KEY_STATE:
		return find_choice(key, node->text) >= 0;
	case PF_KEY_BOOL:
	case PF_KEY_GROUP:
	case PF_KEY_LIST:
	case PF_KEY_LATER:
	default:
		return true;
	}
}

static void report_type(struct pf_problems *problems, const struct pf_node *node, const char *label,
	const struct pf_key *key)
{
	char expected[EXPECTED_SIZE];

	pf_report(problems, &node->place, label, key->name, "is %s, expected %s",
		node->type == PF_NODE_FLOAT ? "a fraction" : type_name(node->type),
		format_expected(key, expected));
}

/* What a word that is none of the key's may have meant. */
static const char *hint_of(const struct pf_key *key, const char *word, char text[HINT_SIZE])
{
	const char *here = pf_word_of_value(key->name, word);

	if (!here)
		return pf_did_you_mean(word, words_of(key), n_choices(key), text);
	(void)snprintf(text, HINT_SIZE, "; %s", here);
	return text;
}

static void report_value(struct pf_problems *problems, const struct pf_node *node,
	const char *label, const struct pf_key *key)
{
	char expected[EXPECTED_SIZE], hint[HINT_SIZE], shown[PF_SHOWN_SIZE];

	format_expected(key, expected);
	if (node->type != PF_NODE_STRING)
		pf_report(problems, &node->place, label, key->name,
			"%.10g is out of range, expected %s", node->number, expected);
	else if (!node->text[0] && !words_of(key))
		pf_report(problems, &node->place, label, key->name, "is empty, expected %s",
			expected);
	else if (!words_of(key))
		pf_report(problems, &node->place, label, key->name, "has %zu bytes, expected %s",
			strlen(node->text), expected);
	else
		pf_report(problems, &node->place, label, key->name, "is \"%s\", expected %s%s",
			pf_shown(key->secrecy, node->text, shown), expected,
			hint_of(key, node->text, hint));
}

static void store_integer(char *member, size_t size, int32_t value)
{
	const uint16_t small = (uint16_t)value;

	if (size == sizeof small)
		memcpy(member, &small, sizeof small);
	else
		memcpy(member, &value, sizeof value);
}

/* The value as a row can say it, in the default or in the tree. */
static void store(const struct pf_key *key, void *base, double number, const char *text)
{
	char *const member = (char *)base + key->offset;
	const bool truth = number > 0;
	uint32_t milliseconds;

	switch (key->type) {
	case PF_KEY_BOOL:
	case PF_KEY_STATE:
		memcpy(member, &truth, sizeof truth);
		break;
	case PF_KEY_INT:
	case PF_KEY_CHOICE:
		store_integer(member, key->size, (int32_t)number);
		break;
	case PF_KEY_NUMBER:
		memcpy(member, &number, sizeof number);
		break;
	case PF_KEY_SECONDS:
		milliseconds = (uint32_t)llround(number * MS_PER_S);
		memcpy(member, &milliseconds, sizeof milliseconds);
		break;
	case PF_KEY_TEXT:
	case PF_KEY_TOPIC:
	case PF_KEY_PATH:
		memcpy(member, &text, sizeof text);
		break;
	case PF_KEY_BUFFER:
		memcpy(member, text, strlen(text) + 1);
		break;
	case PF_KEY_GROUP:
	case PF_KEY_LIST:
	case PF_KEY_LATER:
	default:
		break;
	}
}

static const char *expand(
	const struct pf_key_reader *reader, const struct pf_key *key, const char *text)
{
	return text && (key->host || key->type == PF_KEY_TOPIC) ? pf_expand_host(reader, text)
								: text;
}

/* What is wrong with a text of the right size, or NULL. text: expanded */
static const char *check_text(const struct pf_key *key, const char *text)
{
	if (key->type == PF_KEY_TOPIC)
		return pf_topic_check(text);
	if (key->type == PF_KEY_PATH && text[0] != '/')
		return "is no whole path, expected one that begins with '/'";
	return NULL;
}

static void read_text(const struct pf_key_reader *reader, const struct pf_node *node,
	const char *label, const struct pf_key *key, void *base)
{
	const char *const text = expand(reader, key, node->text);
	const char *const wrong = check_text(key, text);
	char shown[PF_SHOWN_SIZE];

	if (wrong)
		pf_report(reader->problems, &node->place, label, key->name, "\"%s\" %s",
			pf_shown(key->secrecy, node->text, shown), wrong);
	else
		store(key, base, 0, text);
}

/* Times are in milliseconds. */
static void report_nothing(const struct pf_key_reader *reader, const struct pf_node *node,
	const char *label, const struct pf_key *key, void *base)
{
	pf_report_warning(reader->problems, &node->place, label, key->name,
		"%.10g s are less than a millisecond, and count as 0", node->number);
	store(key, base, 0, NULL);
}

void pf_key_read(const struct pf_key_reader *reader, const struct pf_node *node, const char *label,
	const struct pf_key *key, void *base)
{
	if (key->type == PF_KEY_LATER)
		pf_report(reader->problems, &node->place, label, key->name,
			"not available in this version");
	else if (node->type == PF_NODE_SPOILT)
		return; /* reported */
	else if (!fits_type(node, key->type))
		report_type(reader->problems, node, label, key);
	else if (!fits_range(node, key))
		report_value(reader->problems, node, label, key);
	else if (!key->size)
		return;
	else if (words_of(key))
		store(key, base, find_choice(key, node->text), NULL);
	else if (node->type == PF_NODE_STRING)
		read_text(reader, node, label, key, base);
	else if (key->type == PF_KEY_SECONDS && node->number > 0 &&
		 llround(node->number * MS_PER_S) == 0)
		report_nothing(reader, node, label, key, base);
	else
		store(key, base, node->type == PF_NODE_BOOL ? node->integer : node->number, NULL);
}

void pf_key_set_default(const struct pf_key_reader *reader, const struct pf_key *key, void *base)
{
	if (key->size && key->type != PF_KEY_BUFFER)
		store(key, base, key->number, expand(reader, key, key->text));
}

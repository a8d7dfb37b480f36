/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/scan_bracket.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define KEYS_MAX 256

__attribute__((format(printf, 3, 4))) static void report(
	struct pf_brackets *brackets, const struct pf_place *place, const char *format, ...)
{
	va_list arguments;
	char *text;

	if (brackets->wrong)
		return;
	brackets->wrong = true;
	va_start(arguments, format);
	text = pf_vformat(format, arguments);
	va_end(arguments);
	pf_problems_error(brackets->problems, place->file, place->line, "%s", text);
	free(text);
}

void pf_brackets_open(struct pf_brackets *brackets, char mark, const struct pf_place *place)
{
	if (brackets->depth + 1 == PF_BRACKETS_MAX)
		report(brackets, place, "expected at most %d brackets in one another",
			PF_BRACKETS_MAX - 1);
	else
		brackets->list[++brackets->depth] = (struct pf_bracket){
			.mark = mark, .place = *place};
}

static void free_keys(struct pf_bracket *bracket)
{
	for (size_t i = 0; i < bracket->n_keys; i++)
		free(bracket->keys[i].name);
	free(bracket->keys);
	free(bracket->name);
	bracket->name = NULL;
	bracket->keys = NULL;
	bracket->n_keys = 0;
}

void pf_brackets_close(struct pf_brackets *brackets, char mark, const struct pf_place *place)
{
	const char opening = mark == '}' ? '{' : mark == ')' ? '(' : '[';
	struct pf_bracket *innermost = &brackets->list[brackets->depth];

	if (brackets->depth == 0) {
		report(brackets, place, "\"%c\" closes nothing", mark);
		return;
	}
	if (innermost->mark != opening)
		report(brackets, place, "\"%c\" cannot close the \"%c\" of %s:%d", mark,
			innermost->mark, innermost->place.file, innermost->place.line);
	free_keys(innermost);
	brackets->depth--;
}

bool pf_brackets_in_list(const struct pf_brackets *brackets)
{
	const char mark = brackets->list[brackets->depth].mark;

	return mark == '(' || mark == '[';
}

bool pf_brackets_add_key(
	struct pf_brackets *brackets, const char *name, const struct pf_place *place)
{
	struct pf_bracket *group = &brackets->list[brackets->depth];

	for (size_t i = 0; i < group->n_keys; i++) {
		const struct pf_bracket_key *key = &group->keys[i];

		if (strcmp(key->name, name) != 0)
			continue;
		pf_problems_error(brackets->problems, place->file, place->line,
			"%s: given twice, first at %s:%d", name, key->place.file, key->place.line);
		return false;
	}
	if (group->n_keys == KEYS_MAX) {
		report(brackets, place, "expected at most %d keys in a group", KEYS_MAX);
		return false;
	}
	group->keys = pf_reallocarray(group->keys, group->n_keys + 1, sizeof *group->keys);
	group->keys[group->n_keys++] = (struct pf_bracket_key){pf_strdup(name), *place};
	return true;
}

const char *pf_brackets_last_key(const struct pf_brackets *brackets)
{
	size_t i = brackets->depth;

	while (i > 0 && brackets->list[i].mark != '{')
		i--;
	return brackets->list[i].n_keys ? brackets->list[i].keys[brackets->list[i].n_keys - 1].name
					: "value";
}

void pf_brackets_set_name(struct pf_brackets *brackets, const char *name)
{
	struct pf_bracket *group = &brackets->list[brackets->depth];

	free(group->name);
	group->name = pf_strdup(name);
}

/* Items are the groups in the lists of the file as a whole. */
const char *pf_brackets_item(const struct pf_brackets *brackets, char text[PF_BRACKETS_ITEM_SIZE])
{
	const struct pf_bracket *file = &brackets->list[0], *item = &brackets->list[2];
	const char *list;

	if (brackets->depth < 2 || brackets->list[1].mark != '(' || !item->name ||
		file->n_keys == 0)
		return "";
	list = file->keys[file->n_keys - 1].name;
	(void)snprintf(text, PF_BRACKETS_ITEM_SIZE,
		"%.*s %.60s: ", (int)(strlen(list) < 12 ? strlen(list) - 1 : 11), list, item->name);
	return text;
}

bool pf_brackets_end(struct pf_brackets *brackets)
{
	const struct pf_bracket *innermost = &brackets->list[brackets->depth];

	if (brackets->depth > 0)
		report(brackets, &innermost->place, "the \"%c\" is never closed", innermost->mark);
	for (size_t i = 0; i <= brackets->depth; i++)
		free_keys(&brackets->list[i]);
	return !brackets->wrong;
}

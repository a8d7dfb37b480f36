/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/problems.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define TEXT_MAX 600 /* bytes; nobody reads more of a problem */

void pf_problems_init(struct pf_problems *problems)
{
	*problems = (struct pf_problems){0};
}

void pf_problems_done(struct pf_problems *problems)
{
	for (size_t i = 0; i < problems->n; i++) {
		free(problems->list[i].file);
		free(problems->list[i].text);
	}
	free(problems->list);
	pf_problems_init(problems);
}

static bool is_inside_letter(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Names and values come from the file and may be of any length: keeps both ends of the text. */
static char *shorten(char *text)
{
	const size_t size = strlen(text);
	size_t head = TEXT_MAX / 2, tail = size - TEXT_MAX / 2;
	char *shorter;

	if (size <= TEXT_MAX)
		return text;
	while (head > 0 && is_inside_letter(text[head]))
		head--;
	while (is_inside_letter(text[tail]))
		tail++;
	shorter = pf_format("%.*s ... %s", (int)head, text, text + tail);
	free(text);
	return shorter;
}

__attribute__((format(printf, 4, 0))) static struct pf_problem *add(struct pf_problems *problems,
	const char *file, int line, const char *format, va_list arguments)
{
	struct pf_problem *problem;

	problems->list = pf_reallocarray(problems->list, problems->n + 1, sizeof *problems->list);
	problem = &problems->list[problems->n++];
	problem->warning = false;
	problem->file = pf_strdup(file);
	problem->line = line;
	problem->text = shorten(pf_vformat(format, arguments));
	return problem;
}

void pf_problems_error(
	struct pf_problems *problems, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	(void)add(problems, file, line, format, arguments);
	va_end(arguments);
	problems->n_errors++;
}

void pf_problems_warning(
	struct pf_problems *problems, const char *file, int line, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	add(problems, file, line, format, arguments)->warning = true;
	va_end(arguments);
}

/* A problem and what decides on its place in the output. */
struct entry {
	struct pf_problem problem;
	size_t file;  /* rank of the file: that of its first problem */
	size_t order; /* as added */
};

static int compare(const void *left, const void *right)
{
	const struct entry *a = left, *b = right;

	if (a->file != b->file)
		return a->file < b->file ? -1 : 1;
	if (a->problem.line != b->problem.line)
		return a->problem.line < b->problem.line ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

static size_t first_of_file(const struct pf_problems *problems, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(problems->list[k].file, problems->list[i].file) == 0)
			return k;
	return i;
}

static void sort(struct pf_problems *problems)
{
	struct entry *entries = pf_calloc(problems->n + 1, sizeof *entries);

	for (size_t i = 0; i < problems->n; i++)
		entries[i] = (struct entry){problems->list[i], first_of_file(problems, i), i};
	qsort(entries, problems->n, sizeof *entries, compare);
	for (size_t i = 0; i < problems->n; i++)
		problems->list[i] = entries[i].problem;
	free(entries);
}

void pf_problems_print(struct pf_problems *problems, FILE *stream)
{
	sort(problems);
	for (size_t i = 0; i < problems->n; i++) {
		const struct pf_problem *problem = &problems->list[i];

		fputs(problem->file, stream);
		if (problem->line > 0)
			fprintf(stream, ":%d", problem->line);
		fprintf(stream, ": %s%s\n", problem->warning ? "warning: " : "", problem->text);
	}
}

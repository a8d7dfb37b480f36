/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/scan.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/scan_bracket.h"
#include "config/scan_value.h"

/* A text under way. */
struct cursor {
	const char *at, *end;
	struct pf_place place;
	bool line_start; /* only blanks before `at` in this line */
};

struct pf_scan {
	struct pf_source *source;
	struct pf_problems *problems;
	pf_scan_include *include;
	void *user;
	struct pf_brackets brackets;
	size_t n_duplicates;
	char previous; /* what the last word was: a punctuation mark, or 'v' for a value */
	/* A word whose meaning the next one decides; at most one of the two. */
	bool comma;
	char *name;
	struct pf_place name_place;
};

#define report(scan, place, ...)                                                                   \
	pf_problems_error((scan)->problems, (place)->file, (place)->line, __VA_ARGS__)

struct pf_scan *pf_scan_new(struct pf_source *source, struct pf_problems *problems,
	pf_scan_include *include, void *user)
{
	struct pf_scan *scan = pf_calloc(1, sizeof *scan);

	scan->source = source;
	scan->problems = problems;
	scan->brackets.problems = problems;
	scan->include = include;
	scan->user = user;
	return scan;
}

/* Writes a word on, apart from the next one. */
static void emit(struct pf_scan *scan, const char *text, size_t size)
{
	pf_source_append(scan->source, text, size);
	pf_source_append(scan->source, " ", 1);
}

static void emit_text(struct pf_scan *scan, const char *text)
{
	emit(scan, text, strlen(text));
}

static void emit_spoilt_integer(struct pf_scan *scan)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%d", PF_SPOILT_INTEGER);
	emit_text(scan, text);
}

static void emit_spoilt_key(struct pf_scan *scan)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%cx%zu", PF_SPOILT_KEY, ++scan->n_duplicates);
	emit_text(scan, text);
}

/* The pending name is a key of the innermost group. */
static void take_key(struct pf_scan *scan)
{
	if (*scan->name == PF_SPOILT_KEY)
		report(scan, &scan->name_place, "%s: unknown key", scan->name);
	else if (pf_brackets_add_key(&scan->brackets, scan->name, &scan->name_place)) {
		emit_text(scan, scan->name);
		return;
	}
	emit_spoilt_key(scan);
}

static void report_bare(
	struct pf_scan *scan, const struct pf_place *place, const char *word, int size)
{
	report(scan, place, "%s: %.*s stands without quotes, expected \"%.*s\"%s",
		pf_brackets_last_key(&scan->brackets), size, word, size, word,
		", a number, true or false");
	emit_spoilt_integer(scan);
}

/* The pending name is not followed by '='. */
static void take_bare_word(struct pf_scan *scan)
{
	const char *const word = scan->name;
	const bool value_expected = scan->previous == '=' ||
				    (pf_brackets_in_list(&scan->brackets) && scan->previous != 'v');

	if (strcasecmp(word, "true") == 0 || strcasecmp(word, "false") == 0 || !value_expected) {
		emit_text(scan, word);
		return;
	}
	report_bare(scan, &scan->name_place, word, (int)strlen(word));
}

/* Writes on what waits for the next word, now that this word is `next`. */
static void flush(struct pf_scan *scan, char next)
{
	/* libconfig 1.5 knows no comma after the last element, 1.7 does */
	if (scan->comma && next != ')' && next != ']')
		emit_text(scan, ",");
	scan->comma = false;
	if (!scan->name)
		return;
	if (next == '=')
		take_key(scan);
	else
		take_bare_word(scan);
	free(scan->name);
	scan->name = NULL;
	scan->previous = 'v';
}

static void take_mark(struct pf_scan *scan, struct cursor *cursor)
{
	const char mark = *cursor->at == ':' ? '=' : *cursor->at;

	flush(scan, mark);
	if (strchr("{([", mark))
		pf_brackets_open(&scan->brackets, mark, &cursor->place);
	else if (strchr("})]", mark))
		pf_brackets_close(&scan->brackets, mark, &cursor->place);
	if (mark == ',')
		scan->comma = true;
	else
		emit(scan, &mark, 1);
	scan->previous = strchr("})]", mark) ? 'v' : mark;
	cursor->at++;
}

static void break_line(struct pf_scan *scan, struct cursor *cursor)
{
	cursor->place.line++;
	cursor->line_start = true;
	cursor->at++;
	pf_source_break(scan->source, &cursor->place);
}

/* The comment at the cursor, without the end of its line. */
static void skip_comment(struct pf_scan *scan, struct cursor *cursor)
{
	const struct pf_place place = cursor->place;

	if (*cursor->at == '#' || cursor->at[1] == '/') {
		while (cursor->at < cursor->end && *cursor->at != '\n')
			cursor->at++;
		return;
	}
	cursor->at += 2;
	while (cursor->end - cursor->at >= 2) {
		if (cursor->at[0] == '*' && cursor->at[1] == '/') {
			cursor->at += 2;
			return;
		}
		if (*cursor->at == '\n')
			break_line(scan, cursor);
		else
			cursor->at++;
	}
	cursor->at = cursor->end;
	report(scan, &place, "comment without an end, expected */");
	scan->source->broken = true;
}

static void take_string(struct pf_scan *scan, struct cursor *cursor)
{
	const char *const start = cursor->at, *wrong;
	char *text = NULL;

	flush(scan, '"');
	wrong = pf_scan_string(&cursor->at, cursor->end, &text);
	if (wrong) {
		report(scan, &cursor->place, "%s: %s", pf_brackets_last_key(&scan->brackets),
			wrong);
		emit_text(scan, "\"" PF_SPOILT_TEXT "\"");
	} else {
		emit(scan, start, (size_t)(cursor->at - start));
	}
	free(text);
	scan->previous = 'v';
}

static void take_include(struct pf_scan *scan, struct cursor *cursor)
{
	static const char word[] = "@include";
	const struct pf_place place = cursor->place;
	const char *wrong = "expected @include \"FILE\" at the start of a line";
	char *path = NULL;

	if (cursor->line_start && (size_t)(cursor->end - cursor->at) > sizeof word &&
		memcmp(cursor->at, word, sizeof word - 1) == 0) {
		cursor->at += sizeof word - 1;
		while (cursor->at < cursor->end && (*cursor->at == ' ' || *cursor->at == '\t'))
			cursor->at++;
		if (cursor->at < cursor->end && *cursor->at == '"')
			wrong = pf_scan_string(&cursor->at, cursor->end, &path);
	}
	if (wrong) {
		report(scan, &place, "@include: %s", wrong);
		while (cursor->at < cursor->end && *cursor->at != '\n')
			cursor->at++;
		return;
	}
	scan->include(scan->user, path, &place);
	pf_source_break(scan->source, &place);
	free(path);
}

static bool is_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("-+._*", c));
}

/* Whether a value may end before this character. */
static bool ends_value(char c)
{
	return c == '\0' || strchr(" \t\r\n;,)]}#", c) != NULL;
}

/* A value that goes on after its first word: mqtt://box, house/door. False: it does not. */
static bool take_bare_text(struct pf_scan *scan, struct cursor *cursor, const char *start)
{
	if (scan->previous != '=' || cursor->at == cursor->end || ends_value(*cursor->at))
		return false;
	while (cursor->at < cursor->end && !ends_value(*cursor->at))
		cursor->at++;
	report_bare(scan, &cursor->place, start, (int)(cursor->at - start));
	scan->previous = 'v';
	return true;
}

static void take_word(struct pf_scan *scan, struct cursor *cursor)
{
	const char *const start = cursor->at;
	const bool number = !isalpha((unsigned char)*start) && *start != '*';
	char text[PF_SCAN_NUMBER_SIZE];
	const char *wrong;
	size_t size;

	while (cursor->at < cursor->end && is_word(*cursor->at))
		cursor->at++;
	size = (size_t)(cursor->at - start);
	flush(scan, 'w');
	if (take_bare_text(scan, cursor, start))
		return;
	if (!number) {
		scan->name = pf_memdup(start, size);
		scan->name_place = cursor->place;
		return;
	}
	wrong = pf_scan_number(start, size, text);
	if (wrong) {
		report(scan, &cursor->place, "%s: %.*s %s", pf_brackets_last_key(&scan->brackets),
			(int)(size > 60 ? 60 : size), start, wrong);
		emit_spoilt_integer(scan);
	} else {
		emit_text(scan, text);
	}
	scan->previous = 'v';
}

static void take_stray(struct pf_scan *scan, struct cursor *cursor)
{
	const unsigned char byte = (unsigned char)*cursor->at;

	if (isprint(byte))
		report(scan, &cursor->place, "stray \"%c\"; texts stand in quotes", byte);
	else
		report(scan, &cursor->place, "stray byte 0x%02x; texts stand in quotes", byte);
	scan->source->broken = true;
	/* one report for all of them */
	cursor->at++;
	while (cursor->at < cursor->end && !ends_value(*cursor->at) && !is_word(*cursor->at))
		cursor->at++;
}

static void take_next(struct pf_scan *scan, struct cursor *cursor)
{
	const char c = *cursor->at;
	const bool more = cursor->end - cursor->at > 1;

	if (c == '\n') {
		break_line(scan, cursor);
		return;
	}
	if (c == ' ' || c == '\t' || c == '\r' || c == '\f') {
		cursor->at++;
		return;
	}
	if (c == '@') {
		take_include(scan, cursor);
		return;
	}
	cursor->line_start = false;
	if (c == '#' || (c == '/' && more && (cursor->at[1] == '/' || cursor->at[1] == '*')))
		skip_comment(scan, cursor);
	else if (c == '"')
		take_string(scan, cursor);
	else if (c && strchr("=:;,{}()[]", c))
		take_mark(scan, cursor);
	else if (is_word(c))
		take_word(scan, cursor);
	else
		take_stray(scan, cursor);
}

void pf_scan_text(struct pf_scan *scan, const char *file, const char *text, size_t size)
{
	static const char byte_order_mark[] = "\xef\xbb\xbf";
	struct cursor cursor = {text, text + size, {file, 1}, true};

	if (size >= 3 && memcmp(text, byte_order_mark, 3) == 0)
		cursor.at += 3;
	pf_source_break(scan->source, &cursor.place);
	while (cursor.at < cursor.end)
		take_next(scan, &cursor);
}

void pf_scan_end(struct pf_scan *scan)
{
	flush(scan, ';');
	if (!pf_brackets_end(&scan->brackets))
		scan->source->broken = true;
	free(scan);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/scan.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/scan_say.h"
#include "config/scan_words.h"

/* A text under way. */
struct cursor {
	const char *at, *end;
	struct pf_place place;
	bool line_start; /* only blanks before `at` in this line */
};

struct pf_scan {
	struct pf_words words;
	pf_scan_include *include;
	void *user;
};

#define report(scan, place, ...)                                                                   \
	pf_problems_error((scan)->words.problems, (place)->file, (place)->line, __VA_ARGS__)

struct pf_scan *pf_scan_new(struct pf_source *source, struct pf_problems *problems,
	pf_scan_include *include, void *user)
{
	struct pf_scan *scan = pf_calloc(1, sizeof *scan);

	scan->words.source = source;
	scan->words.problems = problems;
	scan->words.brackets.problems = problems;
	scan->include = include;
	scan->user = user;
	return scan;
}

static void take_mark(struct pf_scan *scan, struct cursor *cursor)
{
	const char mark = *cursor->at == ':' ? '=' : *cursor->at;

	pf_words_flush(&scan->words, mark);
	if (scan->words.previous == '=' && strchr("=;,})]", mark)) {
		pf_scan_say(&scan->words.brackets, &cursor->place,
			"has no value, expected one after '='");
		scan->words.source->broken = true;
	}
	if (strchr("{([", mark))
		pf_words_check_opening(&scan->words, &cursor->place);
	if (strchr("{([", mark))
		pf_brackets_open(&scan->words.brackets, mark, &cursor->place);
	else if (strchr("})]", mark))
		pf_brackets_close(&scan->words.brackets, mark, &cursor->place);
	if (mark == ',')
		scan->words.comma = true;
	else
		pf_words_emit(&scan->words, &mark, 1);
	scan->words.previous = strchr("})]", mark) ? 'v' : mark;
	cursor->at++;
}

static void break_line(struct pf_scan *scan, struct cursor *cursor)
{
	cursor->place.line++;
	cursor->line_start = true;
	cursor->at++;
	pf_source_break(scan->words.source, &cursor->place);
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
	scan->words.source->broken = true;
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

/* What is left of the line may belong to a secret. */
static void skip_secret(struct pf_scan *scan, struct cursor *cursor)
{
	const enum pf_secrecy secrecy = pf_scan_secrecy(&scan->words.brackets);
	const char *const start = cursor->at;

	if (secrecy == PF_PUBLIC)
		return;
	while (cursor->at < cursor->end && *cursor->at != '\n' &&
		!(secrecy == PF_UNKNOWN && strchr(";,}", *cursor->at)))
		cursor->at++;
	for (const char *c = start; c < cursor->at; c++)
		if (strchr("{}()[]", *c))
			pf_words_give_up(&scan->words);
}

static void take_bad_string(struct pf_scan *scan, struct cursor *cursor, const char *wrong)
{
	const bool known = pf_scan_secrecy(&scan->words.brackets) == PF_PUBLIC;

	pf_scan_say(&scan->words.brackets, &cursor->place, "%s%s", wrong,
		known ? "" : "; what follows was not read");
	pf_words_text(&scan->words, "\"" PF_SPOILT_TEXT "\"");
	if (known)
		return;
	/* it may be the secret that has a quote or a line end in it */
	cursor->at = cursor->end;
	pf_words_give_up(&scan->words);
}

static void take_string(struct pf_scan *scan, struct cursor *cursor)
{
	const char *const start = cursor->at, *wrong;
	const bool is_value = scan->words.name == NULL && scan->words.previous == '=';
	char *text = NULL;

	pf_words_flush(&scan->words, '"');
	wrong = pf_scan_string(&cursor->at, cursor->end, &text);
	if (wrong) {
		take_bad_string(scan, cursor, wrong);
	} else {
		pf_words_emit(&scan->words, start, (size_t)(cursor->at - start));
		if (is_value && strcmp(pf_brackets_last_key(&scan->words.brackets), "name") == 0)
			pf_brackets_set_name(&scan->words.brackets, text);
	}
	free(text);
	scan->words.previous = 'v';
	if (wrong || cursor->at == cursor->end || !is_word(*cursor->at))
		return;
	pf_scan_say(&scan->words.brackets, &cursor->place,
		"something stands right behind the quotes; one inside is written \\\"");
	scan->words.source->broken = true;
	skip_secret(scan, cursor);
	while (cursor->at < cursor->end && !ends_value(*cursor->at))
		cursor->at++;
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
	pf_source_break(scan->words.source, &place);
	free(path);
}

/* A value that goes on after its first word: mqtt://box, house/door. False: it does not. */
static bool take_bare_text(struct pf_scan *scan, struct cursor *cursor, const char *start)
{
	if (scan->words.previous != '=' || cursor->at == cursor->end || ends_value(*cursor->at))
		return false;
	while (cursor->at < cursor->end && !ends_value(*cursor->at))
		cursor->at++;
	pf_words_bare(&scan->words, &cursor->place, start, (size_t)(cursor->at - start));
	scan->words.previous = 'v';
	skip_secret(scan, cursor);
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
	pf_words_flush(&scan->words, 'w');
	if (scan->words.ended || take_bare_text(scan, cursor, start))
		return;
	if (!number) {
		scan->words.name = pf_memdup(start, size);
		scan->words.name_place = cursor->place;
		if (scan->words.previous == '=' && !pf_is_truth_word(scan->words.name)) {
			pf_words_flush(&scan->words, ';');
			skip_secret(scan, cursor);
		}
		return;
	}
	if (scan->words.previous == 'v' && pf_brackets_in_list(&scan->words.brackets))
		pf_words_comma(&scan->words, &cursor->place);
	wrong = pf_scan_number(start, size, text);
	if (wrong) {
		pf_scan_say_number(&scan->words.brackets, &cursor->place, start, size, wrong);
		pf_words_spoilt(&scan->words);
		skip_secret(scan, cursor);
	} else {
		pf_words_text(&scan->words, text);
	}
	scan->words.previous = 'v';
}

/* A text in quotes of another kind is as good as one without: where it ends, nobody knows. */
static void take_stray_quote(struct pf_scan *scan, struct cursor *cursor)
{
	pf_words_spoilt(&scan->words);
	scan->words.previous = 'v';
	while (cursor->at < cursor->end && !strchr(";,}\n", *cursor->at))
		cursor->at++;
}

static void take_stray(struct pf_scan *scan, struct cursor *cursor)
{
	const bool is_value = scan->words.name == NULL && scan->words.previous == '=';
	enum pf_stray stray;

	cursor->at += pf_scan_say_stray(&scan->words.brackets, &cursor->place, cursor->at,
		(size_t)(cursor->end - cursor->at), &stray);
	if (stray == PF_STRAY_SPACE)
		return;
	if (is_value || scan->words.previous == 'v')
		skip_secret(scan, cursor);
	if (is_value && stray == PF_STRAY_QUOTE) {
		take_stray_quote(scan, cursor);
		return;
	}
	scan->words.source->broken = true;
	/* one report for all of them */
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
	pf_source_break(scan->words.source, &cursor.place);
	while (cursor.at < cursor.end && !scan->words.ended)
		take_next(scan, &cursor);
}

void pf_scan_end(struct pf_scan *scan)
{
	pf_words_flush(&scan->words, ';');
	if (!pf_brackets_end(&scan->words.brackets))
		scan->words.source->broken = true;
	free(scan);
}

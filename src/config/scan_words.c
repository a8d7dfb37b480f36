/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/scan_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/scan_say.h"

#define report(words, place, ...)                                                                  \
	pf_problems_error((words)->problems, (place)->file, (place)->line, __VA_ARGS__)

/* Writes a word on, apart from the next one. */
void pf_words_emit(struct pf_words *words, const char *text, size_t size)
{
	pf_source_append(words->source, text, size);
	pf_source_append(words->source, " ", 1);
}

void pf_words_text(struct pf_words *words, const char *text)
{
	pf_words_emit(words, text, strlen(text));
}

void pf_words_spoilt(struct pf_words *words)
{
	char text[16];

	(void)snprintf(text, sizeof text, "%d", PF_SPOILT_INTEGER);
	pf_words_text(words, text);
}

static void emit_spoilt_key(struct pf_words *words)
{
	char text[32];

	(void)snprintf(text, sizeof text, "%cx%zu", PF_SPOILT_KEY, ++words->n_duplicates);
	pf_words_text(words, text);
}

/* The pending name is a key of the innermost group. */
static void take_key(struct pf_words *words)
{
	if (*words->name == PF_SPOILT_KEY)
		report(words, &words->name_place, "%s: unknown key", words->name);
	else if (pf_brackets_add_key(&words->brackets, words->name, &words->name_place)) {
		pf_words_text(words, words->name);
		return;
	}
	emit_spoilt_key(words);
}

void pf_words_bare(
	struct pf_words *words, const struct pf_place *place, const char *word, size_t size)
{
	pf_scan_say_bare(&words->brackets, place, word, size);
	pf_words_spoilt(words);
}

/* What follows cannot be made sense of: it is neither read nor spoken of. */
void pf_words_give_up(struct pf_words *words)
{
	words->source->broken = true;
	words->brackets.wrong = true;
	words->ended = true;
}

bool pf_is_truth_word(const char *word)
{
	return strcasecmp(word, "true") == 0 || strcasecmp(word, "false") == 0;
}

void pf_words_comma(struct pf_words *words, const struct pf_place *place)
{
	report(words, place, "a comma is missing between this and the one before");
	words->source->broken = true;
}

/* What follows it may be its value. */
static void take_stray_name(struct pf_words *words)
{
	const enum pf_secrecy secrecy = pf_scan_secrecy_of(words->name);

	pf_scan_say_no_setting(&words->brackets, &words->name_place, words->name);
	if (secrecy == PF_HIDDEN || secrecy == PF_ADDRESS)
		pf_words_give_up(words);
}

/* The pending name is not followed by '='. */
static void take_bare_word(struct pf_words *words)
{
	const char *const word = words->name;
	const bool in_list = pf_brackets_in_list(&words->brackets);
	const bool value_expected = words->previous == '=' || (in_list && words->previous != 'v');

	if (pf_is_truth_word(word)) {
		pf_words_text(words, word);
	} else if (value_expected) {
		pf_words_bare(words, &words->name_place, word, strlen(word));
	} else {
		words->source->broken = true;
		if (in_list)
			pf_words_comma(words, &words->name_place);
		else
			take_stray_name(words);
	}
}

/* Writes on what waits for the next word, now that this word is `next`. */
void pf_words_flush(struct pf_words *words, char next)
{
	/* libconfig 1.5 knows no comma after the last element, 1.7 does */
	if (words->comma && next != ')' && next != ']')
		pf_words_text(words, ",");
	words->comma = false;
	if (!words->name)
		return;
	if (next == '=' && words->previous != '=')
		take_key(words);
	else
		take_bare_word(words);
	free(words->name);
	words->name = NULL;
	words->previous = 'v';
}

/* Before a bracket opens. */
void pf_words_check_opening(struct pf_words *words, const struct pf_place *place)
{
	const struct pf_brackets *brackets = &words->brackets;

	if (!pf_brackets_in_list(brackets))
		return;
	if (words->previous == 'v') {
		pf_words_comma(words, place);
	} else if (brackets->list[brackets->depth].mark == '[') {
		pf_scan_say(brackets, place, "[ ] hold plain values only, expected ( ... )");
		words->source->broken = true;
	}
}

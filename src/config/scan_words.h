/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The words that a scanner passes on: a name waits until it is known whether it is a key or a value
 * without quotes, a comma until it is known whether it is the last. Main thread only.
 */

#ifndef PF_CONFIG_SCAN_WORDS_H
#define PF_CONFIG_SCAN_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/problems.h"
#include "config/scan_bracket.h"
#include "config/scan_value.h"
#include "config/source.h"

/* All zero but source and problems (borrowed), and the problems of the brackets. */
struct pf_words {
	struct pf_source *source;
	struct pf_problems *problems;
	struct pf_brackets brackets;
	size_t n_duplicates;
	char previous; /* what the last word was: a punctuation mark, or 'v' for a value */
	bool ended;    /* no more words are wanted */
	/* A word whose meaning the next one decides; at most one of the two. */
	bool comma;
	char *name;
	struct pf_place name_place;
};

/* Writes a word on, apart from the next one. */
void pf_words_emit(struct pf_words *words, const char *text, size_t size);

/* The same for a text that ends with NUL. */
void pf_words_text(struct pf_words *words, const char *text);

/* Writes what stands for a value that is reported. */
void pf_words_spoilt(struct pf_words *words);

/* Reports a value without quotes, and writes what stands for it. */
void pf_words_bare(
	struct pf_words *words, const struct pf_place *place, const char *word, size_t size);

/* Reports that a comma is missing in a list. */
void pf_words_comma(struct pf_words *words, const struct pf_place *place);

/* Before a bracket opens: reports what it cannot stand behind, or in. */
void pf_words_check_opening(struct pf_words *words, const struct pf_place *place);

/* Writes on what waits for the next word, now that this word is `next`. */
void pf_words_flush(struct pf_words *words, char next);

/* What follows cannot be made sense of: it is neither read nor spoken of. */
void pf_words_give_up(struct pf_words *words);

/* Whether a word is true or false, in any case. */
bool pf_is_truth_word(const char *word);

#endif

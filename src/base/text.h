/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Numbers and words, strict and independent of the locale. Pure; thread-safe.
 */

#ifndef PF_BASE_TEXT_H
#define PF_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes that pf_number_format() needs at most, with its NUL. */
#define PF_NUMBER_SIZE 340

/*
 * A whole decimal number of `size` bytes: digits, with '-' before them if minimum < 0. No spaces,
 * no '+', nothing after it. 0; -EINVAL: not such a number; -ERANGE: outside minimum..maximum.
 */
int pf_integer_parse(
	const char *text, size_t size, int64_t minimum, int64_t maximum, int64_t *ret_value);

/*
 * A finite decimal number, whole text, '.' as the point, optional exponent. 0; -EINVAL; -ERANGE if
 * too large for a double.
 */
int pf_number_parse(const char *text, double *ret_value);

/* value with `decimals` (0 to 6) digits after the point, never "-0"; into text[PF_NUMBER_SIZE]. */
void pf_number_format(double value, int decimals, char *text);

/* The same value as a double: what pf_number_format() says. */
double pf_number_round(double value, int decimals);

/*
 * Of `candidates` the one most like `word`, for "did you mean"; NULL if none is similar: one letter
 * of a short word may be wrong, three of a long one, none of two or three, and no digit; a unit may
 * be missing. The result is one of the candidates.
 */
const char *pf_similar(const char *word, const char *const *candidates, size_t n);

/* Whether text is well-formed UTF-8 without NUL and without control characters. */
bool pf_utf8_is_clean(const char *text, size_t size);

/* Whether two texts of given sizes are equal when the case of ASCII letters is ignored. */
bool pf_text_equals_nocase(const char *text, size_t size, const char *word);

#endif

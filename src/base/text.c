/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/text.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORD_MAX 64 /* longer words have no similar ones */

int pf_integer_parse(
	const char *text, size_t size, int64_t minimum, int64_t maximum, int64_t *ret_value)
{
	const bool negative = size > 0 && text[0] == '-' && minimum < 0;
	int64_t value = 0;

	if (size == (size_t)negative)
		return -EINVAL;
	for (size_t i = negative; i < size; i++)
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
	for (size_t i = negative; i < size; i++) {
		/* counted downwards, because INT64_MIN has no positive twin */
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_sub_overflow(value, text[i] - '0', &value))
			return -ERANGE;
	}
	if (!negative && __builtin_sub_overflow((int64_t)0, value, &value))
		return -ERANGE;
	if (value < minimum || value > maximum)
		return -ERANGE;
	*ret_value = value;
	return 0;
}

int pf_number_parse(const char *text, double *ret_value)
{
	/* strtod() would also take "inf", "nan", "0x1p3", leading spaces and '+' */
	const size_t size = strlen(text);
	double value;
	char *end;

	if (size == 0 || strspn(text, "0123456789.eE+-") != size || text[0] == '+')
		return -EINVAL;
	/* the process never calls setlocale(), so the point is '.' */
	value = strtod(text, &end);
	if (*end != '\0' || end == text)
		return -EINVAL;
	if (!isfinite(value))
		return -ERANGE;
	*ret_value = value;
	return 0;
}

void pf_number_format(double value, int decimals, char *text)
{
	assert(decimals >= 0 && decimals <= 6 && isfinite(value));
	(void)snprintf(text, PF_NUMBER_SIZE, "%.*f", decimals, value);
	if (text[0] == '-' && strspn(text, "-0.") == strlen(text))
		memmove(text, text + 1, strlen(text));
}

double pf_number_round(double value, int decimals)
{
	char text[PF_NUMBER_SIZE];

	pf_number_format(value, decimals, text);
	return strtod(text, NULL);
}

static size_t min3(size_t a, size_t b, size_t c)
{
	const size_t ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* A digit in the place of another is another thing (a chip, a pin), no slip of the pen. */
static size_t change(char a, char b)
{
	if (tolower((unsigned char)a) == tolower((unsigned char)b))
		return 0;
	return isdigit((unsigned char)a) && isdigit((unsigned char)b) ? 2 : 1;
}

/* Edits from one word to the other: a letter more, less or another, or two in the wrong order. */
static size_t edit_distance(const char *a, const char *b)
{
	const size_t length = strlen(b);
	size_t rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= length; j++)
		rows[0][j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t *const row = rows[i % 3], *const above = rows[(i + 2) % 3];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			row[j] = min3(above[j] + 1, row[j - 1] + 1,
				above[j - 1] + change(a[i - 1], b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
				rows[(i + 1) % 3][j - 2] + 1 < row[j])
				row[j] = rows[(i + 1) % 3][j - 2] + 1;
		}
	}
	return rows[strlen(a) % 3][length];
}

/* How far off a word may be. Of short ones many are close to each other, and mean the opposite. */
static size_t allowed_distance(const char *word)
{
	const size_t size = strlen(word);

	return size < 2 ? 0 : size < 7 ? 1 : size < 11 ? 2 : 3;
}

static bool is_similar(const char *word, const char *candidate, size_t distance)
{
	const size_t size = strlen(word), other = strlen(candidate);

	/* the unit is missing: max_on for max_on_s */
	if (size >= 3 && strncmp(candidate, word, size) == 0 && candidate[size] == '_')
		return true;
	/* "no" is not "on" */
	if (size <= 3 && size == other)
		return distance == 0;
	return distance <= allowed_distance(word);
}

const char *pf_similar(const char *word, const char *const *candidates, size_t n)
{
	size_t best_distance = SIZE_MAX;
	const char *best = NULL;

	if (strlen(word) > WORD_MAX)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		size_t distance;

		if (strlen(candidates[i]) > WORD_MAX)
			continue;
		distance = edit_distance(word, candidates[i]);
		if (distance < best_distance && is_similar(word, candidates[i], distance)) {
			best_distance = distance;
			best = candidates[i];
		}
	}
	return best;
}

/* Length of the well-formed sequence at p (RFC 3629), or 0. */
static size_t utf8_sequence(const unsigned char *p, size_t size)
{
	static const struct {
		unsigned char first, last, second_first, second_last;
		size_t length;
	} forms[] = {{0x20, 0x7e, 0, 0, 1}, {0xc2, 0xdf, 0x80, 0xbf, 2},
		{0xe0, 0xe0, 0xa0, 0xbf, 3}, {0xe1, 0xec, 0x80, 0xbf, 3},
		{0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
		{0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4},
		{0xf4, 0xf4, 0x80, 0x8f, 4}};

	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		if (p[0] < forms[i].first || p[0] > forms[i].last || size < forms[i].length)
			continue;
		if (forms[i].length > 1 &&
			(p[1] < forms[i].second_first || p[1] > forms[i].second_last))
			return 0;
		for (size_t k = 2; k < forms[i].length; k++)
			if ((p[k] & 0xc0) != 0x80)
				return 0;
		/* U+0080 to U+009F are control characters, too */
		if (p[0] == 0xc2 && p[1] < 0xa0)
			return 0;
		return forms[i].length;
	}
	return 0;
}

bool pf_utf8_is_clean(const char *text, size_t size)
{
	for (size_t i = 0; i < size;) {
		const size_t length = utf8_sequence((const unsigned char *)text + i, size - i);

		if (length == 0)
			return false;
		i += length;
	}
	return true;
}

bool pf_text_equals_nocase(const char *text, size_t size, const char *word)
{
	return strlen(word) == size && strncasecmp(text, word, size) == 0;
}

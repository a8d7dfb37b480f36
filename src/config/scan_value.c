/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/scan_value.h"

#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"

#define NUMBER_MIN (PF_SPOILT_INTEGER + 1)
#define NUMBER_MAX INT32_MAX

static const char range_reason[] = "is too large, expected -2147483646 to 2147483647";
static const char word_reason[] = "is not a number; texts stand in quotes";

/* Digits of a base from text on, to the end; -EINVAL, -ERANGE. */
static int digits_parse(const char *text, int base, int64_t *ret_value)
{
	int64_t value = 0;
	bool too_large = false;

	if (!*text)
		return -EINVAL;
	for (; *text; text++) {
		const char lower = (char)tolower((unsigned char)*text);
		const int digit = isdigit((unsigned char)lower) ? lower - '0' : lower - 'a' + 10;

		if (!isxdigit((unsigned char)lower) || digit >= base)
			return -EINVAL;
		value = value * base + digit;
		if (value > UINT32_MAX) {
			too_large = true;
			value = 0;
		}
	}
	*ret_value = value;
	return too_large ? -ERANGE : 0;
}

static const char *integer_format(int64_t value, char ret_text[PF_SCAN_NUMBER_SIZE])
{
	if (value < NUMBER_MIN || value > NUMBER_MAX)
		return range_reason;
	(void)snprintf(ret_text, PF_SCAN_NUMBER_SIZE, "%d", (int)value);
	return NULL;
}

/* word: at most PF_SCAN_NUMBER_SIZE - 1 bytes, without the L that marks 64 bits. */
static const char *integer_read(const char *word, char ret_text[PF_SCAN_NUMBER_SIZE])
{
	const bool minus = *word == '-';
	const char *digits = word + (minus || *word == '+');
	int64_t value = 0;
	int r;

	if (digits[0] == '0' && (digits[1] == 'x' || digits[1] == 'X'))
		r = digits == word ? digits_parse(digits + 2, 16, &value) : -EINVAL;
	else
		r = digits_parse(digits, 10, &value);
	if (r)
		return r == -ERANGE ? range_reason : word_reason;
	if (digits[0] == '0' && isdigit((unsigned char)digits[1]))
		return "has a leading zero, which some versions read as octal; leave the zero out";
	return integer_format(minus ? -value : value, ret_text);
}

/* libconfig knows a float by its point: "1e5" gets one. */
static const char *float_read(const char *word, char ret_text[PF_SCAN_NUMBER_SIZE])
{
	const char *number = *word == '+' ? word + 1 : word;
	const size_t mantissa = strcspn(number, "eE");
	const bool point = memchr(number, '.', mantissa) != NULL;
	double value;

	switch (pf_number_parse(number, &value)) {
	case 0:
		(void)snprintf(ret_text, PF_SCAN_NUMBER_SIZE, "%.*s%s%s", (int)mantissa, number,
			point ? "" : ".0", number + mantissa);
		return NULL;
	case -ERANGE:
		return "is too large";
	default:
		return word_reason;
	}
}

const char *pf_scan_number(const char *text, size_t size, char ret_text[PF_SCAN_NUMBER_SIZE])
{
	char word[PF_SCAN_NUMBER_SIZE - 2];
	bool hexadecimal;

	if (size >= sizeof word)
		return "is too long for a number; texts stand in quotes";
	memcpy(word, text, size);
	word[size] = '\0';
	hexadecimal = strncasecmp(word, "0x", 2) == 0;
	if (!hexadecimal && strpbrk(word, ".eE"))
		return float_read(word, ret_text);
	for (int i = 0; i < 2 && size > 1 && word[size - 1] == 'L'; i++)
		word[--size] = '\0';
	return integer_read(word, ret_text);
}

/* The escape after a backslash: bytes taken, 0 if there is no such escape. */
static size_t escape_read(const char *at, const char *end, char *ret_byte)
{
	static const char letters[] = "ntrf\\\"", bytes[] = "\n\t\r\f\\\"";
	const char *letter = at < end && *at ? strchr(letters, *at) : NULL;
	char hex[3];

	if (letter) {
		*ret_byte = bytes[letter - letters];
		return 1;
	}
	if (end - at < 3 || *at != 'x' || !isxdigit((unsigned char)at[1]) ||
		!isxdigit((unsigned char)at[2]))
		return 0;
	memcpy(hex, at + 1, 2);
	hex[2] = '\0';
	*ret_byte = (char)strtol(hex, NULL, 16);
	return 3;
}

/* Decodes what stands between the quotes; text has room for it. NULL, or what is wrong. */
static const char *string_decode(const char *from, const char *end, char *text, size_t *ret_size)
{
	size_t size = 0;

	while (from < end) {
		size_t taken = 1;

		if (*from == '\\') {
			const size_t escape = escape_read(from + 1, end, &text[size]);

			if (!escape)
				return "the text has an unknown escape, expected \\\\ for a "
				       "backslash";
			taken += escape;
		} else {
			text[size] = *from;
		}
		from += taken;
		size++;
	}
	*ret_size = size;
	return NULL;
}

const char *pf_scan_string(const char **at, const char *end, char **ret_text)
{
	const char *const start = *at + 1, *quote = start, *wrong;
	size_t size = 0;
	char *text;

	while (quote < end && *quote != '"' && *quote != '\n')
		quote += *quote == '\\' && quote + 1 < end && quote[1] != '\n' ? 2 : 1;
	if (quote == end || *quote != '"') {
		/* go on where the text may have been meant to end */
		for (*at = start; *at < quote && !strchr(";,", **at);)
			++*at;
		return "the quotes are not closed in this line";
	}
	*at = quote + 1;
	text = pf_calloc((size_t)(quote - start) + 1, 1);
	wrong = string_decode(start, quote, text, &size);
	if (!wrong && !pf_utf8_is_clean(text, size))
		wrong = "the text is not UTF-8, or has control characters";
	if (wrong)
		free(text);
	else
		*ret_text = text;
	return wrong;
}

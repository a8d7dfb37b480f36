/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/scan_say.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/keys.h"

/* Words in the names of keys whose values are nobody's business, in programs of all kinds. */
static const char *const secret_words[] = {
	"pas", "word", "pw", "secret", "token", "user", "auth", "cred", "login", "psk", "key"};

static bool sounds_secret(const char *key)
{
	for (size_t i = 0; i < sizeof secret_words / sizeof *secret_words; i++)
		if (strcasestr(key, secret_words[i]))
			return true;
	return false;
}

enum pf_secrecy pf_scan_secrecy_of(const char *key)
{
	const struct pf_key *row = pf_keys_find(key);

	if (row)
		return row->secrecy;
	return sounds_secret(key) ? PF_HIDDEN : PF_UNKNOWN;
}

enum pf_secrecy pf_scan_secrecy(const struct pf_brackets *brackets)
{
	return pf_scan_secrecy_of(pf_brackets_last_key(brackets));
}

void pf_scan_say(
	const struct pf_brackets *brackets, const struct pf_place *place, const char *format, ...)
{
	char item[PF_BRACKETS_ITEM_SIZE];
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = pf_vformat(format, arguments);
	va_end(arguments);
	pf_problems_error(brackets->problems, place->file, place->line, "%s%s: %s",
		pf_brackets_item(brackets, item), pf_brackets_last_key(brackets), text);
	free(text);
}

/* The row of the key whose value is read; NULL: it is none of ours. */
static const struct pf_key *row_of(const struct pf_brackets *brackets)
{
	return pf_keys_find(pf_brackets_last_key(brackets));
}

static bool takes_text(const struct pf_key *key)
{
	return key &&
	       (key->type == PF_KEY_TEXT || key->type == PF_KEY_TOPIC || key->type == PF_KEY_PATH ||
		       key->type == PF_KEY_CHOICE || key->type == PF_KEY_STATE);
}

/* The word for messages; NULL: it may not be shown. Free it. */
static char *shown(const struct pf_brackets *brackets, const char *word, size_t size)
{
	char text[PF_SHOWN_SIZE], *copy;

	if (!pf_may_show(pf_scan_secrecy(brackets), word, size))
		return NULL;
	copy = pf_memdup(word, size);
	(void)pf_shown(PF_PUBLIC, copy, text);
	free(copy);
	return pf_strdup(text);
}

void pf_scan_say_bare(const struct pf_brackets *brackets, const struct pf_place *place,
	const char *word, size_t size)
{
	const struct pf_key *key = row_of(brackets);
	char *const text = shown(brackets, word, size);

	if (!text)
		pf_scan_say(brackets, place, "its value stands without quotes, expected \"...\"");
	else if (key && key->type == PF_KEY_BOOL)
		pf_scan_say(brackets, place, "%s is no truth value, expected true or false", text);
	else
		pf_scan_say(brackets, place, "%s stands without quotes, expected \"%s\"%s", text,
			text, takes_text(key) ? "" : ", a number, true or false");
	free(text);
}

void pf_scan_say_number(const struct pf_brackets *brackets, const struct pf_place *place,
	const char *word, size_t size, const char *wrong)
{
	char *const text = shown(brackets, word, size);

	if (takes_text(row_of(brackets)))
		pf_scan_say_bare(brackets, place, word, size);
	else
		pf_scan_say(brackets, place, "%s %s", text ? text : "its value", wrong);
	free(text);
}

void pf_scan_say_no_setting(
	const struct pf_brackets *brackets, const struct pf_place *place, const char *word)
{
	if (pf_keys_find(word))
		pf_problems_error(brackets->problems, place->file, place->line,
			"%s: is not followed by '=', expected %s = VALUE;", word, word);
	else
		pf_problems_error(brackets->problems, place->file, place->line,
			"a word is no setting, expected KEY = VALUE;");
}

/* What editors and web pages make of the marks of a keyboard. */
static const struct {
	const char *bytes;
	enum pf_stray stray;
	const char *name, *plain;
} lookalikes[] = {
	{"\xe2\x80\x9c", PF_STRAY_QUOTE, "a curly quote", "the plain one: \""},
	{"\xe2\x80\x9d", PF_STRAY_QUOTE, "a curly quote", "the plain one: \""},
	{"\xe2\x80\x9e", PF_STRAY_QUOTE, "a low quote", "the plain one: \""},
	{"\xe2\x80\x9f", PF_STRAY_QUOTE, "a curly quote", "the plain one: \""},
	{"\xc2\xab", PF_STRAY_QUOTE, "an angle quote", "the plain one: \""},
	{"\xc2\xbb", PF_STRAY_QUOTE, "an angle quote", "the plain one: \""},
	{"\xe2\x80\x98", PF_STRAY_QUOTE, "a curly quote", "the plain double one: \""},
	{"\xe2\x80\x99", PF_STRAY_QUOTE, "a curly quote", "the plain double one: \""},
	{"\xe2\x80\x9a", PF_STRAY_QUOTE, "a low quote", "the plain double one: \""},
	{"'", PF_STRAY_QUOTE, "a single quote", "a double one: \""},
	{"`", PF_STRAY_QUOTE, "a backquote", "a double quote: \""},
	{"\xc2\xb4", PF_STRAY_QUOTE, "an accent", "a double quote: \""},
	{"\xe2\x80\xb3", PF_STRAY_QUOTE, "a double prime", "the plain quote: \""},
	{"\xef\xbc\x82", PF_STRAY_QUOTE, "a wide quote", "the plain one: \""},
	{"\xc2\xa0", PF_STRAY_SPACE, "a no-break space", "a plain space"},
	{"\xe2\x80\xaf", PF_STRAY_SPACE, "a narrow space", "a plain space"},
	{"\xe2\x80\x89", PF_STRAY_SPACE, "a thin space", "a plain space"},
	{"\xe3\x80\x80", PF_STRAY_SPACE, "a wide space", "a plain space"},
	{"\xe2\x80\x8b", PF_STRAY_SPACE, "an invisible space", "nothing there"},
	{"\xef\xbb\xbf", PF_STRAY_SPACE, "an invisible mark", "nothing there"},
	{"\v", PF_STRAY_SPACE, "a vertical tab", "a plain space"},
	{"\xe2\x80\x93", PF_STRAY_OTHER, "a dash", "the minus of the keyboard: -"},
	{"\xe2\x80\x94", PF_STRAY_OTHER, "a dash", "the minus of the keyboard: -"},
	{"\xe2\x88\x92", PF_STRAY_OTHER, "a minus of mathematics", "that of the keyboard: -"},
	{"\xef\xbc\x9d", PF_STRAY_OTHER, "a wide =", "the plain one"},
	{"\xef\xbc\x9b", PF_STRAY_OTHER, "a wide ;", "the plain one"},
	{"\xcd\xbe", PF_STRAY_OTHER, "a Greek question mark", "a semicolon: ;"},
};

size_t pf_scan_say_stray(const struct pf_brackets *brackets, const struct pf_place *place,
	const char *at, size_t size, enum pf_stray *ret_stray)
{
	const unsigned char byte = (unsigned char)*at;

	for (size_t i = 0; i < sizeof lookalikes / sizeof *lookalikes; i++) {
		const size_t n = strlen(lookalikes[i].bytes);

		if (n > size || memcmp(at, lookalikes[i].bytes, n) != 0)
			continue;
		pf_problems_error(brackets->problems, place->file, place->line,
			"%s has no meaning here, expected %s", lookalikes[i].name,
			lookalikes[i].plain);
		*ret_stray = lookalikes[i].stray;
		return n;
	}
	if (isprint(byte))
		pf_problems_error(brackets->problems, place->file, place->line,
			"stray \"%c\"; texts stand in quotes", byte);
	else
		pf_problems_error(brackets->problems, place->file, place->line,
			"stray byte 0x%02x; texts stand in quotes", byte);
	*ret_stray = PF_STRAY_OTHER;
	return 1;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/shown.h"

#include <ctype.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

#define LETTERS_MAX 64 /* bytes of a value that are shown */

/* user:password@, in whatever the value is. */
static bool has_user(const char *value, size_t size)
{
	const char *at = memchr(value, '@', size);

	return at && memchr(value, ':', (size_t)(at - value));
}

static size_t count(const char *text, size_t size, const char *more)
{
	size_t n = 0;

	while (n < size && (isalnum((unsigned char)text[n]) || (text[n] && strchr(more, text[n]))))
		n++;
	return n;
}

/*
 * SCHEME://HOST:PORT/PATH and no more than that. What stands where a port belongs and is none may
 * be the password of a forgotten '@', and a word alone may be anything.
 */
static bool is_plain_address(const char *text, size_t size)
{
	const char *const end = text + size, *mark = strstr(text, "://");
	static const char here[] = "localhost";
	size_t n;

	if (mark && mark < end)
		text = mark + 3;
	else if (size < sizeof here - 1 || memcmp(text, here, sizeof here - 1) != 0)
		return false;
	if (text < end && *text == '[') {
		text++;
		text += strspn(text, "0123456789abcdefABCDEF:.");
		text += text < end && *text == ']';
	} else {
		text += count(text, (size_t)(end - text), "-._");
	}
	if (text < end && *text == ':')
		for (text++; text < end && isdigit((unsigned char)*text);)
			text++;
	n = text < end && *text == '/' ? count(text, (size_t)(end - text), "/-._") : 0;
	return text + n >= end;
}

bool pf_may_show(enum pf_secrecy secrecy, const char *value, size_t size)
{
	if (has_user(value, size))
		return false;
	return secrecy == PF_PUBLIC || (secrecy == PF_ADDRESS && is_plain_address(value, size));
}

const char *pf_shown(enum pf_secrecy secrecy, const char *value, char text[PF_SHOWN_SIZE])
{
	size_t size = strlen(value);
	/* a path that is there is one */
	const bool is_path = secrecy == PF_HIDDEN && value[0] == '/' && access(value, F_OK) == 0;

	if (!is_path && !pf_may_show(secrecy, value, size))
		return "...";
	if (size > LETTERS_MAX)
		for (size = LETTERS_MAX; size && ((unsigned char)value[size] & 0xc0) == 0x80;)
			size--;
	memcpy(text, value, size);
	text[size] = '\0';
	if (!pf_utf8_is_clean(text, size))
		for (char *c = text; *c; c++)
			if (!isprint((unsigned char)*c))
				*c = '?';
	return text;
}

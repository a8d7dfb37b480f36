/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/memory.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static _Noreturn void exhausted(void)
{
	static const char text[] = "pinferry: error: out of memory\n";

	if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
		abort();
	abort();
}

void *pf_calloc(size_t n, size_t size)
{
	void *memory = calloc(n ? n : 1, size ? size : 1);

	if (!memory)
		exhausted();
	return memory;
}

void *pf_reallocarray(void *old, size_t n, size_t size)
{
	void *memory;

	if (size && n > SIZE_MAX / size)
		exhausted();
	memory = realloc(old, n && size ? n * size : 1);
	if (!memory)
		exhausted();
	return memory;
}

char *pf_memdup(const void *bytes, size_t size)
{
	char *copy = pf_calloc(size + 1, 1);

	if (size)
		memcpy(copy, bytes, size);
	return copy;
}

char *pf_strdup(const char *text)
{
	return pf_memdup(text, strlen(text));
}

char *pf_vformat(const char *format, va_list arguments)
{
	char *text;

	if (vasprintf(&text, format, arguments) < 0)
		exhausted();
	return text;
}

char *pf_format(const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = pf_vformat(format, arguments);
	va_end(arguments);
	return text;
}

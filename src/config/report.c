/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/memory.h"
#include "base/text.h"

__attribute__((format(printf, 6, 0))) static void report(struct pf_problems *problems, bool warning,
	const struct pf_place *place, const char *label, const char *key, const char *format,
	va_list arguments)
{
	char *text = pf_vformat(format, arguments);
	void (*const add)(struct pf_problems *, const char *, int, const char *,
		...) = warning ? pf_problems_warning : pf_problems_error;

	add(problems, place->file, place->line, "%s%s%s%s%s", label ? label : "", label ? ": " : "",
		key ? key : "", key ? ": " : "", text);
	free(text);
}

void pf_report(struct pf_problems *problems, const struct pf_place *place, const char *label,
	const char *key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(problems, false, place, label, key, format, arguments);
	va_end(arguments);
}

void pf_report_warning(struct pf_problems *problems, const struct pf_place *place,
	const char *label, const char *key, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	report(problems, true, place, label, key, format, arguments);
	va_end(arguments);
}

const char *pf_did_you_mean(
	const char *word, const char *const *candidates, size_t n, char text[120])
{
	const char *similar = pf_similar(word, candidates, n);

	if (!similar)
		return "";
	(void)snprintf(text, 120, ", did you mean \"%s\"?", similar);
	return text;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* How problems are worded. Main thread only. */

#ifndef PF_CONFIG_REPORT_H
#define PF_CONFIG_REPORT_H

#include <stddef.h>

#include "config/config.h"
#include "config/problems.h"

/* Adds an error at a place: "label: key: text". label and key may be NULL. */
__attribute__((format(printf, 5, 6))) void pf_report(struct pf_problems *problems,
	const struct pf_place *place, const char *label, const char *key, const char *format, ...);

/* The same as a warning. */
__attribute__((format(printf, 5, 6))) void pf_report_warning(struct pf_problems *problems,
	const struct pf_place *place, const char *label, const char *key, const char *format, ...);

/* Of `candidates` the one most like word, as `, did you mean "..."?`; or "". Into text[120]. */
const char *pf_did_you_mean(
	const char *word, const char *const *candidates, size_t n, char text[120]);

#endif

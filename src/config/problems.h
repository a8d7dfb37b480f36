/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The list of what is wrong with a configuration: all of it, in the order of the file.
 *
 * Each entry prints as `FILE:LINE: ITEM: what is wrong, what was expected`. The list owns its
 * texts. Not thread-safe.
 */

#ifndef PF_CONFIG_PROBLEMS_H
#define PF_CONFIG_PROBLEMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct pf_problem {
	bool warning; /* else an error */
	char *file;
	int line;   /* 0: the file as a whole */
	char *text; /* "item: what is wrong, what was expected", shortened if it is very long */
};

struct pf_problems {
	struct pf_problem *list;
	size_t n;
	size_t n_errors;
};

/* Makes an empty list. */
void pf_problems_init(struct pf_problems *problems);

/* Frees what the list holds and makes it empty. */
void pf_problems_done(struct pf_problems *problems);

/* Adds an error. file is copied; line 0 means the whole file. */
__attribute__((format(printf, 4, 5))) void pf_problems_error(
	struct pf_problems *problems, const char *file, int line, const char *format, ...);

/* Adds a warning. Like pf_problems_error(), but the configuration stays valid. */
__attribute__((format(printf, 4, 5))) void pf_problems_warning(
	struct pf_problems *problems, const char *file, int line, const char *format, ...);

/* Sorts by file (in order of first appearance) and line, and prints one line per problem. */
void pf_problems_print(struct pf_problems *problems, FILE *stream);

#endif

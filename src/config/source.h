/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A configuration text on its way to libconfig, which remembers where each line comes from. Owns
 * text and places; file names are borrowed. Main thread only.
 */

#ifndef PF_CONFIG_SOURCE_H
#define PF_CONFIG_SOURCE_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"

struct pf_source {
	char *text;              /* NUL-terminated */
	size_t size;             /* without the NUL */
	struct pf_place *places; /* where line i + 1 of text comes from */
	size_t n_lines;
	bool broken; /* not worth parsing: brackets, stray characters; that is reported */
	size_t text_capacity, places_capacity;
};

/* Begins an empty text whose first line comes from `place`. */
void pf_source_init(struct pf_source *source, const struct pf_place *place);

/* Frees text and places. */
void pf_source_done(struct pf_source *source);

/* Appends bytes without line ends to the text. */
void pf_source_append(struct pf_source *source, const char *text, size_t size);

/* Ends the line; the next one comes from `place`. */
void pf_source_break(struct pf_source *source, const struct pf_place *place);

#endif

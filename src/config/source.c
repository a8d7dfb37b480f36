/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/source.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void pf_source_append(struct pf_source *source, const char *text, size_t size)
{
	if (source->size + size + 1 > source->text_capacity) {
		source->text_capacity = (source->size + size + 1) * 2;
		source->text = pf_reallocarray(source->text, source->text_capacity, 1);
	}
	memcpy(source->text + source->size, text, size);
	source->size += size;
	source->text[source->size] = '\0';
}

static void add_place(struct pf_source *source, const struct pf_place *place)
{
	if (source->n_lines == source->places_capacity) {
		source->places_capacity = source->places_capacity * 2 + 64;
		source->places = pf_reallocarray(
			source->places, source->places_capacity, sizeof *source->places);
	}
	source->places[source->n_lines++] = *place;
}

void pf_source_init(struct pf_source *source, const struct pf_place *place)
{
	*source = (struct pf_source){0};
	pf_source_append(source, "", 0);
	add_place(source, place);
}

void pf_source_break(struct pf_source *source, const struct pf_place *place)
{
	pf_source_append(source, "\n", 1);
	add_place(source, place);
}

void pf_source_done(struct pf_source *source)
{
	free(source->text);
	free(source->places);
	*source = (struct pf_source){0};
}

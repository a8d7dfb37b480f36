/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/topics.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/report.h"

const char *pf_topic_check(const char *topic)
{
	const size_t size = strlen(topic);

	if (size == 0)
		return "is empty, expected a topic like \"house/door\"";
	if (size > PF_TOPIC_MAX)
		return "is too long, expected at most 1000 bytes";
	if (!pf_utf8_is_clean(topic, size))
		return "has control characters or is not UTF-8";
	if (strpbrk(topic, "+#"))
		return "has a wildcard, expected a topic without '+' and '#'";
	if (topic[size - 1] == '/' || strstr(topic, "//"))
		return "has an empty level, expected no '/' at the end or twice in a row";
	if (topic[0] == '$')
		return "begins with '$', which is the broker's own";
	return NULL;
}

void pf_topics_add(struct pf_topics *topics, const struct pf_topic_use *use)
{
	if (topics->n == topics->capacity) {
		topics->capacity = topics->capacity * 2 + 64;
		topics->list = pf_reallocarray(
			topics->list, topics->capacity, sizeof *topics->list);
	}
	topics->list[topics->n] = *use;
	topics->list[topics->n].order = topics->n;
	topics->n++;
}

static int compare(const void *left, const void *right)
{
	const struct pf_topic_use *a = left, *b = right;
	const int r = strcmp(a->topic, b->topic);

	if (r)
		return r;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* Two uses of a topic. */
struct clash {
	const struct pf_topic_use *first, *later;
};

static int compare_clashes(const void *left, const void *right)
{
	const struct clash *a = left, *b = right;

	return a->later->order < b->later->order ? -1 : a->later->order > b->later->order;
}

static size_t find_clashes(const struct pf_topics *topics, struct clash *clashes)
{
	const struct pf_topic_use *first = topics->list;
	size_t n = 0;

	for (size_t i = 1; i < topics->n; i++) {
		const struct pf_topic_use *later = &topics->list[i];

		if (strcmp(first->topic, later->topic) == 0) {
			if (first->shared && later->shared)
				continue;
			clashes[n++] = (struct clash){first, later};
		} else
			first = later;
	}
	return n;
}

static void report(struct pf_problems *problems, const struct clash *clash)
{
	const struct pf_topic_use *first = clash->first, *later = clash->later;

	pf_report(problems, &later->place, later->label, NULL,
		"%s \"%s\" is also the %s of %s, %s:%d", later->what, later->topic, first->what,
		first->label, first->place.file, first->place.line);
}

void pf_topics_check(struct pf_topics *topics, struct pf_problems *problems)
{
	struct clash *clashes = pf_calloc(topics->n + 1, sizeof *clashes);
	size_t n;

	if (topics->n > 0)
		qsort(topics->list, topics->n, sizeof *topics->list, compare);
	n = find_clashes(topics, clashes);
	qsort(clashes, n, sizeof *clashes, compare_clashes);
	for (size_t i = 0; i < n; i++) {
		/* a topic brings its suffixes along: say it once */
		if (i > 0 && clashes[i].later->label == clashes[i - 1].later->label &&
			clashes[i].first->label == clashes[i - 1].first->label)
			continue;
		report(problems, &clashes[i]);
	}
	free(clashes);
}

void pf_topics_done(struct pf_topics *topics)
{
	free(topics->list);
	*topics = (struct pf_topics){0};
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Topics: what is a good one, and all topics of a configuration, to find those used twice.
 *
 * Sources: MQTT 5.0 (OASIS) 1.5.4 UTF-8 strings, 4.7 topic names. Main thread only.
 */

#ifndef PF_CONFIG_TOPICS_H
#define PF_CONFIG_TOPICS_H

#include <stdbool.h>
#include <stddef.h>

#include "config/config.h"
#include "config/problems.h"

/* Longest topic in the configuration, in bytes; MQTT ends at 65535, suffixes need some. */
#define PF_TOPIC_MAX 1000

/* One topic that is published or subscribed. Strings are borrowed. */
struct pf_topic_use {
	const char *topic;
	const char *label; /* whose: "output pump" */
	const char *what;  /* "command topic", "state" */
	struct pf_place place;
	bool shared;  /* others may listen to it, too */
	size_t order; /* set by pf_topics_add() */
};

struct pf_topics {
	struct pf_topic_use *list;
	size_t n, capacity;
};

/* What is wrong with a configured topic (static text); NULL: nothing. */
const char *pf_topic_check(const char *topic);

/* Adds a use. */
void pf_topics_add(struct pf_topics *topics, const struct pf_topic_use *use);

/* Reports each topic that has two uses, at the later one; once for two items. Sorts the list. */
void pf_topics_check(struct pf_topics *topics, struct pf_problems *problems);

/* Frees the list. */
void pf_topics_done(struct pf_topics *topics);

#endif

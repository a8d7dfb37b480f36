/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The topics on which an output takes commands. Main loop only. */

#ifndef PF_BRIDGE_OUTPUT_TOPICS_H
#define PF_BRIDGE_OUTPUT_TOPICS_H

#include "config/config.h"
#include "mqtt/link.h"
#include "output/command.h"

#define PF_N_COMMAND_TOPICS 3 /* enum pf_command_topic */

struct pf_output_topics {
	char *topics[PF_N_COMMAND_TOPICS];
};

/* Makes the topics of an output. */
void pf_output_topics_init(struct pf_output_topics *topics, const struct pf_output_config *config);

/* Frees them. */
void pf_output_topics_done(struct pf_output_topics *topics);

/* Whether a topic is one of them, and which. */
bool pf_output_topics_find(
	const struct pf_output_topics *topics, const char *topic, enum pf_command_topic *ret_topic);

/* Subscribes to all of them; before the link starts. stored: ON and OFF that are stored, too. */
void pf_output_topics_subscribe(
	const struct pf_output_topics *topics, struct pf_link *link, bool stored);

#endif

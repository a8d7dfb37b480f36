/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/output_topics.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

void pf_output_topics_init(struct pf_output_topics *topics, const struct pf_output_config *config)
{
	topics->topics[PF_TOPIC_SET] = pf_strdup(config->command_topic);
	topics->topics[PF_TOPIC_SET_ON_MS] = pf_format("%s/set_on_ms", config->item.topic);
	topics->topics[PF_TOPIC_SET_OFF_MS] = pf_format("%s/set_off_ms", config->item.topic);
}

void pf_output_topics_done(struct pf_output_topics *topics)
{
	for (int i = 0; i < PF_N_COMMAND_TOPICS; i++)
		free(topics->topics[i]);
}

bool pf_output_topics_find(
	const struct pf_output_topics *topics, const char *topic, enum pf_command_topic *ret_topic)
{
	for (int i = 0; i < PF_N_COMMAND_TOPICS; i++)
		if (strcmp(topic, topics->topics[i]) == 0) {
			*ret_topic = (enum pf_command_topic)i;
			return true;
		}
	return false;
}

void pf_output_topics_subscribe(
	const struct pf_output_topics *topics, struct pf_link *link, bool stored)
{
	/* a stored pulse would be a new one at every connect */
	for (int i = 0; i < PF_N_COMMAND_TOPICS; i++)
		pf_link_subscribe(link, topics->topics[i], 1, i == PF_TOPIC_SET && stored);
}

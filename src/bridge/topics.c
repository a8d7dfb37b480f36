/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/topics.h"

#include <string.h>

static bool is_under(const char *topic, const char *root)
{
	const size_t length = strlen(root);

	return strncmp(topic, root, length) == 0 && (topic[length] == '\0' || topic[length] == '/');
}

bool pf_topic_is_ours(const struct pf_config *config, const char *topic)
{
	if (is_under(topic, config->mqtt.prefix))
		return true;
	for (size_t i = 0; i < config->n_inputs; i++)
		if (is_under(topic, config->inputs[i].item.topic))
			return true;
	for (size_t i = 0; i < config->n_outputs; i++)
		if (is_under(topic, config->outputs[i].item.topic) ||
			strcmp(topic, config->outputs[i].command_topic) == 0)
			return true;
	for (size_t i = 0; i < config->n_sensors; i++)
		if (is_under(topic, config->sensors[i].item.topic))
			return true;
	return false;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "publish/topics.h"

#include <stdlib.h>
#include <string.h>

static bool is_under(const char *topic, const char *root)
{
	const size_t length = strlen(root);

	return strncmp(topic, root, length) == 0 && (topic[length] == '\0' || topic[length] == '/');
}

static int compare(const void *topic, const void *element)
{
	return strcmp(topic, *(const char *const *)element);
}

/* Of any kind: who adds a topic to what the loader checks need not come here. */
static bool is_used(const struct pf_config *config, const char *topic)
{
	return config->n_topics > 0 &&
	       bsearch(topic, config->topics, config->n_topics, sizeof *config->topics, compare);
}

static bool is_of_output(const struct pf_output_config *output, const char *topic)
{
	const char *heartbeat = output->failsafe.heartbeat_topic;

	return is_under(topic, output->item.topic) || strcmp(topic, output->command_topic) == 0 ||
	       (heartbeat && strcmp(topic, heartbeat) == 0);
}

static bool is_of_sensor(const struct pf_sensor_config *sensor, const char *topic)
{
	for (size_t i = 0; i < sensor->driver->n_channels; i++)
		if (sensor->channels[i].topic && is_under(topic, sensor->channels[i].topic))
			return true;
	return is_under(topic, sensor->item.topic);
}

bool pf_topic_is_ours(const struct pf_config *config, const char *topic)
{
	if (is_used(config, topic) || is_under(topic, config->mqtt.prefix) ||
		(config->home_assistant.discovery &&
			is_under(topic, config->home_assistant.prefix)))
		return true;
	for (size_t i = 0; i < config->n_inputs; i++)
		if (is_under(topic, config->inputs[i].item.topic))
			return true;
	for (size_t i = 0; i < config->n_outputs; i++)
		if (is_of_output(&config->outputs[i], topic))
			return true;
	for (size_t i = 0; i < config->n_sensors; i++)
		if (is_of_sensor(&config->sensors[i], topic))
			return true;
	return false;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/ack.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/topics.h"
#include "publish/payload.h"
#include "publish/topics.h"

/*
 * A response topic is not used if it could be a command again, means several, or is none that a
 * broker takes: that would end the connection (MQTT 5 1.5.4, 4.7.3), on a stranger's word.
 */
static bool may_respond(const struct pf_env *env, const struct pf_link_message *message)
{
	const char *topic = message ? message->response_topic : NULL;

	return topic && *topic && *topic != '$' && !strpbrk(topic, "+#") &&
	       strlen(topic) <= PF_TOPIC_MAX && pf_utf8_is_clean(topic, strlen(topic)) &&
	       !pf_topic_is_ours(env->config, topic);
}

void pf_ack_send(struct pf_env *env, const struct pf_output_config *config,
	const struct pf_link_message *message, const char *id, const struct pf_outcome *outcome,
	const char *word)
{
	char *payload = pf_payload_ack(id, outcome, word);
	char *topic;

	if (outcome->verdict != PF_VERDICT_DONE || *outcome->reason)
		pf_info("output %s: %s", config->item.name, payload);
	if (may_respond(env, message)) {
		pf_publisher_send(&env->publisher, message->response_topic, payload,
			config->item.qos, message->correlation_data, message->correlation_size);
	} else {
		topic = pf_format("%s/ack", config->item.topic);
		pf_publisher_send(&env->publisher, topic, payload, config->item.qos, NULL, 0);
		free(topic);
	}
	free(payload);
}

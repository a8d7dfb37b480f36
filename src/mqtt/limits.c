/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/limits.h"

#include <string.h>

#define WINDOW_V3 16 /* MQTT 3.1.1 brokers do not tell; what the slowest take */

/*
 * Bytes of a PUBLISH besides topic, payload and correlation data at most: type 1, size 4, topic's
 * size 2, number 2, properties' size 4, correlation data's head 3, message expiry 5.
 */
#define PUBLISH_EXTRA 21

/* Of a SUBSCRIBE: type 1, size 4, number 2, properties' size 1; and a topic's size 2, options 1. */
#define SUBSCRIBE_EXTRA 8
#define TOPIC_EXTRA     3

void pf_limits_init(struct pf_limits *limits)
{
	*limits = (struct pf_limits){.window = WINDOW_V3, .qos_max = 2, .retain = true};
}

void pf_limits_set_window(struct pf_limits *limits, int receive_maximum)
{
	/* one less than the broker takes: a QoS 2 message still counts while its PUBREL is sent */
	const int window = receive_maximum - 1;

	limits->window = window < 1 ? 1 : window > PF_WINDOW_MAX ? PF_WINDOW_MAX : window;
}

int pf_limits_qos(const struct pf_limits *limits, int qos)
{
	return qos < limits->qos_max ? qos : limits->qos_max;
}

bool pf_limits_retain(const struct pf_limits *limits, bool retain)
{
	return retain && limits->retain;
}

size_t pf_limits_size(const struct pf_outgoing *message)
{
	return PUBLISH_EXTRA + strlen(message->topic) + message->payload_size +
	       message->correlation_size;
}

bool pf_limits_fits(const struct pf_limits *limits, const struct pf_outgoing *message)
{
	return limits->packet_max == 0 || pf_limits_size(message) <= limits->packet_max;
}

size_t pf_limits_share(const struct pf_limits *limits, const char *const *topics, size_t n)
{
	size_t size = SUBSCRIBE_EXTRA, share = 0;

	while (share < n && share < PF_SUBSCRIBE_MAX) {
		size += TOPIC_EXTRA + strlen(topics[share]);
		if (limits->packet_max && size > limits->packet_max)
			break;
		share++;
	}
	return share;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* A list of topics to subscribe, with the broker's answers. Plain data. */

#ifndef PF_MQTT_SUBSCRIPTIONS_H
#define PF_MQTT_SUBSCRIPTIONS_H

#include <stdbool.h>
#include <stddef.h>

/* One topic to subscribe. */
struct pf_subscription {
	char *topic;
	int qos;
	bool stored; /* stored messages are wanted, too */
	int answer;  /* of the last SUBACK, for pf_reason_text(): from 0x80 on a failure */
};

/* Zeroed: empty. */
struct pf_subscriptions {
	struct pf_subscription *list;
	size_t n;
};

/* Adds a topic (copied). */
void pf_subscriptions_add(
	struct pf_subscriptions *subscriptions, const char *topic, int qos, bool stored);

/* Frees all; empty again. */
void pf_subscriptions_done(struct pf_subscriptions *subscriptions);

#endif

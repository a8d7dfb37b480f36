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
	bool stored;  /* stored messages are wanted, too */
	int answer;   /* of the last SUBACK, for pf_reason_text(): from 0x80 on a failure */
	bool carried; /* pf_subscriptions_carry() */
};

/* Zeroed: empty. */
struct pf_subscriptions {
	struct pf_subscription *list;
	size_t n;
};

/* Adds a topic (copied). */
void pf_subscriptions_add(
	struct pf_subscriptions *subscriptions, const char *topic, int qos, bool stored);

/* A copy of all. */
struct pf_subscriptions pf_subscriptions_copy(const struct pf_subscriptions *subscriptions);

/*
 * `now` takes the place of `before`. What is subscribed already as it is wanted is carried over
 * with its answer, and comes first in `now`; the others are to be subscribed. In `before` those
 * come first, and are carried, that are wanted in any form; the others are to be unsubscribed.
 */
void pf_subscriptions_carry(struct pf_subscriptions *now, struct pf_subscriptions *before);

/* How many of them are carried: the first ones. */
size_t pf_subscriptions_carried(const struct pf_subscriptions *subscriptions);

/* Frees all; empty again. */
void pf_subscriptions_done(struct pf_subscriptions *subscriptions);

#endif

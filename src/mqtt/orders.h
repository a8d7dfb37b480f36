/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What the link thread is to do next, one thing after the other. Any thread may order. */

#ifndef PF_MQTT_ORDERS_H
#define PF_MQTT_ORDERS_H

#include <stdatomic.h>
#include <stdbool.h>

#include "base/thread.h"
#include "config/config.h"
#include "mqtt/outbox.h"
#include "mqtt/subscriptions.h"

enum pf_order_kind {
	PF_ORDER_CONNECT,   /* version */
	PF_ORDER_PUBLISH,   /* message */
	PF_ORDER_SUBSCRIBE, /* subscriptions */
	PF_ORDER_QUIT,
};

struct pf_order {
	enum pf_order_kind kind;
	enum pf_mqtt_version version;
	struct pf_outgoing *message;           /* owned */
	struct pf_subscriptions subscriptions; /* owned */
};

struct pf_orders {
	struct pf_mailbox mailbox;
	int fd;              /* readable when there may be an order */
	_Atomic bool nudged; /* it is */
};

/* Makes an empty list. 0 or a negative errno; then it can only be done away with. */
int pf_orders_init(struct pf_orders *orders);

/* Frees what nobody took. No thread may use it any more. */
void pf_orders_done(struct pf_orders *orders);

/* Adds an order at the end. Never waits. */
void pf_orders_put(struct pf_orders *orders, struct pf_order order);

/* fd was readable: it is not until there is another order. Then all are to be taken. */
void pf_orders_see(struct pf_orders *orders);

/* Takes the next; false: there is none. Never waits. */
bool pf_orders_take(struct pf_orders *orders, struct pf_order *ret_order);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What the link thread is to do next, one thing after the other. Any thread may order. */

#ifndef PF_MQTT_ORDERS_H
#define PF_MQTT_ORDERS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/thread.h"
#include "config/config.h"
#include "mqtt/outbox.h"

enum pf_order_kind {
	PF_ORDER_CONNECT, /* version */
	PF_ORDER_PUBLISH, /* message */
	PF_ORDER_REFUSED, /* the broker refuses a message: id and reason */
	PF_ORDER_LOST,    /* the connection is gone: reason */
	PF_ORDER_QUIT,
};

struct pf_order {
	enum pf_order_kind kind;
	enum pf_mqtt_version version;
	struct pf_outgoing *message; /* owned */
	const char *reason;          /* static text */
	int id;
};

struct pf_orders {
	struct pf_mailbox mailbox;
};

/* Makes an empty list. */
void pf_orders_init(struct pf_orders *orders);

/* Frees what nobody took. No thread may use it any more. */
void pf_orders_done(struct pf_orders *orders);

/* Adds an order at the end. Never waits. */
void pf_orders_put(struct pf_orders *orders, struct pf_order order);

/* Waits for the next, at most timeout_ms (UINT32_MAX: for ever). false: there was none. */
bool pf_orders_wait(struct pf_orders *orders, uint32_t timeout_ms, struct pf_order *ret_order);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/orders.h"

#include <stdlib.h>

#include "base/memory.h"

/* the window, a connect, a quit and some lost connections: the loop orders nothing beyond that */
#define ORDERS_MAX 64

void pf_orders_init(struct pf_orders *orders)
{
	pf_mailbox_init(&orders->mailbox, ORDERS_MAX);
}

static void free_order(struct pf_order *order)
{
	free(order->message);
	free(order);
}

void pf_orders_done(struct pf_orders *orders)
{
	struct pf_order *order;

	while ((order = pf_mailbox_take(&orders->mailbox)))
		free_order(order);
	pf_mailbox_done(&orders->mailbox);
}

void pf_orders_put(struct pf_orders *orders, struct pf_order order)
{
	struct pf_order *copy = pf_calloc(1, sizeof *copy);

	*copy = order;
	if (!pf_mailbox_put(&orders->mailbox, copy))
		free_order(copy);
}

bool pf_orders_wait(struct pf_orders *orders, uint32_t timeout_ms, struct pf_order *ret_order)
{
	struct pf_order *order = pf_mailbox_wait(&orders->mailbox, timeout_ms);

	if (!order)
		return false;
	*ret_order = *order;
	free(order);
	return true;
}

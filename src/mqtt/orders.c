/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/orders.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/memory.h"

/* the window, a connect and a quit: the loop orders nothing beyond that */
#define ORDERS_MAX 64

int pf_orders_init(struct pf_orders *orders)
{
	pf_mailbox_init(&orders->mailbox, ORDERS_MAX);
	atomic_init(&orders->nudged, false);
	orders->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return orders->fd < 0 ? -errno : 0;
}

static void free_order(struct pf_order *order)
{
	free(order->message);
	pf_subscriptions_done(&order->subscriptions);
	free(order);
}

void pf_orders_done(struct pf_orders *orders)
{
	struct pf_order *order;

	while ((order = pf_mailbox_take(&orders->mailbox)))
		free_order(order);
	pf_mailbox_done(&orders->mailbox);
	if (orders->fd >= 0)
		close(orders->fd);
}

void pf_orders_put(struct pf_orders *orders, struct pf_order order)
{
	struct pf_order *copy = pf_calloc(1, sizeof *copy);
	const uint64_t one = 1;

	*copy = order;
	if (!pf_mailbox_put(&orders->mailbox, copy))
		free_order(copy);
	/* one nudge for all that come before it is seen */
	if (!atomic_exchange(&orders->nudged, true))
		(void)!write(orders->fd, &one, sizeof one);
}

void pf_orders_see(struct pf_orders *orders)
{
	uint64_t count;

	/* in this order: a nudge that came between would be read away and still count as given */
	(void)!read(orders->fd, &count, sizeof count);
	atomic_store(&orders->nudged, false);
}

bool pf_orders_take(struct pf_orders *orders, struct pf_order *ret_order)
{
	struct pf_order *order = pf_mailbox_take(&orders->mailbox);

	if (!order)
		return false;
	*ret_order = *order;
	free(order);
	return true;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Orders from one thread to another: each one wakes it, however they meet. */

#include <poll.h>
#include <pthread.h>
#include <sched.h>

#include "../t.h"
#include "mqtt/orders.h"

#define N_ORDERS   200000
#define PATIENCE_S 10

static struct pf_orders orders;
static _Atomic int n_taken;

/* Keeps a few on their way, so that the other one falls asleep and wakes all the time. */
static void *give_orders(void *argument)
{
	(void)argument;
	for (int i = 0; i < N_ORDERS; i++) {
		while (i - atomic_load(&n_taken) > 2)
			(void)sched_yield();
		pf_orders_put(&orders, (struct pf_order){.kind = PF_ORDER_CONNECT});
	}
	return NULL;
}

static void no_order_is_slept_through(void)
{
	struct pollfd fd = {.events = POLLIN};
	struct pf_order order;
	pthread_t giver;
	bool slept = false;

	T_INT(pf_orders_init(&orders), 0);
	fd.fd = orders.fd;
	T_INT(pthread_create(&giver, NULL, give_orders, NULL), 0);
	while (atomic_load(&n_taken) < N_ORDERS && !slept) {
		if (poll(&fd, 1, PATIENCE_S * 1000) > 0)
			pf_orders_see(&orders);
		else
			slept = true;
		while (pf_orders_take(&orders, &order))
			atomic_fetch_add(&n_taken, 1);
	}
	T_FALSE(slept);
	/* whatever was slept through is taken, so that the other thread ends */
	while (atomic_load(&n_taken) < N_ORDERS)
		while (pf_orders_take(&orders, &order))
			atomic_fetch_add(&n_taken, 1);
	T_INT(pthread_join(giver, NULL), 0);
	pf_orders_done(&orders);
}

T_MAIN("orders", T(no_order_is_slept_through))

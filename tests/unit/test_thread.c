/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <signal.h>

#include "../t.h"
#include "base/clock.h"
#include "base/thread.h"

static void mailbox_is_first_in_first_out_and_bounded(void)
{
	struct pf_mailbox box;
	int a, b, c;

	pf_mailbox_init(&box, 2);
	T_TRUE(pf_mailbox_take(&box) == NULL);
	T_TRUE(pf_mailbox_put(&box, &a));
	T_TRUE(pf_mailbox_put(&box, &b));
	T_FALSE(pf_mailbox_put(&box, &c));
	T_TRUE(pf_mailbox_take(&box) == &a);
	T_TRUE(pf_mailbox_put(&box, &c));
	T_TRUE(pf_mailbox_wait(&box, 1000) == &b);
	T_TRUE(pf_mailbox_take(&box) == &c);
	pf_mailbox_done(&box);
}

static void wait_ends_at_its_timeout(void)
{
	const uint64_t start_ns = pf_clock_now_ns();
	struct pf_mailbox box;

	pf_mailbox_init(&box, 1);
	T_TRUE(pf_mailbox_wait(&box, 30) == NULL);
	T_TRUE(pf_clock_now_ns() - start_ns >= 30 * PF_NS_PER_MS);
	pf_mailbox_done(&box);
}

static void closed_mailbox_empties_and_takes_nothing_more(void)
{
	struct pf_mailbox box;
	int a;

	pf_mailbox_init(&box, 2);
	T_TRUE(pf_mailbox_put(&box, &a));
	pf_mailbox_close(&box);
	T_FALSE(pf_mailbox_put(&box, &a));
	T_TRUE(pf_mailbox_wait(&box, UINT32_MAX) == &a);
	T_TRUE(pf_mailbox_wait(&box, UINT32_MAX) == NULL);
	pf_mailbox_done(&box);
}

struct echo {
	struct pf_mailbox in, out;
	bool signals_blocked;
};

static void *echo_all(void *argument)
{
	struct echo *echo = argument;
	sigset_t mask;
	void *pointer;

	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	echo->signals_blocked = sigismember(&mask, SIGTERM) && sigismember(&mask, SIGINT);
	while ((pointer = pf_mailbox_wait(&echo->in, UINT32_MAX)))
		(void)pf_mailbox_put(&echo->out, pointer);
	return NULL;
}

static void pointers_cross_threads_in_order(void)
{
	static int items[1000];
	struct echo echo;
	pthread_t thread;

	pf_mailbox_init(&echo.in, 1000);
	pf_mailbox_init(&echo.out, 1000);
	T_INT(pf_thread_start("echo", echo_all, &echo, &thread), 0);
	for (int i = 0; i < 1000; i++)
		T_TRUE(pf_mailbox_put(&echo.in, &items[i]));
	for (int i = 0; i < 1000; i++)
		T_TRUE(pf_mailbox_wait(&echo.out, 5000) == &items[i]);
	pf_mailbox_close(&echo.in);
	pthread_join(thread, NULL);
	T_TRUE(echo.signals_blocked);
	pf_mailbox_done(&echo.in);
	pf_mailbox_done(&echo.out);
}

T_MAIN("thread", T(mailbox_is_first_in_first_out_and_bounded), T(wait_ends_at_its_timeout),
	T(closed_mailbox_empties_and_takes_nothing_more), T(pointers_cross_threads_in_order))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Threads and the one way to cross from one to another: a bounded mailbox of pointers.
 */

#ifndef PF_BASE_THREAD_H
#define PF_BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Starts a thread with all signals blocked (signals are the main thread's) and a name of at most
 * 15 bytes, shown by ps -L. 0 or a negative errno.
 */
int pf_thread_start(
	const char *name, void *(*run)(void *argument), void *argument, pthread_t *ret_thread);

/* A first-in first-out queue of pointers between threads. Owns nothing that the pointers mean. */
struct pf_mailbox {
	pthread_mutex_t lock;
	pthread_cond_t filled; /* on CLOCK_MONOTONIC */
	void **ring;
	size_t capacity, first, n;
	bool closed;
};

/* Makes an empty mailbox for at most `capacity` pointers. */
void pf_mailbox_init(struct pf_mailbox *mailbox, size_t capacity);

/* Frees the ring. No thread may use the mailbox any more. */
void pf_mailbox_done(struct pf_mailbox *mailbox);

/* Puts a pointer in. Never waits. false: full or closed, the caller keeps the pointer. */
bool pf_mailbox_put(struct pf_mailbox *mailbox, void *pointer);

/* Takes the oldest pointer, or NULL at once if there is none. */
void *pf_mailbox_take(struct pf_mailbox *mailbox);

/*
 * Waits for a pointer, at most timeout_ms (UINT32_MAX: for ever), or until the mailbox is closed
 * and empty. NULL: timed out or closed. Not for the main thread.
 */
void *pf_mailbox_wait(struct pf_mailbox *mailbox, uint32_t timeout_ms);

/* Lets no more in and wakes who waits. */
void pf_mailbox_close(struct pf_mailbox *mailbox);

#endif

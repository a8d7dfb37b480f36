/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/thread.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/memory.h"

struct start {
	char name[16]; /* what the kernel keeps of it */
	void *(*run)(void *argument);
	void *argument;
};

/* By itself: only root may name another thread of a process that leaves no cores. */
static void *begin(void *argument)
{
	const struct start start = *(struct start *)argument;

	free(argument);
	/* only a help for whoever looks at ps -L */
	(void)pthread_setname_np(pthread_self(), start.name);
	return start.run(start.argument);
}

int pf_thread_start(
	const char *name, void *(*run)(void *argument), void *argument, pthread_t *ret_thread)
{
	struct start *start = pf_calloc(1, sizeof *start);
	sigset_t all, old;
	pthread_t thread;
	int r;

	*start = (struct start){.run = run, .argument = argument};
	(void)snprintf(start->name, sizeof start->name, "%s", name);
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&thread, NULL, begin, start);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r) {
		free(start);
		return -r;
	}
	*ret_thread = thread;
	return 0;
}

void pf_mailbox_init(struct pf_mailbox *mailbox, size_t capacity)
{
	pthread_condattr_t attributes;

	*mailbox = (struct pf_mailbox){
		.ring = pf_calloc(capacity, sizeof *mailbox->ring), .capacity = capacity};
	pthread_mutex_init(&mailbox->lock, NULL);
	pthread_condattr_init(&attributes);
	/* a stepped wall clock must not stretch a wait */
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&mailbox->filled, &attributes);
	pthread_condattr_destroy(&attributes);
}

void pf_mailbox_done(struct pf_mailbox *mailbox)
{
	pthread_cond_destroy(&mailbox->filled);
	pthread_mutex_destroy(&mailbox->lock);
	free(mailbox->ring);
	mailbox->ring = NULL;
}

bool pf_mailbox_put(struct pf_mailbox *mailbox, void *pointer)
{
	bool taken = false;

	pthread_mutex_lock(&mailbox->lock);
	if (!mailbox->closed && mailbox->n < mailbox->capacity) {
		mailbox->ring[(mailbox->first + mailbox->n) % mailbox->capacity] = pointer;
		mailbox->n++;
		taken = true;
		pthread_cond_signal(&mailbox->filled);
	}
	pthread_mutex_unlock(&mailbox->lock);
	return taken;
}

/* With the lock held. */
static void *take_first(struct pf_mailbox *mailbox)
{
	void *pointer;

	if (mailbox->n == 0)
		return NULL;
	pointer = mailbox->ring[mailbox->first];
	mailbox->first = (mailbox->first + 1) % mailbox->capacity;
	mailbox->n--;
	return pointer;
}

void *pf_mailbox_take(struct pf_mailbox *mailbox)
{
	void *pointer;

	pthread_mutex_lock(&mailbox->lock);
	pointer = take_first(mailbox);
	pthread_mutex_unlock(&mailbox->lock);
	return pointer;
}

static struct timespec deadline_after(uint32_t timeout_ms)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	time.tv_sec += (time_t)(timeout_ms / 1000);
	time.tv_nsec += (long)(timeout_ms % 1000) * 1000000;
	if (time.tv_nsec >= 1000000000) {
		time.tv_nsec -= 1000000000;
		time.tv_sec++;
	}
	return time;
}

void *pf_mailbox_wait(struct pf_mailbox *mailbox, uint32_t timeout_ms)
{
	const struct timespec deadline = deadline_after(timeout_ms == UINT32_MAX ? 0 : timeout_ms);
	void *pointer;
	int r = 0;

	pthread_mutex_lock(&mailbox->lock);
	while (mailbox->n == 0 && !mailbox->closed && r != ETIMEDOUT) {
		if (timeout_ms == UINT32_MAX)
			pthread_cond_wait(&mailbox->filled, &mailbox->lock);
		else
			r = pthread_cond_timedwait(&mailbox->filled, &mailbox->lock, &deadline);
	}
	pointer = take_first(mailbox);
	pthread_mutex_unlock(&mailbox->lock);
	return pointer;
}

void pf_mailbox_close(struct pf_mailbox *mailbox)
{
	pthread_mutex_lock(&mailbox->lock);
	mailbox->closed = true;
	pthread_cond_broadcast(&mailbox->filled);
	pthread_mutex_unlock(&mailbox->lock);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/inbox.h"

#include <stdlib.h>

#include "base/memory.h"

#define MESSAGES_MAX 1024
/* more than a window, a connect, a loss and an end */
#define NEWS_MAX 256

void pf_news_free(struct pf_news *news)
{
	if (news)
		free(news->text);
	free(news);
}

static void on_async(struct ev_loop *loop, struct ev_async *watcher, int events)
{
	struct pf_inbox *inbox = watcher->data;

	(void)loop;
	(void)events;
	inbox->on_ready(inbox->user);
}

void pf_inbox_init(
	struct pf_inbox *inbox, struct ev_loop *loop, void (*on_ready)(void *user), void *user)
{
	inbox->loop = loop;
	inbox->on_ready = on_ready;
	inbox->user = user;
	inbox->closed = false;
	atomic_init(&inbox->overflow, 0);
	pf_mailbox_init(&inbox->news, NEWS_MAX);
	pf_mailbox_init(&inbox->messages, MESSAGES_MAX);
	pthread_mutex_init(&inbox->close_lock, NULL);
	ev_async_init(&inbox->ready, on_async);
	inbox->ready.data = inbox;
	ev_set_priority(&inbox->ready, EV_MAXPRI); /* commands come first */
	ev_async_start(loop, &inbox->ready);
	/* the loop does not live for the link's sake */
	ev_unref(loop);
}

void pf_inbox_close(struct pf_inbox *inbox)
{
	pthread_mutex_lock(&inbox->close_lock);
	inbox->closed = true;
	pthread_mutex_unlock(&inbox->close_lock);
	ev_ref(inbox->loop);
	ev_async_stop(inbox->loop, &inbox->ready);
}

void pf_inbox_done(struct pf_inbox *inbox)
{
	struct pf_incoming *message;
	struct pf_news *news;

	while ((news = pf_inbox_take_news(inbox)))
		pf_news_free(news);
	while ((message = pf_inbox_take_message(inbox)))
		free(message);
	pf_mailbox_done(&inbox->news);
	pf_mailbox_done(&inbox->messages);
	pthread_mutex_destroy(&inbox->close_lock);
}

static void wake(struct pf_inbox *inbox)
{
	pthread_mutex_lock(&inbox->close_lock);
	if (!inbox->closed)
		ev_async_send(inbox->loop, &inbox->ready);
	pthread_mutex_unlock(&inbox->close_lock);
}

void pf_inbox_put_news(struct pf_inbox *inbox, struct pf_news *news)
{
	if (!pf_mailbox_put(&inbox->news, news))
		pf_news_free(news);
	wake(inbox);
}

void pf_inbox_put(struct pf_inbox *inbox, enum pf_news_kind kind, const char *text)
{
	struct pf_news *news = pf_calloc(1, sizeof *news);

	news->kind = kind;
	news->text = text ? pf_strdup(text) : NULL;
	pf_inbox_put_news(inbox, news);
}

void pf_inbox_put_progress(struct pf_inbox *inbox, enum pf_news_kind kind, uint64_t token, int id)
{
	struct pf_news *news = pf_calloc(1, sizeof *news);

	news->kind = kind;
	news->token = token;
	news->id = id;
	pf_inbox_put_news(inbox, news);
}

void pf_inbox_put_message(struct pf_inbox *inbox, struct pf_incoming *message)
{
	if (!pf_mailbox_put(&inbox->messages, message)) {
		free(message);
		atomic_fetch_add(&inbox->overflow, 1);
	}
	wake(inbox);
}

struct pf_news *pf_inbox_take_news(struct pf_inbox *inbox)
{
	return pf_mailbox_take(&inbox->news);
}

struct pf_incoming *pf_inbox_take_message(struct pf_inbox *inbox)
{
	return pf_mailbox_take(&inbox->messages);
}

void pf_inbox_wake(struct pf_inbox *inbox)
{
	wake(inbox);
}

uint64_t pf_inbox_overflow(const struct pf_inbox *inbox)
{
	return atomic_load(&inbox->overflow);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/inbox.h"

#include <inttypes.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"

/* more than a window, a connect, a loss and an end */
#define NEWS_MAX 256

#define NEWS_AT_A_TIME 16

/* Of what was dropped the users are told so often, and the log has it. */
#define TELL_EVERY_S 1.0
#define LOG_EVERY_NS (60 * PF_NS_PER_S)

void pf_news_free(struct pf_news *news)
{
	if (news) {
		pf_subscriptions_done(&news->subscriptions);
		free(news->text);
	}
	free(news);
}

/* One topic (to be freed) and how many of its messages were dropped; false: no more. */
static bool take_dropped(struct pf_inbox *inbox, char **ret_topic, uint64_t *ret_n)
{
	bool found;

	pthread_mutex_lock(&inbox->queue_lock);
	found = pf_queue_take_dropped(&inbox->messages, ret_topic, ret_n);
	if (!found)
		atomic_store(&inbox->dropped, false);
	pthread_mutex_unlock(&inbox->queue_lock);
	return found;
}

static void log_dropped(struct pf_inbox *inbox, const char *topic, uint64_t n)
{
	const uint64_t now_ns = pf_clock_now_ns();

	if (inbox->logged_ns && now_ns - inbox->logged_ns < LOG_EVERY_NS)
		return;
	inbox->logged_ns = now_ns;
	pf_warning("mqtt: messages on %s come faster than they can be handled, %" PRIu64
		   " were dropped; info counts all of them",
		topic, n);
}

static void on_tell(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct pf_inbox *inbox = timer->data;
	char *topic;
	uint64_t n;

	(void)loop;
	(void)events;
	while (take_dropped(inbox, &topic, &n)) {
		log_dropped(inbox, topic, n);
		if (inbox->on_dropped)
			inbox->on_dropped(inbox->user, topic, n);
		free(topic);
	}
}

static void tell_later(struct pf_inbox *inbox)
{
	if (!atomic_load(&inbox->dropped) || ev_is_active(&inbox->tell))
		return;
	ev_timer_set(&inbox->tell, TELL_EVERY_S, 0);
	ev_timer_start(inbox->loop, &inbox->tell);
}

static void on_async(struct ev_loop *loop, struct ev_async *watcher, int events)
{
	struct pf_inbox *inbox = watcher->data;

	(void)loop;
	(void)events;
	tell_later(inbox);
	inbox->n_taken = 0;
	inbox->on_ready(inbox->user);
}

void pf_inbox_init(
	struct pf_inbox *inbox, struct ev_loop *loop, void (*on_ready)(void *user), void *user)
{
	inbox->loop = loop;
	inbox->on_ready = on_ready;
	inbox->user = user;
	inbox->closed = false;
	atomic_init(&inbox->dropped, false);
	pf_mailbox_init(&inbox->news, NEWS_MAX);
	pthread_mutex_init(&inbox->queue_lock, NULL);
	pf_queue_init(&inbox->messages);
	pthread_mutex_init(&inbox->close_lock, NULL);
	inbox->on_dropped = NULL;
	inbox->logged_ns = 0;
	ev_init(&inbox->tell, on_tell);
	inbox->tell.data = inbox;
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
	ev_timer_stop(inbox->loop, &inbox->tell);
}

void pf_inbox_done(struct pf_inbox *inbox)
{
	struct pf_news *news;

	while ((news = pf_mailbox_take(&inbox->news)))
		pf_news_free(news);
	pf_mailbox_done(&inbox->news);
	pf_queue_done(&inbox->messages);
	pthread_mutex_destroy(&inbox->queue_lock);
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

void pf_inbox_put_done(struct pf_inbox *inbox, uint64_t serial, enum pf_fate fate, const char *text)
{
	struct pf_news *news = pf_calloc(1, sizeof *news);

	news->kind = PF_NEWS_DONE;
	news->serial = serial;
	news->fate = fate;
	news->text = text ? pf_strdup(text) : NULL;
	pf_inbox_put_news(inbox, news);
}

void pf_inbox_put_subscribed(struct pf_inbox *inbox, enum pf_news_kind kind,
	const struct pf_limits *limits, const struct pf_subscriptions *subscriptions)
{
	struct pf_news *news = pf_calloc(1, sizeof *news);

	news->kind = kind;
	news->limits = *limits;
	news->subscriptions = pf_subscriptions_copy(subscriptions);
	pf_inbox_put_news(inbox, news);
}

void pf_inbox_put_message(struct pf_inbox *inbox, struct pf_incoming *message)
{
	pthread_mutex_lock(&inbox->queue_lock);
	if (!pf_queue_put(&inbox->messages, message))
		atomic_store(&inbox->dropped, true);
	pthread_mutex_unlock(&inbox->queue_lock);
	wake(inbox);
}

struct pf_news *pf_inbox_take_news(struct pf_inbox *inbox)
{
	/* while much is delivered there is always more, and the rest of the loop must not wait */
	if (inbox->n_taken++ >= NEWS_AT_A_TIME) {
		wake(inbox);
		return NULL;
	}
	return pf_mailbox_take(&inbox->news);
}

struct pf_incoming *pf_inbox_take_message(struct pf_inbox *inbox)
{
	struct pf_incoming *message;

	pthread_mutex_lock(&inbox->queue_lock);
	message = pf_queue_take(&inbox->messages);
	pthread_mutex_unlock(&inbox->queue_lock);
	return message;
}

void pf_inbox_wake(struct pf_inbox *inbox)
{
	wake(inbox);
}

void pf_inbox_tell_dropped(
	struct pf_inbox *inbox, void (*on_dropped)(void *user, const char *topic, uint64_t n))
{
	inbox->on_dropped = on_dropped;
}

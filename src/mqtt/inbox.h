/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * From the threads of the link to the main loop: news about the connection, and messages that came
 * in. Bounded; wakes the loop. News never overflows (the loop orders few things at a time), a flood
 * of messages is cut off and counted (queue.h).
 */

#ifndef PF_MQTT_INBOX_H
#define PF_MQTT_INBOX_H

#include <ev.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/thread.h"
#include "mqtt/fate.h"
#include "mqtt/message.h"
#include "mqtt/queue.h"
#include "mqtt/session.h"

enum pf_news_kind {
	PF_NEWS_CONNECTED,  /* and subscribed; limits, subscriptions */
	PF_NEWS_SUBSCRIBED, /* others than before; subscriptions */
	PF_NEWS_FAILED,     /* could not connect; failure and text */
	PF_NEWS_LOST,       /* text */
	PF_NEWS_DONE,       /* a message has come to its end, once for each pf_client_publish():
				 serial, fate, and text if it is refused */
	PF_NEWS_ENDED,      /* the thread has ended, the last news */
};

/* Something about the connection. Freed with pf_news_free(). */
struct pf_news {
	enum pf_news_kind kind;
	enum pf_failure failure;
	struct pf_limits limits;
	struct pf_subscriptions subscriptions; /* with the broker's answers */
	uint64_t serial;                       /* of the message */
	enum pf_fate fate;
	char *text; /* or NULL */
};

struct pf_inbox {
	struct ev_loop *loop;
	struct ev_async ready;
	void (*on_ready)(void *user);
	void *user;
	int n_taken; /* news, in this call of on_ready */
	struct pf_mailbox news;
	pthread_mutex_t queue_lock;
	struct pf_queue messages; /* with queue_lock */
	pthread_mutex_t close_lock;
	bool closed; /* with close_lock: the loop may be gone */

	_Atomic bool dropped; /* something, and it is not told yet */
	struct ev_timer tell;
	void (*on_dropped)(void *user, const char *topic, uint64_t n);
	uint64_t logged_ns; /* when the log had the last of it; 0: not yet */
};

/* Makes an empty inbox and watches it: on_ready is called from the loop, which it does not keep. */
void pf_inbox_init(
	struct pf_inbox *inbox, struct ev_loop *loop, void (*on_ready)(void *user), void *user);

/* No more wake-ups, whatever the threads still put in. Main loop. */
void pf_inbox_close(struct pf_inbox *inbox);

/* Frees what is inside. Closed, and no thread uses it any more. */
void pf_inbox_done(struct pf_inbox *inbox);

/* Puts news in; text is copied, or NULL. Any thread. */
void pf_inbox_put(struct pf_inbox *inbox, enum pf_news_kind kind, const char *text);

/* Puts the end of a message in; text is copied, or NULL. Any thread. */
void pf_inbox_put_done(
	struct pf_inbox *inbox, uint64_t serial, enum pf_fate fate, const char *text);

/* Puts news of a connection and its subscriptions in; they are copied. Any thread. */
void pf_inbox_put_subscribed(struct pf_inbox *inbox, enum pf_news_kind kind,
	const struct pf_limits *limits, const struct pf_subscriptions *subscriptions);

/* Puts news in and takes it over. Any thread. */
void pf_inbox_put_news(struct pf_inbox *inbox, struct pf_news *news);

/* Puts a message in and takes it over; one may be dropped and counted. Any thread. */
void pf_inbox_put_message(struct pf_inbox *inbox, struct pf_incoming *message);

/*
 * The oldest news, owned by the caller; NULL: none, or it is others' turn, and on_ready is called
 * again soon. Main loop.
 */
struct pf_news *pf_inbox_take_news(struct pf_inbox *inbox);

/* The next message, owned by the caller; NULL: none. Main loop. */
struct pf_incoming *pf_inbox_take_message(struct pf_inbox *inbox);

/* Has on_ready called (again) soon. Main loop. */
void pf_inbox_wake(struct pf_inbox *inbox);

/*
 * From now on on_dropped is called from the loop, with the inbox's user, at most once a second for
 * each topic of which messages were dropped. Main loop.
 */
void pf_inbox_tell_dropped(
	struct pf_inbox *inbox, void (*on_dropped)(void *user, const char *topic, uint64_t n));

/* Frees news; NULL is fine. */
void pf_news_free(struct pf_news *news);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The main loop's half of the link: what state the connection is in, when to try again, what goes
 * out next. The other half, with the threads and the library, is client.c.
 *
 * Sources: MQTT 5.0: 3.1.2.4 clean start, 3.1.2.11 connect properties, 3.2.2.3 CONNACK properties,
 * 3.3.4 Receive Maximum, 3.8.3.1 subscription options, 4.6 order. MQTT 3.1.1: 3.2.2.3, 3.9.3.
 */

#include "mqtt/link.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/random.h"
#include "mqtt/backoff.h"
#include "mqtt/client.h"
#include "mqtt/delivery.h"
#include "mqtt/link_log.h"
#include "mqtt/reason.h"
#include "mqtt/version.h"

#define MESSAGES_AT_A_TIME 64                 /* then other watchers get their turn */
#define GOOD_NS            (30 * PF_NS_PER_S) /* lasted so long: the waits begin anew */
#define HOPELESS_MS        1000               /* a stop waits so long if nothing can be delivered */

enum state {
	STATE_NEW,
	STATE_CONNECTING,
	STATE_WAITING,
	STATE_CONNECTED,
	STATE_ENDING,
	STATE_ENDED
};

struct pf_link {
	struct ev_loop *loop;
	const struct pf_mqtt_config *config;
	struct pf_link_callbacks callbacks;
	void *user;

	struct pf_client *client;
	struct pf_subscriptions wanted; /* until they are subscribed */
	struct pf_deliveries deliveries;
	struct pf_version version;
	struct pf_backoff backoff;
	struct ev_timer reconnect, deadline;
	enum state state;
	bool stopping;
	uint64_t connected_ns; /* 0: never */
	struct pf_link_log log;
	struct pf_link_stats stats;
};

/* ---- sending --------------------------------------------------------------------------------- */

static void quit(struct pf_link *link)
{
	link->state = STATE_ENDING;
	link->stats.connected = false;
	pf_client_quit(link->client);
}

static void send_waiting(struct pf_link *link)
{
	struct pf_outgoing *message;

	if (link->state != STATE_CONNECTED)
		return;
	while ((message = pf_deliveries_next(&link->deliveries))) {
		link->stats.sent++;
		pf_client_publish(link->client, message);
	}
	if (link->stopping && link->deliveries.n == 0)
		quit(link);
}

/* A message has come to its end. */
static void on_done(void *user, const struct pf_delivery *delivery)
{
	struct pf_link *link = user;
	const bool refused = pf_fate_is_refusal(delivery->fate);
	const bool lost = delivery->fate == PF_FATE_LOST && !delivery->state;

	link->stats.dropped += (refused || lost) && !delivery->token;
	if (refused)
		pf_link_log_refused(&link->log, pf_clock_now_ns(), delivery);
	link->callbacks.done(link->user, delivery);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void connect_now(struct pf_link *link)
{
	link->state = STATE_CONNECTING;
	pf_client_connect(link->client, pf_version_pick(&link->version, pf_clock_now_ns()));
}

static void on_reconnect(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)events;
	connect_now(timer->data);
}

static void connect_later(struct pf_link *link)
{
	/* without random bits there is just no jitter */
	const uint32_t wait_ms = pf_backoff_next_ms(&link->backoff, pf_random());

	link->state = STATE_WAITING;
	pf_debug("mqtt: next attempt in %u ms", wait_ms);
	ev_now_update(link->loop);
	ev_timer_set(&link->reconnect, wait_ms / 1e3, 0);
	ev_timer_start(link->loop, &link->reconnect);
}

static void on_failed(struct pf_link *link, const struct pf_news *news)
{
	const uint64_t now_ns = pf_clock_now_ns();

	if (link->stopping) {
		quit(link);
		return;
	}
	if (pf_version_failed(&link->version, news->failure, now_ns)) {
		pf_link_log_fallback(&link->log, news->text);
		connect_now(link);
		return;
	}
	pf_link_log_failed(&link->log, news->text);
	connect_later(link);
}

/* Hands the next message on, or drops it. false: there is none. */
static bool take_message(struct pf_link *link, bool drop)
{
	struct pf_incoming *incoming = pf_inbox_take_message(pf_client_inbox(link->client));

	if (incoming && !drop) {
		link->stats.received++;
		link->callbacks.message(link->user, &incoming->message);
	}
	free(incoming);
	return incoming != NULL;
}

/* The broker's answers to the subscriptions; at a connect nobody thinks that one is refused yet. */
static void tell_unheard(struct pf_link *link, const struct pf_subscriptions *subscriptions)
{
	pf_link_log_unheard(&link->log, subscriptions);
	for (const struct pf_subscription *s = subscriptions->list;
		s < subscriptions->list + subscriptions->n; s++) {
		if (s->answer >= PF_REASON_FAILURE)
			link->callbacks.unheard(link->user, s->topic, pf_reason_text(s->answer));
		else if (link->state == STATE_CONNECTED && !s->carried)
			link->callbacks.unheard(link->user, s->topic, NULL);
	}
}

static void on_connected(struct pf_link *link, const struct pf_news *news)
{
	const bool again = link->connected_ns != 0;

	pf_deliveries_open(&link->deliveries, news->limits.window);
	link->connected_ns = pf_clock_now_ns();
	pf_version_connected(&link->version, link->connected_ns);
	pf_link_log_connected(&link->log, link->connected_ns, link->version.current);
	if (!link->stopping) {
		link->stats.connected = true;
		link->stats.reconnects += again;
		tell_unheard(link, &news->subscriptions);
		/* nothing goes out yet: what has waited is replaced by what is true now */
		link->callbacks.connected(link->user);
	}
	link->state = STATE_CONNECTED;
	send_waiting(link);
}

static void on_lost(struct pf_link *link, const struct pf_news *news)
{
	const uint64_t now_ns = pf_clock_now_ns();

	if (link->state != STATE_CONNECTED)
		return;
	/* these came before the loss */
	while (take_message(link, false))
		;
	link->stats.connected = false;
	pf_link_log_lost(&link->log, now_ns, news->text);
	if (now_ns - link->connected_ns >= GOOD_NS)
		pf_backoff_reset(&link->backoff);
	link->state = STATE_WAITING;
	pf_deliveries_lose(&link->deliveries);
	link->callbacks.disconnected(link->user, news->text);
	if (link->stopping)
		quit(link);
	else
		connect_later(link);
}

/* ---- news ------------------------------------------------------------------------------------ */

/* The last news. */
static void tell_stopped(struct pf_link *link)
{
	link->client = NULL;
	link->state = STATE_ENDED;
	link->stats.connected = false;
	pf_deliveries_flush(&link->deliveries);
	link->callbacks.stopped(link->user);
}

static void on_ended(struct pf_link *link)
{
	ev_timer_stop(link->loop, &link->deadline);
	pf_client_free(link->client);
	tell_stopped(link);
}

static void on_dropped(void *user, const char *topic, uint64_t n)
{
	struct pf_link *link = user;

	link->stats.dropped += n;
	link->callbacks.overloaded(link->user, topic, n);
}

/* Answers must not get lost: without room for more of them no more is taken. */
static void take_some(struct pf_link *link)
{
	for (int n = 0; n < MESSAGES_AT_A_TIME; n++)
		if (!link->stats.connected || !pf_outbox_has_room(&link->deliveries.outbox) ||
			!take_message(link, false))
			return;
	pf_inbox_wake(pf_client_inbox(link->client));
}

/* true: that was the last, and the link may be gone */
static bool handle(struct pf_link *link, const struct pf_news *news)
{
	switch (news->kind) {
	case PF_NEWS_CONNECTED:
		on_connected(link, news);
		break;
	case PF_NEWS_SUBSCRIBED:
		if (link->stats.connected)
			tell_unheard(link, &news->subscriptions);
		break;
	case PF_NEWS_FAILED:
		while (take_message(link, true))
			;
		on_failed(link, news);
		break;
	case PF_NEWS_LOST:
		on_lost(link, news);
		break;
	case PF_NEWS_DONE:
		pf_deliveries_end(&link->deliveries, news->serial, news->fate, news->text);
		send_waiting(link);
		break;
	case PF_NEWS_ENDED:
		on_ended(link);
		return true;
	}
	return false;
}

/* News first: a message that came before `connected` waits for it. */
static void on_ready(void *user)
{
	struct pf_link *link = user;
	struct pf_news *news;
	bool ended;

	while ((news = pf_inbox_take_news(pf_client_inbox(link->client)))) {
		ended = handle(link, news);
		pf_news_free(news);
		if (ended)
			return;
	}
	take_some(link);
}

/* ---- interface ------------------------------------------------------------------------------- */

static void on_deadline(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct pf_link *link = timer->data;

	(void)loop;
	(void)events;
	if (link->client) {
		pf_warning("mqtt: the broker or the name lookup does not answer, leaving anyway");
		pf_client_abandon(link->client);
	}
	tell_stopped(link);
}

struct pf_link *pf_link_new(struct ev_loop *loop, const struct pf_mqtt_config *config,
	const char *will_topic, const struct pf_link_callbacks *callbacks, void *user)
{
	struct pf_link *link = pf_calloc(1, sizeof *link);

	link->loop = loop;
	link->config = config;
	link->callbacks = *callbacks;
	link->user = user;
	link->client = pf_client_new(loop, config, will_topic, on_ready, link);
	pf_inbox_tell_dropped(pf_client_inbox(link->client), on_dropped);
	pf_deliveries_init(&link->deliveries, on_done, link);
	pf_link_log_init(&link->log, config->broker);
	pf_version_init(&link->version, config->version);
	pf_backoff_init(&link->backoff, (uint32_t)config->reconnect_max_s * 1000);
	ev_init(&link->reconnect, on_reconnect);
	link->reconnect.data = link;
	ev_init(&link->deadline, on_deadline);
	link->deadline.data = link;
	return link;
}

void pf_link_free(struct pf_link *link)
{
	if (!link)
		return;
	ev_timer_stop(link->loop, &link->reconnect);
	ev_timer_stop(link->loop, &link->deadline);
	pf_client_free(link->client);
	pf_deliveries_free(&link->deliveries);
	pf_subscriptions_done(&link->wanted);
	pf_link_log_done(&link->log);
	free(link);
}

void pf_link_subscribe(struct pf_link *link, const char *topic, int qos, bool stored)
{
	pf_subscriptions_add(&link->wanted, topic, qos, stored);
}

void pf_link_subscribe_now(struct pf_link *link)
{
	pf_client_subscribe(link->client, link->wanted);
	link->wanted = (struct pf_subscriptions){0};
}

int pf_link_start(struct pf_link *link)
{
	const int r = pf_client_start(link->client);

	if (r == 0)
		connect_now(link);
	return r;
}

int pf_link_publish(struct pf_link *link, const struct pf_link_publication *publication)
{
	const bool possible = !link->stopping && (publication->state || link->stats.connected);
	const int r = possible ? pf_deliveries_put(&link->deliveries, publication) : -ENOTCONN;

	link->stats.dropped += r && !publication->token;
	send_waiting(link);
	return r;
}

int pf_link_share(const struct pf_link *link)
{
	return link->stats.connected && !link->stopping ? (link->deliveries.window + 1) / 2 : 0;
}

void pf_link_stop(struct pf_link *link, uint32_t deadline_ms)
{
	if (link->stopping)
		return;
	link->stopping = true;
	ev_timer_stop(link->loop, &link->reconnect);
	if (link->state == STATE_NEW) {
		pf_client_free(link->client);
		link->client = NULL;
		deadline_ms = 0;
	} else if (link->state != STATE_CONNECTED && deadline_ms > HOPELESS_MS) {
		deadline_ms = HOPELESS_MS;
	}
	ev_now_update(link->loop);
	ev_timer_set(&link->deadline, deadline_ms / 1e3, 0);
	ev_timer_start(link->loop, &link->deadline);
	if (link->state == STATE_WAITING)
		quit(link);
	send_waiting(link);
}

void pf_link_get_stats(const struct pf_link *link, struct pf_link_stats *ret_stats)
{
	*ret_stats = link ? link->stats : (struct pf_link_stats){0};
}

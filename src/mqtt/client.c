/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/client.h"

#include <poll.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "base/thread.h"
#include "mqtt/liveness.h"
#include "mqtt/orders.h"
#include "mqtt/reason.h"

/* Messages taken in before orders and the broker's answers are looked at: a flood never ends. */
#define AT_ONCE 64

struct pf_client {
	struct pf_inbox inbox;
	struct pf_endpoint endpoint;
	struct pf_subscriptions subscriptions;
	struct pf_orders orders;
	int orders_error; /* of making them */
	bool started;
	_Atomic bool left; /* of an abandoned client: thread or loop has; the other frees it */
	pthread_t thread;

	/* the link thread's own */
	struct pf_session session;
	struct pf_liveness liveness;
	uint64_t seen_bytes; /* of the session's, those that watch() has seen */
	bool connected;      /* and PF_NEWS_CONNECTED is posted */
	bool warned_open;    /* about files with secrets */
};

/* ---- connecting ------------------------------------------------------------------------------ */

static void close_session(struct pf_client *client)
{
	client->connected = false;
	pf_session_close(&client->session);
}

static void fail(struct pf_client *client, enum pf_failure failure, const char *text)
{
	struct pf_news *news = pf_calloc(1, sizeof *news);

	close_session(client);
	news->kind = PF_NEWS_FAILED;
	news->failure = failure;
	news->text = pf_strdup(text);
	pf_inbox_put_news(&client->inbox, news);
}

static void lose(struct pf_client *client, const char *reason)
{
	close_session(client);
	pf_inbox_put(&client->inbox, PF_NEWS_LOST, reason);
}

/* Why the broker, or we, ended the session, as far as that was said; or NULL. */
static const char *parting(const struct pf_client *client)
{
	const struct pf_tap *tap = &client->session.wire.tap;

	if (tap->left)
		return pf_reason_text(tap->reason);
	return tap->bad ? "the broker sent a packet that it must not send" : NULL;
}

static void connect_now(struct pf_client *client, enum pf_mqtt_version version)
{
	char text[PF_DIAGNOSIS_SIZE] = "";
	const char *reason;
	enum pf_failure failure;

	close_session(client);
	if (!pf_session_open(&client->session, &client->endpoint, version, &client->warned_open,
		    &failure, text)) {
		fail(client, failure, text);
		return;
	}
	pf_liveness_open(&client->liveness, client->endpoint.keepalive_s,
		client->session.limits.keepalive_s, client->subscriptions.n > 0, pf_clock_now_ns());
	if (!pf_session_subscribe(
		    &client->session, client->subscriptions.list, client->subscriptions.n)) {
		reason = parting(client);
		fail(client, PF_FAILURE_OTHER,
			reason ? reason : "it does not answer the subscriptions");
		return;
	}
	client->connected = true;
	client->seen_bytes = 0;
	pf_inbox_put_subscribed(
		&client->inbox, PF_NEWS_CONNECTED, &client->session.limits, &client->subscriptions);
}

/* Without a connection the next one will do all of it; if it breaks meanwhile, watch() finds that.
 */
static void subscribe_now(struct pf_client *client, struct pf_subscriptions subscriptions)
{
	struct pf_subscriptions before = client->subscriptions;

	client->subscriptions = subscriptions;
	if (client->connected &&
		pf_session_resubscribe(&client->session, &client->subscriptions, &before)) {
		pf_inbox_put_subscribed(&client->inbox, PF_NEWS_SUBSCRIBED, &client->session.limits,
			&client->subscriptions);
		if (client->subscriptions.n > 0)
			pf_liveness_listen(&client->liveness);
	}
	pf_subscriptions_done(&before);
}

/* ---- messages -------------------------------------------------------------------------------- */

/* What this broker never takes need not be tried: it would end the connection. */
static bool fits(struct pf_client *client, const struct pf_outgoing *message)
{
	char *text;

	if (pf_limits_fits(&client->session.limits, message))
		return true;
	text = pf_format("%zu bytes, and the broker takes %zu at most", pf_limits_size(message),
		client->session.limits.packet_max);
	pf_inbox_put_done(&client->inbox, message->serial, PF_FATE_NEVER, text);
	free(text);
	return false;
}

static void publish_now(struct pf_client *client, struct pf_outgoing *message)
{
	const uint64_t serial = message->serial;
	enum pf_published published = PF_PUBLISHED_NOT;

	if (client->connected && !fits(client, message)) {
		free(message);
		return;
	}
	if (client->connected)
		published = pf_session_publish(&client->session, message);
	else
		free(message);
	if (published == PF_PUBLISHED_NOT)
		pf_inbox_put_done(&client->inbox, serial, PF_FATE_LOST, NULL);
	else if (published == PF_PUBLISHED_DONE)
		pf_inbox_put_done(&client->inbox, serial, PF_FATE_SENT, NULL);
}

/* Tells what became of the messages that the broker has answered. */
static void take_answers(struct pf_client *client)
{
	struct pf_flight *flight;

	while ((flight = pf_session_next_answered(&client->session))) {
		pf_liveness_confirm(&client->liveness, flight->sent_ns, pf_clock_now_ns());
		pf_inbox_put_done(&client->inbox, flight->message->serial,
			pf_fate_of_answer(flight->reason),
			flight->reason >= PF_REASON_FAILURE ? pf_reason_text(flight->reason)
							    : NULL);
		pf_flight_end(flight);
	}
}

/* One packet, if one is there. A message behind an answer is not older than it. */
static bool receive(struct pf_client *client)
{
	struct pf_incoming *message;
	bool answered;
	const bool more = pf_session_receive(&client->session, &message, &answered);

	if (answered)
		pf_liveness_answer(&client->liveness, pf_clock_now_ns());
	if (message) {
		message->message.since_ns = pf_liveness_hear(&client->liveness);
		pf_inbox_put_message(&client->inbox, message);
	}
	if (more)
		pf_liveness_see(&client->liveness, pf_clock_now_ns());
	return more;
}

/* ---- watching the broker --------------------------------------------------------------------- */

/* Why the connection is no good any more; NULL: it is. All that has come until now_ns is read. */
static const char *trouble(const struct pf_client *client, uint64_t now_ns)
{
	const char *reason = parting(client);

	if (reason)
		return reason;
	if (!pf_session_is_up(&client->session) || pf_liveness_is_dead(&client->liveness, now_ns))
		return "the broker closed it or does not answer";
	if (now_ns >= pf_flights_end_ns(&client->session.flights, client->endpoint.keepalive_s))
		return "the broker answers, but acknowledges no message";
	return NULL;
}

/* Reads what there is; false: there is more. */
static bool receive_all(struct pf_client *client)
{
	bool more = true;

	for (int i = 0; i < AT_ONCE && more; i++)
		more = receive(client);
	client->seen_bytes = more ? 0 : client->session.wire.tap.bytes;
	return !more;
}

/* Reads, then sees to it that the broker is alive. */
static void watch(struct pf_client *client)
{
	/* what came in before this must be read before it can be missed */
	const uint64_t now_ns = pf_clock_now_ns();
	const bool all = receive_all(client);
	const char *reason;

	take_answers(client);
	reason = all ? trouble(client, now_ns) : NULL;
	if (reason)
		lose(client, reason);
	else if (pf_liveness_is_due(&client->liveness, now_ns))
		pf_liveness_ask(
			&client->liveness, pf_clock_now_ns(), pf_wire_ping(&client->session.wire));
}

/* When watch() has something to do if nothing comes. */
static uint64_t next_ns(const struct pf_client *client)
{
	const uint64_t alive_ns = pf_liveness_next_ns(&client->liveness);
	const uint64_t ack_ns = pf_flights_end_ns(
		&client->session.flights, client->endpoint.keepalive_s);

	/* an order had the library read something */
	if (client->session.wire.tap.bytes != client->seen_bytes)
		return 0;
	return alive_ns < ack_ns ? alive_ns : ack_ns;
}

/* Waits for an order, for something from the broker, or until it is to be looked at. */
static void wait_for_work(struct pf_client *client)
{
	struct pollfd fds[] = {{.fd = client->orders.fd, .events = POLLIN},
		{.fd = client->connected ? client->session.wire.fd : -1, .events = POLLIN}};
	int wait_ms = -1;

	if (client->connected) {
		const uint64_t now_ns = pf_clock_now_ns(), end_ns = next_ns(client);

		wait_ms = end_ns > now_ns ? (int)((end_ns - now_ns) / PF_NS_PER_MS) + 1 : 0;
	}
	if (poll(fds, 2, wait_ms) > 0 && fds[0].revents)
		pf_orders_see(&client->orders);
}

/* ---- the link thread ------------------------------------------------------------------------- */

static bool obey(struct pf_client *client, const struct pf_order *order)
{
	switch (order->kind) {
	case PF_ORDER_CONNECT:
		connect_now(client, order->version);
		return true;
	case PF_ORDER_PUBLISH:
		publish_now(client, order->message);
		return true;
	case PF_ORDER_SUBSCRIBE:
		subscribe_now(client, order->subscriptions);
		return true;
	case PF_ORDER_QUIT:
		close_session(client);
		return false;
	}
	return true;
}

/* false: the last order was to quit. */
static bool obey_all(struct pf_client *client)
{
	struct pf_order order;

	while (pf_orders_take(&client->orders, &order))
		if (!obey(client, &order))
			return false;
	return true;
}

/* No thread uses the client any more. */
static void release(struct pf_client *client)
{
	pf_orders_done(&client->orders);
	pf_inbox_done(&client->inbox);
	pf_endpoint_done(&client->endpoint);
	pf_subscriptions_done(&client->subscriptions);
	free(client);
}

static void *run(void *argument)
{
	struct pf_client *client = argument;
	void *anchor = pf_session_anchor(&client->endpoint);

	do {
		wait_for_work(client);
		if (client->connected)
			watch(client);
	} while (obey_all(client));
	pf_session_unanchor(anchor);
	pf_inbox_put(&client->inbox, PF_NEWS_ENDED, NULL);
	if (atomic_exchange(&client->left, true))
		release(client);
	return NULL;
}

/* ---- the main loop's side -------------------------------------------------------------------- */

struct pf_client *pf_client_new(struct ev_loop *loop, const struct pf_mqtt_config *config,
	const char *will_topic, void (*on_ready)(void *user), void *user)
{
	struct pf_client *client = pf_calloc(1, sizeof *client);

	pf_inbox_init(&client->inbox, loop, on_ready, user);
	pf_endpoint_init(&client->endpoint, config, will_topic);
	client->warned_open = config->open_told;
	client->session.wire.offered = client->session.wire.fd = -1;
	client->orders_error = pf_orders_init(&client->orders);
	return client;
}

void pf_client_subscribe(struct pf_client *client, struct pf_subscriptions subscriptions)
{
	if (client->started)
		pf_orders_put(&client->orders, (struct pf_order){.kind = PF_ORDER_SUBSCRIBE,
						       .subscriptions = subscriptions});
	else
		client->subscriptions = subscriptions;
}

int pf_client_start(struct pf_client *client)
{
	int r;

	/* some versions of the library obey them, even for a broker in the house */
	(void)unsetenv("http_proxy");
	(void)unsetenv("https_proxy");
	pf_diagnose_tls_init();
	r = client->orders_error ? client->orders_error
				 : pf_thread_start("link", run, client, &client->thread);
	if (r)
		return r;
	client->started = true;
	return 0;
}

struct pf_inbox *pf_client_inbox(struct pf_client *client)
{
	return &client->inbox;
}

void pf_client_connect(struct pf_client *client, enum pf_mqtt_version version)
{
	pf_orders_put(
		&client->orders, (struct pf_order){.kind = PF_ORDER_CONNECT, .version = version});
}

void pf_client_publish(struct pf_client *client, struct pf_outgoing *message)
{
	pf_orders_put(
		&client->orders, (struct pf_order){.kind = PF_ORDER_PUBLISH, .message = message});
}

void pf_client_quit(struct pf_client *client)
{
	pf_orders_put(&client->orders, (struct pf_order){.kind = PF_ORDER_QUIT});
}

void pf_client_abandon(struct pf_client *client)
{
	/* should the thread come back, it may go */
	pf_client_quit(client);
	pf_inbox_close(&client->inbox);
	pthread_detach(client->thread);
	if (atomic_exchange(&client->left, true))
		release(client);
}

void pf_client_free(struct pf_client *client)
{
	if (!client)
		return;
	pf_inbox_close(&client->inbox);
	if (client->started)
		pthread_join(client->thread, NULL);
	release(client);
}

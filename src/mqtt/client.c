/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/client.h"

#include <MQTTClient.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "base/thread.h"
#include "mqtt/liveness.h"
#include "mqtt/orders.h"
#include "mqtt/reason.h"
#include "mqtt/recent.h"

#define LOSSES_MAX   8
#define LOST_WAIT_MS 2000

struct pf_client {
	struct pf_inbox inbox;
	struct pf_endpoint endpoint;
	struct pf_subscriptions subscriptions;
	struct pf_orders orders;
	struct pf_mailbox losses; /* the callbacks that told of a lost connection */
	bool started;
	struct pf_liveness liveness;
	_Atomic bool asking;    /* the link thread waits for an answer */
	_Atomic bool loss_told; /* PF_NEWS_LOST is posted for this connection */
	_Atomic bool left;      /* of an abandoned client: thread or loop has; the other frees it */
	pthread_t thread;

	/* the link thread's own */
	MQTTClient handle; /* NULL: none */
	enum pf_mqtt_version version;
	struct pf_limits limits;
	struct pf_recent recent; /* what the broker may yet refuse */
	bool connected;          /* and PF_NEWS_CONNECTED is posted */
	bool warned_open;        /* about files with secrets */
	bool warned_large;       /* about a message that the broker does not take; per connection */
};

/* ---- the library's callbacks: its threads, some with its lock held --------------------------- */

static int on_message(void *context, char *topic, int topic_size, MQTTClient_message *message)
{
	struct pf_client *client = context;
	const uint64_t since_ns = pf_liveness_hear(&client->liveness);

	/* topic_size is only set if there is a NUL in the topic: never one of ours */
	if (topic_size == 0)
		pf_inbox_put_message(&client->inbox, pf_session_copy(topic, message, since_ns));
	MQTTClient_freeMessage(&message);
	MQTTClient_free(topic);
	return 1;
}

static void on_delivered(void *context, MQTTClient_deliveryToken token)
{
	struct pf_client *client = context;

	pf_inbox_put_progress(&client->inbox, PF_NEWS_DONE, 0, token);
}

/* MQTT 5 only. PUBACK and PUBCOMP come to on_delivered(), too; a refusing PUBREC does not. */
static void on_published(void *context, int token, int packet_type, MQTTProperties *properties,
	enum MQTTReasonCodes code)
{
	const int pubrec = 5; /* MQTT 5 2.1.2 */
	struct pf_client *client = context;

	(void)properties;
	if ((int)code < PF_REASON_FAILURE)
		return;
	pf_orders_put(&client->orders, (struct pf_order){.kind = PF_ORDER_REFUSED,
					       .id = token,
					       .reason = pf_reason_text((int)code)});
	if (packet_type == pubrec)
		pf_inbox_put_progress(&client->inbox, PF_NEWS_DONE, 0, token);
}

/* Who waits for the broker's answer would wait on, so that is not for the link thread to tell. */
static void connection_lost(struct pf_client *client, const char *reason)
{
	if (atomic_load(&client->asking) && !atomic_exchange(&client->loss_told, true))
		pf_inbox_put(&client->inbox, PF_NEWS_LOST, reason);
	pf_orders_put(&client->orders, (struct pf_order){.kind = PF_ORDER_LOST, .reason = reason});
	(void)pf_mailbox_put(&client->losses, client);
}

static void on_lost(void *context, char *cause)
{
	(void)cause; /* always NULL */
	connection_lost(context, "the broker closed it or does not answer");
}

static void on_disconnected(void *context, MQTTProperties *properties, enum MQTTReasonCodes code)
{
	(void)properties;
	connection_lost(context, pf_reason_text((int)code));
}

/* ---- the link thread ------------------------------------------------------------------------- */

/*
 * Makes a handle for one connection. A handle is not used twice: it would keep the certificates of
 * its first connect, and its MQTT version.
 */
static int open_handle(struct pf_client *client, enum pf_mqtt_version version)
{
	MQTTClient_createOptions options = MQTTClient_createOptions_initializer;
	int code;

	options.MQTTVersion = version == PF_MQTT_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
	code = MQTTClient_createWithOptions(&client->handle, client->endpoint.uri,
		client->endpoint.client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	if (code) {
		client->handle = NULL;
		return code;
	}
	(void)MQTTClient_setCallbacks(client->handle, client, on_lost, on_message, on_delivered);
	if (version == PF_MQTT_5) {
		(void)MQTTClient_setDisconnected(client->handle, client, on_disconnected);
		(void)MQTTClient_setPublished(client->handle, client, on_published);
	}
	client->version = version;
	return 0;
}

static void close_handle(struct pf_client *client)
{
	client->connected = false;
	pf_session_close(&client->handle);
}

/*
 * The library tells of a lost connection in a thread made for that, which reads the handle: waits
 * until it has, so that the handle can go.
 */
static void await_lost(struct pf_client *client)
{
	(void)pf_mailbox_wait(&client->losses, LOST_WAIT_MS);
}

static void fail(struct pf_client *client, enum pf_failure failure, const char *text)
{
	struct pf_news *news = pf_calloc(1, sizeof *news);

	close_handle(client);
	news->kind = PF_NEWS_FAILED;
	news->failure = failure;
	news->text = pf_strdup(text);
	pf_inbox_put_news(&client->inbox, news);
}

static void connect_now(struct pf_client *client, enum pf_mqtt_version version)
{
	char text[PF_DIAGNOSIS_SIZE] = "";
	enum pf_failure failure;
	struct pf_news *news;

	close_handle(client);
	while (pf_mailbox_take(&client->losses))
		;
	if (open_handle(client, version)) {
		fail(client, PF_FAILURE_OTHER, "the MQTT library refuses the settings");
		return;
	}
	if (!pf_session_connect(client->handle, &client->endpoint, version, &client->warned_open,
		    &client->limits, &failure, text)) {
		fail(client, failure, text);
		return;
	}
	pf_liveness_open(&client->liveness, pf_clock_now_ns());
	if (!pf_session_subscribe(client->handle, version, &client->subscriptions)) {
		await_lost(client);
		fail(client, PF_FAILURE_OTHER, "it does not answer the subscriptions");
		return;
	}
	client->connected = true;
	atomic_store(&client->loss_told, false);
	client->warned_large = false;
	news = pf_calloc(1, sizeof *news);
	news->kind = PF_NEWS_CONNECTED;
	news->limits = client->limits;
	pf_inbox_put_news(&client->inbox, news);
}

static void refused_now(struct pf_client *client, int id, const char *reason)
{
	char *text = pf_recent_refusal(&client->recent, id, reason);

	pf_inbox_put(&client->inbox, PF_NEWS_REFUSED, text);
	free(text);
}

static void publish_now(struct pf_client *client, struct pf_outgoing *message)
{
	const bool answered = message->qos > 0 && client->limits.qos_max > 0;
	const uint64_t token = message->token;
	int id = 0;
	const bool ok = client->connected &&
			pf_session_fits(&client->limits, message, &client->warned_large) &&
			pf_session_publish(
				client->handle, client->version, &client->limits, message, &id);

	pf_recent_keep(&client->recent, message, ok && client->version == PF_MQTT_5 ? id : 0);
	if (!ok)
		pf_inbox_put_progress(&client->inbox, PF_NEWS_LEFT, token, 0);
	else if (!answered)
		pf_inbox_put_progress(&client->inbox, PF_NEWS_DONE, token, 0);
	else if (token)
		pf_inbox_put_progress(&client->inbox, PF_NEWS_SENT, token, id);
}

static void lost_now(struct pf_client *client, const char *reason)
{
	/* an order from an earlier connection, overtaken by a new one? */
	if (!client->connected || MQTTClient_isConnected(client->handle))
		return;
	close_handle(client);
	if (!atomic_exchange(&client->loss_told, true))
		pf_inbox_put(&client->inbox, PF_NEWS_LOST, reason);
}

/* Asks the broker whether it is still there: liveness.h. */
static void ask_now(struct pf_client *client)
{
	bool answered;

	pf_liveness_ask(&client->liveness, pf_clock_now_ns());
	atomic_store(&client->asking, true);
	answered = pf_session_ask(client->handle, client->endpoint.will_topic);
	atomic_store(&client->asking, false);
	if (answered)
		pf_liveness_answer(&client->liveness, pf_clock_now_ns());
}

static void quit_now(struct pf_client *client)
{
	if (client->connected && !MQTTClient_isConnected(client->handle))
		await_lost(client);
	close_handle(client);
}

static bool obey(struct pf_client *client, const struct pf_order *order)
{
	switch (order->kind) {
	case PF_ORDER_CONNECT:
		connect_now(client, order->version);
		return true;
	case PF_ORDER_PUBLISH:
		publish_now(client, order->message);
		return true;
	case PF_ORDER_REFUSED:
		refused_now(client, order->id, order->reason);
		return true;
	case PF_ORDER_LOST:
		lost_now(client, order->reason);
		return true;
	case PF_ORDER_QUIT:
		quit_now(client);
		return false;
	}
	return true;
}

/* No thread uses the client any more. */
static void release(struct pf_client *client)
{
	pf_recent_done(&client->recent);
	pf_orders_done(&client->orders);
	pf_mailbox_done(&client->losses);
	pf_inbox_done(&client->inbox);
	pf_liveness_done(&client->liveness);
	pf_endpoint_done(&client->endpoint);
	pf_subscriptions_done(&client->subscriptions);
	free(client);
}

/* How long it can be before the broker is to be asked again. Who hears nothing need not ask. */
static uint32_t wait_ms(struct pf_client *client)
{
	return client->connected && client->subscriptions.n > 0
		       ? pf_liveness_wait_ms(&client->liveness, pf_clock_now_ns())
		       : UINT32_MAX;
}

static void *run(void *argument)
{
	struct pf_client *client = argument;
	MQTTClient anchor = NULL;
	struct pf_order order;
	uint32_t timeout_ms;
	bool more = true;

	/*
	 * The library tears itself down with its last handle, even while its own thread is still
	 * on the way out. This one never connects and keeps the others from being the last.
	 */
	(void)MQTTClient_create(&anchor, client->endpoint.uri, client->endpoint.client_id,
		MQTTCLIENT_PERSISTENCE_NONE, NULL);
	while (more) {
		timeout_ms = wait_ms(client);
		if (timeout_ms == 0)
			ask_now(client);
		else if (pf_orders_wait(&client->orders, timeout_ms, &order))
			more = obey(client, &order);
	}
	MQTTClient_destroy(&anchor);
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
	pf_orders_init(&client->orders);
	pf_liveness_init(&client->liveness, pf_clock_now_ns());
	pf_mailbox_init(&client->losses, LOSSES_MAX);
	return client;
}

void pf_client_subscribe(struct pf_client *client, const char *topic, int qos, bool stored)
{
	pf_subscriptions_add(&client->subscriptions, topic, qos, stored);
}

const struct pf_subscription *pf_client_subscription(const struct pf_client *client, size_t index)
{
	return index < client->subscriptions.n ? &client->subscriptions.list[index] : NULL;
}

int pf_client_start(struct pf_client *client)
{
	int r;

	/* some versions of the library obey them, even for a broker in the house */
	(void)unsetenv("http_proxy");
	(void)unsetenv("https_proxy");
	pf_diagnose_tls_init();
	r = pf_thread_start("link", run, client, &client->thread);
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

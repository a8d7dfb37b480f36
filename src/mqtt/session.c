/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/session.h"

#include <MQTTClient.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "mqtt/library.h"
#include "mqtt/reason.h"

bool pf_session_is_up(const struct pf_session *session)
{
	return session->handle && MQTTClient_isConnected(session->handle) &&
	       !session->wire.tap.left && !session->wire.tap.bad;
}

/* ---- subscribing ----------------------------------------------------------------------------- */

/* The answers that MQTT 3.1.1 gives, in place of what was asked for; as many as there are. */
static size_t n_answers(const struct pf_session *session, const MQTTResponse *response)
{
	if (session->version == PF_MQTT_5)
		return response->reasonCodes ? (size_t)response->reasonCodeCount : 1;
	return session->wire.tap.suback_size > 2 ? session->wire.tap.suback_size - 2 : 0;
}

/*
 * Retain Handling 2: stored messages are not sent; 0: they are, at every subscribe. Retain As
 * Published 1: what is passed on by a bridge keeps the flag that it was stored with (MQTT
 * 5 3.8.3.1).
 */
static MQTTSubscribe_options options_of(const struct pf_subscription *subscription)
{
	MQTTSubscribe_options options = MQTTSubscribe_options_initializer;

	options.retainAsPublished = 1;
	options.retainHandling = subscription->stored ? 0 : 2;
	return options;
}

/* In one packet, so at most PF_SUBSCRIBE_MAX. */
static bool subscribe_some(
	struct pf_session *session, struct pf_subscription *subscriptions, size_t n)
{
	const bool v5 = session->version == PF_MQTT_5;
	MQTTSubscribe_options options[PF_SUBSCRIBE_MAX];
	char *topics[PF_SUBSCRIBE_MAX] = {NULL};
	int qos[PF_SUBSCRIBE_MAX] = {0};
	MQTTResponse response;
	int code;

	for (size_t i = 0; i < n; i++) {
		topics[i] = subscriptions[i].topic;
		qos[i] = subscriptions[i].qos;
		options[i] = options_of(&subscriptions[i]);
	}
	/* the library writes as many answers of MQTT 3.1.1 into qos as there are in the packet */
	session->wire.tap.suback_max = v5 ? 0 : 2 + (uint32_t)n;
	pf_library_enter();
	response = MQTTClient_subscribeMany5(
		session->handle, (int)n, topics, qos, v5 ? options : NULL, NULL);
	pf_library_leave();
	code = (int)response.reasonCode;
	for (size_t i = 0; code >= 0 && i < n; i++)
		subscriptions[i].answer = i >= n_answers(session, &response) ? PF_REASON_FAILURE
					  : !v5                              ? qos[i]
					  : response.reasonCodes ? (int)response.reasonCodes[i]
								 : code;
	MQTTResponse_free(response);
	return code >= 0;
}

/* How many of the first topics go into one packet. */
static size_t share_of(
	const struct pf_session *session, const struct pf_subscription *subscriptions, size_t n)
{
	const char *topics[PF_SUBSCRIBE_MAX];

	if (n > PF_SUBSCRIBE_MAX)
		n = PF_SUBSCRIBE_MAX;
	for (size_t i = 0; i < n; i++)
		topics[i] = subscriptions[i].topic;
	return pf_limits_share(&session->limits, topics, n);
}

bool pf_session_subscribe(
	struct pf_session *session, struct pf_subscription *subscriptions, size_t n)
{
	for (size_t i = 0, share; i < n; i += share) {
		share = share_of(session, subscriptions + i, n - i);
		if (share == 0) {
			subscriptions[i].answer = PF_REASON_TOO_LARGE;
			share = 1;
		} else if (!subscribe_some(session, subscriptions + i, share)) {
			return false;
		}
	}
	return true;
}

static void unsubscribe(
	struct pf_session *session, const struct pf_subscription *subscriptions, size_t n)
{
	char *topics[PF_SUBSCRIBE_MAX];

	for (size_t i = 0, share; i<n; i += share> 0 ? share : 1) {
		/* what went into a SUBSCRIBE does so without its options, too */
		share = share_of(session, subscriptions + i, n - i);
		for (size_t k = 0; k < share; k++)
			topics[k] = subscriptions[i + k].topic;
		if (share == 0)
			continue;
		pf_library_enter();
		MQTTResponse_free(
			MQTTClient_unsubscribeMany5(session->handle, (int)share, topics, NULL));
		pf_library_leave();
	}
}

bool pf_session_resubscribe(
	struct pf_session *session, struct pf_subscriptions *now, struct pf_subscriptions *before)
{
	size_t n_now, n_before;

	pf_subscriptions_carry(now, before);
	n_now = pf_subscriptions_carried(now);
	n_before = pf_subscriptions_carried(before);
	if (!pf_session_subscribe(session, now->list + n_now, now->n - n_now))
		return false;
	unsubscribe(session, before->list + n_before, before->n - n_before);
	return pf_session_is_up(session);
}

/* ---- publishing ------------------------------------------------------------------------------ */

/* The numbers of what the library has sent and has no answer to, ended by -1; or NULL. */
static MQTTClient_deliveryToken *pending(const struct pf_session *session)
{
	MQTTClient_deliveryToken *ids = NULL;

	(void)MQTTClient_getPendingDeliveryTokens(session->handle, &ids);
	return ids;
}

static bool is_among(const MQTTClient_deliveryToken *ids, int id)
{
	for (; ids && *ids != -1; ids++)
		if (*ids == id)
			return true;
	return false;
}

/*
 * The number of the message that was just published: the last of all. It is not asked for at once,
 * as the library would look for it in a message that it frees when the answer comes early. 0: the
 * answer is there.
 */
static int newest(struct pf_session *session)
{
	MQTTClient_deliveryToken *ids = pending(session);
	int id = 0;

	for (const MQTTClient_deliveryToken *at = ids; at && *at != -1; at++)
		id = *at;
	MQTTClient_free(ids);
	return id && !pf_flights_find(&session->flights, id) ? id : 0;
}

/* true: handed over. */
static bool hand_over(struct pf_session *session, const struct pf_outgoing *message, int qos)
{
	const bool v5 = session->version == PF_MQTT_5;
	MQTTProperties properties = MQTTProperties_initializer;
	MQTTProperty correlation = {.identifier = MQTTPROPERTY_CODE_CORRELATION_DATA};
	MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};
	MQTTResponse response;
	char *data = NULL;

	if (v5 && message->correlation_data) {
		data = pf_memdup(message->correlation_data, message->correlation_size);
		correlation.value.data.data = data;
		correlation.value.data.len = (int)message->correlation_size;
		MQTTProperties_add(&properties, &correlation);
	}
	/* the broker counts from when it gets the message: MQTT 5 3.3.2.3.3 */
	expiry.value.integer4 = pf_outgoing_rest_s(message, pf_clock_now_ns());
	if (v5 && expiry.value.integer4)
		MQTTProperties_add(&properties, &expiry);
	pf_library_enter();
	response = MQTTClient_publish5(session->handle, message->topic, (int)message->payload_size,
		message->payload, qos, pf_limits_retain(&session->limits, message->retain),
		v5 ? &properties : NULL, NULL);
	pf_library_leave();
	MQTTProperties_free(&properties);
	free(data);
	return (int)response.reasonCode == MQTTCLIENT_SUCCESS;
}

enum pf_published pf_session_publish(struct pf_session *session, struct pf_outgoing *message)
{
	const int qos = pf_limits_qos(&session->limits, message->qos);
	const uint64_t now_ns = pf_clock_now_ns();
	struct pf_flight *flight;
	int id;

	session->early_reason = 0;
	if (!hand_over(session, message, qos)) {
		free(message);
		return PF_PUBLISHED_NOT;
	}
	if (qos == 0) {
		free(message);
		return PF_PUBLISHED_DONE;
	}
	id = newest(session);
	flight = pf_flights_add(&session->flights, id ? id : PF_FLIGHT_EARLY, message, now_ns);
	flight->reason = session->early_reason;
	return PF_PUBLISHED_FLYING;
}

/* A refused PUBREC of QoS 2 ends it, too (MQTT 5 4.3.3), but not for the library. */
static bool is_answered(const struct pf_flight *flight, const MQTTClient_deliveryToken *ids)
{
	return flight->id && (flight->reason >= PF_REASON_FAILURE || !is_among(ids, flight->id));
}

struct pf_flight *pf_session_next_answered(struct pf_session *session)
{
	struct pf_flight *first = NULL;
	MQTTClient_deliveryToken *ids;

	/* with the connection the library forgets what it has sent, answered or not */
	if (pf_flights_oldest_ns(&session->flights) == PF_NEVER ||
		!MQTTClient_isConnected(session->handle))
		return NULL;
	ids = pending(session);
	for (int i = 0; i < PF_WINDOW_MAX; i++) {
		struct pf_flight *flight = &session->flights.flights[i];

		if (is_answered(flight, ids) && (!first || flight->number < first->number))
			first = flight;
	}
	MQTTClient_free(ids);
	return first;
}

/* ---- receiving ------------------------------------------------------------------------------- */

/* Copies bytes to *at with a NUL behind them and moves *at on; where they are now. */
static const char *append(char **at, const void *bytes, size_t size)
{
	char *copy = *at;

	if (size)
		memcpy(copy, bytes, size);
	*at += size + 1;
	return copy;
}

/* Where to answer, and what belongs to the answer; NULL: nowhere, nothing. */
struct response {
	const MQTTProperty *topic, *correlation;
};

static bool is_usable(const MQTTLenString *topic)
{
	/* a NUL is not allowed in a topic: MQTT 5 1.5.4 */
	return topic->len > 0 && topic->len <= PF_LINK_RESPONSE_MAX &&
	       !memchr(topic->data, '\0', (size_t)topic->len);
}

/* An answer without all the data that belongs to it could not be told from others. */
static struct response find_response(MQTTClient_message *message)
{
	struct response response = {.topic = MQTTProperties_getProperty(
					    &message->properties, MQTTPROPERTY_CODE_RESPONSE_TOPIC),
		.correlation = MQTTProperties_getProperty(
			&message->properties, MQTTPROPERTY_CODE_CORRELATION_DATA)};

	if (response.correlation && response.correlation->value.data.len > PF_LINK_RESPONSE_MAX)
		return (struct response){NULL, NULL};
	if (response.topic && !is_usable(&response.topic->value.data))
		response.topic = NULL;
	return response;
}

static struct pf_incoming *copy_message(
	const struct pf_session *session, const char *topic, MQTTClient_message *message)
{
	const struct response response = find_response(message);
	const size_t whole_size = (size_t)message->payloadlen, topic_size = strlen(topic);
	const size_t payload_size = whole_size < PF_LINK_PAYLOAD_MAX ? whole_size
								     : PF_LINK_PAYLOAD_MAX;
	const size_t response_size = response.topic ? (size_t)response.topic->value.data.len : 0;
	const size_t correlation_size = response.correlation
						? (size_t)response.correlation->value.data.len
						: 0;
	struct pf_incoming *copy = pf_calloc(
		1, sizeof *copy + topic_size + payload_size + response_size + correlation_size + 4);
	char *at = copy->bytes;

	copy->message = (struct pf_link_message){
		.topic = append(&at, topic, topic_size),
		.payload = (const uint8_t *)append(&at, message->payload, payload_size),
		.payload_size = payload_size,
		.retained = message->retained != 0,
		.from_store = message->retained && session->version != PF_MQTT_5,
		.time_ns = pf_clock_now_ns(),
		.correlation_size = correlation_size,
	};
	if (response.topic)
		copy->message.response_topic = append(
			&at, response.topic->value.data.data, response_size);
	if (response.correlation)
		copy->message.correlation_data = (const uint8_t *)append(
			&at, response.correlation->value.data.data, correlation_size);
	return copy;
}

/*
 * Whether a PINGRESP has come, before what was handed out last: the library may have had messages
 * in hand when it read it.
 */
static bool has_answered(struct pf_session *session, bool all)
{
	const struct pf_tap *tap = &session->wire.tap;

	if (tap->pongs == session->pongs ||
		(!all && session->n_received <= tap->messages_before_pong))
		return false;
	session->pongs = tap->pongs;
	return true;
}

bool pf_session_receive(
	struct pf_session *session, struct pf_incoming **ret_message, bool *ret_answered)
{
	const uint64_t bytes = session->wire.tap.bytes;
	MQTTClient_message *message = NULL;
	char *topic = NULL;
	int topic_size = 0;

	*ret_message = NULL;
	pf_library_enter();
	(void)MQTTClient_receive(session->handle, &topic, &topic_size, &message, 0);
	pf_library_leave();
	session->n_received += message != NULL;
	*ret_answered = has_answered(session, !message);
	if (!message)
		return session->wire.tap.bytes != bytes;
	/* with a NUL in it, it is none of ours */
	if ((size_t)topic_size == strlen(topic))
		*ret_message = copy_message(session, topic, message);
	MQTTClient_freeMessage(&message);
	MQTTClient_free(topic);
	return true;
}

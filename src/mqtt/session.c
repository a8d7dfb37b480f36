/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/session.h"

#include <MQTTClient.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/shown.h"
#include "mqtt/reason.h"
#include "mqtt/secret.h"

#define TIMEOUT_S     10
#define ANSWER_MIN_MS 5000 /* the library takes no less */
#define WINDOW_V3     16   /* MQTT 3.1.1 brokers do not tell; what the slowest take */
#define SUBSCRIBE_MAX 50   /* topics in a packet: far from any broker's packet limit */
/* Bytes of a PUBLISH at most besides topic, payload and correlation data. */
#define PACKET_EXTRA 32
/* What we take: payload, topic, response topic (64 KiB each at most) and a bit. */
#define PACKET_MAX (256 * 1024)

/* On the link thread's stack for the time of a connect, then wiped. */
struct secrets {
	struct pf_secret password, key_password;
};

/*
 * The library notices a dead broker after 1.8 to 2.6 times the interval it is given; we promise
 * 1.5 times keepalive_s, so it is given half.
 */
static int library_keepalive_s(int keepalive_s)
{
	return keepalive_s / 2 > 0 ? keepalive_s / 2 : 1;
}

static int numeric_or(MQTTProperties *properties, enum MQTTPropertyCodes code, int otherwise)
{
	/* int or int64_t, as the library's version has it; what is asked for here fits in both */
	return properties && MQTTProperties_hasProperty(properties, code)
		       ? (int)MQTTProperties_getNumericValue(properties, code)
		       : otherwise;
}

static void read_limits(MQTTProperties *properties, struct pf_limits *ret_limits)
{
	/* one less than the broker takes: a QoS 2 message still counts while its PUBREL is sent */
	int window = numeric_or(properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, 65535) - 1;
	int packet_max;

	if (window > PF_WINDOW_MAX)
		window = PF_WINDOW_MAX;
	ret_limits->window = window > 0 ? window : 1;
	ret_limits->qos_max = numeric_or(properties, MQTTPROPERTY_CODE_MAXIMUM_QOS, 2);
	ret_limits->retain = numeric_or(properties, MQTTPROPERTY_CODE_RETAIN_AVAILABLE, 1) != 0;
	/* what does not fit in an int is more than any message of ours */
	packet_max = numeric_or(properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0);
	ret_limits->packet_max = packet_max > 0 ? (size_t)packet_max : 0;
}

/*
 * How long an answer may take, then the library ends the connection: within the 1.5 times
 * keepalive_s, of which two seconds may have passed before the question.
 */
static unsigned long answer_ms(int keepalive_s)
{
	const int ms = keepalive_s * 1500 - 2000;

	if (ms > TIMEOUT_S * 1000)
		return TIMEOUT_S * 1000;
	return ms > ANSWER_MIN_MS ? (unsigned long)ms : ANSWER_MIN_MS;
}

/* The library's code; positive ones are the broker's. */
static int connect_v5(
	MQTTClient handle, MQTTClient_connectOptions *options, struct pf_limits *ret_limits)
{
	MQTTProperties properties = MQTTProperties_initializer;
	MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_SESSION_EXPIRY_INTERVAL};
	MQTTProperty packet_max = {.identifier = MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE};
	MQTTResponse response;
	int code;

	/* stored sessions would bring old commands back: MQTT 5 3.1.2.4 and 3.1.2.11.2 */
	expiry.value.integer4 = 0;
	MQTTProperties_add(&properties, &expiry);
	/* the library makes room for any packet, up to 256 MiB: MQTT 5 3.1.2.11.4 */
	packet_max.value.integer4 = PACKET_MAX;
	MQTTProperties_add(&properties, &packet_max);
	options->cleansession = 0;
	options->cleanstart = 1;
	response = MQTTClient_connect5(handle, options, &properties, NULL);
	code = (int)response.reasonCode;
	if (code == MQTTCLIENT_SUCCESS)
		read_limits(response.properties, ret_limits);
	MQTTResponse_free(response);
	MQTTProperties_free(&properties);
	return code;
}

static int connect_v3(
	MQTTClient handle, MQTTClient_connectOptions *options, struct pf_limits *ret_limits)
{
	*ret_limits = (struct pf_limits){.window = WINDOW_V3, .qos_max = 2, .retain = true};
	options->cleansession = 1;
	return MQTTClient_connect(handle, options);
}

static int connect_with(MQTTClient handle, const struct pf_endpoint *endpoint,
	enum pf_mqtt_version version, const struct secrets *secrets, struct pf_limits *ret_limits)
{
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
	MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;

	will.topicName = endpoint->will_topic;
	will.message = "offline";
	will.retained = 1;
	will.qos = 1;
	options.will = &will;
	options.keepAliveInterval = library_keepalive_s(endpoint->keepalive_s);
	options.connectTimeout = TIMEOUT_S;
	options.username = endpoint->username;
	options.password = endpoint->password_file ? secrets->password.text : NULL;
	/* the window is ours: at its own limit the library sleeps */
	options.reliable = 0;
	options.maxInflightMessages = 65535;
	options.MQTTVersion = version == PF_MQTT_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
	if (endpoint->tls) {
		tls.enableServerCertAuth = 1;
		tls.verify = 1; /* the host name; the library's default is not to look */
		tls.enabledCipherSuites = PF_TLS_CIPHERS;
		tls.trustStore = endpoint->ca_file;
		tls.keyStore = endpoint->cert_file;
		tls.privateKey = endpoint->key_file;
		if (endpoint->key_password_file)
			tls.privateKeyPassword = secrets->key_password.text;
		options.ssl = &tls;
	}
	return version == PF_MQTT_5 ? connect_v5(handle, &options, ret_limits)
				    : connect_v3(handle, &options, ret_limits);
}

static int read_secret(
	const char *key, const char *path, struct pf_secret *ret_secret, char *ret_text)
{
	const int r = path ? pf_secret_read(path, ret_secret) : 0;
	char shown[PF_SHOWN_SIZE];

	if (r)
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "%s %s cannot be read: %s", key,
			pf_shown(PF_HIDDEN, path, shown), strerror(-r));
	return r;
}

static bool read_secrets(
	const struct pf_endpoint *endpoint, struct secrets *ret_secrets, char *ret_text)
{
	return !read_secret("password_file", endpoint->password_file, &ret_secrets->password,
		       ret_text) &&
	       !read_secret("key_password_file", endpoint->key_password_file,
		       &ret_secrets->key_password, ret_text);
}

static void wipe_secrets(struct secrets *secrets)
{
	pf_secret_wipe(&secrets->password);
	pf_secret_wipe(&secrets->key_password);
}

static enum pf_failure explain(
	const struct pf_endpoint *endpoint, int code, uint64_t took_ns, char *ret_text)
{
	if (code <= 0)
		return pf_diagnose(endpoint, took_ns >= TIMEOUT_S * PF_NS_PER_S / 10 * 9, ret_text);
	(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "%s%s", pf_reason_text(code),
		pf_reason_is_identity(code) && !endpoint->username
			? ". No username is configured here; mosquitto wants one unless its "
			  "configuration has \"allow_anonymous true\""
			: "");
	return code == PF_REASON_V3_BAD_VERSION || code == PF_REASON_BAD_VERSION
		       ? PF_FAILURE_VERSION
		       : PF_FAILURE_OTHER;
}

bool pf_session_connect(void *handle, const struct pf_endpoint *endpoint,
	enum pf_mqtt_version version, bool *warned_open, struct pf_limits *ret_limits,
	enum pf_failure *ret_failure, char *ret_text)
{
	struct secrets secrets;
	uint64_t start_ns;
	bool read;
	int code = 0;

	*ret_failure = PF_FAILURE_OTHER;
	if (pf_endpoint_check_files(endpoint, ret_text, PF_DIAGNOSIS_SIZE) ||
		pf_diagnose_tls_files(endpoint, ret_text) || pf_diagnose_name(endpoint, ret_text))
		return false;
	if (!*warned_open)
		*warned_open = pf_endpoint_warn_open(endpoint);
	start_ns = pf_clock_now_ns();
	read = read_secrets(endpoint, &secrets, ret_text);
	if (read)
		code = connect_with(handle, endpoint, version, &secrets, ret_limits);
	wipe_secrets(&secrets);
	(void)MQTTClient_setCommandTimeout(handle, answer_ms(endpoint->keepalive_s));
	if (code)
		*ret_failure = explain(endpoint, code, pf_clock_now_ns() - start_ns, ret_text);
	return read && !code;
}

/* At most SUBSCRIBE_MAX topics in one packet. */
static bool subscribe_some(MQTTClient handle, enum pf_mqtt_version version,
	struct pf_subscription *subscriptions, size_t n)
{
	/* Retain As Published 0: what is published now comes without the flag (MQTT 5 3.8.3.1) */
	const MQTTSubscribe_options option = {.struct_id = {'M', 'Q', 'S', 'O'}};
	MQTTSubscribe_options options[SUBSCRIBE_MAX];
	char *topics[SUBSCRIBE_MAX] = {NULL};
	int qos[SUBSCRIBE_MAX] = {0};
	MQTTResponse response;
	int code;

	for (size_t i = 0; i < n; i++) {
		topics[i] = subscriptions[i].topic;
		qos[i] = subscriptions[i].qos;
		options[i] = option;
		/* 2: stored messages are not sent; 0: they are, at every subscribe */
		options[i].retainHandling = subscriptions[i].stored ? 0 : 2;
	}
	response = MQTTClient_subscribeMany5(
		handle, (int)n, topics, qos, version == PF_MQTT_5 ? options : NULL, NULL);
	code = (int)response.reasonCode;
	for (size_t i = 0; code >= 0 && i < n; i++)
		subscriptions[i].answer = version != PF_MQTT_5   ? qos[i]
					  : response.reasonCodes ? (int)response.reasonCodes[i]
								 : code;
	MQTTResponse_free(response);
	return code >= 0;
}

bool pf_session_subscribe(
	void *handle, enum pf_mqtt_version version, struct pf_subscriptions *subscriptions)
{
	for (size_t i = 0; i < subscriptions->n; i += SUBSCRIBE_MAX)
		if (!subscribe_some(handle, version, subscriptions->list + i,
			    subscriptions->n - i < SUBSCRIBE_MAX ? subscriptions->n - i
								 : SUBSCRIBE_MAX))
			return false;
	return true;
}

bool pf_session_ask(void *handle, const char *topic)
{
	MQTTResponse response = MQTTClient_unsubscribe5(handle, topic, NULL);
	/* not allowed, not subscribed: all the same, it has answered */
	const bool answered = (int)response.reasonCode >= 0;

	MQTTResponse_free(response);
	return answered;
}

bool pf_session_fits(
	const struct pf_limits *limits, const struct pf_outgoing *message, bool *warned)
{
	const size_t size = PACKET_EXTRA + strlen(message->topic) + message->payload_size +
			    message->correlation_size;

	if (limits->packet_max == 0 || size <= limits->packet_max)
		return true;
	if (!*warned)
		pf_warning("mqtt: %s: a message of %zu bytes, and the broker takes %zu at most; "
			   "it is left out",
			message->topic, size, limits->packet_max);
	*warned = true;
	return false;
}

bool pf_session_publish(void *handle, enum pf_mqtt_version version, const struct pf_limits *limits,
	const struct pf_outgoing *message, int *ret_id)
{
	const int qos = message->qos < limits->qos_max ? message->qos : limits->qos_max;
	MQTTProperties properties = MQTTProperties_initializer;
	MQTTProperty correlation = {.identifier = MQTTPROPERTY_CODE_CORRELATION_DATA};
	MQTTProperty expiry = {.identifier = MQTTPROPERTY_CODE_MESSAGE_EXPIRY_INTERVAL};
	MQTTClient_deliveryToken id = 0;
	MQTTResponse response;
	char *data = NULL;

	if (version == PF_MQTT_5 && message->correlation_data) {
		data = pf_memdup(message->correlation_data, message->correlation_size);
		correlation.value.data.data = data;
		correlation.value.data.len = (int)message->correlation_size;
		MQTTProperties_add(&properties, &correlation);
	}
	/* the broker counts from when it gets the message: MQTT 5 3.3.2.3.3 */
	expiry.value.integer4 = pf_outgoing_rest_s(message, pf_clock_now_ns());
	if (version == PF_MQTT_5 && expiry.value.integer4)
		MQTTProperties_add(&properties, &expiry);
	response = MQTTClient_publish5(handle, message->topic, (int)message->payload_size,
		message->payload, qos, message->retain && limits->retain,
		version == PF_MQTT_5 ? &properties : NULL, &id);
	MQTTProperties_free(&properties);
	free(data);
	*ret_id = qos > 0 ? id : 0;
	return (int)response.reasonCode == MQTTCLIENT_SUCCESS;
}

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

struct pf_incoming *pf_session_copy(const char *topic, void *library_message, uint64_t since_ns)
{
	MQTTClient_message *const message = library_message;
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
		.time_ns = pf_clock_now_ns(),
		.since_ns = since_ns,
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

void pf_session_close(void **handle)
{
	if (!*handle)
		return;
	(void)MQTTClient_disconnect(*handle, 0);
	MQTTClient_destroy(handle);
	*handle = NULL;
}

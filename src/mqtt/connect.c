/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/session.h"

#include <MQTTClient.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "config/shown.h"
#include "mqtt/dial.h"
#include "mqtt/library.h"
#include "mqtt/reason.h"
#include "mqtt/secret.h"

#define TIMEOUT_S 10

/* On the link thread's stack for the time of a connect, then wiped. */
struct secrets {
	struct pf_secret password, key_password;
};

/* The last will, as good as the broker takes it. */
struct will {
	int qos;
	bool retain;
};

/*
 * What the broker hears of us is half of what the owner wants: after 1.5 times that it publishes
 * the last will of a machine that has lost its power.
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
	int packet_max;

	pf_limits_init(ret_limits);
	pf_limits_set_window(
		ret_limits, numeric_or(properties, MQTTPROPERTY_CODE_RECEIVE_MAXIMUM, 65535));
	ret_limits->qos_max = numeric_or(properties, MQTTPROPERTY_CODE_MAXIMUM_QOS, 2);
	ret_limits->retain = numeric_or(properties, MQTTPROPERTY_CODE_RETAIN_AVAILABLE, 1) != 0;
	ret_limits->keepalive_s = numeric_or(properties, MQTTPROPERTY_CODE_SERVER_KEEP_ALIVE, 0);
	/* what does not fit in an int is more than any message of ours */
	packet_max = numeric_or(properties, MQTTPROPERTY_CODE_MAXIMUM_PACKET_SIZE, 0);
	ret_limits->packet_max = packet_max > 0 ? (size_t)packet_max : 0;
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
	packet_max.value.integer4 = PF_PACKET_MAX;
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
	pf_limits_init(ret_limits);
	options->cleansession = 1;
	return MQTTClient_connect(handle, options);
}

static int connect_with(MQTTClient handle, const struct pf_endpoint *endpoint,
	const struct will *wanted, enum pf_mqtt_version version, const struct secrets *secrets,
	struct pf_limits *ret_limits)
{
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	MQTTClient_willOptions will = MQTTClient_willOptions_initializer;
	MQTTClient_SSLOptions tls = MQTTClient_SSLOptions_initializer;

	will.topicName = endpoint->will_topic;
	will.message = "offline";
	will.retained = wanted->retain;
	will.qos = wanted->qos;
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

/* Why the library could not connect: its code, or the broker's from a CONNACK if positive. */
static enum pf_failure explain(const struct pf_endpoint *endpoint, const struct pf_dial *dial,
	int code, uint64_t took_ns, char *ret_text)
{
	if (code <= 0)
		return pf_diagnose(endpoint, pf_dial_address(dial),
			took_ns >= TIMEOUT_S * PF_NS_PER_S / 10 * 9, ret_text);
	(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "%s%s", pf_reason_text(code),
		pf_reason_is_identity(code)
			? pf_reason_identity_hint(endpoint->username, endpoint->password_file)
			: "");
	return code == PF_REASON_V3_BAD_VERSION || code == PF_REASON_BAD_VERSION
		       ? PF_FAILURE_VERSION
		       : PF_FAILURE_REFUSED;
}

/* What the broker said to a message, before the library takes it as answered. MQTT 5 only. */
static void on_published(void *context, int id, int packet_type, MQTTProperties *properties,
	enum MQTTReasonCodes code)
{
	struct pf_session *session = context;
	struct pf_flight *flight = pf_flights_find(&session->flights, id);

	(void)packet_type;
	(void)properties;
	if (flight)
		flight->reason = (int)code;
	else
		session->early_reason = (int)code;
}

/*
 * Makes a handle for one connection. A handle is not used twice: it would keep the certificates of
 * its first connect, and its MQTT version.
 */
static int open_handle(struct pf_session *session, const struct pf_endpoint *endpoint)
{
	MQTTClient_createOptions options = MQTTClient_createOptions_initializer;
	MQTTClient handle;
	int code;

	options.MQTTVersion = session->version == PF_MQTT_5 ? MQTTVERSION_5 : MQTTVERSION_3_1_1;
	code = MQTTClient_createWithOptions(&handle, endpoint->uri, endpoint->client_id,
		MQTTCLIENT_PERSISTENCE_NONE, NULL, &options);
	if (code)
		return code;
	session->handle = handle;
	if (session->version == PF_MQTT_5)
		(void)MQTTClient_setPublished(handle, session, on_published);
	return 0;
}

/* One connect through this socket, which is taken over. The library's code. */
static int try_socket(struct pf_session *session, int fd, const struct pf_endpoint *endpoint,
	const struct will *will, const struct secrets *secrets)
{
	int code = MQTTCLIENT_FAILURE;

	pf_library_enter();
	pf_wire_offer(&session->wire, fd, endpoint->tls, endpoint->websocket);
	if (open_handle(session, endpoint) == 0)
		code = connect_with(session->handle, endpoint, will, session->version, secrets,
			&session->limits);
	pf_library_leave();
	if (code)
		pf_session_close(session);
	return code;
}

/* What the broker refuses in the last will is left out. false: that is not what it minds. */
static bool lessen(struct will *will, int code)
{
	if (code == PF_REASON_NO_RETAIN && will->retain)
		will->retain = false;
	else if (code == PF_REASON_NO_QOS && will->qos > 0)
		will->qos = 0;
	else
		return false;
	return true;
}

/* Adds what is wrong with the address in hand to what was wrong with others. */
static void add_reason(const struct pf_dial *dial, const char *reason, char *text)
{
	const size_t used = strlen(text);
	char address[64];

	if (strstr(text, reason))
		return;
	pf_dial_format(dial, address, sizeof address);
	if (used)
		(void)snprintf(
			text + used, PF_DIAGNOSIS_SIZE - used, "; at %s: %s", address, reason);
	else
		(void)snprintf(text, PF_DIAGNOSIS_SIZE, "%s", reason);
}

/* One address after the other, until the broker at one takes us or has a reason of its own. */
static bool try_addresses(struct pf_session *session, const struct pf_endpoint *endpoint,
	const struct secrets *secrets, struct pf_dial *dial, enum pf_failure *ret_failure,
	char *ret_text)
{
	struct will will = {.qos = 1, .retain = true};
	char reason[PF_DIAGNOSIS_SIZE];
	int fd, r;

	while ((r = pf_dial_next(dial, &fd)) == 0) {
		const uint64_t start_ns = pf_clock_now_ns();
		const int code = try_socket(session, fd, endpoint, &will, secrets);

		if (code == 0)
			return true;
		if (lessen(&will, code)) {
			pf_dial_again(dial);
			continue;
		}
		*ret_failure = explain(endpoint, dial, code, pf_clock_now_ns() - start_ns, reason);
		add_reason(dial, reason, ret_text);
		if (code > 0 && !pf_reason_is_passing(code))
			return false;
	}
	if (!ret_text[0])
		pf_diagnose_unreachable(endpoint, r, ret_text);
	return false;
}

/* MQTT 5 and 3.1.1, 3.2.2.2: who has asked for a clean start must not go on with an old session. */
static bool check_session(struct pf_session *session, enum pf_failure *ret_failure, char *ret_text)
{
	if (!session->wire.tap.resumed)
		return true;
	pf_session_close(session);
	*ret_failure = PF_FAILURE_REFUSED;
	(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
		"the broker goes on with an old session, and was asked for a new one");
	return false;
}

bool pf_session_open(struct pf_session *session, const struct pf_endpoint *endpoint,
	enum pf_mqtt_version version, bool *warned_open, enum pf_failure *ret_failure,
	char *ret_text)
{
	struct secrets secrets;
	struct pf_dial dial;
	bool open = false;

	*session = (struct pf_session){.version = version, .wire = {.offered = -1, .fd = -1}};
	*ret_failure = PF_FAILURE_OTHER;
	ret_text[0] = '\0';
	if (pf_endpoint_check_files(endpoint, ret_text, PF_DIAGNOSIS_SIZE) ||
		pf_diagnose_tls_files(endpoint, ret_text) ||
		pf_dial_open(&dial, endpoint, ret_text))
		return false;
	if (!*warned_open)
		*warned_open = pf_endpoint_warn_open(endpoint);
	if (read_secrets(endpoint, &secrets, ret_text))
		open = try_addresses(session, endpoint, &secrets, &dial, ret_failure, ret_text);
	wipe_secrets(&secrets);
	pf_dial_close(&dial);
	return open && check_session(session, ret_failure, ret_text);
}

void pf_session_close(struct pf_session *session)
{
	pf_library_enter();
	if (session->handle) {
		(void)MQTTClient_disconnect(session->handle, 0);
		MQTTClient_destroy(&session->handle);
	}
	session->handle = NULL;
	pf_library_leave();
	pf_wire_done(&session->wire);
	pf_flights_done(&session->flights);
}

void *pf_session_anchor(const struct pf_endpoint *endpoint)
{
	MQTTClient anchor = NULL;

	(void)MQTTClient_create(
		&anchor, endpoint->uri, endpoint->client_id, MQTTCLIENT_PERSISTENCE_NONE, NULL);
	return anchor;
}

void pf_session_unanchor(void *anchor)
{
	pf_library_enter();
	MQTTClient_destroy(&anchor);
	pf_library_leave();
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The link and what brokers want, forbid, forget or get wrong: each by a broker with a script. */

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../broker.h"
#include "../scripted.h"
#include "../t.h"
#include "base/clock.h"
#include "mqtt/dial.h"

static struct watched_link watched;
static struct scripted broker;
static unsigned seed = 3;

static const char *const command_topic[] = {"t/set", NULL};

static unsigned below(unsigned n)
{
	return (unsigned)rand_r(&seed) % n;
}

static void prepare(void)
{
	broker = (struct scripted){.script = {.max_qos = -1}};
}

static void start(const char *const *topics)
{
	scripted_start(&broker, "127.0.0.1");
	watched_init(&watched, broker.port);
	watched_start(&watched, topics);
}

static void start_connected(const char *const *topics)
{
	start(topics);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 15));
}

/* The broker first: what it has not acknowledged is not waited for then. */
static void stop(void)
{
	scripted_stop(&broker);
	watched_stop(&watched);
}

static bool waits_until(volatile const int *counter, int value, double timeout_s)
{
	const uint64_t deadline_ns = pf_clock_now_ns() + (uint64_t)(timeout_s * 1e9);

	while (*counter < value && pf_clock_now_ns() < deadline_ns)
		(void)watched_wait(&watched, &watched.stopped, 1, 0.01);
	return *counter >= value;
}

/* ---- the last will --------------------------------------------------------------------------- */

static void a_will_that_the_broker_refuses_is_lessened(void)
{
	static const struct {
		int retain, qos, will_retain, will_qos, connects;
	} cases[] = {
		{0, 0, 1, 1, 1}, {0x9a, 0, 0, 1, 2}, {0, 0x9b, 1, 0, 2}, {0x9a, 0x9b, 0, 0, 3}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		prepare();
		broker.script.refuse_will_retain = cases[i].retain;
		broker.script.refuse_will_qos = cases[i].qos;
		broker.script.no_retain = cases[i].retain != 0;
		if (cases[i].qos)
			broker.script.max_qos = 0;
		start_connected(command_topic);
		T_INT(broker.account->will_retain, cases[i].will_retain);
		T_INT(broker.account->will_qos, cases[i].will_qos);
		T_INT(broker.account->connects, cases[i].connects);
		T_INT(broker.account->version, 5);
		T_INT(watched_log_count("cannot connect"), 0);
		stop();
	}
}

/* Who refuses it for another reason is not asked again and again. */
static void a_will_without_anything_left_is_not_lessened(void)
{
	prepare();
	broker.script.refuse = 0x9a;
	start(command_topic);
	T_TRUE(watched_wait_log(&watched, "does not keep retained messages", 10));
	T_TRUE(broker.account->connects <= 3);
	stop();
}

/* ---- limits ---------------------------------------------------------------------------------- */

static char topic_names[40][64];
static const char *topics[41];

static void make_topics(size_t n)
{
	for (size_t i = 0; i < n; i++) {
		(void)snprintf(topic_names[i], sizeof topic_names[i], "t/%zu/%.*s", i,
			(int)below(20), "xxxxxxxxxxxxxxxxxxxx");
		topics[i] = topic_names[i];
	}
	topics[n] = NULL;
}

static void publish_some(int n)
{
	for (int i = 0; i < n; i++) {
		char topic[32], text[200];

		memset(text, 'x', sizeof text);
		text[below(sizeof text)] = '\0';
		text[sizeof text - 1] = '\0';
		(void)snprintf(topic, sizeof topic, "t/out/%d", i);
		(void)watched_publish(&watched, topic, text, (int)below(3), below(2) != 0);
	}
	(void)watched_publish(&watched, "t", "", 1, true);
}

/* Whatever the broker allows: no packet, QoS, retain flag and number of messages goes beyond it. */
static void every_limit_is_obeyed(void)
{
	for (int round = 0; round < 25; round++) {
		struct script *script = &broker.script;

		prepare();
		script->max_qos = (int)below(3) - 1;
		script->no_retain = below(2) != 0;
		script->max_packet = below(3) ? 20 + below(200) : 0;
		script->receive_maximum = below(3) ? 1 + below(20) : 0;
		script->ack_late = below(2) != 0 && script->receive_maximum > 1;
		if (script->max_qos < 0)
			script->max_qos = 1; /* it does not know the handshake of QoS 2 */
		script->refuse_will_retain = script->no_retain ? 0x9a : 0;
		script->refuse_will_qos = script->max_qos == 0 ? 0x9b : 0;
		make_topics(below(40));
		start_connected(topics);
		publish_some(script->ack_late ? 3 * (int)script->receive_maximum : 60);
		T_TRUE(waits_until(&broker.account->n_published, 1, 5));
		(void)watched_wait(&watched, &watched.disconnected, 1, 0.05);
		T_INT(watched.disconnected, 0);
		T_TRUE(broker.account->highest_qos <= script->max_qos);
		T_TRUE(!script->no_retain || broker.account->n_retained == 0);
		T_TRUE(!script->max_packet || broker.account->largest <= script->max_packet);
		if (script->receive_maximum)
			T_TRUE(broker.account->most_under_way <= (int)script->receive_maximum);
		stop();
	}
}

static void a_topic_too_long_for_the_broker_is_unheard_and_the_others_are_not(void)
{
	static const char *const mixed[] = {"t/a", "t/longer/than/the/broker/takes", "t/b", NULL};

	prepare();
	broker.script.max_packet = 30;
	start_connected(mixed);
	T_INT(watched.unheard, 1);
	T_INT(broker.account->n_subscribed, 2);
	T_HAS(watched_log(), "the broker refuses the subscription to t/longer");
	stop();
}

/* Twenty outputs with the longest topics, and two thousand bytes. */
static void many_topics_do_not_need_large_packets(void)
{
	prepare();
	broker.script.max_packet = 60;
	make_topics(40);
	start_connected(topics);
	T_INT(broker.account->n_subscribed, 40);
	T_INT(watched.unheard, 0);
	T_TRUE(broker.account->largest <= 60);
	stop();
}

static void the_broker_says_how_often_it_wants_to_hear_of_us(void)
{
	prepare();
	broker.script.keepalive_s = 1;
	start_connected(command_topic);
	T_TRUE(waits_until(&broker.account->n_pings, 6, 10));
	T_INT(broker.account->n_lapses, 0);
	T_INT(watched.disconnected, 0);
	stop();
}

/* ---- what does not come ---------------------------------------------------------------------- */

static void a_broker_that_acknowledges_nothing_is_left(void)
{
	uint64_t began_ns;

	prepare();
	broker.script.no_puback = true;
	scripted_start(&broker, "127.0.0.1");
	watched_init(&watched, broker.port);
	watched.config.keepalive_s = 3;
	watched_start(&watched, command_topic);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 10));
	began_ns = pf_clock_now_ns();
	T_INT(watched_publish(&watched, "t/state", "1", 1, true), 0);
	T_TRUE(watched_wait(&watched, &watched.disconnected, 1, 20));
	T_TRUE(pf_clock_now_ns() - began_ns >= 9900 * PF_NS_PER_MS);
	T_HAS(watched_log(), "acknowledges no message");
	stop();
}

static void a_broker_that_answers_no_ping_is_left(void)
{
	prepare();
	broker.script.no_pong = true;
	scripted_start(&broker, "127.0.0.1");
	watched_init(&watched, broker.port);
	watched.config.keepalive_s = 3;
	watched_start(&watched, command_topic);
	T_TRUE(watched_wait(&watched, &watched.disconnected, 1, 10));
	stop();
}

/* ---- what should not come -------------------------------------------------------------------- */

static void odd_properties_do_no_harm(void)
{
	static const struct {
		const char *bytes;
		unsigned size;
	} odd[] = {{"\x12\x00\x01z", 4},         /* another client id */
		{"\x1f\x00\x03\xff\xfe\x00", 6}, /* a reason that is no text */
		{"\x1f\x00\x04\x1b[2J", 7},      /* and one that would clear a terminal */
		{"\x1c\x00\x02zz", 5},           /* another server */
		{"\x22\x00\x0a", 3},             /* topic aliases */
		{"\x28\x00\x2a\x00\x29\x00", 6}, /* no wildcards, no shared ones, no identifiers */
		{"\x26\x00\x01k\x00\x01v", 7},   /* something of the user's */
		{"\x1a\x00\x01r", 4}, {"\x11\xff\xff\xff\xff", 5}};

	for (size_t i = 0; i < sizeof odd / sizeof *odd; i++) {
		prepare();
		broker.script.odd = odd[i].bytes;
		broker.script.odd_size = odd[i].size;
		start_connected(command_topic);
		T_INT(watched_publish(&watched, "t/state", "1", 1, true), 0);
		T_TRUE(waits_until(&broker.account->n_published, 1, 5));
		T_INT(watched.disconnected, 0);
		stop();
	}
}

static void an_old_session_is_not_gone_on_with(void)
{
	prepare();
	broker.script.flags = 1;
	start(command_topic);
	T_TRUE(watched_wait_log(&watched, "goes on with an old session", 10));
	T_INT(watched.connected, 0);
	stop();
}

/* More answers than questions, and fewer, in both versions. */
static void answers_to_subscriptions_are_counted(void)
{
	static const unsigned codes[] = {1, 3, 4, 50, 10000};

	for (size_t i = 0; i < 2 * sizeof codes / sizeof *codes; i++) {
		const unsigned n = codes[i / 2];
		const bool v3 = i % 2;

		prepare();
		broker.script.suback_codes = n;
		make_topics(3);
		scripted_start(&broker, "127.0.0.1");
		watched_init(&watched, broker.port);
		watched.config.version = v3 ? PF_MQTT_3_1_1 : PF_MQTT_5;
		watched_start(&watched, topics);
		if (v3 && n > 3) {
			T_TRUE(watched_wait_log(&watched, "cannot connect", 10));
			T_INT(watched.connected, 0);
		} else {
			T_TRUE(watched_wait(&watched, &watched.connected, 1, 10));
			T_INT(watched.unheard, n < 3 ? 3 - (int)n : 0);
		}
		stop();
	}
}

static void the_reason_of_a_disconnect_is_told(void)
{
	static const struct {
		const char *bytes, *reason;
		unsigned size;
	} cases[] = {{"\xe0\x01\x8b", "shutting down", 3},
		{"\xe0\x01\x9c", "use another server", 3},
		{"\xe0\x08\x9d\x06\x1c\x00\x03new", "the server has moved", 10},
		{"\xe0\x01\x42", "an unknown reason", 3}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		prepare();
		broker.script.after = cases[i].bytes;
		broker.script.after_size = cases[i].size;
		start_connected(command_topic);
		T_TRUE(watched_wait(&watched, &watched.disconnected, 1, 10));
		T_HAS(watched_log(), cases[i].reason);
		stop();
	}
}

static void acknowledgements_that_nobody_waits_for_are_none(void)
{
	static const char pubacks[] =
		"\x40\x02\x00\x07\x40\x02\x00\x01\x70\x02\x00\x09\x50\x02\x00\x03";
	const struct pf_link_publication kept = {
		.topic = "t/kept", .payload = "x", .payload_size = 1, .qos = 1, .token = 1};

	prepare();
	broker.script.after = pubacks;
	broker.script.after_size = sizeof pubacks - 1;
	broker.script.no_puback = true;
	start_connected(command_topic);
	T_INT(pf_link_publish(watched.link, &kept), 0);
	T_TRUE(waits_until(&broker.account->n_published, 1, 5));
	T_FALSE(watched_wait(&watched, &watched.fates[PF_FATE_CONFIRMED], 1, 0.2));
	stop();
}

/* ---- addresses ------------------------------------------------------------------------------- */

static const char *const house[] = {"127.0.0.2", "127.0.0.3", "::1", "127.0.0.1"};

/* As if a name had all these addresses. */
static void make_dial(struct pf_dial *dial, int port)
{
	const struct addrinfo hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
	char service[16];

	(void)snprintf(service, sizeof service, "%d", port);
	*dial = (struct pf_dial){0};
	for (size_t i = sizeof house / sizeof *house; i-- > 0;) {
		struct addrinfo *one;

		T_INT(getaddrinfo(house[i], service, &hints, &one), 0);
		one->ai_next = dial->list;
		dial->list = one;
	}
	for (struct addrinfo *a = dial->list; a; a = a->ai_next) {
		dial->addresses[dial->n].info = a;
		dial->addresses[dial->n++].fd = -1;
	}
}

/* Whichever of them has a broker, it is found, and after that there is none. */
static void each_address_of_a_name_is_tried(void)
{
	for (size_t i = 0; i < sizeof house / sizeof *house; i++) {
		struct pf_dial dial;
		char text[64];
		int fd = -1;

		prepare();
		scripted_start(&broker, house[i]);
		make_dial(&dial, broker.port);
		T_INT(pf_dial_next(&dial, &fd), 0);
		pf_dial_format(&dial, text, sizeof text);
		T_STR(text, house[i]);
		close(fd);
		pf_dial_again(&dial);
		T_INT(pf_dial_next(&dial, &fd), 0);
		close(fd);
		T_INT(pf_dial_next(&dial, &fd), -ECONNREFUSED);
		pf_dial_close(&dial);
		scripted_stop(&broker);
	}
}

/* A port that takes connections nobody accepts any more: the kernel is silent on the next. */
static int fill_port(const char *address, int *fds, size_t n, int port)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)inet_pton(AF_INET, address, &in.sin_addr);
	T_INT(bind(fd, (struct sockaddr *)&in, sizeof in), 0);
	T_INT(listen(fd, 0), 0);
	for (size_t i = 0; i < n; i++) {
		fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		(void)connect(fds[i], (struct sockaddr *)&in, sizeof in);
	}
	return fd;
}

/* Behind a firewall that swallows: the next address does not wait for that. */
static void an_address_that_is_silent_holds_nobody_up(void)
{
	const uint64_t began_ns = pf_clock_now_ns();
	int fds[4], silent, fd = -1;
	struct pf_dial dial;
	char text[64];

	prepare();
	scripted_start(&broker, "127.0.0.1");
	silent = fill_port("127.0.0.2", fds, 4, broker.port);
	make_dial(&dial, broker.port);
	T_INT(pf_dial_next(&dial, &fd), 0);
	pf_dial_format(&dial, text, sizeof text);
	T_STR(text, "127.0.0.1");
	T_TRUE(pf_clock_now_ns() - began_ns < 5 * PF_NS_PER_S);
	close(fd);
	pf_dial_close(&dial);
	for (size_t i = 0; i < 4; i++)
		close(fds[i]);
	close(silent);
	scripted_stop(&broker);
}

static void an_address_in_digits_is_taken_as_it_is(void)
{
	prepare();
	scripted_start(&broker, "::1");
	watched_init(&watched, broker.port);
	(void)snprintf(watched.uri, sizeof watched.uri, "mqtt://[::1]:%d", broker.port);
	watched_start(&watched, command_topic);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 10));
	stop();
}

int main(void)
{
	static const struct t_test tests[] = {T(a_will_that_the_broker_refuses_is_lessened),
		T(a_will_without_anything_left_is_not_lessened), T(every_limit_is_obeyed),
		T(a_topic_too_long_for_the_broker_is_unheard_and_the_others_are_not),
		T(many_topics_do_not_need_large_packets),
		T(the_broker_says_how_often_it_wants_to_hear_of_us),
		T(a_broker_that_acknowledges_nothing_is_left),
		T(a_broker_that_answers_no_ping_is_left), T(odd_properties_do_no_harm),
		T(an_old_session_is_not_gone_on_with), T(answers_to_subscriptions_are_counted),
		T(the_reason_of_a_disconnect_is_told),
		T(acknowledgements_that_nobody_waits_for_are_none),
		T(each_address_of_a_name_is_tried), T(an_address_that_is_silent_holds_nobody_up),
		T(an_address_in_digits_is_taken_as_it_is)};

	return t_run("link_limits", tests, sizeof tests / sizeof *tests);
}

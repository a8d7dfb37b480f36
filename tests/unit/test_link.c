/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The link with a real broker: what works. What fails is in test_link_faults.c. */

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../broker.h"
#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"

static struct watched_link watched;
static int port;

static const char *const command_topic[] = {"t/set", NULL};

static void start_connected(const char *const *topics)
{
	watched_start(&watched, topics);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 10));
}

static void publishes_and_receives(void)
{
	struct pf_link_stats stats;

	watched_init(&watched, port);
	start_connected(command_topic);
	T_HAS(watched_log(), "(MQTT 5)");
	T_INT(watched_publish(&watched, "t/state", "21.5", 1, true), 0);
	T_INT(watched_publish(&watched, "t/state2", "x", 0, true), 0);
	T_INT(watched_publish(&watched, "t/state3", "y", 2, true), 0);
	(void)broker_run("mosquitto_pub -p %d -t t/set -m ON", port);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	T_STR(watched.received, "t/set=ON\n");
	T_INT(watched.retained, 0);
	T_TRUE(pf_clock_now_ns() - watched.last_time_ns < 5 * PF_NS_PER_S);
	pf_link_get_stats(watched.link, &stats);
	T_TRUE(stats.connected);
	T_INT(stats.reconnects, 0);
	T_INT(stats.sent, 3);
	T_INT(stats.received, 1);
	T_INT(stats.dropped, 0);
	watched_stop(&watched);
	T_INT(watched.disconnected, 0);
	T_STR(broker_run(
		      "mosquitto_sub -p %d -t t/state -t t/state2 -t t/state3 -v -C 3 -W 5 | sort",
		      port),
		"t/state 21.5\nt/state2 x\nt/state3 y");
}

static void stored_commands_are_not_sent_or_are_flagged(void)
{
	(void)broker_run("mosquitto_pub -p %d -t t/set -r -m OLD", port);

	watched_init(&watched, port);
	start_connected(command_topic);
	/* with the flag while we listen: a bridge passes on in that way what was stored elsewhere
	 */
	(void)broker_run("mosquitto_pub -p %d -t t/set -r -m NOW", port);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	T_STR(watched.received, "t/set=NOW\n");
	T_INT(watched.retained, 1);
	(void)broker_run("mosquitto_pub -p %d -t t/set -m LIVE", port);
	T_TRUE(watched_wait(&watched, &watched.messages, 2, 5));
	T_INT(watched.retained, 1);
	watched_stop(&watched);

	watched_init(&watched, port);
	watched.config.version = PF_MQTT_3_1_1;
	start_connected(command_topic);
	T_HAS(watched_log(), "(MQTT 3.1.1)");
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	T_STR(watched.received, "t/set=NOW\n");
	T_INT(watched.retained, 1);
	watched_stop(&watched);
	(void)broker_run("mosquitto_pub -p %d -t t/set -r -n", port);
}

static void missed_commands_do_not_come_later(void)
{
	watched_init(&watched, port);
	start_connected(command_topic);
	watched_stop(&watched);
	(void)broker_run("mosquitto_pub -p %d -t t/set -q 1 -m MISSED", port);
	watched_init(&watched, port);
	start_connected(command_topic);
	(void)broker_run("mosquitto_pub -p %d -t t/set -q 1 -m LIVE", port);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	T_STR(watched.received, "t/set=LIVE\n");
	watched_stop(&watched);
}

static void responses_carry_their_correlation(void)
{
	static const char *const topics[] = {"t/set", "t/answer", NULL};
	const struct pf_link_publication answer = {.topic = "t/answer",
		.payload = "done",
		.payload_size = 4,
		.qos = 1,
		.correlation_data = (const uint8_t *)"c-42",
		.correlation_size = 4};

	watched_init(&watched, port);
	start_connected(topics);
	(void)broker_run(
		"mosquitto_pub -V 5 -p %d -t t/set -m ON -D publish response-topic t/answer "
		"-D publish correlation-data c-41",
		port);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	T_STR(watched.last_response_topic, "t/answer");
	T_STR(watched.last_correlation, "c-41");
	T_INT(pf_link_publish(watched.link, &answer), 0);
	T_TRUE(watched_wait(&watched, &watched.messages, 2, 5));
	T_STR(watched.received, "t/set=ON\nt/answer=done\n");
	T_STR(watched.last_correlation, "c-42");
	T_STR(watched.last_response_topic, "");
	watched_stop(&watched);
}

/* More than a window of each QoS, heard by the sender itself. */
static void order_is_kept(void)
{
	static const char *const topics[] = {"t/order", NULL};
	static char expected[16384];
	size_t used = 0;

	watched_init(&watched, port);
	start_connected(topics);
	for (int i = 0; i < 300; i++) {
		char text[16];

		(void)snprintf(text, sizeof text, "%d", i);
		T_INT(watched_publish(&watched, "t/order", text, 1, false), 0);
		used += (size_t)snprintf(
			expected + used, sizeof expected - used, "t/order=%d\n", i);
	}
	T_TRUE(watched_wait(&watched, &watched.messages, 300, 10));
	T_STR(watched.received, expected);
	watched_stop(&watched);
}

/* Kept messages of each QoS between others; with QoS 0 there is nothing to wait for. */
static void tells_what_is_delivered(void)
{
	struct pf_link_stats stats;

	for (int qos = 0; qos <= 2; qos++) {
		struct pf_link_publication kept = {
			.topic = "t/kept", .payload = "x", .payload_size = 1, .qos = qos};

		watched_init(&watched, port);
		watched.config.version = qos == 2 ? PF_MQTT_3_1_1 : PF_MQTT_5;
		start_connected(command_topic);
		T_INT(pf_link_share(watched.link), 8);
		for (kept.token = 1; kept.token <= 100; kept.token++) {
			T_INT(pf_link_publish(watched.link, &kept), 0);
			T_INT(watched_publish(&watched, "t/other", "y", 1, false), 0);
		}
		/* with QoS 0 the others are confirmed */
		T_TRUE(watched_wait(
			&watched, &watched.fates[PF_FATE_CONFIRMED], qos ? 200 : 100, 10));
		T_INT(watched.fates[PF_FATE_SENT], qos ? 0 : 100);
		T_INT(watched.last_token, 100);
		pf_link_get_stats(watched.link, &stats);
		T_INT(stats.dropped, 0);
		watched_stop(&watched);
	}
}

static void large_payloads_do_not_fill_the_memory(void)
{
	char *path = pf_strdup(t_write_file("large", ""));

	watched_init(&watched, port);
	T_INT(truncate(path, 300000), 0);
	start_connected(command_topic);
	/* the broker is told that we do not take this one, and keeps it */
	(void)broker_run("mosquitto_pub -p %d -t t/set -f %s", port, path);
	T_INT(truncate(path, 20000), 0);
	(void)broker_run("mosquitto_pub -p %d -t t/set -f %s", port, path);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	T_INT(watched.last_size, PF_LINK_PAYLOAD_MAX);
	watched_stop(&watched);
	free(path);
}

static void thousand_states_offline_are_ten(void)
{
	const int later_port = broker_free_port();
	struct pf_link_stats stats;
	pid_t broker;

	watched_init(&watched, later_port);
	watched_start(&watched, NULL);
	for (int i = 0; i < 1000; i++) {
		char topic[32], text[16];

		(void)snprintf(topic, sizeof topic, "t/s%d", i % 10);
		(void)snprintf(text, sizeof text, "%d", i);
		T_INT(watched_publish(&watched, topic, text, 1, true), 0);
	}
	T_INT(watched_publish(&watched, "t/ack", "lost", 1, false), -ENOTCONN);
	broker = broker_start(later_port, NULL);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 10));
	pf_link_get_stats(watched.link, &stats);
	T_INT(stats.sent, 10);
	T_INT(stats.dropped, 1);
	watched_stop(&watched);
	T_STR(broker_run("mosquitto_sub -p %d -t 't/#' -v -C 10 -W 5 | sort", later_port),
		"t/s0 990\nt/s1 991\nt/s2 992\nt/s3 993\nt/s4 994\nt/s5 995\nt/s6 996\n"
		"t/s7 997\nt/s8 998\nt/s9 999");
	broker_signal(broker, SIGKILL);
}

static void publish_all(struct watched_link *link)
{
	(void)watched_publish(link, "t/value", "1", 1, true);
	(void)watched_publish(link, "t/status", "online", 1, true);
}

static void stop_delivers_what_waits(void)
{
	watched_init(&watched, port);
	watched.on_connected = publish_all;
	start_connected(NULL);
	for (int i = 0; i < 200; i++) {
		char topic[32];

		(void)snprintf(topic, sizeof topic, "t/last/%d", i);
		(void)watched_publish(&watched, topic, "z", 1, true);
	}
	(void)watched_publish(&watched, "t/status", "offline", 1, true);
	watched_stop(&watched);
	T_STR(broker_run("mosquitto_sub -p %d -t t/status -C 1 -W 5", port), "offline");
	T_STR(broker_run("mosquitto_sub -p %d -t 't/last/#' -C 200 -W 5 | wc -l", port), "200");
}

/* The broker publishes the will of a process that dies. */
static void will_is_left_behind(void)
{
	const uint64_t deadline_ns = pf_clock_now_ns() + 10 * PF_NS_PER_S;
	const pid_t child = fork();
	int status;

	if (child == 0) {
		watched_init(&watched, port);
		watched.config.client_id = "pinferry-doomed";
		watched.will_topic = "t/doomed";
		watched_start(&watched, NULL);
		(void)watched_wait(&watched, &watched.connected, 1, 10);
		(void)watched_publish(&watched, "t/doomed", "online", 1, true);
		(void)watched_wait(&watched, &watched.stopped, 1, 60);
		_exit(0);
	}
	while (strcmp(broker_run("mosquitto_sub -p %d -t t/doomed -C 1 -W 1", port), "online") != 0)
		if (!T_TRUE(pf_clock_now_ns() < deadline_ns))
			break;
	(void)kill(child, SIGKILL);
	(void)waitpid(child, &status, 0);
	while (strcmp(broker_run("mosquitto_sub -p %d -t t/doomed -C 1 -W 1", port), "offline") !=
		0)
		if (!T_TRUE(pf_clock_now_ns() < deadline_ns))
			break;
	T_STR(broker_run("mosquitto_sub -p %d -t t/doomed -C 1 -W 1", port), "offline");
}

static void stops_without_a_start(void)
{
	static const struct pf_link_callbacks none;

	watched_init(&watched, port);
	watched.loop = ev_loop_new(0);
	watched.link = pf_link_new(watched.loop, &watched.config, "t/status", &none, NULL);
	T_INT(watched_publish(&watched, "t/x", "1", 1, true), 0);
	pf_link_free(watched.link);
	pf_link_free(NULL);
	ev_loop_destroy(watched.loop);
}

int main(void)
{
	static const struct t_test tests[] = {T(publishes_and_receives),
		T(stored_commands_are_not_sent_or_are_flagged),
		T(missed_commands_do_not_come_later), T(responses_carry_their_correlation),
		T(order_is_kept), T(tells_what_is_delivered),
		T(large_payloads_do_not_fill_the_memory), T(thousand_states_offline_are_ten),
		T(stop_delivers_what_waits), T(will_is_left_behind), T(stops_without_a_start)};

	if (!broker_is_installed()) {
		printf("1..0 # SKIP mosquitto or its clients are not installed\n");
		return 0;
	}
	port = broker_free_port();
	(void)broker_start(port, NULL);
	return t_run("link", tests, sizeof tests / sizeof *tests);
}

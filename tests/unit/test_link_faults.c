/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The link when the broker, the network or the settings are not as they should be. */

#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../broker.h"
#include "../t.h"
#include "base/clock.h"
#include "mqtt/link_log.h"

static struct watched_link watched;

static const char *const command_topic[] = {"t/set", NULL};

static void start_connected(const char *const *topics)
{
	watched_start(&watched, topics);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 10));
}

/* ---- the broker comes and goes --------------------------------------------------------------- */

static void refused_is_logged_once(void)
{
	watched_init(&watched, broker_free_port());
	watched_start(&watched, NULL);
	while (watched_log_count("next attempt in") < 3)
		if (!T_TRUE(watched_wait_log(&watched, "next attempt in", 10)) ||
			watched_wait(&watched, &watched.connected, 1, 0.1))
			break;
	T_INT(watched_log_count("connection refused: no broker listens on port"), 1);
	T_INT(watched_log_count("cannot connect"), 1);
	T_INT(watched.disconnected, 0);
	watched_stop(&watched);
}

static void comes_back_after_the_broker(void)
{
	const int port = broker_free_port();
	pid_t broker = broker_start(port, NULL);
	struct pf_link_stats stats;

	watched_init(&watched, port);
	start_connected(command_topic);
	for (int round = 1; round <= 3; round++) {
		broker_signal(broker, SIGKILL);
		T_TRUE(watched_wait(&watched, &watched.disconnected, round, 10));
		broker = broker_start(port, NULL);
		T_TRUE(watched_wait(&watched, &watched.connected, round + 1, 10));
		(void)broker_run("mosquitto_pub -p %d -t t/set -q 1 -m ON", port);
		T_TRUE(watched_wait(&watched, &watched.messages, round, 5));
	}
	pf_link_get_stats(watched.link, &stats);
	T_INT(stats.reconnects, 3);
	T_INT(watched_log_count("is lost"), 3);
	T_INT(watched_log_count("connected again to"), 3);
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

/* A broker that hangs: 1.5 times keepalive_s is the promise, idle and with a message on its way. */
static void frozen_broker_is_noticed(void)
{
	const int port = broker_free_port();
	const pid_t broker = broker_start(port, NULL);
	uint64_t frozen_ns;

	for (int busy = 0; busy <= 1; busy++) {
		watched_init(&watched, port);
		watched.config.keepalive_s = 3;
		start_connected(NULL);
		frozen_ns = pf_clock_now_ns();
		broker_signal(broker, SIGSTOP);
		if (busy)
			(void)watched_publish(&watched, "t/state", "1", 1, true);
		T_TRUE(watched_wait(&watched, &watched.disconnected, 1, 15));
		printf("# noticed after %.1f s (keepalive_s = 3, %s)\n",
			(double)(watched.disconnected_ns - frozen_ns) / 1e9,
			busy ? "a message on its way" : "idle");
		T_TRUE(watched.disconnected_ns - frozen_ns <= 4500 * PF_NS_PER_MS);
		broker_signal(broker, SIGCONT);
		T_TRUE(watched_wait(&watched, &watched.connected, 2, 20));
		watched_stop(&watched);
	}
	broker_signal(broker, SIGKILL);
}

struct gaps {
	uint64_t last_ns, longest_ns;
};

static void on_tick(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	struct gaps *gaps = timer->data;
	const uint64_t now_ns = pf_clock_now_ns();

	(void)loop;
	(void)events;
	if (gaps->last_ns && now_ns - gaps->last_ns > gaps->longest_ns)
		gaps->longest_ns = now_ns - gaps->last_ns;
	gaps->last_ns = now_ns;
}

/* A reload makes a new link, and the thread of the old one may still hang in the library. */
static void next_link_works(void)
{
	const int port = broker_free_port();
	const pid_t broker = broker_start(port, NULL);

	watched_init(&watched, port);
	watched_start(&watched, command_topic);
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 15));
	T_INT(watched_publish(&watched, "t/set", "ON", 1, false), 0);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 5));
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

/*
 * A server that takes the connection and never says a word blocks the library for 10 s, as a dead
 * name server does. The loop must not notice, and a stop must not wait.
 */
static void silent_server_stops_neither_loop_nor_stop(void)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;
	struct gaps gaps = {0};
	struct ev_timer tick;
	uint64_t stop_ns;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	T_INT(bind(fd, (struct sockaddr *)&address, size), 0);
	T_INT(listen(fd, 4), 0);
	T_INT(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	watched_init(&watched, ntohs(address.sin_port));
	watched_start(&watched, NULL);
	ev_timer_init(&tick, on_tick, 0.01, 0.01);
	tick.data = &gaps;
	ev_timer_start(watched.loop, &tick);
	for (int i = 0; i < 100; i++)
		T_INT(watched_publish(&watched, "t/state", "1", 1, true), 0);
	T_FALSE(watched_wait(&watched, &watched.connected, 1, 1.5));
	T_TRUE(gaps.last_ns != 0);
	printf("# longest gap of a 10 ms timer: %.1f ms\n", (double)gaps.longest_ns / 1e6);
	T_TRUE(gaps.longest_ns < 500 * PF_NS_PER_MS);
	ev_timer_stop(watched.loop, &tick);
	stop_ns = pf_clock_now_ns();
	watched_stop(&watched);
	T_TRUE(pf_clock_now_ns() - stop_ns < 3 * PF_NS_PER_S);
	T_HAS(watched_log(), "leaving anyway");
	close(fd);
	next_link_works();
}

/* ---- who may what ---------------------------------------------------------------------------- */

static void wrong_password_can_be_put_right(void)
{
	const int port = broker_free_port();
	char *users = strdup(t_write_file("users", "")), *password;
	char configuration[512];
	pid_t broker;

	(void)broker_run("mosquitto_passwd -b %s shed right", users);
	(void)snprintf(configuration, sizeof configuration,
		"allow_anonymous false\npassword_file %s\n", users);
	broker = broker_start(port, configuration);
	password = strdup(t_write_file("password", "wrong-secret\n"));
	(void)chmod(password, 0644);
	watched_init(&watched, port);
	watched.config.username = "shed";
	watched.config.password_file = password;
	watched_start(&watched, NULL);
	/* at times the library overlooks the refusal and waits for its time-out, 10 s */
	T_TRUE(watched_wait_log(&watched, "cannot connect", 25));
	T_HAS(watched_log(), "password");
	(void)t_write_file("password", "right\n");
	T_TRUE(watched_wait(&watched, &watched.connected, 1, 10));
	T_INT(watched_log_count("every user of this machine can read password_file"), 1);
	T_INT(watched_log_count("wrong-secret"), 0);
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
	free(users);
	free(password);
}

static void missing_password_file_is_named(void)
{
	watched_init(&watched, broker_free_port());
	watched.config.password_file = "/nonexistent/password";
	watched_start(&watched, NULL);
	T_TRUE(watched_wait_log(&watched, "password_file ... cannot be read: No such file", 10));
	watched_stop(&watched);
}

/* Connected all the same; what is refused is named, and the window does not leak. */
static void refused_messages_are_logged(void)
{
	static const char *const topics[] = {"t/heard", NULL};
	const int port = broker_free_port();
	char configuration[512];
	pid_t broker;

	(void)snprintf(configuration, sizeof configuration, "allow_anonymous true\nacl_file %s\n",
		t_write_file("acl", "topic readwrite t/heard\n"));
	broker = broker_start(port, configuration);
	watched_init(&watched, port);
	start_connected(topics);
	for (int i = 0; i < 100; i++)
		(void)watched_publish(&watched, "t/forbidden", "1", 1 + i % 2, false);
	(void)watched_publish(&watched, "t/heard", "2", 1, false);
	T_TRUE(watched_wait(&watched, &watched.messages, 1, 10));
	T_INT(watched_log_count("the broker refuses a message on t/forbidden: not authorised"), 1);
	watched_stop(&watched);
	broker_signal(broker, SIGKILL);
}

/* ---- brokers that are not mosquitto -----------------------------------------------------------
 */

enum manner { SAYS_NO, HANGS_UP };

static void send_bytes(int fd, const void *bytes, size_t size)
{
	(void)!write(fd, bytes, size);
}

/* Answers what an MQTT 3.1.1 broker must, one connection; the packets are small: one read each. */
static void serve_v3(int fd, enum manner manner)
{
	uint8_t packet[512];

	if (read(fd, packet, sizeof packet) < 9)
		return;
	if (packet[8] == 5) {
		if (manner == SAYS_NO)
			send_bytes(fd, "\x20\x02\x00\x01", 4);
		return;
	}
	send_bytes(fd, "\x20\x02\x00\x00", 4);
	while (read(fd, packet, sizeof packet) > 0) {
		if (packet[0] == 0x82) { /* SUBSCRIBE of one topic, which is refused */
			const uint8_t answer[] = {0x90, 3, packet[2], packet[3], 0x80};

			send_bytes(fd, answer, sizeof answer);
		}
	}
}

static pid_t start_old_broker(enum manner manner, int *ret_port)
{
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;
	pid_t child;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	T_INT(bind(fd, (struct sockaddr *)&address, size), 0);
	T_INT(listen(fd, 4), 0);
	T_INT(getsockname(fd, (struct sockaddr *)&address, &size), 0);
	*ret_port = ntohs(address.sin_port);
	child = fork();
	while (child == 0) {
		const int connection = accept(fd, NULL, NULL);

		serve_v3(connection, manner);
		close(connection);
	}
	close(fd);
	return child;
}

static void speaks_3_1_1_with(enum manner manner)
{
	pid_t server;
	int port;

	server = start_old_broker(manner, &port);
	watched_init(&watched, port);
	start_connected(command_topic);
	T_HAS(watched_log(), "trying MQTT 3.1.1");
	T_HAS(watched_log(), "(MQTT 3.1.1)");
	T_HAS(watched_log(), "refuses the subscription to t/set");
	T_INT(watched.unheard, 1);
	watched_stop(&watched);
	(void)kill(server, SIGKILL);
	(void)waitpid(server, NULL, 0);
}

static void old_broker_says_no_to_5(void)
{
	speaks_3_1_1_with(SAYS_NO);
}

static void old_broker_hangs_up_on_5(void)
{
	speaks_3_1_1_with(HANGS_UP);
}

/* ---- the log --------------------------------------------------------------------------------- */

static size_t lines(void)
{
	size_t n = 0;

	for (const char *p = t_take_log(); (p = strchr(p, '\n')); p++)
		n++;
	return n;
}

static void reasons_by_turns_are_told_once_each(void)
{
	struct pf_link_log log;

	pf_link_log_init(&log, "b");
	for (int i = 0; i < 100; i++)
		pf_link_log_failed(&log, i % 3 ? "no answer" : "no route");
	T_INT(lines(), 2);
	/* a new outage, a new story */
	pf_link_log_connected(&log, 1, PF_MQTT_5);
	pf_link_log_failed(&log, "no answer");
	T_INT(lines(), 2);
	pf_link_log_done(&log);
}

static void reasons_without_end_are_no_flood(void)
{
	struct pf_link_log log;
	char reason[32];

	pf_link_log_init(&log, "b");
	for (int i = 0; i < 100; i++) {
		(void)snprintf(reason, sizeof reason, "reason %d", i);
		pf_link_log_failed(&log, reason);
	}
	T_INT(lines(), PF_LINK_LOG_FAILURES);
	pf_link_log_done(&log);
}

int main(void)
{
	static const struct t_test tests[] = {T(refused_is_logged_once),
		T(comes_back_after_the_broker), T(frozen_broker_is_noticed),
		T(wrong_password_can_be_put_right), T(missing_password_file_is_named),
		T(refused_messages_are_logged), T(old_broker_says_no_to_5),
		T(old_broker_hangs_up_on_5), T(reasons_by_turns_are_told_once_each),
		T(reasons_without_end_are_no_flood), T(silent_server_stops_neither_loop_nor_stop)};

	if (!broker_is_installed()) {
		printf("1..0 # SKIP mosquitto or its clients are not installed\n");
		return 0;
	}
	return t_run("link_faults", tests, sizeof tests / sizeof *tests);
}

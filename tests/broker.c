/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "broker.h"

#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "t.h"

#define BROKERS_MAX 16

static pid_t brokers[BROKERS_MAX];
static pid_t brokers_owner;
static char all_log[65536];

bool broker_is_installed(void)
{
	return broker_run("PATH=$PATH:/usr/sbin; command -v mosquitto && command -v mosquitto_pub "
			  "&& command -v mosquitto_sub")[0] != '\0';
}

static struct sockaddr_in loopback(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

/*
 * By chance and below the range that the kernel takes for outgoing connections: a port from there
 * could be somebody else's by the time the broker binds it.
 */
int broker_free_port(void)
{
	for (;;) {
		const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
		struct sockaddr_in address;
		uint16_t random = 0;
		int r;

		(void)!getrandom(&random, sizeof random, 0);
		address = loopback(10000 + random % 22000);
		r = bind(fd, (struct sockaddr *)&address, sizeof address);
		close(fd);
		if (!r)
			return ntohs(address.sin_port);
	}
}

static bool listens(int port)
{
	struct sockaddr_in address = loopback(port);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int r = connect(fd, (struct sockaddr *)&address, sizeof address);

	close(fd);
	return r == 0;
}

static void kill_brokers(void)
{
	if (getpid() != brokers_owner)
		return;
	for (int i = 0; i < BROKERS_MAX; i++)
		if (brokers[i])
			(void)kill(brokers[i], SIGKILL);
}

static void remember(pid_t pid)
{
	if (!brokers_owner) {
		brokers_owner = getpid();
		(void)atexit(kill_brokers);
	}
	for (int i = 0; i < BROKERS_MAX; i++) {
		if (brokers[i])
			continue;
		brokers[i] = pid;
		return;
	}
	abort();
}

static void forget(pid_t pid)
{
	for (int i = 0; i < BROKERS_MAX; i++)
		if (brokers[i] == pid)
			brokers[i] = 0;
}

pid_t broker_start(int port, const char *more_configuration)
{
	const uint64_t deadline_ns = pf_clock_now_ns() + 10 * PF_NS_PER_S;
	char name[64], text[4096];
	char *path;
	pid_t pid;

	(void)snprintf(name, sizeof name, "mosquitto-%d.conf", port);
	(void)snprintf(text, sizeof text, "listener %d 127.0.0.1\n%s%s\n", port,
		/* else it changes to a user who cannot read our files */
		geteuid() == 0 ? "user root\n" : "",
		more_configuration ? more_configuration : "allow_anonymous true");
	path = strdup(t_write_file(name, text));
	/* or the child writes what is buffered a second time */
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		(void)!freopen("/dev/null", "w", stderr);
		(void)!freopen("/dev/null", "w", stdout);
		(void)execl("/usr/sbin/mosquitto", "mosquitto", "-c", path, (char *)NULL);
		(void)execlp("mosquitto", "mosquitto", "-c", path, (char *)NULL);
		_exit(127);
	}
	free(path);
	remember(pid);
	while (!listens(port)) {
		if (pf_clock_now_ns() > deadline_ns || waitpid(pid, NULL, WNOHANG) == pid) {
			printf("Bail out! mosquitto does not start\n");
			exit(99);
		}
		(void)poll(NULL, 0, 10);
	}
	return pid;
}

void broker_signal(pid_t broker, int signal_number)
{
	(void)kill(broker, signal_number);
	if (signal_number != SIGKILL && signal_number != SIGTERM)
		return;
	(void)waitpid(broker, NULL, 0);
	forget(broker);
}

const char *broker_run(const char *format, ...)
{
	static char output[65536];
	char command[2048];
	va_list arguments;
	size_t n = 0;
	FILE *pipe;

	va_start(arguments, format);
	(void)vsnprintf(command, sizeof command, format, arguments);
	va_end(arguments);
	pipe = popen(command, "r");
	if (pipe) {
		n = fread(output, 1, sizeof output - 1, pipe);
		(void)pclose(pipe);
	}
	while (n > 0 && output[n - 1] == '\n')
		n--;
	output[n] = '\0';
	return output;
}

/* ---- the link -------------------------------------------------------------------------------- */

static void on_unheard(void *user, const char *topic, const char *reason)
{
	struct watched_link *watched = user;

	T_TRUE(topic[0] && reason[0]);
	watched->unheard++;
}

static void on_connected(void *user)
{
	struct watched_link *watched = user;

	watched->connected++;
	if (watched->on_connected)
		watched->on_connected(watched);
}

static void on_disconnected(void *user, const char *reason)
{
	struct watched_link *watched = user;

	T_TRUE(reason && reason[0]);
	watched->disconnected++;
	watched->disconnected_ns = pf_clock_now_ns();
}

static void on_message(void *user, const struct pf_link_message *message)
{
	struct watched_link *watched = user;
	const size_t used = strlen(watched->received);

	T_INT(message->payload[message->payload_size], 0);
	watched->messages++;
	watched->retained += message->retained;
	watched->last_size = message->payload_size;
	watched->last_time_ns = message->time_ns;
	(void)snprintf(watched->received + used, sizeof watched->received - used, "%s=%s\n",
		message->topic, (const char *)message->payload);
	(void)snprintf(watched->last_response_topic, sizeof watched->last_response_topic, "%s",
		message->response_topic ? message->response_topic : "");
	(void)snprintf(watched->last_correlation, sizeof watched->last_correlation, "%.*s",
		(int)message->correlation_size,
		message->correlation_data ? (const char *)message->correlation_data : "");
}

static void on_done(void *user, const struct pf_delivery *delivery)
{
	struct watched_link *watched = user;

	watched->fates[delivery->fate]++;
	if (!delivery->token)
		return;
	T_INT(delivery->token, watched->last_token + 1);
	watched->last_token = delivery->token;
}

static void on_overloaded(void *user, const char *topic, uint64_t n)
{
	struct watched_link *watched = user;

	(void)topic;
	watched->overloaded += (int)n;
}

static void on_stopped(void *user)
{
	struct watched_link *watched = user;

	watched->stopped++;
}

void watched_init(struct watched_link *watched, int port)
{
	*watched = (struct watched_link){.will_topic = "t/status"};
	(void)snprintf(watched->uri, sizeof watched->uri, "mqtt://127.0.0.1:%d", port);
	watched->config = (struct pf_mqtt_config){.broker = watched->uri,
		.client_id = "pinferry-test",
		.keepalive_s = 30,
		.qos = 1,
		.reconnect_max_s = 1};
	watched_log_clear();
}

void watched_start(struct watched_link *watched, const char *const *topics)
{
	static const struct pf_link_callbacks callbacks = {.connected = on_connected,
		.unheard = on_unheard,
		.disconnected = on_disconnected,
		.message = on_message,
		.overloaded = on_overloaded,
		.done = on_done,
		.stopped = on_stopped};

	watched->loop = ev_loop_new(0);
	watched->link = pf_link_new(
		watched->loop, &watched->config, watched->will_topic, &callbacks, watched);
	for (; topics && *topics; topics++)
		pf_link_subscribe(watched->link, *topics, 1, false);
	pf_link_subscribe_now(watched->link);
	T_INT(pf_link_start(watched->link), 0);
}

static void on_tick(struct ev_loop *loop, struct ev_timer *timer, int events)
{
	(void)loop;
	(void)timer;
	(void)events;
}

/* One round of the loop, at most 50 ms: then whoever waits looks again. */
static void run_once(struct watched_link *watched)
{
	struct ev_timer tick;

	ev_now_update(watched->loop);
	ev_timer_init(&tick, on_tick, 0.05, 0);
	ev_timer_start(watched->loop, &tick);
	(void)ev_run(watched->loop, EVRUN_ONCE);
	ev_timer_stop(watched->loop, &tick);
}

bool watched_wait(struct watched_link *watched, const int *counter, int value, double timeout_s)
{
	const uint64_t deadline_ns = pf_clock_now_ns() + (uint64_t)(timeout_s * 1e9);

	while (*counter < value && pf_clock_now_ns() < deadline_ns)
		run_once(watched);
	return *counter >= value;
}

void watched_stop(struct watched_link *watched)
{
	pf_link_stop(watched->link, 5000);
	T_TRUE(watched_wait(watched, &watched->stopped, 1, 10));
	pf_link_free(watched->link);
	ev_loop_destroy(watched->loop);
}

const char *watched_log(void)
{
	const size_t used = strlen(all_log);

	(void)snprintf(all_log + used, sizeof all_log - used, "%s", t_take_log());
	return all_log;
}

void watched_log_clear(void)
{
	(void)t_take_log();
	all_log[0] = '\0';
}

int watched_log_count(const char *text)
{
	int n = 0;

	for (const char *at = strstr(watched_log(), text); at; at = strstr(at + 1, text))
		n++;
	return n;
}

bool watched_wait_log(struct watched_link *watched, const char *text, double timeout_s)
{
	const uint64_t deadline_ns = pf_clock_now_ns() + (uint64_t)(timeout_s * 1e9);

	while (!strstr(watched_log(), text) && pf_clock_now_ns() < deadline_ns)
		run_once(watched);
	return strstr(watched_log(), text) != NULL;
}

int watched_publish(
	struct watched_link *watched, const char *topic, const char *text, int qos, bool state)
{
	const struct pf_link_publication publication = {.topic = topic,
		.payload = text,
		.payload_size = strlen(text),
		.qos = qos,
		.retain = state,
		.state = state};

	return pf_link_publish(watched->link, &publication);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * How late is a command that arrives after a quiet time? One program per Paho API, same source:
 *
 *   cc -O2 -D_GNU_SOURCE -o latency-client paho-latency.c -lpaho-mqtt3cs -lpthread
 *   cc -O2 -D_GNU_SOURCE -DOWN -o latency-own paho-latency.c -lpaho-mqtt3cs -lpthread
 *   cc -O2 -D_GNU_SOURCE -DASYNC -o latency-async paho-latency.c -lpaho-mqtt3as -lpthread
 *   mosquitto -p PORT &  ./latency-client PORT [COUNT [QUIET_S]]
 *
 * -DOWN is how the daemon does it: no callbacks, a thread that waits for the library's socket by
 * itself, and has the library read when there is something.
 *
 * Publishes COUNT (200) messages, each after QUIET_S (5) seconds of silence and up to 1.1 s at
 * random (so that no beat with the library's own period hides anything), from a raw socket, and
 * measures until the library's callback has it. The results are in doc/decisions.md. Not part of
 * any make target: 200 messages take 19 minutes.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifdef ASYNC
#include <MQTTAsync.h>
#define NAME  "MQTTAsync"
#define TOPIC "latencA"
#else
#include <MQTTClient.h>
#ifdef OWN
#define NAME  "MQTTown"
#define TOPIC "latencO"
#else
#define NAME  "MQTTClient"
#define TOPIC "latencC"
#endif
#endif

static int arrived_fd;
static volatile uint64_t arrived_ns;

static uint64_t now_ns(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000000000u + (uint64_t)time.tv_nsec;
}

static void arrived(void)
{
	const uint64_t one = 1;

	arrived_ns = now_ns();
	if (write(arrived_fd, &one, sizeof one) < 0)
		abort();
}

static void die(const char *what, int code)
{
	fprintf(stderr, NAME ": %s: %d\n", what, code);
	exit(1);
}

#ifdef ASYNC
static int on_message(void *context, char *topic, int size, MQTTAsync_message *message)
{
	(void)context;
	(void)size;
	arrived();
	MQTTAsync_freeMessage(&message);
	MQTTAsync_free(topic);
	return 1;
}

static void on_subscribed(void *context, MQTTAsync_successData *data)
{
	(void)context;
	(void)data;
	arrived();
}

static void on_connected(void *context, MQTTAsync_successData *data)
{
	MQTTAsync_responseOptions options = MQTTAsync_responseOptions_initializer;
	int r;

	(void)data;
	options.onSuccess = on_subscribed;
	r = MQTTAsync_subscribe(*(MQTTAsync *)context, TOPIC, 1, &options);
	if (r)
		die("subscribe", r);
}

static void subscribe(const char *uri)
{
	static MQTTAsync client;
	MQTTAsync_connectOptions options = MQTTAsync_connectOptions_initializer;
	int r;

	MQTTAsync_create(&client, uri, "latency-async", MQTTCLIENT_PERSISTENCE_NONE, NULL);
	MQTTAsync_setCallbacks(client, NULL, NULL, on_message, NULL);
	options.MQTTVersion = MQTTVERSION_3_1_1;
	options.onSuccess = on_connected;
	options.context = &client;
	r = MQTTAsync_connect(client, &options);
	if (r)
		die("connect", r);
}
#else
static int on_message(void *context, char *topic, int size, MQTTClient_message *message)
{
	(void)context;
	(void)size;
	arrived();
	MQTTClient_freeMessage(&message);
	MQTTClient_free(topic);
	return 1;
}

#ifdef OWN
/* The library's socket: the only one of TCP in this program yet. */
static int library_fd(void)
{
	struct sockaddr_in peer;
	socklen_t size = sizeof peer;

	for (int fd = 0; fd < 64; fd++)
		if (getpeername(fd, (struct sockaddr *)&peer, &size) == 0 &&
			peer.sin_family == AF_INET)
			return fd;
	die("no socket", 0);
	return -1;
}

static void *receive(void *argument)
{
	struct pollfd poll_fd = {.fd = library_fd(), .events = POLLIN};
	MQTTClient_message *message;
	char *topic;
	int size;

	for (;;) {
		(void)poll(&poll_fd, 1, 1000);
		do {
			message = NULL;
			if (MQTTClient_receive(argument, &topic, &size, &message, 0) < 0)
				die("receive", 0);
			if (message)
				(void)on_message(NULL, topic, size, message);
		} while (message);
	}
	return NULL;
}
#endif

static void subscribe(const char *uri)
{
	static MQTTClient client;
	MQTTClient_connectOptions options = MQTTClient_connectOptions_initializer;
	int r;
#ifdef OWN
	pthread_t thread;
#endif

	MQTTClient_create(&client, uri, "latency" NAME, MQTTCLIENT_PERSISTENCE_NONE, NULL);
#ifndef OWN
	MQTTClient_setCallbacks(client, NULL, NULL, on_message, NULL);
#endif
	options.MQTTVersion = MQTTVERSION_3_1_1;
	r = MQTTClient_connect(client, &options);
	if (r)
		die("connect", r);
	r = MQTTClient_subscribe(client, TOPIC, 1);
	if (r)
		die("subscribe", r);
#ifdef OWN
	pthread_create(&thread, NULL, receive, client);
#endif
	arrived();
}
#endif

static void wait_arrived(void)
{
	struct pollfd poll_fd = {.fd = arrived_fd, .events = POLLIN};
	uint64_t count;

	if (poll(&poll_fd, 1, 10000) != 1 || read(arrived_fd, &count, sizeof count) < 0)
		die("nothing arrived in 10 s", 0);
}

/* A publisher of its own, without a library: CONNECT as MQTT 3.1.1 with keep-alive 0. */
static int publisher(int port)
{
	static const uint8_t connect_packet[] = {
		0x10, 14, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 2, 'p', 'u'};
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	const int fd = socket(AF_INET, SOCK_STREAM, 0);
	const int on = 1;
	uint8_t answer[4];

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (connect(fd, (struct sockaddr *)&address, sizeof address))
		die("publisher: connect", 0);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	/* both programs may run at once: client id and topic have to differ */
	uint8_t packet[sizeof connect_packet];
	memcpy(packet, connect_packet, sizeof packet);
	packet[15] = TOPIC[6];
	if (write(fd, packet, sizeof packet) < 0 || read(fd, answer, 4) != 4 || answer[3] != 0)
		die("publisher: refused", 0);
	return fd;
}

static int compare(const void *a, const void *b)
{
	const double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

int main(int argc, char **argv)
{
	static const char publish[] = "\x30\x0b\0\x07" TOPIC "ON"; /* PUBLISH, QoS 0 */
	const int port = argc > 1 ? atoi(argv[1]) : 1883;
	const int n = argc > 2 ? atoi(argv[2]) : 200;
	const double quiet_s = argc > 3 ? atof(argv[3]) : 5;
	double *ms = calloc((size_t)n, sizeof *ms);
	int late = 0, fd;
	char uri[64];

	(void)snprintf(uri, sizeof uri, "tcp://127.0.0.1:%d", port);
	arrived_fd = eventfd(0, 0);
	subscribe(uri);
	wait_arrived();
	fd = publisher(port);
	srandom((unsigned)getpid());
	for (int i = 0; i < n; i++) {
		uint64_t sent_ns;

		usleep((useconds_t)(quiet_s * 1e6 + (double)(random() % 1100000)));
		sent_ns = now_ns();
		if (write(fd, publish, sizeof publish - 1) != sizeof publish - 1)
			die("publish", i);
		wait_arrived();
		ms[i] = (double)(arrived_ns - sent_ns) / 1e6;
		late += ms[i] > 5;
	}
	qsort(ms, (size_t)n, sizeof *ms, compare);
	printf(NAME
		": n=%d quiet=%gs p50=%.2f p90=%.2f p99=%.2f max=%.2f ms, later than 5 ms: %d\n",
		n, quiet_s, ms[n / 2], ms[n * 9 / 10], ms[n * 99 / 100], ms[n - 1], late);
	free(ms);
	return 0;
}

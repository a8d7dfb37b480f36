/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * fake_broker PORT SCRIPT: answers one CONNECT per connection as brokers do that mosquitto is not.
 * SCRIPT has one word for each connection in turn, the last one for all that follow:
 *
 *   hang-up      closes the connection without a word
 *   silent       takes the connection and never answers
 *   v3:CODE      CONNACK of MQTT 3.1.1 with this return code (hex)
 *   v5:CODE      CONNACK of MQTT 5 with this reason code (hex)
 *   kick:CODE    takes the client, and ends it by a DISCONNECT of MQTT 5 with this code
 *   old          refuses MQTT 5 as a broker of 3.1.1 does (CONNACK 1), and takes 3.1.1
 *   deaf         takes the client, and refuses every subscription that has "pump/set" in it
 *   quota:N      takes the client, and N (hex) times says that a quota is exceeded (MQTT 5) when a
 *                message comes on a topic that ends with "/n"
 *   noisy        takes the client, and acknowledges what never was, and all twice
 *
 * Prints a line for each CONNECT: its number, the version of the protocol, and the time in ms; and
 * one for each message of quota and noisy: `got TOPIC PAYLOAD`, or `refused` for those not taken.
 */

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define CONNECT     0x10
#define PUBLISH     0x30
#define SUBSCRIBE   0x80
#define UNSUBSCRIBE 0xa0
#define DISCONNECT  0xe0

struct packet {
	uint8_t type; /* upper four bits */
	int qos;
	size_t size;
	uint8_t body[65536];
};

struct client {
	int fd;
	int version; /* 4 or 5 */
	struct packet packet;
};

static long long now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

static bool read_all(int fd, void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		const ssize_t n = read(fd, (uint8_t *)bytes + done, size - done);

		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool read_packet(int fd, struct packet *packet)
{
	uint8_t byte;

	if (!read_all(fd, &byte, 1))
		return false;
	packet->type = byte & 0xf0;
	packet->qos = byte >> 1 & 3;
	packet->size = 0;
	for (int shift = 0; shift < 28; shift += 7) {
		if (!read_all(fd, &byte, 1))
			return false;
		packet->size |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	return packet->size <= sizeof packet->body && read_all(fd, packet->body, packet->size);
}

static void answer(const struct client *client, const uint8_t *bytes, size_t size)
{
	(void)!write(client->fd, bytes, size);
}

static void send_connack(const struct client *client, int version, unsigned int code)
{
	const uint8_t v3[] = {0x20, 2, 0, (uint8_t)code};
	const uint8_t v5[] = {0x20, 3, 0, (uint8_t)code, 0};

	if (version == 5)
		answer(client, v5, sizeof v5);
	else
		answer(client, v3, sizeof v3);
}

/* Takes each filter in turn; MQTT 5 3.8 and MQTT 3.1.1 3.8. */
static void answer_subscribe(const struct client *client, bool deaf)
{
	const uint8_t *body = client->packet.body;
	const size_t size = client->packet.size;
	uint8_t suback[512] = {0x90};
	size_t at = 2, n = 0;

	memcpy(suback + 3, body, 2);
	if (client->version == 5) {
		at += 1 + (size_t)body[at]; /* properties, few */
		n = 1;
		suback[5] = 0;
	}
	while (at + 2 < size && n < 100) {
		const size_t length = (size_t)body[at] << 8 | body[at + 1];
		char topic[256];

		(void)snprintf(
			topic, sizeof topic, "%.*s", (int)length, (const char *)body + at + 2);
		at += 2 + length;
		suback[5 + n++] = !deaf || !strstr(topic, "pump/set") ? body[at] & 3
				  : client->version == 5              ? 0x87
								      : 0x80;
		at++;
	}
	/* the length takes one byte less than was left for it */
	suback[1] = (uint8_t)(2 + n);
	memmove(suback + 2, suback + 3, 2 + n);
	answer(client, suback, 4 + n);
}

/* Each filter was not subscribed; MQTT 5 3.11 and MQTT 3.1.1 3.11. One filter is enough for us. */
static void answer_unsubscribe(const struct client *client)
{
	const uint8_t *id = client->packet.body;
	const uint8_t v3[] = {0xb0, 2, id[0], id[1]}, v5[] = {0xb0, 4, id[0], id[1], 0, 0x11};

	if (client->version == 5)
		answer(client, v5, sizeof v5);
	else
		answer(client, v3, sizeof v3);
}

static void tell_publish(const struct client *client, const char *what)
{
	const uint8_t *body = client->packet.body;
	const size_t topic = (size_t)body[0] << 8 | body[1];
	size_t at = 2 + topic + (client->packet.qos > 0 ? 2 : 0);

	if (client->version == 5)
		at += 1 + (size_t)body[at]; /* properties, few */
	printf("%s %.*s %.*s\n", what, (int)topic, (const char *)body + 2,
		(int)(client->packet.size - at), (const char *)body + at);
	(void)fflush(stdout);
}

/* Behaves as it is told in `quota` and `noisy`. */
static void answer_oddly(const struct client *client, unsigned int *quota, bool noisy)
{
	const uint8_t *body = client->packet.body;
	const size_t topic = (size_t)body[0] << 8 | body[1];
	const uint8_t *id = body + 2 + topic;
	const uint8_t refusal[] = {0x40, 3, id[0], id[1], 0x97};
	const uint8_t noise[] = {0x40, 2, (uint8_t)(id[0] + 1), id[1], 0x40, 2, id[0], id[1], 0x40,
		2, id[0], id[1], 0x40, 2, id[0], (uint8_t)(id[1] + 1)};
	const bool refused = *quota > 0 && topic > 2 && memcmp(body + topic, "/n", 2) == 0;

	if (client->packet.qos != 1)
		return;
	tell_publish(client, refused ? "refused" : "got");
	*quota -= refused;
	if (refused)
		answer(client, refusal, sizeof refusal);
	else
		answer(client, noise + (noisy ? 0 : 4), noisy ? sizeof noise : 4);
}

static void answer_publish(const struct client *client)
{
	const uint8_t *body = client->packet.body;
	const size_t topic = (size_t)body[0] << 8 | body[1];
	const uint8_t puback[] = {0x40, 2, body[2 + topic], body[3 + topic]};

	if (client->packet.qos == 1)
		answer(client, puback, sizeof puback);
}

/* A good broker to the client, but for what is asked. */
static void serve(struct client *client, const char *word, unsigned int code)
{
	const uint8_t disconnect[] = {DISCONNECT, 1, (uint8_t)code};
	const bool kick = strncmp(word, "kick", 4) == 0, noisy = strcmp(word, "noisy") == 0;
	const bool odd = noisy || strncmp(word, "quota", 5) == 0;

	send_connack(client, client->version, 0);
	while (read_packet(client->fd, &client->packet)) {
		if (client->packet.type == SUBSCRIBE)
			answer_subscribe(client, strcmp(word, "deaf") == 0);
		else if (client->packet.type == UNSUBSCRIBE)
			answer_unsubscribe(client);
		else if (client->packet.type == PUBLISH && odd)
			answer_oddly(client, &code, noisy);
		else if (client->packet.type == PUBLISH)
			answer_publish(client);
		else if (client->packet.type == 0xc0)
			answer(client, (const uint8_t[]){0xd0, 0}, 2);
		else if (client->packet.type == DISCONNECT)
			return;
		if (kick && client->packet.type == PUBLISH) {
			answer(client, disconnect, sizeof disconnect);
			/* what is not read would make the kernel throw that away */
			(void)shutdown(client->fd, SHUT_WR);
			while (read_packet(client->fd, &client->packet))
				;
			return;
		}
	}
}

static void play(struct client *client, const char *word)
{
	const char *colon = strchr(word, ':');
	const unsigned int code = colon ? (unsigned int)strtoul(colon + 1, NULL, 16) : 0;

	if (strcmp(word, "hang-up") == 0)
		return;
	if (strncmp(word, "v3:", 3) == 0)
		send_connack(client, 4, code);
	else if (strncmp(word, "v5:", 3) == 0)
		send_connack(client, 5, code);
	else if (strcmp(word, "silent") == 0)
		(void)read_packet(client->fd, &client->packet);
	else if (strcmp(word, "old") == 0 && client->version == 5)
		send_connack(client, 4, 1);
	else
		serve(client, word, code);
}

static int open_port(int port)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (bind(fd, (struct sockaddr *)&address, sizeof address) || listen(fd, 16)) {
		perror("fake_broker");
		exit(1);
	}
	return fd;
}

int main(int argc, char **argv)
{
	static struct client client;
	int fd, n = 0;

	if (argc < 3)
		return 64;
	fd = open_port(atoi(argv[1]));
	printf("listens\n");
	(void)fflush(stdout);
	for (;;) {
		client.fd = accept(fd, NULL, NULL);
		/* a connection without a CONNECT is the diagnosis, which only looks */
		if (client.fd >= 0 && read_packet(client.fd, &client.packet) &&
			client.packet.type == CONNECT && client.packet.size > 6) {
			client.version = client.packet.body[6];
			printf("connect %d version %d at %lld\n", n + 1, client.version, now_ms());
			(void)fflush(stdout);
			play(&client, argv[2 + (n < argc - 3 ? n : argc - 3)]);
			n++;
		}
		close(client.fd);
	}
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "wire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CONNECT     0x10
#define PUBLISH     0x30
#define SUBSCRIBE   0x80
#define UNSUBSCRIBE 0xa0
#define PINGREQ     0xc0
#define DISCONNECT  0xe0

void wire_init(struct wire *wire)
{
	struct sockaddr_in address = {.sin_family = AF_INET};
	socklen_t size = sizeof address;

	memset(wire, 0, sizeof *wire);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	wire->client = -1;
	wire->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (wire->listener < 0 || bind(wire->listener, (struct sockaddr *)&address, size) ||
		listen(wire->listener, 8) ||
		getsockname(wire->listener, (struct sockaddr *)&address, &size)) {
		perror("listen");
		exit(2);
	}
	wire->port = ntohs(address.sin_port);
}

void wire_reset(struct wire *wire)
{
	if (wire->client >= 0)
		(void)close(wire->client);
	wire->client = -1;
	wire->size = 0;
	wire->n_topics = 0;
}

void wire_done(struct wire *wire)
{
	wire_reset(wire);
	(void)close(wire->listener);
}

const struct wire_topic *wire_find(const struct wire *wire, const char *topic)
{
	for (size_t i = 0; i < wire->n_topics; i++)
		if (strcmp(wire->topics[i].topic, topic) == 0)
			return &wire->topics[i];
	return NULL;
}

static void send_bytes(struct wire *wire, const void *bytes, size_t size)
{
	if (wire->client >= 0 && send(wire->client, bytes, size, MSG_NOSIGNAL) != (ssize_t)size) {
		(void)close(wire->client);
		wire->client = -1;
	}
}

static void note(struct wire *wire, const uint8_t *topic, size_t topic_size, const uint8_t *payload,
	size_t payload_size)
{
	char name[64];
	struct wire_topic *found;

	(void)snprintf(name, sizeof name, "%.*s", (int)topic_size, (const char *)topic);
	found = (struct wire_topic *)(uintptr_t)wire_find(wire, name);
	if (!found && wire->n_topics == WIRE_TOPICS)
		return;
	if (!found) {
		found = &wire->topics[wire->n_topics++];
		memset(found, 0, sizeof *found);
		memcpy(found->topic, name, sizeof name);
	}
	(void)snprintf(found->payload, sizeof found->payload, "%.*s", (int)payload_size,
		(const char *)payload);
	found->n++;
}

static void take_publish(struct wire *wire, int qos, const uint8_t *body, size_t size)
{
	const size_t topic_size = (size_t)(body[0] << 8 | body[1]);
	const size_t skip = 2 + topic_size + (qos ? 2 : 0);
	uint8_t answer[4] = {0x40, 2};

	if (skip > size)
		return;
	note(wire, body + 2, topic_size, body + skip, size - skip);
	memcpy(answer + 2, body + 2 + topic_size, 2);
	if (qos)
		send_bytes(wire, answer, sizeof answer);
}

/* One return code for each topic filter. */
static void take_subscribe(struct wire *wire, const uint8_t *body, size_t size)
{
	uint8_t answer[128] = {0x90, 2, body[0], body[1]};
	size_t at = 2;

	wire->n_subscribed++;
	wire->subscribed = true;
	while (at + 2 < size && answer[1] < 120) {
		at += 3 + (size_t)(body[at] << 8 | body[at + 1]);
		answer[2 + answer[1]++] = 1;
	}
	send_bytes(wire, answer, (size_t)answer[1] + 2);
}

static void take_packet(struct wire *wire, uint8_t head, const uint8_t *body, size_t size)
{
	switch (head & 0xf0) {
	case CONNECT:
		send_bytes(wire, "\x20\x02\x00\x00", 4);
		break;
	case PUBLISH:
		take_publish(wire, head >> 1 & 3, body, size);
		break;
	case SUBSCRIBE:
		take_subscribe(wire, body, size);
		break;
	case UNSUBSCRIBE:
		send_bytes(wire, (uint8_t[]){0xb0, 2, body[0], body[1]}, 4);
		break;
	case PINGREQ:
		send_bytes(wire, "\xd0\x00", 2);
		break;
	default:
		break;
	}
}

/* Takes the first packet of the buffer, if it is whole. */
static bool take_first(struct wire *wire)
{
	size_t size = 0, at = 1, shift = 0;

	do {
		if (at >= wire->size)
			return false;
		size |= (size_t)(wire->bytes[at] & 0x7f) << shift;
		shift += 7;
	} while (wire->bytes[at++] & 0x80);
	if (at + size > wire->size)
		return false;
	take_packet(wire, wire->bytes[0], wire->bytes + at, size);
	wire->size -= at + size;
	memmove(wire->bytes, wire->bytes + at + size, wire->size);
	return true;
}

static void take_client(struct wire *wire)
{
	const int fd = accept4(wire->listener, NULL, NULL, SOCK_CLOEXEC), on = 1;

	if (fd < 0)
		return;
	if (wire->refuses) {
		(void)close(fd);
		return;
	}
	if (wire->client >= 0)
		(void)close(wire->client);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	wire->client = fd;
	wire->subscribed = false;
	wire->size = 0;
}

void wire_run(struct wire *wire, int timeout_ms)
{
	struct pollfd fds[2] = {
		{.fd = wire->listener, .events = POLLIN}, {.fd = wire->client, .events = POLLIN}};
	ssize_t n;

	if (poll(fds, 2, timeout_ms) <= 0)
		return;
	if (fds[1].revents) {
		n = recv(
			wire->client, wire->bytes + wire->size, sizeof wire->bytes - wire->size, 0);
		wire->size += n > 0 ? (size_t)n : 0;
		while (n > 0 && take_first(wire))
			;
		if (n <= 0) {
			(void)close(wire->client);
			wire->client = -1;
		}
	}
	if (fds[0].revents)
		take_client(wire);
}

bool wire_publish(struct wire *wire, const char *topic, const char *payload)
{
	const size_t topic_size = strlen(topic), size = 2 + topic_size + strlen(payload);
	uint8_t packet[1024];
	size_t at = 0;

	if (wire->client < 0 || !wire->subscribed || size > 900)
		return false;
	packet[at++] = PUBLISH;
	if (size > 127)
		packet[at++] = (uint8_t)(size & 0x7f) | 0x80;
	packet[at++] = (uint8_t)(size > 127 ? size >> 7 : size);
	packet[at++] = (uint8_t)(topic_size >> 8);
	packet[at++] = (uint8_t)topic_size;
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): its size says where it ends */
	memcpy(packet + at, topic, topic_size);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): the same */
	memcpy(packet + at + topic_size, payload, strlen(payload));
	send_bytes(wire, packet, at + size - 2);
	return wire->client >= 0;
}

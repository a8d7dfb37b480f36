/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "scripted.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "t.h"

struct client {
	const struct script *script;
	struct account *account;
	int fd, version;
	uint8_t type; /* of the last packet, with its flags */
	size_t size;
	uint8_t body[1 << 17];
	int under_way;
	uint8_t late[64][2]; /* numbers that wait for their PUBACK */
	bool subscribed;
};

static bool read_all(const struct client *client, void *bytes, size_t size)
{
	const int keepalive_ms = (int)client->script->keepalive_s * 1500;

	for (size_t done = 0; done < size;) {
		struct pollfd fd = {.fd = client->fd, .events = POLLIN};
		ssize_t n;

		if (poll(&fd, 1, keepalive_ms ? keepalive_ms : -1) == 0) {
			client->account->n_lapses++;
			return false;
		}
		n = read(client->fd, (uint8_t *)bytes + done, size - done);
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

static bool read_packet(struct client *client)
{
	unsigned head = 1;
	uint8_t byte;

	if (!read_all(client, &client->type, 1))
		return false;
	client->size = 0;
	for (unsigned shift = 0; shift < 28; shift += 7, head++) {
		if (!read_all(client, &byte, 1))
			return false;
		client->size |= (size_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			break;
	}
	head++;
	if (client->size > sizeof client->body || !read_all(client, client->body, client->size))
		return false;
	if (client->type != 0x10 && client->size + head > client->account->largest)
		client->account->largest = (unsigned)client->size + head;
	return true;
}

static void answer(const struct client *client, const void *bytes, size_t size)
{
	(void)!write(client->fd, bytes, size);
}

static void put(uint8_t *packet, size_t *at, unsigned value, int bytes)
{
	while (bytes-- > 0)
		packet[(*at)++] = (uint8_t)(value >> 8 * bytes);
}

static void send_connack(const struct client *client, int code)
{
	const struct script *script = client->script;
	uint8_t packet[256] = {0x20, 0, (uint8_t)script->flags, (uint8_t)code, 0};
	size_t at = 5;

	if (client->version == 4) {
		packet[1] = 2;
		answer(client, packet, 4);
		return;
	}
	if (script->max_qos == 0 || script->max_qos == 1) {
		put(packet, &at, 0x24, 1);
		put(packet, &at, (unsigned)script->max_qos, 1);
	}
	if (script->no_retain)
		put(packet, &at, 0x2500, 2);
	if (script->max_packet) {
		put(packet, &at, 0x27, 1);
		put(packet, &at, script->max_packet, 4);
	}
	if (script->receive_maximum) {
		put(packet, &at, 0x21, 1);
		put(packet, &at, script->receive_maximum, 2);
	}
	if (script->keepalive_s) {
		put(packet, &at, 0x13, 1);
		put(packet, &at, script->keepalive_s, 2);
	}
	if (script->odd_size)
		memcpy(packet + at, script->odd, script->odd_size);
	at += script->odd_size;
	packet[4] = (uint8_t)(at - 5);
	packet[1] = (uint8_t)(at - 2);
	answer(client, packet, at);
}

/* false: it is not taken. */
static bool take_connect(struct client *client)
{
	const struct script *script = client->script;
	const uint8_t flags = client->body[7];
	int code = script->refuse;

	client->version = client->account->version = client->body[6];
	client->account->will_qos = flags & 4 ? flags >> 3 & 3 : -1;
	client->account->will_retain = flags >> 5 & 1;
	client->account->connects++;
	if (script->hang_up)
		return false;
	if (!code && flags & 0x20)
		code = script->refuse_will_retain;
	if (!code && flags & 0x18)
		code = script->refuse_will_qos;
	send_connack(client, code);
	return code == 0;
}

static void answer_subscribe(struct client *client)
{
	uint8_t suback[1 << 15] = {0x90, 0, 0, client->body[0], client->body[1]};
	size_t at = 2, codes = 0, size;

	if (client->version == 5)
		at += 1 + (size_t)client->body[at];
	while (at + 2 < client->size) {
		at += 2 + ((size_t)client->body[at] << 8 | client->body[at + 1]);
		client->account->least_options &= client->body[at++];
		codes++;
	}
	client->account->n_subscribed += (int)codes;
	if (client->script->no_suback)
		return;
	if (client->script->suback_codes)
		codes = client->script->suback_codes;
	size = 2 + (client->version == 5 ? 1u : 0u) + codes;
	suback[1] = (uint8_t)(size & 0x7f) | 0x80;
	suback[2] = (uint8_t)(size >> 7);
	memset(suback + 5 + (client->version == 5), 1, codes);
	answer(client, suback, 3 + size);
	if (!client->subscribed && client->script->after_size)
		answer(client, client->script->after, client->script->after_size);
	client->subscribed = true;
}

static void send_puback(struct client *client, const uint8_t *number)
{
	const uint8_t puback[] = {0x40, 2, number[0], number[1]};

	client->under_way--;
	answer(client, puback, sizeof puback);
}

/* QoS 1 only. The first of them is answered when the last that may be sent has come. */
static void answer_publish(struct client *client)
{
	const struct script *script = client->script;
	const size_t topic = (size_t)client->body[0] << 8 | client->body[1];

	client->under_way++;
	if (client->under_way > client->account->most_under_way)
		client->account->most_under_way = client->under_way;
	if (script->no_puback)
		return;
	if (!script->ack_late || !script->receive_maximum) {
		send_puback(client, client->body + 2 + topic);
		return;
	}
	memcpy(client->late[client->under_way - 1], client->body + 2 + topic, 2);
	if (client->under_way < (int)script->receive_maximum - 1)
		return;
	for (int i = 0, n = client->under_way; i < n; i++)
		send_puback(client, client->late[i]);
}

static void take_publish(struct client *client)
{
	const int qos = client->type >> 1 & 3;

	if (qos > client->account->highest_qos)
		client->account->highest_qos = qos;
	client->account->n_retained += client->type & 1;
	client->account->n_published++;
	if (qos)
		answer_publish(client);
}

static void serve(struct client *client)
{
	client->under_way = 0;
	client->subscribed = false;
	/* a connection without a CONNECT is the diagnosis, which only looks */
	if (!read_packet(client) || client->type != 0x10 || !take_connect(client))
		return;
	while (read_packet(client)) {
		switch (client->type & 0xf0) {
		case 0x80:
			answer_subscribe(client);
			break;
		case 0x30:
			take_publish(client);
			break;
		case 0xc0:
			client->account->n_pings++;
			if (!client->script->no_pong)
				answer(client, "\xd0", 2);
			break;
		case 0xe0:
			return;
		default:
			break;
		}
	}
}

static int listen_on(const char *address, int port)
{
	const bool v6 = strchr(address, ':') != NULL;
	const int fd = socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	struct sockaddr_in6 in6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	(void)inet_pton(AF_INET6, address, &in6.sin6_addr);
	(void)inet_pton(AF_INET, address, &in.sin_addr);
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	T_INT(bind(fd, v6 ? (struct sockaddr *)&in6 : (struct sockaddr *)&in,
		      v6 ? sizeof in6 : sizeof in),
		0);
	T_INT(listen(fd, 16), 0);
	return fd;
}

void scripted_start(struct scripted *scripted, const char *address)
{
	static struct client client;
	struct sockaddr_in6 bound;
	socklen_t size = sizeof bound;
	const int fd = listen_on(address, scripted->port);

	T_INT(getsockname(fd, (struct sockaddr *)&bound, &size), 0);
	scripted->port = ntohs(bound.sin6_port); /* the same place in both families */
	scripted->account = mmap(NULL, sizeof *scripted->account, PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	scripted->account->least_options = 0xff;
	client.script = &scripted->script;
	client.account = scripted->account;
	(void)fflush(NULL);
	scripted->pid = fork();
	if (scripted->pid == 0)
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (scripted->pid == 0) {
		client.fd = accept(fd, NULL, NULL);
		serve(&client);
		close(client.fd);
	}
	close(fd);
}

void scripted_stop(struct scripted *scripted)
{
	(void)kill(scripted->pid, SIGKILL);
	(void)waitpid(scripted->pid, NULL, 0);
	(void)munmap(scripted->account, sizeof *scripted->account);
}

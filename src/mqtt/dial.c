/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/dial.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* An address that has not answered in this time is no longer waited for alone (RFC 8305 8). */
#define NEXT_NS (250 * PF_NS_PER_MS)

/* And one that has not answered by then will not. */
#define GIVE_UP_NS (10 * PF_NS_PER_S)

static void say_lookup(const struct pf_endpoint *endpoint, int code, char *ret_text)
{
	if (code == EAI_NONAME || code == EAI_NODATA)
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "there is no host named \"%s\"",
			endpoint->host);
	else
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"the host name \"%s\" cannot be looked up (DNS): %s", endpoint->host,
			code == EAI_SYSTEM ? strerror(errno) : gai_strerror(code));
}

int pf_dial_open(struct pf_dial *dial, const struct pf_endpoint *endpoint, char *ret_text)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *list;
	const int code = getaddrinfo(endpoint->host, endpoint->port, &hints, &list);

	if (code) {
		say_lookup(endpoint, code, ret_text);
		return -EHOSTUNREACH;
	}
	*dial = (struct pf_dial){.list = list};
	for (const struct addrinfo *a = list; a && dial->n < PF_ADDRESSES_MAX; a = a->ai_next) {
		dial->addresses[dial->n].info = a;
		dial->addresses[dial->n++].fd = -1;
	}
	return 0;
}

/* A connecting socket: 0; or a negative errno. */
static int begin(const struct addrinfo *address, int *ret_fd)
{
	const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int yes = 1;
	int error;

	if (fd < 0)
		return -errno;
	/* a message must not wait for the answer to the one before it */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
	if (connect(fd, address->ai_addr, address->ai_addrlen) && errno != EINPROGRESS) {
		error = errno;
		close(fd);
		return -error;
	}
	*ret_fd = fd;
	return 0;
}

/* The next address that nothing is known about yet starts to connect. false: there is none. */
static bool begin_next(struct pf_dial *dial)
{
	for (int i = 0; i < dial->n; i++) {
		if (dial->addresses[i].used || dial->addresses[i].fd >= 0 ||
			dial->addresses[i].error)
			continue;
		dial->addresses[i].error = begin(dial->addresses[i].info, &dial->addresses[i].fd);
		return true;
	}
	return false;
}

static int n_connecting(const struct pf_dial *dial)
{
	int n = 0;

	for (int i = 0; i < dial->n; i++)
		n += dial->addresses[i].fd >= 0;
	return n;
}

/* Who has connected, or -1; who has failed is closed. Waits at most timeout_ms. */
static int look(struct pf_dial *dial, int timeout_ms)
{
	struct pollfd fds[PF_ADDRESSES_MAX];
	int winner = -1;

	for (int i = 0; i < dial->n; i++)
		fds[i] = (struct pollfd){.fd = dial->addresses[i].fd, .events = POLLOUT};
	if (poll(fds, (nfds_t)dial->n, timeout_ms) <= 0)
		return -1;
	for (int i = 0; i < dial->n && winner < 0; i++) {
		int error = 0;
		socklen_t size = sizeof error;

		if (!fds[i].revents)
			continue;
		if (getsockopt(fds[i].fd, SOL_SOCKET, SO_ERROR, &error, &size))
			error = errno;
		if (!error) {
			winner = i;
			continue;
		}
		close(fds[i].fd);
		dial->addresses[i].fd = -1;
		dial->addresses[i].error = -error;
	}
	return winner;
}

/* Ends what is still connecting; error: why, or 0, and then it may be tried again. */
static void stop_others(struct pf_dial *dial, int error)
{
	for (int i = 0; i < dial->n; i++) {
		if (dial->addresses[i].fd < 0)
			continue;
		close(dial->addresses[i].fd);
		dial->addresses[i].fd = -1;
		dial->addresses[i].error = error;
	}
}

static int take(struct pf_dial *dial, int winner, int *ret_fd)
{
	*ret_fd = dial->addresses[winner].fd;
	dial->addresses[winner].fd = -1;
	dial->addresses[winner].used = true;
	dial->current = winner;
	stop_others(dial, 0);
	return 0;
}

/* Why none of them takes a connection: the last reason there is. */
static int reason(const struct pf_dial *dial)
{
	int error = -ENOENT;

	for (int i = 0; i < dial->n; i++)
		if (dial->addresses[i].error)
			error = dial->addresses[i].error;
	return error;
}

int pf_dial_next(struct pf_dial *dial, int *ret_fd)
{
	const uint64_t start_ns = pf_clock_now_ns();
	uint64_t now_ns = start_ns, next_ns = start_ns;
	int winner;

	for (; now_ns < start_ns + GIVE_UP_NS; now_ns = pf_clock_now_ns()) {
		if (now_ns >= next_ns || n_connecting(dial) == 0) {
			if (!begin_next(dial) && n_connecting(dial) == 0)
				return reason(dial);
			next_ns = now_ns + NEXT_NS;
		}
		winner = n_connecting(dial) ? look(dial, (int)(NEXT_NS / PF_NS_PER_MS)) : -1;
		if (winner >= 0)
			return take(dial, winner, ret_fd);
	}
	stop_others(dial, -ETIMEDOUT);
	return reason(dial);
}

void pf_dial_again(struct pf_dial *dial)
{
	dial->addresses[dial->current].used = false;
}

const struct addrinfo *pf_dial_address(const struct pf_dial *dial)
{
	return dial->addresses[dial->current].info;
}

void pf_dial_format(const struct pf_dial *dial, char *ret_text, size_t size)
{
	const struct addrinfo *address = pf_dial_address(dial);

	if (getnameinfo(address->ai_addr, address->ai_addrlen, ret_text, (socklen_t)size, NULL, 0,
		    NI_NUMERICHOST))
		(void)snprintf(ret_text, size, "?");
}

void pf_dial_close(struct pf_dial *dial)
{
	stop_others(dial, 0);
	freeaddrinfo(dial->list);
}

int pf_dial_address_only(const struct addrinfo *address, int timeout_ms, int *ret_fd)
{
	struct pf_dial dial = {.n = 1, .addresses = {{.info = address, .fd = -1}}};
	const int r = begin(address, &dial.addresses[0].fd);

	if (r)
		return r;
	if (look(&dial, timeout_ms) == 0)
		return take(&dial, 0, ret_fd);
	stop_others(&dial, -ETIMEDOUT);
	return dial.addresses[0].error;
}

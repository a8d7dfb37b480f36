/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/diagnose.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define TIMEOUT_MS 3000

/* Waits until the connect under way has ended. 0 or a negative errno. */
static int finish_connect(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
	socklen_t size = sizeof(int);
	int error = 0, n;

	do
		n = poll(&poll_fd, 1, TIMEOUT_MS);
	while (n < 0 && errno == EINTR);
	if (n == 0)
		return -ETIMEDOUT;
	if (n < 0 || getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size))
		return -errno;
	return -error;
}

static int connect_to(const struct addrinfo *address, int *ret_fd)
{
	const int fd = socket(address->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0)
		return -errno;
	r = connect(fd, address->ai_addr, address->ai_addrlen) ? -errno : 0;
	if (r == -EINPROGRESS)
		r = finish_connect(fd);
	if (r) {
		close(fd);
		return r;
	}
	*ret_fd = fd;
	return 0;
}

/* The first address that answers; else the error of the last. */
static int connect_to_any(const struct addrinfo *addresses, int *ret_fd)
{
	int r = -EADDRNOTAVAIL;

	for (const struct addrinfo *a = addresses; a; a = a->ai_next) {
		r = connect_to(a, ret_fd);
		if (!r)
			break;
	}
	return r;
}

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

static bool is_this_machine(const char *host)
{
	return strcmp(host, "localhost") == 0 || strncmp(host, "127.", 4) == 0 ||
	       strcmp(host, "::1") == 0;
}

static void say_unreachable(const struct pf_endpoint *endpoint, int code, char *ret_text)
{
	if (code == -ECONNREFUSED && is_this_machine(endpoint->host))
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"connection refused: no broker listens on port %s", endpoint->port);
	else if (code == -ECONNREFUSED)
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"connection refused: no broker listens on port %s there, or it listens to "
			"its own machine only (a fresh mosquitto does, until its configuration has "
			"\"listener %s\" and a password_file, or \"allow_anonymous true\")",
			endpoint->port, endpoint->port);
	else if (code == -ETIMEDOUT)
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE,
			"no answer from %s (switched off, or a firewall)", endpoint->host);
	else
		(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "%s cannot be reached: %s",
			endpoint->host, strerror(-code));
}

/* For the handshake, which is easier to write blocking; the timeouts hold for each read and write.
 */
static void make_blocking(int fd)
{
	const struct timeval timeout = {.tv_sec = TIMEOUT_MS / 1000};

	(void)fcntl(fd, F_SETFL, 0);
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof timeout);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
}

/* Free *ret_addresses with freeaddrinfo(). */
static int look_up(
	const struct pf_endpoint *endpoint, struct addrinfo **ret_addresses, char *ret_text)
{
	const struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	const int code = getaddrinfo(endpoint->host, endpoint->port, &hints, ret_addresses);

	if (!code)
		return 0;
	say_lookup(endpoint, code, ret_text);
	return -EHOSTUNREACH;
}

int pf_diagnose_name(const struct pf_endpoint *endpoint, char *ret_text)
{
	struct addrinfo *addresses;
	const int r = look_up(endpoint, &addresses, ret_text);

	if (!r)
		freeaddrinfo(addresses);
	return r;
}

enum pf_failure pf_diagnose(const struct pf_endpoint *endpoint, bool timed_out, char *ret_text)
{
	struct addrinfo *addresses;
	int r, fd = -1;

	if (look_up(endpoint, &addresses, ret_text))
		return PF_FAILURE_OTHER;
	r = connect_to_any(addresses, &fd);
	freeaddrinfo(addresses);
	if (r) {
		say_unreachable(endpoint, r, ret_text);
		return PF_FAILURE_OTHER;
	}
	make_blocking(fd);
	r = endpoint->tls ? pf_diagnose_tls(fd, endpoint, ret_text) : 0;
	close(fd);
	if (r)
		return PF_FAILURE_OTHER;
	(void)snprintf(ret_text, PF_DIAGNOSIS_SIZE, "%s",
		timed_out ? "it takes the connection but does not answer (hung, or no MQTT broker)"
			  : "it closed the connection without an answer (full, or it does not want "
			    "this client)");
	return timed_out ? PF_FAILURE_OTHER : PF_FAILURE_CLOSED;
}

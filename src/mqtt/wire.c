/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/wire.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netdb.h>
#include <openssl/ssl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"

/* The wire of this thread, or NULL. */
static _Thread_local struct pf_wire *mine;

/* The function of that name that ours stands before. */
static void *next(const char *name)
{
	void *function = dlsym(RTLD_NEXT, name);

	if (!function) {
		pf_error("mqtt: there is no function %s()", name);
		abort();
	}
	return function;
}

/* dlsym() gives a void pointer, and C knows no cast from that to a function. */
#define NEXT(function, name)                                                                       \
	do {                                                                                       \
		void *found = next(name);                                                          \
		memcpy(&(function), &found, sizeof found);                                         \
	} while (0)

/*
 * false: the library must not see it, and the connection is at its end. Of a DISCONNECT it would do
 * nothing but lose the memory.
 */
static bool look_on(const void *bytes, size_t size)
{
	pf_tap_feed(&mine->tap, bytes, size);
	if (!mine->tap.bad && !mine->tap.left)
		return true;
	(void)shutdown(mine->fd, SHUT_RDWR);
	errno = ECONNRESET;
	return false;
}

/* The library looks the name up once more: any answer will do, and it must not wait for one. */
int getaddrinfo(
	const char *name, const char *service, const struct addrinfo *req, struct addrinfo **pai)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	NEXT(real, "getaddrinfo");
	return real(mine && mine->offered >= 0 ? "127.0.0.1" : name, service, req, pai);
}

int connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	int (*real)(int, const struct sockaddr *, socklen_t);

	if (mine && mine->offered >= 0 &&
		(addr->sa_family == AF_INET || addr->sa_family == AF_INET6)) {
		const int r = dup3(mine->offered, fd, O_CLOEXEC);

		close(mine->offered);
		mine->offered = -1;
		if (r < 0)
			return -1;
		mine->fd = fd;
		/*
		 * Connected, so the next step comes at once. If told that it still connects, the
		 * library waits until there is something to read, up to 100 ms; but with
		 * WebSockets that is the only way on which it does all steps in turn, and with
		 * TLS the only one on which it is content with a broker that answers at once: else
		 * it takes a handshake that is over in its first call for a failure.
		 */
		if (!mine->in_turn)
			return 0;
		errno = EINPROGRESS;
		return -1;
	}
	NEXT(real, "connect");
	return real(fd, addr, len);
}

ssize_t recv(int fd, void *buf, size_t n, int flags)
{
	static _Thread_local ssize_t (*real)(int, void *, size_t, int);
	ssize_t got;

	if (!real)
		NEXT(real, "recv");
	got = real(fd, buf, n, flags);
	if (got > 0 && mine && fd == mine->fd && !mine->tls && !look_on(buf, (size_t)got))
		return -1;
	return got;
}

int SSL_set_fd(SSL *tls, int fd)
{
	int (*real)(SSL *, int);

	if (mine && fd == mine->fd)
		mine->tls = tls;
	NEXT(real, "SSL_set_fd");
	return real(tls, fd);
}

int SSL_read(SSL *ssl, void *buf, int num)
{
	static _Thread_local int (*real)(SSL *, void *, int);
	int n;

	if (!real)
		NEXT(real, "SSL_read");
	n = real(ssl, buf, num);
	if (n > 0 && mine && ssl == mine->tls && !look_on(buf, (size_t)n))
		return -1;
	return n;
}

void pf_wire_offer(struct pf_wire *wire, int fd, bool tls, bool websocket)
{
	wire->in_turn = tls || websocket;
	wire->offered = fd;
	wire->fd = -1;
	wire->tls = NULL;
	pf_tap_init(&wire->tap, websocket);
	mine = wire;
}

void pf_wire_done(struct pf_wire *wire)
{
	if (wire->offered >= 0)
		close(wire->offered);
	wire->offered = wire->fd = -1;
	wire->tls = NULL;
	if (mine == wire)
		mine = NULL;
}

/*
 * All that was sent has arrived, and so the library has no rest to write either: of a packet that
 * did not fit it has tried the rest in its last call, and that would be under way now.
 */
static bool is_empty(int fd)
{
	int unsent;

	return ioctl(fd, SIOCOUTQ, &unsent) == 0 && unsent == 0;
}

bool pf_wire_ping(struct pf_wire *wire)
{
	/* the frame around it for WebSockets; a client has to mask, and with 0 that changes nothing
	 */
	static const uint8_t ping[] = {0x82, 0x82, 0, 0, 0, 0, 0xc0, 0};
	const size_t skip = wire->tap.websocket ? 0 : 6;
	const int size = (int)(sizeof ping - skip);

	if (wire->fd < 0 || !is_empty(wire->fd))
		return false;
	if (wire->tls)
		return SSL_write(wire->tls, ping + skip, size) == size;
	return send(wire->fd, ping + skip, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) == size;
}

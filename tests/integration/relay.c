/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * relay PORT TO-PORT: hands on between 127.0.0.1:PORT and 127.0.0.1:TO-PORT. The network between
 * the daemon and its broker, for tests: killed, it is cut; stopped, it is silent; and the broker
 * and those who listen there live on.
 */

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#define N_SOCKETS 32 /* in pairs; [0] listens */

static struct pollfd sockets[N_SOCKETS];

static struct sockaddr_in local(const char *port)
{
	struct sockaddr_in address = {.sin_family = AF_INET};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	address.sin_port = htons((unsigned short)atoi(port));
	return address;
}

static int listen_at(const char *port)
{
	const struct sockaddr_in address = local(port);
	const int fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, 8)) {
		perror("relay");
		exit(1);
	}
	return fd;
}

static void hang_up(int i)
{
	for (int k = i & ~1; k <= (i | 1); k++) {
		(void)close(sockets[k].fd);
		sockets[k].fd = -1;
	}
}

/* A new connection, and one of ours for it. */
static void take_one(const char *to_port)
{
	const struct sockaddr_in address = local(to_port);
	const int fd = accept(sockets[0].fd, NULL, NULL);
	const int to_fd = socket(AF_INET, SOCK_STREAM, 0), one = 1;
	int i = 2;

	while (i + 1 < N_SOCKETS && sockets[i].fd >= 0)
		i += 2;
	if (i + 1 >= N_SOCKETS ||
		connect(to_fd, (const struct sockaddr *)&address, sizeof address)) {
		(void)close(fd);
		(void)close(to_fd);
		return;
	}
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	(void)setsockopt(to_fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	sockets[i] = (struct pollfd){.fd = fd, .events = POLLIN};
	sockets[i + 1] = (struct pollfd){.fd = to_fd, .events = POLLIN};
}

static void hand_on(int i)
{
	char bytes[4096];
	const ssize_t n = read(sockets[i].fd, bytes, sizeof bytes);

	for (ssize_t done = 0; done < n;) {
		const ssize_t m = write(sockets[i ^ 1].fd, bytes + done, (size_t)(n - done));

		if (m <= 0) {
			hang_up(i);
			return;
		}
		done += m;
	}
	if (n <= 0)
		hang_up(i);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 64;
	(void)signal(SIGPIPE, SIG_IGN);
	for (int i = 1; i < N_SOCKETS; i++)
		sockets[i].fd = -1;
	sockets[0] = (struct pollfd){.fd = listen_at(argv[1]), .events = POLLIN};
	while (poll(sockets, N_SOCKETS, -1) >= 0 || errno == EINTR)
		for (int i = 0; i < N_SOCKETS; i++) {
			if (sockets[i].fd < 0 || !sockets[i].revents)
				continue;
			if (i == 0)
				take_one(argv[2]);
			else
				hand_on(i);
		}
	return 1;
}

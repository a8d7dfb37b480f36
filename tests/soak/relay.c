/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * relay LISTEN TARGET: a network between two ports of 127.0.0.1 that can fail. Standard input says
 * how, one word a line:
 *
 *   forward  as a network should (this is how it begins)
 *   hole     what is sent goes nowhere, and nobody is told; it arrives later if that ends
 *   cut      every connection is reset; new ones work
 *   refuse   the same, and new ones are reset, too
 *
 * Ends with standard input.
 */

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define PAIRS_MAX 16

/* Two sockets; what comes out of one goes into the other. -1: free. */
struct pair {
	int ends[2];
};

static struct pair pairs[PAIRS_MAX];
static enum { FORWARD, HOLE, REFUSE } mode = FORWARD;

static struct sockaddr_in address_of(const char *port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return address;
}

static int start_listening(const char *port)
{
	const struct sockaddr_in address = address_of(port);
	const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	const int one = 1;

	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) || listen(fd, PAIRS_MAX)) {
		perror("relay");
		exit(1);
	}
	return fd;
}

/* Closes with a reset, as a machine does that has lost its memory. */
static void reset(int fd)
{
	const struct linger linger = {.l_onoff = 1, .l_linger = 0};

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
	close(fd);
}

static void end_pair(struct pair *pair)
{
	if (pair->ends[0] < 0)
		return;
	reset(pair->ends[0]);
	reset(pair->ends[1]);
	pair->ends[0] = pair->ends[1] = -1;
}

static void end_all(void)
{
	for (size_t i = 0; i < PAIRS_MAX; i++)
		end_pair(&pairs[i]);
}

static void take_connection(int listener, const char *target)
{
	const struct sockaddr_in address = address_of(target);
	const int near = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	struct pair *pair = pairs;
	int far;

	if (near < 0)
		return;
	while (pair < pairs + PAIRS_MAX && pair->ends[0] >= 0)
		pair++;
	far = mode == REFUSE || pair == pairs + PAIRS_MAX
		      ? -1
		      : socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (far < 0 || connect(far, (const struct sockaddr *)&address, sizeof address)) {
		if (far >= 0)
			close(far);
		reset(near);
		return;
	}
	*pair = (struct pair){{near, far}};
}

/* One turn of one direction. A reader that is stopped blocks this for a while: so would a network.
 */
static void carry(struct pair *pair, int from)
{
	char bytes[16384];
	const ssize_t n = recv(pair->ends[from], bytes, sizeof bytes, MSG_DONTWAIT);
	ssize_t sent = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	while (n > 0 && sent < n) {
		const ssize_t r = send(
			pair->ends[!from], bytes + sent, (size_t)(n - sent), MSG_NOSIGNAL);

		if (r <= 0)
			break;
		sent += r;
	}
	if (n <= 0 || sent < n)
		end_pair(pair);
}

/* false: no more orders will come */
static bool take_orders(void)
{
	char text[256];
	const ssize_t n = read(STDIN_FILENO, text, sizeof text - 1);

	if (n <= 0)
		return false;
	text[n] = '\0';
	for (char *word = strtok(text, "\n"); word; word = strtok(NULL, "\n")) {
		if (strcmp(word, "forward") == 0)
			mode = FORWARD;
		else if (strcmp(word, "hole") == 0)
			mode = HOLE;
		else if (strcmp(word, "refuse") == 0)
			mode = REFUSE;
		if (strcmp(word, "cut") == 0 || mode == REFUSE)
			end_all();
	}
	return true;
}

/* Waits for something and does it. */
static bool turn(int listener, const char *target)
{
	struct pollfd polls[2 + 2 * PAIRS_MAX] = {
		{.fd = STDIN_FILENO, .events = POLLIN},
		{.fd = mode == HOLE ? -1 : listener, .events = POLLIN},
	};

	for (size_t i = 0; i < 2 * PAIRS_MAX; i++)
		polls[2 + i] = (struct pollfd){
			.fd = mode == HOLE ? -1 : pairs[i / 2].ends[i % 2], .events = POLLIN};
	if (poll(polls, sizeof polls / sizeof *polls, -1) < 0)
		return errno == EINTR;
	for (size_t i = 0; i < 2 * PAIRS_MAX; i++)
		if (polls[2 + i].revents && pairs[i / 2].ends[i % 2] == polls[2 + i].fd)
			carry(&pairs[i / 2], (int)(i % 2));
	if (polls[1].revents)
		take_connection(listener, target);
	return !polls[0].revents || take_orders();
}

int main(int argc, char **argv)
{
	int listener;

	if (argc != 3)
		return 64;
	for (size_t i = 0; i < PAIRS_MAX; i++)
		pairs[i] = (struct pair){{-1, -1}};
	listener = start_listening(argv[1]);
	while (turn(listener, argv[2]))
		;
	end_all();
	close(listener);
	return 0;
}

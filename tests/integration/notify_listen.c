/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * notify_listen SOCKET: a service manager's end of sd_notify(3). Binds the datagram socket, says
 * "listening", and prints what it receives, one line per assignment, until it is killed.
 */

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

int main(int argc, char **argv)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd;

	if (argc != 2 || strlen(argv[1]) >= sizeof address.sun_path) {
		fputs("usage: notify_listen SOCKET\n", stderr);
		return 64;
	}
	(void)snprintf(address.sun_path, sizeof address.sun_path, "%s", argv[1]);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (const struct sockaddr *)&address, sizeof address)) {
		perror(argv[1]);
		return 1;
	}
	puts("listening");
	for (;;) {
		char text[1024];
		ssize_t n;

		(void)fflush(stdout);
		n = recv(fd, text, sizeof text - 1, 0);
		if (n < 0) {
			perror("recv");
			return 1;
		}
		text[n] = '\0';
		printf("%s\n", text);
	}
}

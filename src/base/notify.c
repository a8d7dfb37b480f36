/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/notify.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "base/text.h"

static int send_text(const char *path, const char *text)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const size_t length = strlen(path);
	socklen_t size;
	int fd, r;

	if ((path[0] != '/' && path[0] != '@') || length >= sizeof address.sun_path)
		return -EINVAL;
	memcpy(address.sun_path, path, length);
	if (path[0] == '@')
		address.sun_path[0] = '\0'; /* abstract name */
	size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	r = sendto(fd, text, strlen(text), MSG_NOSIGNAL, (const struct sockaddr *)&address, size) <
			    0
		    ? -errno
		    : 0;
	close(fd);
	return r;
}

int pf_notify(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	char text[512];
	va_list arguments;

	if (!path || !*path)
		return 0;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	return send_text(path, text);
}

int pf_notify_reloading(void)
{
	struct timespec time;

	(void)clock_gettime(CLOCK_MONOTONIC, &time);
	return pf_notify("RELOADING=1\nMONOTONIC_USEC=%" PRIu64,
		(uint64_t)time.tv_sec * 1000000 + (uint64_t)time.tv_nsec / 1000);
}

uint64_t pf_notify_watchdog_us(void)
{
	const char *interval = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	int64_t value;

	if (!interval || pf_integer_parse(interval, strlen(interval), 1, INT64_MAX, &value))
		return 0;
	if (pid) {
		int64_t owner;

		if (pf_integer_parse(pid, strlen(pid), 1, INT64_MAX, &owner) || owner != getpid())
			return 0;
	}
	return (uint64_t)value;
}

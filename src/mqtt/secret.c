/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "mqtt/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Fills text with all of the file; its length or a negative errno. */
static ssize_t read_all(int fd, char *text, size_t size)
{
	size_t used = 0;

	while (used < size) {
		const ssize_t n = read(fd, text + used, size - used);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return (ssize_t)used;
		used += (size_t)n;
	}
	return -EFBIG;
}

int pf_secret_read(const char *path, struct pf_secret *ret_secret)
{
	/* a FIFO in its place must not hang the link */
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read_all(fd, ret_secret->text, PF_SECRET_SIZE);
	close(fd);
	if (n < 0)
		return (int)n;
	while (n > 0 && (ret_secret->text[n - 1] == '\n' || ret_secret->text[n - 1] == '\r'))
		n--;
	ret_secret->text[n] = '\0';
	return strlen(ret_secret->text) == (size_t)n ? 0 : -EINVAL;
}

void pf_secret_wipe(struct pf_secret *secret)
{
	explicit_bzero(secret, sizeof *secret);
}

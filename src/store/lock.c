/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"

static pid_t read_owner(int fd)
{
	char text[24];
	const ssize_t n = pread(fd, text, sizeof text, 0);
	int64_t pid;

	if (n <= 1 || pf_integer_parse(text, (size_t)n - 1, 1, INT32_MAX, &pid))
		return 0;
	return (pid_t)pid;
}

/* For the message of a second one only: a full disk is no reason not to start. */
static void write_owner(int fd)
{
	char text[24];
	const int n = snprintf(text, sizeof text, "%d\n", (int)getpid());

	if (ftruncate(fd, 0) == 0 && pwrite(fd, text, (size_t)n, 0) != n)
		(void)!ftruncate(fd, 0);
}

/* What root makes belongs to whom the directory does, who may be the next to take the lock. */
static void share(int fd, const char *state_dir)
{
	struct stat status;

	if (geteuid() == 0 && stat(state_dir, &status) == 0)
		(void)!fchown(fd, status.st_uid, status.st_gid);
}

int pf_lock_take(const char *state_dir, pid_t *ret_owner)
{
	char *path = pf_format("%s/lock", state_dir);
	int fd, r;

	/* if it cannot be made, open() says why */
	(void)mkdir(state_dir, 0750);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
	r = fd < 0 ? -errno : 0;
	free(path);
	if (r < 0)
		return r;
	if (flock(fd, LOCK_EX | LOCK_NB)) {
		r = -errno;
		*ret_owner = read_owner(fd);
		close(fd);
		return r;
	}
	share(fd, state_dir);
	write_owner(fd);
	return fd;
}

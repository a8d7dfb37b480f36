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

/* What is there may be locked even where nothing may be written. */
static int open_there(const char *path, const char *state_dir, int error)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	if (fd >= 0)
		return fd;
	if (errno != ENOENT || access(state_dir, R_OK | X_OK))
		return error;
	return error == -EACCES || error == -EPERM ? -EROFS : error;
}

static int open_lock(const char *state_dir)
{
	char *path = pf_format("%s/lock", state_dir);
	/* if it cannot be made, open() says why, unless it is that nothing can */
	const int made = mkdir(state_dir, 0750) ? -errno : 0;
	int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		fd = open_there(path, state_dir, errno == ENOENT && made < 0 ? made : -errno);
	free(path);
	return fd;
}

int pf_lock_take(const char *state_dir, pid_t *ret_owner)
{
	const int fd = open_lock(state_dir);
	int r;

	if (fd < 0)
		return fd;
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

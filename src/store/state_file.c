/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/state_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/memory.h"

#define VERSION 1

/* ---- seals -------------------------------------------------------------------------------- */

/* The first line, with its line end. */
static char *make_header(const char *kind, const char *text, size_t size)
{
	return pf_format("pinferry %s %d %08" PRIx32 "\n", kind, VERSION, pf_crc32(text, size));
}

char *pf_state_seal(const char *kind, const char *text)
{
	char *header = make_header(kind, text, strlen(text));
	char *sealed = pf_format("%s%s", header, text);

	free(header);
	return sealed;
}

const char *pf_state_unseal(const char *kind, const char *sealed, size_t size)
{
	const char *end = memchr(sealed, '\n', size);
	const size_t header_size = end ? (size_t)(end - sealed) + 1 : 0;
	char *header;
	bool good;

	if (!end)
		return NULL;
	header = make_header(kind, sealed + header_size, size - header_size);
	good = strlen(header) == header_size && memcmp(sealed, header, header_size) == 0;
	free(header);
	return good ? sealed + header_size : NULL;
}

/* ---- files -------------------------------------------------------------------------------- */

/* All that is in a file, at most size_max bytes; to be freed. */
static char *read_all(int fd, size_t size_max, size_t *ret_size)
{
	struct stat status;
	size_t size = 0;
	char *text;
	ssize_t n;

	if (fstat(fd, &status))
		return NULL;
	if (!S_ISREG(status.st_mode) || (uint64_t)status.st_size > size_max) {
		errno = EBADMSG;
		return NULL;
	}
	text = pf_calloc((size_t)status.st_size + 1, 1);
	while ((n = read(fd, text + size, (size_t)status.st_size - size)) > 0)
		size += (size_t)n;
	if (n < 0) {
		free(text);
		return NULL;
	}
	*ret_size = size;
	return text;
}

/* errno as a negative error, never 0. */
static int last_error(void)
{
	return errno > 0 ? -errno : -EIO;
}

int pf_state_file_read(
	const char *state_dir, const char *name, size_t size_max, char **ret_text, size_t *ret_size)
{
	char *path = pf_format("%s/%s", state_dir, name), *text;
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r = 0;

	free(path);
	if (fd < 0)
		return last_error();
	text = read_all(fd, size_max, ret_size);
	if (text)
		*ret_text = text;
	else
		r = last_error();
	(void)close(fd);
	return r;
}

static int write_all(int fd, const char *text, size_t size, bool sync)
{
	while (size > 0) {
		const ssize_t n = write(fd, text, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			size -= (size_t)n;
		}
	}
	return sync && fsync(fd) ? -errno : 0;
}

/* Makes a new file; sync: that is on the disk. What root makes belongs to whom the directory does.
 */
static int make(int dir_fd, const char *name, const char *text, bool sync)
{
	struct stat status;
	int fd, r;

	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text), sync);
	if (geteuid() == 0 && fstat(dir_fd, &status) == 0 &&
		fchown(fd, status.st_uid, status.st_gid) && r == 0)
		r = -errno;
	if (close(fd) && r == 0)
		r = -errno;
	return r;
}

static int replace(const char *state_dir, const char *name, const char *text, bool sync)
{
	const int dir_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char *new_name;
	int r;

	if (dir_fd < 0)
		return -errno;
	new_name = pf_format("%s.new", name);
	r = make(dir_fd, new_name, text, sync);
	if (r == 0 && renameat(dir_fd, new_name, dir_fd, name))
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir_fd, new_name, 0);
	else if (sync && fsync(dir_fd))
		r = -errno;
	free(new_name);
	(void)close(dir_fd);
	return r;
}

int pf_state_file_write(const char *state_dir, const char *name, const char *text)
{
	return replace(state_dir, name, text, true);
}

int pf_state_file_put(const char *state_dir, const char *name, const char *text)
{
	return replace(state_dir, name, text, false);
}

int pf_state_file_remove(const char *state_dir, const char *name)
{
	char *path = pf_format("%s/%s", state_dir, name);
	int r = unlink(path) && errno != ENOENT && errno != ENOTDIR ? -errno : 0, fd;

	/* an empty file is none that says anything, and takes no room */
	if (r < 0) {
		fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
		if (fd >= 0 && close(fd) == 0)
			r = 0;
	}
	free(path);
	return r;
}

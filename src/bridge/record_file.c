/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"

#define SIZE_MAX_BYTES (1 << 20)

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

void pf_record_boot_id(char boot_id[PF_BOOT_ID_SIZE])
{
	const int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t size = -1;

	if (fd >= 0) {
		size = read(fd, boot_id, PF_BOOT_ID_SIZE - 1);
		(void)close(fd);
	}
	boot_id[size > 0 ? size : 0] = '\0';
	boot_id[strcspn(boot_id, "\n")] = '\0';
}

char *pf_record_board(const struct pf_board *board)
{
	const char *directory = pf_board_i2c_dir(board);
	char *path, *copy;

	if (strcmp(directory, "/dev") == 0)
		return pf_strdup("");
	path = realpath(directory, NULL);
	copy = pf_strdup(path ? path : directory);
	free(path);
	return copy;
}

/* All that is in a file, at most SIZE_MAX_BYTES; to be freed. */
static char *read_all(int fd, size_t *ret_size)
{
	struct stat status;
	size_t size = 0;
	char *text;
	ssize_t n;

	if (fstat(fd, &status))
		return NULL;
	if (!S_ISREG(status.st_mode) || status.st_size > SIZE_MAX_BYTES) {
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

static int load(const char *path, struct pf_record *ret_record)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char *text;
	size_t size = 0;
	int r;

	if (fd < 0)
		return last_error();
	text = read_all(fd, &size);
	r = text ? pf_record_decode(text, size, ret_record) : last_error();
	free(text);
	(void)close(fd);
	return r;
}

int pf_record_load(
	const char *state_dir, const struct pf_board *board, struct pf_record *ret_record)
{
	char *path = pf_format("%s/record", state_dir), *board_name;
	struct pf_record record = {0};
	int r = load(path, &record);

	free(path);
	if (r < 0)
		return r;
	board_name = pf_record_board(board);
	if (!record.board || strcmp(record.board, board_name) != 0)
		r = -EXDEV;
	free(board_name);
	if (r < 0)
		pf_record_done(&record);
	else
		*ret_record = record;
	return r;
}

static int write_all(int fd, const char *text, size_t size)
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
	return fsync(fd) ? -errno : 0;
}

/* Makes a new file that is on the disk. What root makes belongs to whom the directory does. */
static int make(int dir_fd, const char *name, const char *text)
{
	struct stat status;
	int fd, r;

	fd = openat(dir_fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, strlen(text));
	if (geteuid() == 0 && fstat(dir_fd, &status) == 0 &&
		fchown(fd, status.st_uid, status.st_gid) && r == 0)
		r = -errno;
	if (close(fd) && r == 0)
		r = -errno;
	return r;
}

int pf_record_write(const char *state_dir, const char *text)
{
	const int dir_fd = open(state_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r;

	if (dir_fd < 0)
		return -errno;
	r = make(dir_fd, "record.new", text);
	if (r == 0 && renameat(dir_fd, "record.new", dir_fd, "record"))
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir_fd, "record.new", 0);
	else if (fsync(dir_fd))
		r = -errno;
	(void)close(dir_fd);
	return r;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/backlog_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/crc.h"
#include "base/memory.h"

/* far more than the largest buffer needs: 100000 readings twice, and then some */
#define FILE_SIZE_MAX ((off_t)128 * 1024 * 1024)

#define CRC_SIZE 9 /* "89abcdef " */

/* ---- text -------------------------------------------------------------------------------------
 */

static void add_line(struct pf_backlog_text *text, uint64_t id, const char *payload)
{
	const size_t needed = CRC_SIZE + 20 + 1 + strlen(payload) + 2;
	char *line;
	int size;

	if (text->capacity - text->size < needed) {
		text->capacity = text->capacity * 2 + needed;
		text->bytes = pf_reallocarray(text->bytes, text->capacity, 1);
	}
	line = text->bytes + text->size;
	size = snprintf(line + CRC_SIZE, needed - CRC_SIZE, "%" PRIu64 " %s\n", id, payload);
	(void)snprintf(line, CRC_SIZE, "%08" PRIx32, pf_crc32(line + CRC_SIZE, (size_t)size - 1));
	line[CRC_SIZE - 1] = ' ';
	text->size += CRC_SIZE + (size_t)size;
}

void pf_backlog_text_add(struct pf_backlog_text *text, uint64_t id, const char *payload)
{
	add_line(text, id, payload);
}

void pf_backlog_text_gone(struct pf_backlog_text *text, uint64_t id)
{
	add_line(text, id, "-");
}

/* The id and the payload of a line (without its end); false: it is none of ours. */
static bool parse_line(const char *line, size_t size, uint64_t *ret_id, const char **ret_payload)
{
	const char *at = line + CRC_SIZE, *const end = line + size;
	char checksum[CRC_SIZE];
	uint64_t id = 0;

	if (size < CRC_SIZE + 3 || line[CRC_SIZE - 1] != ' ')
		return false;
	(void)snprintf(checksum, sizeof checksum, "%08" PRIx32, pf_crc32(at, size - CRC_SIZE));
	if (memcmp(checksum, line, CRC_SIZE - 1) != 0)
		return false;
	for (; at < end && *at >= '0' && *at <= '9'; at++)
		id = id * 10 + (uint64_t)(*at - '0');
	if (end - at < 2 || *at != ' ' || memchr(at, '\0', (size_t)(end - at)))
		return false;
	*ret_id = id;
	*ret_payload = at + 1;
	return true;
}

static void forget_until(struct pf_backlog_found *found, uint64_t id)
{
	size_t n = 0;

	while (n < found->n && found->readings[n]->id <= id)
		free(found->readings[n++]);
	found->n -= n;
	for (size_t i = 0; n > 0 && i < found->n; i++)
		found->readings[i] = found->readings[i + n];
}

/* Whether the line makes sense after those before it. */
static bool take_line(struct pf_backlog_found *found, uint64_t id, const char *payload, size_t size,
	uint64_t *gone_id)
{
	if (size == 1 && *payload == '-') {
		if (*gone_id < id)
			*gone_id = id;
	} else if (id > found->last_id) {
		if ((found->n & (found->n - 1)) == 0)
			found->readings = pf_reallocarray(found->readings,
				found->n ? found->n * 2 : 1, sizeof *found->readings);
		found->readings[found->n++] = pf_reading_text_new(id, payload, size);
	} else {
		return false;
	}
	if (found->last_id < id)
		found->last_id = id;
	return true;
}

void pf_backlog_decode(const char *bytes, size_t size, struct pf_backlog_found *ret_found)
{
	const char *payload, *line = bytes, *const end = bytes + size;
	uint64_t id, gone_id = 0;

	*ret_found = (struct pf_backlog_found){0};
	while (line < end) {
		const char *line_end = memchr(line, '\n', (size_t)(end - line));
		const size_t line_size = (size_t)((line_end ? line_end : end) - line);

		/* an empty line is where a torn one was made whole */
		if (line_end && parse_line(line, line_size, &id, &payload) &&
			take_line(ret_found, id, payload, (size_t)(line_end - payload), &gone_id))
			ret_found->n_lines++;
		else
			ret_found->n_bad += line_size > 0;
		line += line_size + 1;
	}
	forget_until(ret_found, gone_id);
}

void pf_backlog_found_done(struct pf_backlog_found *found)
{
	for (size_t i = 0; i < found->n; i++)
		free(found->readings[i]);
	free(found->readings);
	*found = (struct pf_backlog_found){0};
}

/* ---- files ------------------------------------------------------------------------------------
 */

static int read_all(int fd, struct pf_backlog_text *text)
{
	struct stat status;
	ssize_t n;

	if (fstat(fd, &status))
		return -errno;
	if (!S_ISREG(status.st_mode) || status.st_size > FILE_SIZE_MAX)
		return -EBADMSG;
	text->capacity = (size_t)status.st_size + 1;
	text->bytes = pf_calloc(text->capacity, 1);
	while ((n = read(fd, text->bytes + text->size, text->capacity - 1 - text->size)) > 0)
		text->size += (size_t)n;
	return n < 0 ? -errno : 0;
}

int pf_backlog_file_load(const char *path, struct pf_backlog_found *ret_found)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
	struct pf_backlog_text text = {0};
	int r;

	*ret_found = (struct pf_backlog_found){0};
	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = read_all(fd, &text);
	if (r == 0)
		pf_backlog_decode(text.bytes, text.size, ret_found);
	free(text.bytes);
	(void)close(fd);
	return r;
}

static int write_all(int fd, const char *bytes, size_t size)
{
	while (size > 0) {
		const ssize_t n = write(fd, bytes, size);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			bytes += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* The folder of a path; to be freed. */
static char *folder_of(const char *path)
{
	char *folder = pf_strdup(path);

	*strrchr(folder, '/') = '\0';
	return folder;
}

/* What root makes belongs to whom the folder above does. */
static int give_away(int fd, const char *folder)
{
	struct stat status;

	if (geteuid() != 0)
		return 0;
	if (stat(folder, &status))
		return -errno;
	return fchown(fd, status.st_uid, status.st_gid) ? -errno : 0;
}

static int make_folder(const char *folder)
{
	char *parent;
	int fd, r;

	if (mkdir(folder, 0750))
		return errno == EEXIST ? 0 : -errno;
	parent = folder_of(folder);
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	r = fd < 0 ? -errno : give_away(fd, parent);
	if (fd >= 0)
		(void)close(fd);
	free(parent);
	return r;
}

/* Opens a file in a folder that may have to be made. A file descriptor or a negative errno. */
static int open_file(const char *path, int flags)
{
	char *folder = folder_of(path);
	int r = make_folder(folder), fd = -1;

	if (r == 0) {
		fd = open(path, flags | O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640);
		r = fd < 0 ? -errno : give_away(fd, folder);
	}
	free(folder);
	if (r < 0 && fd >= 0)
		(void)close(fd);
	return r < 0 ? r : fd;
}

/* After a line that was torn, what is appended begins on a line of its own. */
static int end_line(int fd, off_t size)
{
	char last = '\n';

	if (size > 0 && pread(fd, &last, 1, size - 1) != 1)
		return errno ? -errno : -EIO;
	return last == '\n' ? 0 : write_all(fd, "\n", 1);
}

int pf_backlog_file_append(const char *path, const char *bytes, size_t size)
{
	const int fd = open_file(path, O_APPEND);
	struct stat status;
	int r;

	if (fd < 0)
		return fd;
	r = fstat(fd, &status) ? -errno : 0;
	if (r == 0) {
		r = end_line(fd, status.st_size);
		if (r == 0)
			r = write_all(fd, bytes, size);
		if (r < 0 && ftruncate(fd, status.st_size))
			r = -errno;
	}
	if (close(fd) && r == 0)
		r = -errno;
	return r;
}

static int sync_path(const char *path, int flags)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | flags);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = fsync(fd) ? -errno : 0;
	(void)close(fd);
	return r;
}

int pf_backlog_file_sync(const char *path)
{
	char *folder = folder_of(path);
	int r = sync_path(path, O_NOFOLLOW);

	if (r == 0)
		r = sync_path(folder, O_DIRECTORY);
	free(folder);
	return r;
}

static int write_new(const char *path, const struct pf_backlog_found *found)
{
	struct pf_backlog_text text = {0};
	const int fd = open_file(path, O_TRUNC);
	int r;

	if (fd < 0)
		return fd;
	for (size_t i = 0; i < found->n; i++)
		pf_backlog_text_add(&text, found->readings[i]->id, found->readings[i]->text);
	if (found->n == 0)
		pf_backlog_text_gone(&text, found->last_id);
	r = write_all(fd, text.bytes, text.size);
	if (r == 0 && fsync(fd))
		r = -errno;
	if (close(fd) && r == 0)
		r = -errno;
	free(text.bytes);
	return r;
}

int pf_backlog_file_compact(const char *path, size_t *ret_n_lines)
{
	struct pf_backlog_found found;
	char *new_path;
	int r = pf_backlog_file_load(path, &found);

	if (r < 0)
		return r;
	new_path = pf_format("%s.new", path);
	r = write_new(new_path, &found);
	if (r == 0 && rename(new_path, path))
		r = -errno;
	if (r < 0)
		(void)unlink(new_path);
	free(new_path);
	if (r == 0)
		*ret_n_lines = found.n > 0 ? found.n : 1;
	pf_backlog_found_done(&found);
	return r;
}

int pf_backlog_file_remove(const char *path)
{
	return unlink(path) && errno != ENOENT ? -errno : 0;
}

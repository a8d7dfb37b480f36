/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/read.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/memory.h"
#include "config/scan.h"
#include "config/shown.h"

/* Bounds against mistakes and malice: a hand-written configuration is far below all of them. */
#define FILE_SIZE_MAX  ((size_t)1024 * 1024)
#define TOTAL_SIZE_MAX ((size_t)4 * 1024 * 1024)
#define FILES_MAX      256
#define DEPTH_MAX      10

/* A file under way. */
struct open_file {
	dev_t device;
	ino_t inode;
};

struct reader {
	struct pf_pool *pool;
	struct pf_problems *problems;
	struct pf_scan *scan;
	const char *file; /* the innermost one under way */
	struct open_file open[DEPTH_MAX + 1];
	int depth; /* entries of open */
	int n_files;
	size_t total_size;
};

/* Reads an open file whole; the caller frees *ret_text. */
static int read_all(int fd, char **ret_text, size_t *ret_size)
{
	char *text = pf_calloc(FILE_SIZE_MAX + 1, 1);
	size_t size = 0;

	for (;;) {
		const ssize_t n = read(fd, text + size, FILE_SIZE_MAX + 1 - size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 || size + (size_t)n > FILE_SIZE_MAX) {
			free(text);
			return n < 0 ? -errno : -EFBIG;
		}
		if (n == 0)
			break;
		size += (size_t)n;
	}
	*ret_text = text;
	*ret_size = size;
	return 0;
}

/* -ELOOP: the file is already under way. -EISDIR, -EINVAL: not a regular file. */
static int check_file(const struct reader *reader, int fd, struct open_file *ret_open)
{
	struct stat status;

	if (fstat(fd, &status))
		return -errno;
	if (S_ISDIR(status.st_mode))
		return -EISDIR;
	if (!S_ISREG(status.st_mode))
		return -EINVAL;
	for (int i = 0; i < reader->depth; i++)
		if (reader->open[i].device == status.st_dev &&
			reader->open[i].inode == status.st_ino)
			return -ELOOP;
	*ret_open = (struct open_file){status.st_dev, status.st_ino};
	return 0;
}

/* Opens, checks and reads a file, and counts it as under way. */
static int read_file(struct reader *reader, const char *file, char **ret_text, size_t *ret_size)
{
	/* O_NONBLOCK: opening a FIFO or a device must not wait */
	const int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int r;

	if (fd < 0)
		return -errno;
	r = check_file(reader, fd, &reader->open[reader->depth]);
	if (r == 0)
		r = read_all(fd, ret_text, ret_size);
	close(fd);
	if (r == 0 && reader->total_size + *ret_size > TOTAL_SIZE_MAX) {
		free(*ret_text);
		r = -EFBIG;
	}
	if (r == 0)
		reader->total_size += *ret_size;
	return r;
}

static const char *explain(int error)
{
	switch (error) {
	case -EISDIR:
		return "is a directory, expected a file";
	case -EINVAL:
		return "is not a regular file";
	case -EFBIG:
		return "is too large, expected at most 1 MiB each and 4 MiB in all";
	case -ELOOP:
		return "includes itself";
	case -ENOENT:
		return "does not exist";
	case -EACCES:
		return "may not be read (permission denied)";
	default:
		return strerror(-error);
	}
}

/* Somebody may have meant an address on the web. */
static const char *shown(const char *path)
{
	return pf_may_show(PF_PUBLIC, path, strlen(path)) ? path : "...";
}

static int scan_file(struct reader *reader, const char *file, const struct pf_place *place)
{
	const char *const outer = reader->file;
	size_t size = 0;
	char *text = NULL;
	const int r = read_file(reader, file, &text, &size);

	if (r) {
		pf_problems_error(reader->problems, place->file, place->line, "%s%s%s %s",
			outer ? "@include: \"" : "", outer ? shown(file) : "the file",
			outer ? "\"" : "", explain(r));
		return r;
	}
	reader->file = file;
	reader->depth++;
	reader->n_files++;
	pf_scan_text(reader->scan, file, text, size);
	reader->depth--;
	reader->file = outer;
	free(text);
	return 0;
}

/* The path of an included file, relative to the including one. */
static const char *include_path(const struct reader *reader, const char *path)
{
	const char *slash = strrchr(reader->file, '/');

	if (path[0] == '/' || !slash)
		return pf_pool_format(reader->pool, "%s", path);
	return pf_pool_format(
		reader->pool, "%.*s/%s", (int)(slash - reader->file), reader->file, path);
}

static void include(void *user, const char *path, const struct pf_place *place)
{
	struct reader *reader = user;

	if (reader->depth > DEPTH_MAX || reader->n_files > FILES_MAX) {
		pf_problems_error(reader->problems, place->file, place->line,
			"@include: \"%s\": expected at most %d files, %d levels deep", shown(path),
			FILES_MAX, DEPTH_MAX);
		return;
	}
	(void)scan_file(reader, include_path(reader, path), place);
}

int pf_read(struct pf_source *source, const char *file, struct pf_pool *pool,
	struct pf_problems *problems)
{
	struct reader reader = {.pool = pool, .problems = problems};
	const char *const name = pf_pool_format(pool, "%s", file);
	const struct pf_place whole = {name, 0};
	int r;

	pf_source_init(source, &(struct pf_place){name, 1});
	reader.scan = pf_scan_new(source, problems, include, &reader);
	r = scan_file(&reader, name, &whole);
	pf_scan_end(reader.scan);
	return r;
}

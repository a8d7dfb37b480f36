/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Lines of the simulated board: files in DIRECTORY/gpio (sim.h says which), edges by inotify.
 *
 * A line is held by a lock on the hidden file .GPIO<n>.line, whose text says direction and
 * consumer. So two requests exclude each other, in one process or in two, and the end of a process
 * frees its lines, as with the kernel. The text stays after release: a line that was an output is
 * one still, as on a Raspberry Pi.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "sim/line_faults.h"
#include "sim/line_files.h"
#include "sim/sim.h"

#define CHIP    "gpiochip0"
#define LABEL   "pinctrl-bcm2711"
#define N_LINES 28

#define OUTPUT_WORD "output "
#define INPUT_WORD  "input "

struct pf_line {
	char *directory; /* DIRECTORY/gpio */
	unsigned offset;
	int lock_fd;
	int inotify_fd;  /* -1: an output */
	bool active_low; /* all levels below are those of the file, not logical */
	bool bias_level; /* without a file */
	bool level;      /* last well-formed one */
	bool reported;   /* what the last edge said */
};

/* Takes the level from the file; an empty or garbled one is being written: the last one holds. */
static int read_level(struct pf_line *line)
{
	const enum pf_sim_line_fault fault = pf_sim_line_fault(line->directory, line->offset);
	char path[PATH_MAX], text[16];
	int r;

	if (pf_sim_lines_unplugged(line->directory))
		return -ENODEV;
	if (fault == PF_SIM_LINE_ZERO) {
		line->level = false;
		return 0;
	}
	pf_sim_line_path(path, line->directory, "", line->offset, "");
	r = pf_sim_read_file(path, text, sizeof text);
	if (r == -ENOENT)
		line->level = line->bias_level;
	else if (r)
		return r;
	else if (strcmp(text, "0") == 0 || strcmp(text, "1") == 0)
		line->level = text[0] == '1';
	return 0;
}

/* Writes the file aside and renames it, so that nobody ever reads an empty or half one. */
static int write_file(struct pf_line *line, bool level)
{
	char path[PATH_MAX], aside[PATH_MAX];
	int fd, r = 0;

	pf_sim_line_path(path, line->directory, "", line->offset, "");
	pf_sim_line_path(aside, line->directory, ".", line->offset, ".new");
	fd = open(aside, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (fd < 0)
		return -errno;
	if (write(fd, level ? "1\n" : "0\n", 2) != 2)
		r = -EIO;
	if (close(fd) && !r)
		r = -errno;
	if (!r && rename(aside, path))
		r = -errno;
	if (!r)
		line->level = level;
	return r;
}

static int write_level(struct pf_line *line, bool level)
{
	const enum pf_sim_line_fault fault = pf_sim_line_fault(line->directory, line->offset);

	if (pf_sim_lines_unplugged(line->directory))
		return -ENODEV;
	if (fault == PF_SIM_LINE_DEAF || fault == PF_SIM_LINE_ZERO)
		return 0;
	if (fault == PF_SIM_LINE_CACHE &&
		pf_sim_line_is_cached(line->directory, line->offset, level))
		return 0;
	return write_file(line, level);
}

/* Who holds a line, and which direction it has. */
static void fill_consumer(struct pf_line_info *info, const char *directory)
{
	char path[PATH_MAX], text[64];
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	int fd;

	pf_sim_line_path(path, directory, "", info->offset, ".used-by");
	if (pf_sim_read_file(path, text, sizeof text) == 0) {
		info->used = true;
		(void)snprintf(info->consumer, sizeof info->consumer, "%.31s", text);
		return;
	}
	pf_sim_line_path(path, directory, ".", info->offset, ".line");
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (pf_sim_read_text(fd, text, sizeof text) == 0 && fcntl(fd, F_OFD_GETLK, &lock) == 0) {
		info->output = strncmp(text, OUTPUT_WORD, strlen(OUTPUT_WORD)) == 0;
		info->used = lock.l_type != F_UNLCK;
		if (info->used && strchr(text, ' '))
			(void)snprintf(info->consumer, sizeof info->consumer, "%.31s",
				strchr(text, ' ') + 1);
	}
	(void)close(fd);
}

/* The device whose line it is, if that sits behind a bus. */
static void fill_parent(struct pf_line_info *info, const char *directory)
{
	char path[PATH_MAX], text[64];

	pf_sim_line_path(path, directory, "", info->offset, ".behind");
	if (pf_sim_read_file(path, text, sizeof text) == 0)
		(void)snprintf(info->parent, sizeof info->parent, "%.31s", text);
}

static int sim_scan(
	void *board, int (*visit)(const struct pf_line_info *info, void *user), void *user)
{
	char *directory = pf_format("%s/gpio", (const char *)board);
	/* a board without the folder is a fresh one: the first request makes it */
	int r = access(directory, F_OK) == 0 && pf_sim_lines_unplugged(directory) ? -ENODEV : 0;

	for (unsigned offset = 0; offset < N_LINES && !r; offset++) {
		struct pf_line_info info = {.chip = CHIP, .label = LABEL, .offset = offset};

		(void)snprintf(info.name, sizeof info.name, "GPIO%u", offset);
		fill_parent(&info, directory);
		fill_consumer(&info, directory);
		r = visit(&info, user);
	}
	free(directory);
	return r;
}

static void sim_release(struct pf_line *line)
{
	if (!line)
		return;
	if (line->inotify_fd >= 0)
		(void)close(line->inotify_fd);
	if (line->lock_fd >= 0)
		(void)close(line->lock_fd);
	free(line->directory);
	free(line);
}

/* Locks the line and notes who holds it; *ret_was_output: what it was before. */
static int lock_line(
	struct pf_line *line, const char *word, const char *consumer, bool *ret_was_output)
{
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	char path[PATH_MAX], text[64] = "";

	pf_sim_line_path(path, line->directory, "", line->offset, ".used-by");
	if (access(path, F_OK) == 0)
		return -EBUSY;
	pf_sim_line_path(path, line->directory, ".", line->offset, ".line");
	line->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
	if (line->lock_fd < 0)
		return -errno;
	if (fcntl(line->lock_fd, F_OFD_SETLK, &lock))
		return errno == EAGAIN || errno == EACCES ? -EBUSY : -errno;
	(void)pf_sim_read_text(line->lock_fd, text, sizeof text);
	*ret_was_output = strncmp(text, OUTPUT_WORD, strlen(OUTPUT_WORD)) == 0;
	(void)snprintf(text, sizeof text, "%s%.31s\n", word, consumer ? consumer : "");
	if (ftruncate(line->lock_fd, 0) ||
		pwrite(line->lock_fd, text, strlen(text), 0) != (ssize_t)strlen(text))
		return -EIO;
	return 0;
}

/* What inputs and outputs have in common: a line of the board, held. */
static int hold_line(const char *board, const char *chip, uint32_t offset, const char *word,
	const char *consumer, struct pf_line **ret_line, bool *ret_was_output)
{
	struct pf_line *line;
	int r;

	if (strcmp(chip, CHIP) != 0)
		return -ENODEV;
	if (offset >= N_LINES)
		return -ENOENT;
	line = pf_calloc(1, sizeof *line);
	line->directory = pf_format("%s/gpio", board);
	line->offset = offset;
	line->inotify_fd = -1;
	line->lock_fd = -1;
	if (mkdir(line->directory, 0777) && errno != EEXIST)
		r = errno == ENOENT ? -ENODEV : -errno;
	else if (pf_sim_lines_unplugged(line->directory))
		r = -ENODEV;
	else
		r = lock_line(line, word, consumer, ret_was_output);
	if (r) {
		sim_release(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

/* Watches the folder rather than the file: a file that is replaced would be lost from sight. */
static int watch(struct pf_line *line)
{
	line->inotify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (line->inotify_fd < 0 ||
		inotify_add_watch(line->inotify_fd, line->directory,
			IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVE_SELF | IN_DELETE_SELF) < 0)
		return -errno;
	return 0;
}

static int start_input(struct pf_line *line)
{
	char path[PATH_MAX];
	int r;

	line->level = line->bias_level;
	pf_sim_line_path(path, line->directory, "", line->offset, "");
	if (access(path, F_OK) != 0) {
		r = write_level(line, line->bias_level);
		if (r)
			return r;
	}
	r = watch(line);
	if (r)
		return r;
	/* after the watch has begun, so that no change falls between */
	r = read_level(line);
	line->reported = line->level;
	return r;
}

static int sim_request_input(
	void *board, const struct pf_input_request *request, struct pf_line **ret_line)
{
	struct pf_line *line;
	bool was_output;
	int r;

	r = hold_line(board, request->chip, request->offset, INPUT_WORD, request->consumer, &line,
		&was_output);
	if (r)
		return r;
	line->active_low = request->active_low;
	line->bias_level = request->bias == PF_BIAS_UP;
	r = start_input(line);
	if (r) {
		sim_release(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

static int sim_request_output(void *board, const struct pf_output_request *request,
	struct pf_line **ret_line, bool *ret_level, bool *ret_was_output)
{
	bool level = request->initial == PF_INITIAL_ON;
	struct pf_line *line;
	bool was_output;
	int r;

	r = hold_line(board, request->chip, request->offset, OUTPUT_WORD, request->consumer, &line,
		&was_output);
	if (r)
		return r;
	line->active_low = request->active_low;
	if (request->initial == PF_INITIAL_KEEP && was_output) {
		r = read_level(line);
		level = line->level != line->active_low;
	}
	if (r == 0)
		r = write_level(line, level != line->active_low);
	if (r) {
		sim_release(line);
		return r;
	}
	*ret_line = line;
	*ret_level = level;
	*ret_was_output = was_output;
	return 0;
}

static int sim_get(struct pf_line *line)
{
	const int r = read_level(line);

	return r ? r : line->level != line->active_low;
}

static int sim_set(struct pf_line *line, bool level)
{
	return write_level(line, level != line->active_low);
}

static int sim_event_fd(const struct pf_line *line)
{
	return line->inotify_fd < 0 ? -EOPNOTSUPP : line->inotify_fd;
}

/* Takes all notes of the folder; whether one of them is about this line. */
static bool take_notes(const struct pf_line *line)
{
	char notes[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	char name[16];
	bool ours = false;
	ssize_t size;

	(void)snprintf(name, sizeof name, "GPIO%u", line->offset);
	while ((size = read(line->inotify_fd, notes, sizeof notes)) > 0) {
		const char *at = notes;

		while (at < notes + size) {
			const struct inotify_event *note = (const void *)at;

			/* without a name: notes were lost, or it is the folder itself */
			if (!note->len || strcmp(note->name, name) == 0)
				ours = true;
			at += sizeof *note + note->len;
		}
	}
	return ours;
}

/* One edge at most, whatever was written in between: the notes do not tell the levels. */
static int sim_read_edges(struct pf_line *line, struct pf_edge *edges, size_t max)
{
	struct timespec now;
	int r;

	if (line->inotify_fd < 0)
		return -EOPNOTSUPP;
	if (pf_sim_lines_unplugged(line->directory))
		return -ENODEV;
	if (max == 0 || !take_notes(line))
		return 0;
	r = read_level(line);
	if (r || line->level == line->reported)
		return r;
	line->reported = line->level;
	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	edges[0] = (struct pf_edge){
		.time_ns = (uint64_t)now.tv_sec * PF_NS_PER_S + (uint64_t)now.tv_nsec,
		.rising = line->level != line->active_low,
	};
	return 1;
}

const struct pf_line_ops pf_sim_line_ops = {
	.scan = sim_scan,
	.request_input = sim_request_input,
	.request_output = sim_request_output,
	.get = sim_get,
	.set = sim_set,
	.event_fd = sim_event_fd,
	.read_edges = sim_read_edges,
	.release = sim_release,
};

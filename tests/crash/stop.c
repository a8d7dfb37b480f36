/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * For LD_PRELOAD: counts the calls by which the daemon changes what outlives it, kills it right
 * before one of them, and makes its disk a bad one. Calls of the main thread and of all others are
 * counted apart, each in its own order, so that a number names the same call in every run.
 *
 *   CRASH_FILES  folder:folder:folder of the state directory, the runtime directory and the board
 *   CRASH_COUNT  file of struct counts, shared by all processes of a run
 *   CRASH_DISK   what the state directory's disk is while the file CRASH_FILES/../bad exists:
 *                full, slow or failing
 *   CRASH_BOOT   a file to read in place of the kernel's boot id
 *
 * Counted: an open for writing, write, truncation, sync, rename and unlink in the first two
 * folders; a line that is taken or set on the board, which is a write or a rename there.
 */

/* both the short and the long names of calls are defined below */
#undef _FILE_OFFSET_BITS
#undef _TIME_BITS

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "stop.h"

#define BOOT_ID "/proc/sys/kernel/random/boot_id"

#define FDS_MAX 1024

/* How long a slow disk takes for a sync. */
#define SLOW_NS 120000000

enum place { PLACE_NONE, PLACE_STATE, PLACE_RUNTIME, PLACE_BOARD };

enum disk { DISK_HEALTHY, DISK_FULL, DISK_SLOW, DISK_FAILING };

static struct {
	bool ready;
	struct counts *counts;
	char folders[3][PATH_MAX];
	char bad[PATH_MAX];
	enum disk disk;
	const char *boot_id;
	unsigned char places[FDS_MAX];
} stop;

/* The next definition of a function: the C library's. */
#define NEXT(name, type, ...)                                                                      \
	static type (*next)(__VA_ARGS__);                                                          \
	if (!next)                                                                                 \
	*(void **)&next = dlsym(RTLD_NEXT, name)

static enum disk disk_of(const char *word)
{
	if (word && strcmp(word, "full") == 0)
		return DISK_FULL;
	if (word && strcmp(word, "slow") == 0)
		return DISK_SLOW;
	return word && strcmp(word, "failing") == 0 ? DISK_FAILING : DISK_HEALTHY;
}

__attribute__((constructor)) static void prepare(void)
{
	const char *files = getenv("CRASH_FILES"), *count = getenv("CRASH_COUNT");
	const int fd = count ? open(count, O_RDWR | O_CLOEXEC) : -1;
	void *map = fd >= 0 ? mmap(NULL, sizeof(struct counts), PROT_READ | PROT_WRITE, MAP_SHARED,
				      fd, 0)
			    : MAP_FAILED;

	if (fd >= 0)
		(void)close(fd);
	if (!files || map == MAP_FAILED ||
		sscanf(files, "%4095[^:]:%4095[^:]:%4095[^:]", stop.folders[0], stop.folders[1],
			stop.folders[2]) != 3)
		return;
	stop.counts = map;
	stop.disk = disk_of(getenv("CRASH_DISK"));
	stop.boot_id = getenv("CRASH_BOOT");
	(void)snprintf(stop.bad, sizeof stop.bad, "%.4000s/../bad", stop.folders[0]);
	stop.ready = true;
}

static bool is_below(const char *path, const char *folder)
{
	const size_t size = strlen(folder);

	return strncmp(path, folder, size) == 0 && (path[size] == '/' || path[size] == '\0');
}

static enum place place_of(const char *path)
{
	for (int i = 0; stop.ready && i < 3; i++)
		if (is_below(path, stop.folders[i]))
			return (enum place)(PLACE_STATE + i);
	return PLACE_NONE;
}

static enum place place_of_fd(int fd)
{
	return stop.ready && fd >= 0 && fd < FDS_MAX ? (enum place)stop.places[fd] : PLACE_NONE;
}

static enum place place_at(int dir_fd, const char *path)
{
	return *path == '/' || dir_fd == AT_FDCWD ? place_of(path) : place_of_fd(dir_fd);
}

/* One more call; if it is the one to stop before, this is the end. */
static void count(enum place place)
{
	struct counts *counts = stop.counts;
	const bool is_main = syscall(SYS_gettid) == getpid();
	uint32_t *n, stop_at;

	if (place == PLACE_NONE)
		return;
	n = is_main ? &counts->n_main : &counts->n_others;
	stop_at = is_main ? counts->stop_main : counts->stop_others;
	if (__atomic_add_fetch(n, 1, __ATOMIC_SEQ_CST) != stop_at)
		return;
	counts->stopped = 1;
	(void)kill(getpid(), SIGKILL);
	for (;;)
		pause();
}

static bool disk_is(enum place place, enum disk disk)
{
	return place == PLACE_STATE && stop.disk == disk &&
	       syscall(SYS_access, stop.bad, F_OK) == 0;
}

static bool fails(enum place place)
{
	if (!disk_is(place, DISK_FAILING))
		return false;
	errno = EIO;
	return true;
}

/* ---- opening ------------------------------------------------------------------------------ */

static int note_open(int fd, enum place place)
{
	if (stop.ready && fd >= 0 && fd < FDS_MAX)
		stop.places[fd] = (unsigned char)place;
	return fd;
}

static int open_at(int dir_fd, const char *path, int flags, mode_t mode)
{
	const enum place place = place_at(dir_fd, path);
	const bool writes = (flags & O_ACCMODE) != O_RDONLY;
	NEXT("openat", int, int, const char *, int, ...);

	if (stop.ready && stop.boot_id && strcmp(path, BOOT_ID) == 0)
		path = stop.boot_id;
	if (writes && place != PLACE_BOARD)
		count(place);
	if (writes && fails(place))
		return -1;
	return note_open(next(dir_fd, path, flags, mode), place);
}

static mode_t mode_of(int flags, va_list arguments)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

#define DEFINE_OPEN(name)                                                                          \
	int name(const char *file, int oflag, ...)                                                 \
	{                                                                                          \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(arguments, oflag);                                                        \
		mode = mode_of(oflag, arguments);                                                  \
		va_end(arguments);                                                                 \
		return open_at(AT_FDCWD, file, oflag, mode);                                       \
	}

#define DEFINE_OPENAT(name)                                                                        \
	int name(int fd, const char *file, int oflag, ...)                                         \
	{                                                                                          \
		va_list arguments;                                                                 \
		mode_t mode;                                                                       \
                                                                                                   \
		va_start(arguments, oflag);                                                        \
		mode = mode_of(oflag, arguments);                                                  \
		va_end(arguments);                                                                 \
		return open_at(fd, file, oflag, mode);                                             \
	}

DEFINE_OPEN(open)
DEFINE_OPENAT(openat)
#ifndef open64
DEFINE_OPEN(open64)
DEFINE_OPENAT(openat64)
#endif

int close(int fd)
{
	NEXT("close", int, int);

	(void)note_open(fd, PLACE_NONE);
	return next(fd);
}

/* ---- writing ------------------------------------------------------------------------------ */

/* Before a write of size bytes: whether it fails, with errno. */
static bool no_write(int fd, size_t size)
{
	const enum place place = place_of_fd(fd);

	count(place);
	if (fails(place))
		return true;
	if (!size || !disk_is(place, DISK_FULL))
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t write(int fd, const void *buf, size_t n)
{
	NEXT("write", ssize_t, int, const void *, size_t);

	/* on the board it is the rename that sets a line */
	if (place_of_fd(fd) != PLACE_BOARD && no_write(fd, n))
		return -1;
	return next(fd, buf, n);
}

#define DEFINE_PWRITE(name, text, type)                                                            \
	ssize_t name(int fd, const void *buf, size_t n, type offset)                               \
	{                                                                                          \
		NEXT(text, ssize_t, int, const void *, size_t, type);                              \
                                                                                                   \
		return no_write(fd, n) ? -1 : next(fd, buf, n, offset);                            \
	}

#define DEFINE_FTRUNCATE(name, text, type)                                                         \
	int name(int fd, type length)                                                              \
	{                                                                                          \
		NEXT(text, int, int, type);                                                        \
                                                                                                   \
		count(place_of_fd(fd));                                                            \
		return fails(place_of_fd(fd)) ? -1 : next(fd, length);                             \
	}

DEFINE_PWRITE(pwrite, "pwrite", off_t)
DEFINE_FTRUNCATE(ftruncate, "ftruncate", off_t)
#ifndef pwrite64
DEFINE_PWRITE(pwrite64, "pwrite64", off64_t)
DEFINE_FTRUNCATE(ftruncate64, "ftruncate64", off64_t)
#endif

static bool no_sync(int fd)
{
	const struct timespec span = {.tv_nsec = SLOW_NS};
	const enum place place = place_of_fd(fd);

	count(place);
	if (disk_is(place, DISK_SLOW))
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &span, NULL);
	return fails(place);
}

int fsync(int fd)
{
	NEXT("fsync", int, int);

	return no_sync(fd) ? -1 : next(fd);
}

int fdatasync(int fildes)
{
	NEXT("fdatasync", int, int);

	return no_sync(fildes) ? -1 : next(fildes);
}

/* ---- names -------------------------------------------------------------------------------- */

/* A line of the board has its new level. */
static void note_move(const char *path)
{
	struct counts *counts = stop.counts;
	struct timespec now;
	const char *name = strrchr(path, '/');
	unsigned gpio;
	char level = 0;
	int fd;

	if (!name || sscanf(name, "/GPIO%u", &gpio) != 1)
		return;
	fd = (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, &level, 1) == 1 && counts->n_moves < MOVES_MAX) {
		(void)clock_gettime(CLOCK_BOOTTIME, &now);
		counts->moves[counts->n_moves++] = (struct move){
			.ns = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec,
			.gpio = (uint8_t)gpio,
			.level = level == '1'};
	}
	(void)syscall(SYS_close, fd);
}

int renameat(int oldfd, const char *old, int newfd, const char *new)
{
	const enum place place = place_at(newfd, new);
	int r;
	NEXT("renameat", int, int, const char *, int, const char *);

	count(place);
	if (fails(place))
		return -1;
	r = next(oldfd, old, newfd, new);
	if (r == 0 && place == PLACE_BOARD)
		note_move(new);
	return r;
}

int rename(const char *old, const char *new)
{
	return renameat(AT_FDCWD, old, AT_FDCWD, new);
}

int unlinkat(int fd, const char *name, int flag)
{
	const enum place place = place_at(fd, name);
	NEXT("unlinkat", int, int, const char *, int);

	count(place);
	return fails(place) ? -1 : next(fd, name, flag);
}

int unlink(const char *name)
{
	return unlinkat(AT_FDCWD, name, 0);
}

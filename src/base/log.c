/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/log.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/*
 * What commands and lines do is logged at info, and whoever can send commands decides how often:
 * so many lines in so long a time, that a disk lives with.
 */
#define INFO_LINES   300
#define INFO_SPAN_NS (60 * PF_NS_PER_S)

static const char *const level_names[] = {"error", "warning", "notice", "info", "debug"};
static const int syslog_priorities[] = {3, 4, 5, 6, 7};

static _Atomic int shown_level = PF_LOG_INFO;
static _Atomic unsigned n_lost; /* messages dropped since the last one written */
static pthread_mutex_t span_lock = PTHREAD_MUTEX_INITIALIZER; /* of the next two */
static uint64_t span_start_ns;
static unsigned n_info; /* messages at info since then, also those left out */
static void (*log_sink)(enum pf_log_level level, const char *text, void *user);
static void *log_sink_user;

/* systemd sets JOURNAL_STREAM to DEVICE:INODE of what it connected (systemd.exec(5)). */
static bool is_journal(void)
{
	const char *text = getenv("JOURNAL_STREAM");
	unsigned long long device, inode;
	struct stat status;

	if (!text || sscanf(text, "%llu:%llu", &device, &inode) != 2 ||
		fstat(STDERR_FILENO, &status))
		return false;
	return status.st_dev == (dev_t)device && status.st_ino == (ino_t)inode;
}

/* A relay must not wait for a log that nobody reads: what cannot be written at once is dropped. */
static bool is_writable(void)
{
	struct pollfd target = {.fd = STDERR_FILENO, .events = POLLOUT};

	/* "writable" means room for PIPE_BUF (4096) bytes at least: more than a line */
	return poll(&target, 1, 0) == 1 && (target.revents & POLLOUT);
}

static void write_text(enum pf_log_level level, const char *text)
{
	char line[1100];
	int n;

	if (is_journal())
		n = snprintf(line, sizeof line, "<%d>%s\n", syslog_priorities[level], text);
	else
		n = snprintf(line, sizeof line, "pinferry: %s%s%s\n",
			level <= PF_LOG_WARNING ? level_names[level] : "",
			level <= PF_LOG_WARNING ? ": " : "", text);
	/* nothing sensible can be done when standard error is gone */
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0)
		return;
}

static void write_line(enum pf_log_level level, const char *text)
{
	char lost[64];
	unsigned n;

	if (!is_writable()) {
		atomic_fetch_add(&n_lost, 1);
		return;
	}
	n = atomic_exchange(&n_lost, 0);
	if (n > 0) {
		(void)snprintf(lost, sizeof lost, "%u log messages were lost", n);
		write_text(PF_LOG_WARNING, lost);
	}
	write_text(level, text);
}

/*
 * Counts a message at info: whether it is one too many, and if a new span of time begins with
 * it, how many were in the one before.
 */
static bool count_info(unsigned *ret_n_before)
{
	const uint64_t now_ns = pf_clock_now_ns();
	bool is_too_many;

	*ret_n_before = 0;
	pthread_mutex_lock(&span_lock);
	if (now_ns - span_start_ns >= INFO_SPAN_NS) {
		*ret_n_before = n_info;
		span_start_ns = now_ns;
		n_info = 0;
	}
	is_too_many = n_info++ >= INFO_LINES;
	pthread_mutex_unlock(&span_lock);
	return is_too_many;
}

static bool is_too_much(void)
{
	char text[64];
	unsigned n;
	const bool is_too_many = count_info(&n);

	if (n > INFO_LINES) {
		(void)snprintf(text, sizeof text, "%u messages were left out", n - INFO_LINES);
		write_line(PF_LOG_INFO, text);
	}
	return is_too_many;
}

void pf_log_set_level(enum pf_log_level level)
{
	atomic_store(&shown_level, (int)level);
}

enum pf_log_level pf_log_get_level(void)
{
	return (enum pf_log_level)atomic_load(&shown_level);
}

int pf_log_level_parse(const char *text)
{
	for (int i = 0; i <= PF_LOG_DEBUG; i++)
		if (strcmp(text, level_names[i]) == 0)
			return i;
	return -1;
}

void pf_log_set_sink(
	void (*sink)(enum pf_log_level level, const char *text, void *user), void *user)
{
	log_sink = sink;
	log_sink_user = user;
}

void pf_log(enum pf_log_level level, const char *format, ...)
{
	char text[1024];
	va_list arguments;

	if ((int)level > atomic_load(&shown_level))
		return;
	/* who asks for debug wants all of it */
	if (level == PF_LOG_INFO && !log_sink && atomic_load(&shown_level) == PF_LOG_INFO &&
		is_too_much())
		return;
	va_start(arguments, format);
	(void)vsnprintf(text, sizeof text, format, arguments);
	va_end(arguments);
	/* a hostile payload or file name must not forge log lines */
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	if (log_sink)
		log_sink(level, text, log_sink_user);
	else
		write_line(level, text);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Messages to the person who runs the daemon, on standard error.
 *
 * Under systemd (JOURNAL_STREAM names standard error) each line carries the journal's priority
 * prefix ("<3>") and no time. A line that cannot be written at once is dropped, and counted in the
 * next one. At level info at most 300 lines a minute are written, and the rest is counted, so that
 * a flood of commands does not fill the disk. Layers 0 and 1 log at debug only. Thread-safe: one
 * write per line.
 */

#ifndef PF_BASE_LOG_H
#define PF_BASE_LOG_H

#include <stdarg.h>

enum pf_log_level {
	PF_LOG_ERROR,   /* needs the owner */
	PF_LOG_WARNING, /* degraded, going on */
	PF_LOG_NOTICE,  /* start, stop, connection, faults coming and going */
	PF_LOG_INFO,    /* commands, state changes */
	PF_LOG_DEBUG,   /* each sample, each message */
};

/* Sets what is shown: messages up to this level. Default PF_LOG_INFO. */
void pf_log_set_level(enum pf_log_level level);

/* The level in force. */
enum pf_log_level pf_log_get_level(void);

/* "error", "warning", "notice", "info", "debug"; -1 if text is none of them. */
int pf_log_level_parse(const char *text);

/* Replaces the sink, for tests. NULL: standard error again. text has no line end. */
void pf_log_set_sink(
	void (*sink)(enum pf_log_level level, const char *text, void *user), void *user);

/* Logs one line; line ends and control characters in it are replaced by '?'. */
__attribute__((format(printf, 2, 3))) void pf_log(enum pf_log_level level, const char *format, ...);

#define pf_error(...)   pf_log(PF_LOG_ERROR, __VA_ARGS__)
#define pf_warning(...) pf_log(PF_LOG_WARNING, __VA_ARGS__)
#define pf_notice(...)  pf_log(PF_LOG_NOTICE, __VA_ARGS__)
#define pf_info(...)    pf_log(PF_LOG_INFO, __VA_ARGS__)
#define pf_debug(...)   pf_log(PF_LOG_DEBUG, __VA_ARGS__)

#endif

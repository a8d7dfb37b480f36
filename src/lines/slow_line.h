/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A line of a chip that itself sits behind a bus (an expander): every call that may reach the chip
 * is a task on the worker of that bus, and comes back to the main loop. So a stuck expander delays
 * nobody but its own lines.
 *
 * Each kind of task is under way once at most; tasks are done in the order they were asked for.
 * Main loop only, but for the tasks themselves.
 */

#ifndef PF_LINES_SLOW_LINE_H
#define PF_LINES_SLOW_LINE_H

#include "lines/buses.h"
#include "lines/line_find.h"

struct pf_slow_line;

enum pf_slow_task { PF_SLOW_REQUEST, PF_SLOW_SET, PF_SLOW_GET };

/*
 * A task has come back. result: a negative errno; else, of a request and of a read, the level that
 * is on the line. What was put on the line was read back: PF_LINE_DIFFERS (confirm.h), if that was
 * something else.
 */
typedef void pf_slow_done(void *user, enum pf_slow_task task, int result);

/* Whether a line that was found sits behind a bus. */
bool pf_line_is_slow(const struct pf_found_line *found);

/*
 * Makes a line that is not requested yet. buses is borrowed, found is copied. 0 or a negative errno
 * (no worker).
 */
int pf_slow_line_new(struct pf_buses *buses, const struct pf_found_line *found, pf_slow_done *done,
	void *user, struct pf_slow_line **ret_slow);

/*
 * Releases the line on its worker after what is under way, and frees it; done() is not called any
 * more. When the workers have ended, releases it at once, or leaves it behind if its bus hangs.
 * NULL is fine.
 */
void pf_slow_line_free(struct pf_slow_line *slow);

/* Requests the line as an output, to be done once; the request's chip is the one found. */
void pf_slow_line_request_output(
	struct pf_slow_line *slow, const struct pf_output_request *request);

/* Requests the line as an input and reads it; else as pf_slow_line_request_output(). */
void pf_slow_line_request_input(struct pf_slow_line *slow, const struct pf_input_request *request);

/* After the request: the line held, only to know that it is. */
struct pf_line *pf_slow_line_held(const struct pf_slow_line *slow);

/*
 * After the request of an input: a descriptor that is readable while edges wait, -1 if there are
 * none. It belongs to the main loop alone, up to pf_slow_line_free(): the line's own is closed by
 * the worker, which a loop that watches it must not meet.
 */
int pf_slow_line_event_fd(const struct pf_slow_line *slow);

/* After the request of an output: whether it had been one. */
bool pf_slow_line_was_output(const struct pf_slow_line *slow);

/* After the request of an output: the level that was put on the line last. */
bool pf_slow_line_level(const struct pf_slow_line *slow);

/* Begins to set the level. 0, or -EBUSY: a write is under way, or too much waits for the bus. */
int pf_slow_line_set(struct pf_slow_line *slow, bool level);

/* The edges that the last read of an input has taken, oldest first; how many. */
size_t pf_slow_line_edges(const struct pf_slow_line *slow, const struct pf_edge **ret_edges);

/* Begins to read the level, after the edges of an input. false: a read is under way already. */
bool pf_slow_line_get(struct pf_slow_line *slow);

/* The bus that a task waits for and that hangs, by name; NULL: none. */
const char *pf_slow_line_hangs(const struct pf_slow_line *slow, uint64_t now_ns);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * One run of a story: the daemon in a folder of its own, killed right before one call, and what
 * came of it. The first thing that is wrong is kept in `failure`.
 */

#ifndef PF_TESTS_CRASH_RUN_H
#define PF_TESTS_CRASH_RUN_H

#include <limits.h>
#include <sys/types.h>

#include "model.h"
#include "stop.h"
#include "story.h"
#include "wire.h"

/* What follows the kill. */
enum after {
	AFTER_SAFE_STATE, /* safe-state, and a start */
	AFTER_START,      /* a start at once */
	AFTER_BOOT,       /* a start in another boot: nothing in memory, all lines inputs */
};

struct task {
	const struct story *story;
	const char *disk; /* "healthy", "full", "slow", "failing" */
	enum after after;
	uint32_t stop_main, stop_others; /* 0: at the end of the story */
};

struct run {
	struct task task;
	const char *program, *driver_dir, *preload;
	char dir[64];
	struct wire wire;
	struct counts *counts;
	struct model models[STORY_OUTPUTS];
	bool second; /* configuration in force; while `reloading` it may be the first, too */
	bool reloading;
	int foreign; /* GPIO that is not ours any more; -1: none */
	uint32_t foreign_moves;
	uint64_t started_ms, crashed_ms;
	pid_t daemon; /* 0: none */
	unsigned next_id;
	unsigned asked_of; /* which of the client's subscriptions a question went to */
	char failure[512];
};

/* Plays the task's story until the daemon is killed. */
void run_story(struct run *run);

/* What comes after the kill, and whether it is as it has to be. */
void run_judge(struct run *run);

/* ---- between the two ---------------------------------------------------------------------- */

uint64_t now_ms(void);

/* Keeps the first failure. */
__attribute__((format(printf, 2, 3))) void run_fail(struct run *run, const char *format, ...);

/* Starts `pinferry VERB`; its pid. */
pid_t run_spawn(struct run *run, const char *verb);

/* Whether the daemon lives; one that does not is collected. */
bool run_alive(struct run *run);

/* Ends the daemon with this signal and waits. */
void run_end(struct run *run, int signal);

/*
 * Serves the broker's side until is_true(run, user); false: the daemon ended, or it took too long,
 * which is a failure if `what` is not NULL.
 */
bool run_until(struct run *run, bool (*is_true)(struct run *run, const void *user),
	const void *user, const char *what);

bool run_is_online(struct run *run, const void *user);

/* Sends a command and waits for its answer, whose text is in ret_answer[512]. */
bool run_ask(struct run *run, const struct story_output *output, const char *id, bool state,
	unsigned for_ms, char *ret_answer);

/* What the board has on a line; false, too, for one that was never touched. */
bool run_level(const struct run *run, unsigned gpio);

/* Writes a small file of the run's folder. */
void run_write(const struct run *run, const char *name, const char *text);

#endif

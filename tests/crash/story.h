/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What the daemon is made to do before it is killed: a configuration or two, and steps. Data only.
 */

#ifndef PF_TESTS_CRASH_STORY_H
#define PF_TESTS_CRASH_STORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STORY_OUTPUTS 4
#define STORY_STEPS   24

enum rest { OFF, ON, KEEP, LAST };

struct story_output {
	const char *name;
	unsigned gpio;
	enum rest initial, on_exit;
	unsigned max_on_ms;
	bool grouped;
	const char *more;    /* for its configuration, or NULL */
	bool in_1st, in_2nd; /* in which of the two configurations it is */
};

enum step_kind {
	STEP_END,
	STEP_COMMAND,  /* to `name`: state, for_ms; until it is answered */
	STEP_LINE,     /* until the line of `name` has `state` */
	STEP_BAD_DISK, /* from now on the disk is what it is in this run */
	STEP_RELOAD,   /* the second configuration; until `name` has a state */
	STEP_FOREIGN,  /* the line of `name` in the first one is somebody else's now, and on */
	STEP_STOP,     /* cleanly */
	STEP_START,    /* again */
	STEP_HANG_UP,  /* the broker goes away */
	STEP_PAUSE,    /* for_ms */
};

struct step {
	enum step_kind kind;
	const char *name;
	bool state;
	unsigned for_ms;
};

struct story {
	const char *name;
	unsigned dead_time_ms; /* of those that are grouped */
	struct story_output outputs[STORY_OUTPUTS];
	struct step steps[STORY_STEPS];
};

extern const struct story stories[];
extern const size_t n_stories;

#endif

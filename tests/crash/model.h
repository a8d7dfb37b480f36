/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What an output may be, from nothing but what was sent to the daemon, what it answered, and the
 * manual. It knows no line of the daemon's code. Levels are a set: one bit for each that is fine.
 */

#ifndef PF_TESTS_CRASH_MODEL_H
#define PF_TESTS_CRASH_MODEL_H

#include "story.h"

#define MAY_BE(level) (1U << ((level) ? 1 : 0))
#define MAY_BE_ANY    (MAY_BE(false) | MAY_BE(true))

struct model {
	bool level;    /* as last answered */
	bool in_pulse; /* ends in !level */
	bool asked;    /* a command is not answered yet: */
	bool asked_state, asked_pulse;
	bool last;           /* for `initial = "last"` */
	uint64_t last_on_ms; /* when it was no longer on; 0: it was never on */
	char id[16];         /* of the last command that was answered "done" */
};

/* A command goes out. */
void model_ask(struct model *model, bool state, bool is_pulse);

/* It was answered "done" at now_ms. */
void model_answer(struct model *model, const char *id, uint64_t now_ms);

/* The line was seen to have reached this level for good. */
void model_settle(struct model *model, bool level);

/* Another member of its group is to go on. */
void model_give_way(struct model *model);

/* The daemon was stopped cleanly and started again. */
void model_restart(struct model *model, const struct story_output *output);

/* After the daemon was killed and safe-state was run. */
unsigned model_after_safe_state(const struct model *model, const struct story_output *output);

/* After a start; `before`: what the line had then, if safe-state was run, else -1. */
unsigned model_after_start(
	const struct model *model, const struct story_output *output, int before);

/*
 * After a start in another boot, where all lines begin as inputs. The disk is a second behind at
 * most.
 */
unsigned model_after_boot(
	const struct model *model, const struct story_output *output, uint64_t crashed_ms);

#endif

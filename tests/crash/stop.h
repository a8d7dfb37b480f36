/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* What the preloaded stop.c and the program that runs it share: one file, mapped by both. */

#ifndef PF_TESTS_CRASH_STOP_H
#define PF_TESTS_CRASH_STOP_H

#include <stdint.h>

#define MOVES_MAX 512

/* A line of the board that was set. */
struct move {
	uint64_t ns; /* CLOCK_BOOTTIME */
	uint8_t gpio, level;
};

struct counts {
	uint32_t n_main, n_others;       /* calls so far, of the main thread and of others */
	uint32_t stop_main, stop_others; /* the daemon is killed right before this one; 0: never */
	uint32_t stopped;                /* it was */
	uint32_t n_moves;
	struct move moves[MOVES_MAX]; /* of all processes, in order */
};

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * One output: what it is, what it shall be, and until when. Every change of an output, whatever
 * its source, goes through the one function change() in output.c; limits belong there.
 *
 * Pure but for its one effect, the write() given to pf_output_init(). Times are CLOCK_BOOTTIME in
 * ns, so that a deadline goes on while the machine is suspended. Levels are logical. Main loop
 * only.
 */

#ifndef PF_OUTPUT_OUTPUT_H
#define PF_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "output/command.h"

/* Who wants a change. */
enum pf_source {
	PF_SOURCE_START,     /* the line was requested with this level */
	PF_SOURCE_COMMAND,   /* a message on a command topic */
	PF_SOURCE_PULSE_END, /* the deadline of a pulse */
	PF_SOURCE_EXIT,      /* the daemon ends */
};

enum pf_verdict {
	PF_VERDICT_DONE,
	PF_VERDICT_DEFERRED, /* will be carried out when the line is back */
	PF_VERDICT_REJECTED,
	PF_VERDICT_IGNORED,
};

/* Ids of that many commands are remembered, so that a resent one is carried out once. */
#define PF_OUTPUT_IDS 32

/* The answer to a command. */
struct pf_outcome {
	enum pf_verdict verdict;
	char reason[PF_REASON_SIZE]; /* empty if there is nothing to say */
};

struct pf_output {
	const struct pf_output_config *config;
	int (*write)(void *user, bool level); /* 0 or a negative errno */
	void *user;
	bool held;             /* the line is ours and `level` is on it */
	bool level;            /* as last written or adopted */
	bool desired;          /* what it shall be, also while the line is away */
	uint64_t pulse_end_ns; /* PF_NEVER: no pulse under way */
	bool closed;           /* exit has been applied: nothing moves any more */
	bool adopted;          /* `initial = "keep"` has been asked for once */
	char ids[PF_OUTPUT_IDS][PF_COMMAND_ID_SIZE]; /* ring; ids[next_id] is the oldest */
	uint32_t next_id;
};

/* An output whose line is not held yet. write is called with user for every change. */
void pf_output_init(struct pf_output *output, const struct pf_output_config *config,
	int (*write)(void *user, bool level), void *user);

/*
 * What to request the line with: PF_INITIAL_KEEP only at the first request of an output that is
 * configured so, else the desired level.
 */
enum pf_initial pf_output_initial(const struct pf_output *output);

/*
 * The line is held and has this level on it: at the first time the level of the start, later that
 * of pf_output_initial(). With pulse_ms, an "on" from the start ends like any other.
 */
void pf_output_acquired(struct pf_output *output, uint64_t now_ns, bool level);

/* The line is gone; deadlines and the desired state go on. */
void pf_output_lost(struct pf_output *output);

/*
 * Carries out a command, or says why not. ON without for_ms lasts pulse_ms, if configured. A write
 * that fails leaves the output not held, verdict deferred: the caller requests the line again.
 */
void pf_output_command(struct pf_output *output, uint64_t now_ns, const struct pf_command *command,
	struct pf_outcome *ret_outcome);

/* When to call pf_output_tick(); PF_NEVER if nothing is due. */
uint64_t pf_output_wake_ns(const struct pf_output *output);

/*
 * Ends a pulse that is due, in the opposite state. 0, or the error of the write: then the output is
 * no longer held and the caller requests the line again.
 */
int pf_output_tick(struct pf_output *output, uint64_t now_ns);

/*
 * Brings the output to its on_exit state; a pulse under way ends in it, or, with `keep`, in the
 * pulse's end state. Nothing moves it afterwards. 0, or the error of the write.
 */
int pf_output_exit(struct pf_output *output, uint64_t now_ns);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * One output: what it is, what it shall be, and what it may. Every change of an output, whatever
 * its source, goes through the one function pf_envelope_change() (envelope.h), which keeps every
 * limit:
 *
 *   max_on_s   counts from the off-to-on change; nothing extends it
 *   min_on_s, min_off_s   a change that comes too early waits; safety overrides min_on_s
 *   interlock  at most one member on, with a dead time; switching over turns the other off first
 *   pulses     one deadline, replaced by any later change; ends in the opposite state
 *   failsafe   after the broker or the controller's heartbeat has been away
 *
 * Pure but for its one effect, the write() of its port. Times are CLOCK_BOOTTIME in ns, so that a
 * deadline goes on while the machine is suspended. Levels are logical. Main loop only.
 *
 * Order of calls: _init(); when the line is found, _recall() with what is known from before;
 * _initial() says how to request it; _acquired() when it is held. From then on commands, ticks and
 * _lost() in any order; _exit(), and _done() at the end.
 *
 * What a command wants is dropped if it has not been carried out 5 s after it was said, and what
 * was wanted before counts again; only a plain "on" or "off" waits longer, for a limit of which the
 * end is known.
 */

#ifndef PF_OUTPUT_OUTPUT_H
#define PF_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "config/config.h"
#include "output/state.h"

/*
 * Makes an output whose line is not held yet, and a member of its group. config, group (NULL:
 * none) and port are borrowed. The failsafe clock starts at now_ns: the broker has not been
 * reached yet.
 */
void pf_output_init(struct pf_output *output, const struct pf_output_config *config,
	struct pf_interlock *group, const struct pf_output_port *port, void *user, uint64_t now_ns);

/* Takes the output out of its group; who waits for it waits for the dead time only. */
void pf_output_done(struct pf_output *output);

/* What is known of the line from before; after the line was once held, nothing happens. */
void pf_output_recall(struct pf_output *output, const struct pf_history *history);

/*
 * The ids of the last commands from before, the oldest first, NULL behind the last: a command that
 * is sent again is not carried out again. Up to PF_OUTPUT_IDS; nothing happens if there was one.
 */
void pf_output_recall_ids(struct pf_output *output, char *const ids[PF_OUTPUT_IDS]);

/*
 * How to request the line at now_ns: PF_INITIAL_KEEP where the level that it has decides what
 * follows; PF_INITIAL_ON only if the line may be on now. An "on" that a limit or an interlock
 * holds back is requested off and follows when it is allowed.
 */
enum pf_initial pf_output_initial(struct pf_output *output, uint64_t now_ns);

/*
 * The line is held and has this level on it. The first time the state to start with follows, or
 * the end of a pulse from before, or what was commanded meanwhile; later what is wanted by then.
 * 0, or -ENOTUNIQ: this and another member of its group were found on; all are switched off.
 */
int pf_output_acquired(struct pf_output *output, uint64_t now_ns, bool level);

/*
 * The line is being requested as `initial` says, and its owner does not wait for that:
 * _acquired() or _lost() follows. Until then it counts as a write under way.
 */
void pf_output_requested(struct pf_output *output, uint64_t now_ns, enum pf_initial initial);

/*
 * A write that the port answered with PF_WRITE_UNDER_WAY has ended: r is 0 or a negative errno, and
 * then the output is not held. What was wanted meanwhile is carried out now, also what
 * pf_output_exit() wanted. Dead times, min_on_s and pulses count from now, max_on_s from when the
 * write was begun: the line moved somewhere in between.
 */
void pf_output_written(struct pf_output *output, uint64_t now_ns, int r);

/* The line is gone; deadlines and the wanted state go on. */
void pf_output_lost(struct pf_output *output);

/* The line has another level than was put on it: it is lost, and may be on. */
void pf_output_contradicted(struct pf_output *output);

/*
 * Carries out a command, defers it, or says why not; a write that is under way is one reason to
 * defer, also the command's own. ON without for_ms lasts pulse_ms, if configured. Rejected, and
 * nothing comes of it: a command for a line that is not held (the caller knows why, and then
 * requests it again: also if the write has just failed), one that waits for another output of which
 * nobody knows when it will be off, and a pulse that would have to wait for longer than 5 s. An
 * accepted command ends the failsafe and counts as a heartbeat.
 */
void pf_output_command(struct pf_output *output, uint64_t now_ns, const struct pf_command *command,
	struct pf_outcome *ret_outcome);

/* The link to the broker is up or down. */
void pf_output_link(struct pf_output *output, uint64_t now_ns, bool up);

/* A live message on the heartbeat topic has come. */
void pf_output_heartbeat(struct pf_output *output, uint64_t now_ns);

/*
 * Puts the output from its group into another (NULL: none); nothing moves. At a reload all outputs
 * have to be in their new groups before the first of them gets its new rules; see
 * pf_interlock_part() and pf_interlock_join(), too.
 */
void pf_output_regroup(struct pf_output *output, struct pf_interlock *group);

/*
 * Other rules for the same line, which does not move unless they demand it. -ENOTUNIQ: it is on or
 * to go on, and so is another member of its group; all are switched off. Else 0.
 */
int pf_output_reconfigure(
	struct pf_output *output, uint64_t now_ns, const struct pf_output_config *config);

/* When to call pf_output_tick(); PF_NEVER if nothing is due. */
uint64_t pf_output_wake_ns(const struct pf_output *output);

/* What a tick says when what a command wanted was dropped. */
extern const char pf_output_stale[];

/*
 * Does what is due, the most urgent first: failsafe, max_on_s, end of a pulse, a change that
 * waited, or waited for too long; call it until it is not due any more. Returns what happened in
 * plain words, or NULL if nothing did. After a failed write the output is not held and the caller
 * requests the line again.
 */
const char *pf_output_tick(struct pf_output *output, uint64_t now_ns);

/*
 * Brings the output to its on_exit state, at once; a pulse under way ends in it, or, with `keep`,
 * in the pulse's end state. An "on" that would have to wait for a limit or an interlock beyond
 * until_ns becomes off; outputs that go off are therefore to be ended first. Nothing moves it
 * afterwards, but that a write under way is ended first, and that it is tried again when a line
 * that was away is held again.
 */
void pf_output_exit(struct pf_output *output, uint64_t now_ns, uint64_t until_ns);

/*
 * The output has left the configuration: exit, and it is in no group any more. If it is on then,
 * and others wait for it, it is a ghost that they may switch off.
 */
void pf_output_leave(struct pf_output *output, uint64_t now_ns);

/*
 * Whether one that has left is done with: the line has what exit wanted, nobody waits for it to go
 * off, and it would have to wait for nobody if it came back; or nothing of it was ever seen.
 */
bool pf_output_has_left(struct pf_output *output, uint64_t now_ns);

/* Its line is something else now, and no relay is on by it. */
void pf_output_yield(struct pf_output *output, uint64_t now_ns);

/* Its line is that of another output now: for whom it waited, and who waited for it. */
void pf_output_replace(struct pf_output *output, struct pf_output *by);

/* Whether what exit wanted waits for a limit or an interlock. */
bool pf_output_is_waiting(const struct pf_output *output);

/* Whether exit has been applied and the line has what it wanted. */
bool pf_output_is_at_rest(const struct pf_output *output);

/*
 * Whether the line is not to be left as it is, even if `on_exit` says keep: a pulse is running,
 * its end waits, or the line is about to go off. ret_level: what it is to end in.
 */
bool pf_output_unfinished(const struct pf_output *output, bool *ret_level);

#endif

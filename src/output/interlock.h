/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A group of outputs of which at most one may be on, with a dead time between one going off and
 * another going on: the two directions of a blind's motor. What decides in one place whether an
 * output may go on: its group, and whom it still has to wait for from groups before (bond.h). Pure:
 * the time is passed in (CLOCK_BOOTTIME, ns). Main loop only.
 */

#ifndef PF_OUTPUT_INTERLOCK_H
#define PF_OUTPUT_INTERLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct pf_output;

struct pf_interlock {
	const char *name;
	uint32_t dead_time_ms;
	struct pf_output **members; /* borrowed */
	size_t n;
};

/* Who holds an output back. */
struct pf_blocker {
	const struct pf_output *output;
	const char *group; /* its name */
};

/* Makes a group without members; name is borrowed. */
void pf_interlock_init(struct pf_interlock *group, const char *name, uint32_t dead_time_ms);

/* Frees the list of members. */
void pf_interlock_done(struct pf_interlock *group);

/* Adds a member. */
void pf_interlock_add(struct pf_interlock *group, struct pf_output *output);

/* Takes a member out; the others then look again at their next tick. One not in it is fine. */
void pf_interlock_remove(struct pf_interlock *group, struct pf_output *output);

/*
 * Before a reload: whatever becomes of the group, its members go on waiting for each other until
 * those that may be on now have been off for the dead time.
 */
void pf_interlock_part(const struct pf_interlock *group);

/*
 * After it, when all members are in their groups: for one that is on and together with them again,
 * they wait by the rule of this group alone; for a ghost that one of them waits for, all of them
 * do.
 */
void pf_interlock_join(const struct pf_interlock *group);

/*
 * When `output` may go on: 0 or in the past if it may now; PF_NEVER while another one is on, or may
 * be on because its line was never held or an "on" failed; else the end of the dead time.
 */
uint64_t pf_interlock_allows_ns(const struct pf_output *output);

/*
 * When `output` could go on if the others of its group went off now: from when on those that have
 * to go off first may, and the dead time after it; PF_NEVER if nobody can say.
 */
uint64_t pf_interlock_ready_ns(const struct pf_output *output, uint64_t now_ns);

/*
 * Since when nobody can say how long others hold an output back: PF_NEVER while all that may be on
 * are to go off at a known time, 0 if the line of one cannot be reached, else when a write began.
 */
uint64_t pf_interlock_unknown_ns(const struct pf_output *output);

/* Whether another one is on or may be on, and who. */
bool pf_interlock_blocker(const struct pf_output *output, struct pf_blocker *ret_blocker);

#endif

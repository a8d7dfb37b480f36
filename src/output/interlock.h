/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A group of outputs of which at most one may be on, with a dead time between one going off and
 * another going on: the two directions of a blind's motor. The group decides in one place whether
 * a member may go on. Pure: the time is passed in (CLOCK_BOOTTIME, ns). Main loop only.
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
	uint64_t rested_ns; /* the dead time after members that have left is over */
};

/* Makes a group without members; name is borrowed. */
void pf_interlock_init(struct pf_interlock *group, const char *name, uint32_t dead_time_ms);

/* Frees the list of members. */
void pf_interlock_done(struct pf_interlock *group);

/* Adds a member. */
void pf_interlock_add(struct pf_interlock *group, struct pf_output *output);

/* Takes over from the same group of an older configuration what it knows of members that left. */
void pf_interlock_inherit(struct pf_interlock *group, const struct pf_interlock *old);

/* Takes a member out; the others then look again at their next tick. One not in it is fine. */
void pf_interlock_remove(struct pf_interlock *group, struct pf_output *output);

/*
 * When `output` may go on: now_ns or earlier if it may now; PF_NEVER while another member is on,
 * or may be on because its line was never held or an "on" failed; else the end of the dead time.
 */
uint64_t pf_interlock_allows_ns(const struct pf_interlock *group, const struct pf_output *output);

/* The other member that is on or may be on, or NULL. */
const struct pf_output *pf_interlock_blocker(
	const struct pf_interlock *group, const struct pf_output *output);

#endif

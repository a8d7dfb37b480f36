/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A bond: one output has to wait for another with which it was in a group once, and which may have
 * been on ever since. So a reload that takes outputs apart, renames their group or removes one of
 * them lets no two be on that were made exclusive while one of them was. A bond ends when the other
 * is known to be off; its dead time is waited for then.
 *
 * Pure: the time is passed in (CLOCK_BOOTTIME, ns). Main loop only.
 */

#ifndef PF_OUTPUT_BOND_H
#define PF_OUTPUT_BOND_H

#include <stdint.h>

struct pf_output;

struct pf_bond {
	struct pf_output *waiter, *other;
	char *name; /* of the group, its own */
	uint32_t dead_time_ms;
	struct pf_bond *next_of_waiter, *next_of_other;
};

/*
 * `waiter` has to wait for `other`, and for the dead time after it; if it has to already, for the
 * longer one. name is copied. An `other` that is known to be off leaves the dead time only.
 */
void pf_bond_add(
	struct pf_output *waiter, struct pf_output *other, const char *name, uint32_t dead_time_ms);

/* `other` is known to be off: whoever waited for it waits for the dead time after it only. */
void pf_bond_settle(struct pf_output *other);

/* What waited for `other` waits for `to` from now on, which has taken over its line. */
void pf_bond_move(struct pf_output *other, struct pf_output *to);

/* `waiter` does not wait for `other` any more, if it did: a group of both says so from now on. */
void pf_bond_remove(struct pf_output *waiter, const struct pf_output *other);

/* An output goes: it waits for nobody; nobody waits for it but for the dead time after it. */
void pf_bond_drop(struct pf_output *output);

/* One that the output waits for because it is on or may be on, or NULL. */
const struct pf_bond *pf_bond_blocker(const struct pf_output *output);

#endif

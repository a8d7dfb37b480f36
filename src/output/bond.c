/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/bond.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "output/state.h"

static bool may_be_on(const struct pf_output *output)
{
	return output->level || output->uncertain;
}

static void rest_until(struct pf_output *waiter, uint64_t rested_ns)
{
	if (rested_ns > waiter->rested_ns)
		waiter->rested_ns = rested_ns;
}

static struct pf_bond *find(const struct pf_output *waiter, const struct pf_output *other)
{
	struct pf_bond *bond = waiter->waits_for;

	while (bond && bond->other != other)
		bond = bond->next_of_waiter;
	return bond;
}

static void end_bond(struct pf_bond *bond)
{
	struct pf_bond **link = &bond->waiter->waits_for;

	while (*link != bond)
		link = &(*link)->next_of_waiter;
	*link = bond->next_of_waiter;
	link = &bond->other->waited_by;
	while (*link != bond)
		link = &(*link)->next_of_other;
	*link = bond->next_of_other;
	free(bond->name);
	free(bond);
}

void pf_bond_add(
	struct pf_output *waiter, struct pf_output *other, const char *name, uint32_t dead_time_ms)
{
	struct pf_bond *bond = find(waiter, other);

	if (waiter == other)
		return;
	if (!may_be_on(other)) {
		rest_until(waiter, other->off_ns + dead_time_ms * PF_NS_PER_MS);
		return;
	}
	if (bond && bond->dead_time_ms < dead_time_ms)
		bond->dead_time_ms = dead_time_ms;
	if (bond)
		return;
	bond = pf_calloc(1, sizeof *bond);
	*bond = (struct pf_bond){.waiter = waiter,
		.other = other,
		.name = pf_strdup(name),
		.dead_time_ms = dead_time_ms,
		.next_of_waiter = waiter->waits_for,
		.next_of_other = other->waited_by};
	waiter->waits_for = other->waited_by = bond;
}

/* Lets an output that waits look again at its next tick, and its owner record how long it has to.
 */
static void wake(struct pf_output *waiter)
{
	if (waiter->pending)
		waiter->pending_ns = 0;
	waiter->port->changed(waiter->user);
}

void pf_bond_settle(struct pf_output *other)
{
	while (other->waited_by) {
		struct pf_bond *bond = other->waited_by;
		struct pf_output *waiter = bond->waiter;

		rest_until(waiter, other->off_ns + bond->dead_time_ms * PF_NS_PER_MS);
		end_bond(bond);
		wake(waiter);
	}
}

void pf_bond_move(struct pf_output *other, struct pf_output *to)
{
	while (other->waited_by) {
		struct pf_bond *bond = other->waited_by;

		pf_bond_add(bond->waiter, to, bond->name, bond->dead_time_ms);
		end_bond(bond);
	}
}

void pf_bond_remove(struct pf_output *waiter, const struct pf_output *other)
{
	struct pf_bond *bond = find(waiter, other);

	if (bond)
		end_bond(bond);
}

void pf_bond_drop(struct pf_output *output)
{
	while (output->waits_for)
		end_bond(output->waits_for);
	pf_bond_settle(output);
}

const struct pf_bond *pf_bond_blocker(const struct pf_output *output)
{
	const struct pf_bond *bond = output->waits_for;

	while (bond && !may_be_on(bond->other))
		bond = bond->next_of_waiter;
	return bond;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/interlock.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "output/bond.h"
#include "output/state.h"

void pf_interlock_init(struct pf_interlock *group, const char *name, uint32_t dead_time_ms)
{
	*group = (struct pf_interlock){.name = name, .dead_time_ms = dead_time_ms};
}

void pf_interlock_done(struct pf_interlock *group)
{
	free(group->members);
	group->members = NULL;
	group->n = 0;
}

void pf_interlock_add(struct pf_interlock *group, struct pf_output *output)
{
	group->members = pf_reallocarray(group->members, group->n + 1, sizeof *group->members);
	group->members[group->n++] = output;
}

static uint64_t later_ns(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns > b_ns ? a_ns : b_ns;
}

static bool may_be_on(const struct pf_output *output)
{
	return output->level || output->uncertain;
}

static uint64_t dead_time_ns(const struct pf_interlock *group)
{
	return group->dead_time_ms * PF_NS_PER_MS;
}

/* Lets all members that wait look again. */
static void wake(const struct pf_interlock *group)
{
	for (size_t i = 0; i < group->n; i++) {
		struct pf_output *member = group->members[i];

		if (!member->pending || member->closed)
			continue;
		member->pending_ns = 0;
		member->port->changed(member->user);
	}
}

void pf_interlock_remove(struct pf_interlock *group, struct pf_output *output)
{
	for (size_t i = 0; i < group->n; i++) {
		if (group->members[i] != output)
			continue;
		group->members[i] = group->members[--group->n];
		wake(group);
		return;
	}
}

void pf_interlock_part(const struct pf_interlock *group)
{
	for (size_t i = 0; i < group->n; i++) {
		struct pf_output *other = group->members[i];

		/* nobody has switched on what was never held, and is not known from before */
		if (other->uncertain && !other->started && !other->level && !other->writing &&
			!other->touched)
			continue;
		for (size_t k = 0; k < group->n; k++)
			pf_bond_add(group->members[k], other, group->name, group->dead_time_ms);
	}
}

/* What member i waits for, all members do. */
static void spread(const struct pf_interlock *group, size_t i)
{
	const struct pf_output *member = group->members[i];

	for (size_t k = 0; k < group->n; k++) {
		struct pf_output *other = group->members[k];

		other->rested_ns = later_ns(other->rested_ns, member->rested_ns);
		for (const struct pf_bond *bond = member->waits_for; bond && other != member;
			bond = bond->next_of_waiter)
			if (bond->other->ghost)
				pf_bond_add(other, bond->other, bond->name, bond->dead_time_ms);
	}
}

void pf_interlock_join(const struct pf_interlock *group)
{
	for (size_t i = 0; i < group->n; i++) {
		const struct pf_output *other = group->members[i];

		/* else it may be off by now, and the dead time that there was goes on */
		if (!other->held || other->writing || !other->level)
			continue;
		for (size_t k = 0; k < group->n; k++)
			pf_bond_remove(group->members[k], other);
	}
	for (size_t i = 0; i < group->n; i++)
		spread(group, i);
}

bool pf_interlock_blocker(const struct pf_output *output, struct pf_blocker *ret_blocker)
{
	const struct pf_interlock *group = output->group;
	const struct pf_bond *bond = pf_bond_blocker(output);

	for (size_t i = 0; group && i < group->n; i++) {
		if (group->members[i] == output || !may_be_on(group->members[i]))
			continue;
		*ret_blocker = (struct pf_blocker){group->members[i], group->name};
		return true;
	}
	if (bond)
		*ret_blocker = (struct pf_blocker){bond->other, bond->name};
	return bond != NULL;
}

uint64_t pf_interlock_allows_ns(const struct pf_output *output)
{
	const struct pf_interlock *group = output->group;
	uint64_t allowed_ns = output->rested_ns;
	struct pf_blocker blocker;

	if (pf_interlock_blocker(output, &blocker))
		return PF_NEVER;
	for (size_t i = 0; group && i < group->n; i++)
		if (group->members[i] != output)
			allowed_ns = later_ns(
				allowed_ns, group->members[i]->off_ns + dead_time_ns(group));
	return allowed_ns;
}

/* From when on one can be off, as far as is known; obeys: it goes off for another one to go on. */
static uint64_t gone_off_ns(const struct pf_output *output, bool obeys, uint64_t now_ns)
{
	if (!may_be_on(output))
		return output->off_ns;
	if (output->writing)
		return now_ns;
	if (!output->held || (output->desired && !obeys))
		return PF_NEVER;
	return later_ns(now_ns, output->on_ns + output->config->min_on_ms * PF_NS_PER_MS);
}

/* The dead time after that, or PF_NEVER. */
static uint64_t rested_ns(uint64_t off_ns, uint32_t dead_time_ms)
{
	return off_ns == PF_NEVER ? PF_NEVER : off_ns + dead_time_ms * PF_NS_PER_MS;
}

uint64_t pf_interlock_ready_ns(const struct pf_output *output, uint64_t now_ns)
{
	const struct pf_interlock *group = output->group;
	uint64_t ready_ns = output->rested_ns;

	for (const struct pf_bond *bond = output->waits_for; bond; bond = bond->next_of_waiter) {
		const bool obeys = bond->other->ghost && !bond->other->closed;

		ready_ns = later_ns(ready_ns,
			rested_ns(gone_off_ns(bond->other, obeys, now_ns), bond->dead_time_ms));
	}
	for (size_t i = 0; group && i < group->n; i++)
		if (group->members[i] != output)
			ready_ns = later_ns(
				ready_ns, rested_ns(gone_off_ns(group->members[i], true, now_ns),
						  group->dead_time_ms));
	return ready_ns;
}

/* The same of one of those that may be on. */
static uint64_t unknown_ns(const struct pf_output *other)
{
	if (!may_be_on(other))
		return PF_NEVER;
	if (other->writing)
		return other->writing_ns;
	return other->held && !other->desired ? PF_NEVER : 0;
}

static uint64_t earlier_ns(uint64_t a_ns, uint64_t b_ns)
{
	return a_ns < b_ns ? a_ns : b_ns;
}

uint64_t pf_interlock_unknown_ns(const struct pf_output *output)
{
	const struct pf_interlock *group = output->group;
	uint64_t since_ns = PF_NEVER;

	for (const struct pf_bond *bond = output->waits_for; bond; bond = bond->next_of_waiter)
		since_ns = earlier_ns(since_ns, unknown_ns(bond->other));
	for (size_t i = 0; group && i < group->n; i++)
		if (group->members[i] != output)
			since_ns = earlier_ns(since_ns, unknown_ns(group->members[i]));
	return since_ns;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/interlock.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
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

void pf_interlock_inherit(struct pf_interlock *group, const struct pf_interlock *old)
{
	if (old->rested_ns > group->rested_ns)
		group->rested_ns = old->rested_ns;
}

/* When the dead time after a member is over. */
static uint64_t rested_ns(const struct pf_interlock *group, const struct pf_output *output)
{
	return output->off_ns + group->dead_time_ms * PF_NS_PER_MS;
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
		if (rested_ns(group, output) > group->rested_ns)
			group->rested_ns = rested_ns(group, output);
		wake(group);
		return;
	}
}

const struct pf_output *pf_interlock_blocker(
	const struct pf_interlock *group, const struct pf_output *output)
{
	for (size_t i = 0; i < group->n; i++) {
		const struct pf_output *other = group->members[i];

		if (other != output && (other->level || other->uncertain))
			return other;
	}
	return NULL;
}

uint64_t pf_interlock_allows_ns(const struct pf_interlock *group, const struct pf_output *output)
{
	uint64_t allowed_ns = group->rested_ns;

	if (pf_interlock_blocker(group, output))
		return PF_NEVER;
	for (size_t i = 0; i < group->n; i++)
		if (group->members[i] != output && rested_ns(group, group->members[i]) > allowed_ns)
			allowed_ns = rested_ns(group, group->members[i]);
	return allowed_ns;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/leaving.h"

#include <stdlib.h>

#include "base/clock.h"
#include "base/memory.h"
#include "bridge/output_hold.h"
#include "bridge/output_line.h"
#include "lines/recorded.h"

/* How often they are looked at. */
#define LOOK_MS 50

static void append(struct pf_leaving *leaving, struct pf_output_item *output)
{
	leaving->outputs = pf_reallocarray(
		leaving->outputs, leaving->n + 1, sizeof(struct pf_output_item *));
	leaving->outputs[leaving->n++] = output;
}

/* Forgets number i, which was freed; the last takes its place. */
static void drop(struct pf_leaving *leaving, size_t i)
{
	leaving->outputs[i] = leaving->outputs[--leaving->n];
}

void pf_leaving_purge(struct pf_leaving *leaving)
{
	for (size_t i = leaving->n; i-- > 0;) {
		if (!pf_output_item_has_left(leaving->outputs[i]))
			continue;
		pf_output_item_free(leaving->outputs[i], true);
		drop(leaving, i);
	}
	if (leaving->n)
		pf_timer_set(&leaving->env->timers, &leaving->look,
			pf_clock_now_ns() + LOOK_MS * PF_NS_PER_MS);
}

static void on_look(struct pf_timer *timer, uint64_t now_ns)
{
	(void)now_ns;
	pf_leaving_purge(PF_OWNER(timer, struct pf_leaving, look));
}

void pf_leaving_init(struct pf_leaving *leaving, struct pf_env *env)
{
	*leaving = (struct pf_leaving){.env = env};
	pf_timer_init(&leaving->look, on_look);
}

void pf_leaving_done(struct pf_leaving *leaving)
{
	pf_timer_stop(&leaving->env->timers, &leaving->look);
	for (size_t i = 0; i < leaving->n; i++)
		pf_output_item_free(leaving->outputs[i], false);
	free(leaving->outputs);
}

void pf_leaving_add(
	struct pf_leaving *leaving, struct pf_output_item *output, struct pf_config *old)
{
	pf_output_item_leave(output, old);
	append(leaving, output);
}

struct pf_output_item *pf_leaving_adopt(struct pf_leaving *leaving,
	const struct pf_output_config *config, const struct pf_recorded *recorded, bool idle)
{
	const struct pf_history history = pf_recorded_history(recorded, config, pf_clock_now_ns());
	struct pf_output_item *output = pf_output_item_new_left(leaving->env, config, &history);

	output->idle = idle;
	pf_output_line_assume(recorded, &output->found);
	append(leaving, output);
	pf_timer_set(&leaving->env->timers, &leaving->look, 0);
	return output;
}

void pf_leaving_start(struct pf_leaving *leaving)
{
	for (size_t i = 0; i < leaving->n; i++)
		pf_output_item_start(leaving->outputs[i]);
}

void pf_leaving_replace(struct pf_leaving *leaving, struct pf_output_item *output)
{
	for (size_t i = leaving->n; i-- > 0;) {
		if (!pf_output_item_replace(leaving->outputs[i], output) ||
			pf_output_item_is_busy(leaving->outputs[i]))
			continue;
		/* what is recorded of the line is for the one that has it now */
		pf_output_item_free(leaving->outputs[i], false);
		drop(leaving, i);
	}
}

void pf_leaving_yield(struct pf_leaving *leaving, const struct pf_input_config *input, bool held)
{
	for (size_t i = leaving->n; i-- > 0;) {
		if (!pf_output_item_yield(leaving->outputs[i], input, held))
			continue;
		pf_output_item_free(leaving->outputs[i], true);
		drop(leaving, i);
	}
}

void pf_leaving_check(struct pf_leaving *leaving, uint64_t now_ns)
{
	for (size_t i = 0; i < leaving->n; i++)
		pf_output_item_check(leaving->outputs[i], now_ns);
}

void pf_leaving_exit(struct pf_leaving *leaving, uint64_t until_ns)
{
	for (size_t i = 0; i < leaving->n; i++)
		pf_output_item_exit(leaving->outputs[i], until_ns);
}

bool pf_leaving_are_busy(const struct pf_leaving *leaving)
{
	bool busy = false;

	for (size_t i = 0; i < leaving->n; i++)
		busy = busy || pf_output_item_is_busy(leaving->outputs[i]);
	return busy;
}

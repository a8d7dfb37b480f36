/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/env.h"

#include "base/log.h"
#include "bridge/remains.h"
#include "lines/buses.h"
#include "lines/leftovers.h"
#include "lines/safe_state.h"
#include "publish/buffers.h"
#include "store/record_store.h"

int pf_env_init(struct pf_env *env, struct ev_loop *loop, struct pf_config *config,
	const struct pf_board *board)
{
	env->loop = loop;
	env->config = config;
	env->board = board;
	env->clock.board = board;
	pf_publisher_init(&env->publisher, &env->timers);
	return pf_timers_init(&env->timers, loop);
}

void pf_env_start(struct pf_env *env)
{
	const struct pf_buffers_host host = {.loop = env->loop,
		.publisher = &env->publisher,
		.n_dropped = &env->n_dropped,
		.n_errors = &env->n_errors};

	env->buses = pf_buses_new(env->loop);
	env->buffers = pf_buffers_new(&host, env->config);
}

static void tell_leftover(void *user, const char *name, bool failed, const char *text)
{
	(void)user;
	pf_log(failed ? PF_LOG_WARNING : PF_LOG_NOTICE, "output %s is no longer configured: %s",
		name, text);
}

static void save_leftovers(void *user, const struct pf_record *record)
{
	(void)record;
	pf_record_store_changed(user);
}

int pf_env_start_record(struct pf_env *env, struct pf_driver_set *drivers, struct pf_held *held)
{
	struct pf_safe_report report = {.tell = tell_leftover, .save = save_leftovers};
	const struct pf_config *config = env->config;
	bool needed = false;
	int r;

	for (size_t i = 0; i < config->n_outputs; i++)
		needed = needed || config->outputs[i].initial == PF_START_LAST;
	r = pf_record_store_new(env->loop, &env->timers, held, config->state_dir,
		pf_driver_set_dir(drivers), env->board, needed, &env->record);
	if (r < 0)
		return r;
	report.user = env->record;
	env->remains = pf_remains_new(pf_record_store_old(env->record), drivers);
	(void)pf_leftovers_rest(
		pf_record_store_old(env->record), env->board, drivers, config, &report);
	return 0;
}

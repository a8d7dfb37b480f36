/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/env.h"

#include "lines/buses.h"
#include "publish/buffers.h"

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

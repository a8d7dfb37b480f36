/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * PREFIX/info: what the daemon tells about itself, as retained JSON of bounded size. Published at
 * each connect; then once a minute for the counters, and earlier when something happens that
 * somebody may wait for (env->news()), at most every five seconds. Main loop only.
 */

#ifndef PF_BRIDGE_INFO_H
#define PF_BRIDGE_INFO_H

#include "bridge/env.h"

/* A moment since when something lasts, by the wall clock as it is known now. */
struct pf_info_since {
	uint64_t time_ns; /* CLOCK_BOOTTIME; 0: it does not last */
	int64_t wall_ms;
};

struct pf_info {
	struct pf_env *env;
	struct pf_state *state;
	struct pf_timer refresh;
	uint64_t published_ns;
	struct pf_info_since start, connection;
	char *reload; /* how the last one went; NULL: there was none */
};

/* Starts publishing, and listening to env->news(); now counts as the start of the daemon. */
void pf_info_init(struct pf_info *info, struct pf_env *env);

/* The prefix of env->config may be another one now. */
void pf_info_rename(struct pf_info *info);

/* The connection is there, and its states are published next. */
void pf_info_connected(struct pf_info *info);

/* Says how the last reload went (copied) and publishes it. */
void pf_info_tell_reload(struct pf_info *info, const char *result);

/* Stops; the state goes with the publisher. */
void pf_info_done(struct pf_info *info);

#endif

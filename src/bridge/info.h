/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * PREFIX/info: what the daemon tells about itself, as retained JSON. Published at each connect and
 * then at most once a minute, when something changed. Main loop only.
 */

#ifndef PF_BRIDGE_INFO_H
#define PF_BRIDGE_INFO_H

#include "bridge/env.h"

struct pf_info {
	struct pf_env *env;
	struct pf_state *state;
	struct pf_timer refresh;
	uint64_t start_ns;
	int64_t start_wall_ms; /* by the wall clock as it was set then, or as it is known since */
	char *reload;          /* how the last one went; NULL: there was none */
};

/* Starts publishing; now counts as the start of the daemon. */
void pf_info_init(struct pf_info *info, struct pf_env *env);

/* The prefix of env->config may be another one now. */
void pf_info_rename(struct pf_info *info);

/* Says how the last reload went (copied) and publishes it. */
void pf_info_tell_reload(struct pf_info *info, const char *result);

/* Stops; the state goes with the publisher. */
void pf_info_done(struct pf_info *info);

/* Makes the text new and publishes it if it changed. */
void pf_info_refresh(struct pf_info *info);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* STATE_DIR/traces: the traces at the broker (traces.h), kept over restarts. Main loop only. */

#ifndef PF_STORE_TRACES_FILE_H
#define PF_STORE_TRACES_FILE_H

#include "store/kept_file.h"
#include "store/traces.h"

/*
 * Adds what the last run has left to `traces` (borrowed, it outlives the file), and from then on
 * writes what changes there. A file that cannot be read is one warning, a missing one is normal. 0
 * or a negative errno. End with pf_kept_file_free().
 */
int pf_traces_file_new(struct ev_loop *loop, struct pf_timers *timers, const char *state_dir,
	struct pf_traces *traces, struct pf_kept_file **ret_file);

#endif

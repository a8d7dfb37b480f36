/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What is wrong with a line of the simulated board: its file GPIO<n>.fault (sim.h). The lies are
 * those that drivers of expanders in the kernel tell. For who may wait: "hang" does not come back
 * until it is removed.
 */

#ifndef PF_SIM_LINE_FAULTS_H
#define PF_SIM_LINE_FAULTS_H

#include <stdbool.h>

enum pf_sim_line_fault {
	PF_SIM_LINE_GOOD,
	PF_SIM_LINE_DEAF,  /* writes succeed and do nothing */
	PF_SIM_LINE_ZERO,  /* the same, and it reads low */
	PF_SIM_LINE_CACHE, /* only what differs from the last write is written */
};

/* What is wrong with a line now; waits as long as it hangs. */
enum pf_sim_line_fault pf_sim_line_fault(const char *directory, unsigned offset);

/*
 * Whether a write of this level does nothing because the driver believes that the chip has it
 * already; notes the level for the next one.
 */
bool pf_sim_line_is_cached(const char *directory, unsigned offset, bool level);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The one rule for the age of whatever is to move a relay: a command, a heartbeat, a button. It
 * counts from when that was true outside, not from when we came to look at it: a message from the
 * moment after which it must have been said (pf_link_message), an edge from the kernel's stamp. So
 * it does not matter who stood still: the loop, the process, the machine, the network or the
 * broker. Only what a limit with a known end holds back is carried out later than this. Pure.
 */

#ifndef PF_OUTPUT_AGE_H
#define PF_OUTPUT_AGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

/* What is older does not move a relay any more. */
#define PF_AGE_MAX_NS (5 * PF_NS_PER_S)

/* Whether what was true at since_ns is too old at now_ns; both CLOCK_BOOTTIME. */
bool pf_age_is_stale(uint64_t now_ns, uint64_t since_ns);

#endif

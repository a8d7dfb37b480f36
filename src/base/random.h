/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Random bits for waits that should differ from those of other machines. Not for secrets.
 * Thread-safe.
 */

#ifndef PF_BASE_RANDOM_H
#define PF_BASE_RANDOM_H

#include <stdint.h>

/* 32 random bits; 0 where the kernel has none yet. Never waits. */
uint32_t pf_random(void);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * How long to wait before trying hardware again that failed. Pure; thread-safe.
 */

#ifndef PF_BASE_BACKOFF_H
#define PF_BASE_BACKOFF_H

#include <stdint.h>

/* The wait in ms after failure number n in a row (from 1): 1000, 2000, 4000, ... 60000. */
uint32_t pf_backoff_ms(uint32_t n);

/* The same for a line, which costs little to try: never more than 4000, so that it is soon back. */
uint32_t pf_backoff_line_ms(uint32_t n);

#endif

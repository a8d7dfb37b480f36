/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A list of allocations that are freed together: what owns a configuration. Main thread only.
 */

#ifndef PF_CONFIG_POOL_H
#define PF_CONFIG_POOL_H

#include <stddef.h>

struct pf_pool {
	void **list;
	size_t n, capacity;
};

/* Takes over an allocation; returns it. NULL is fine. */
void *pf_pool_keep(struct pf_pool *pool, void *allocation);

/* printf into a string that the pool owns. */
__attribute__((format(printf, 2, 3))) const char *pf_pool_format(
	struct pf_pool *pool, const char *format, ...);

/* Frees all allocations; the pool is empty then. */
void pf_pool_done(struct pf_pool *pool);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/pool.h"

#include <stdarg.h>
#include <stdlib.h>

#include "base/memory.h"

void *pf_pool_keep(struct pf_pool *pool, void *allocation)
{
	if (pool->n == pool->capacity) {
		pool->capacity = pool->capacity ? pool->capacity * 2 : 64;
		pool->list = pf_reallocarray(pool->list, pool->capacity, sizeof *pool->list);
	}
	pool->list[pool->n++] = allocation;
	return allocation;
}

const char *pf_pool_format(struct pf_pool *pool, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	text = pf_vformat(format, arguments);
	va_end(arguments);
	return pf_pool_keep(pool, text);
}

void pf_pool_done(struct pf_pool *pool)
{
	for (size_t i = 0; i < pool->n; i++)
		free(pool->list[i]);
	free(pool->list);
	*pool = (struct pf_pool){0};
}

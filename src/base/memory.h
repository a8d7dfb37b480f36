/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Allocation that cannot fail: when memory is exhausted the process ends with a message. The
 * service manager starts it again; an untested error path at each call would be worse. Sizes from
 * outside are range-checked by the caller. Results are freed with free(). Thread-safe.
 */

#ifndef PF_BASE_MEMORY_H
#define PF_BASE_MEMORY_H

#include <stdarg.h>
#include <stddef.h>

/* The struct of `type` in which *pointer is the member; for callbacks that get a member. */
#define PF_OWNER(pointer, type, member) ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

/* n zeroed elements of `size` bytes; the product is checked. */
void *pf_calloc(size_t n, size_t size) __attribute__((malloc, returns_nonnull));

/* Resizes to n elements of `size` bytes; new ones are not zeroed. */
void *pf_reallocarray(void *old, size_t n, size_t size) __attribute__((returns_nonnull));

/* A copy of a string. */
char *pf_strdup(const char *text) __attribute__((malloc, returns_nonnull));

/* A copy of `size` bytes with a NUL behind them. */
char *pf_memdup(const void *bytes, size_t size) __attribute__((malloc, returns_nonnull));

/* printf into a new string. */
__attribute__((malloc, returns_nonnull, format(printf, 1, 2))) char *pf_format(
	const char *format, ...);

/* The same for callers with a va_list. */
__attribute__((malloc, returns_nonnull, format(printf, 1, 0))) char *pf_vformat(
	const char *format, va_list arguments);

#endif

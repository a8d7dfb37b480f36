/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The driver modules in use: loaded on demand by name from one directory, checked, kept loaded.
 *
 * A set owns the module handles; descriptors are borrowed and live as long as the set. Main
 * thread only.
 */

#ifndef PF_HW_DRIVER_SET_H
#define PF_HW_DRIVER_SET_H

#include <stdbool.h>
#include <stddef.h>

#include "pinferry/driver.h"

struct pf_driver_set;

/*
 * Makes a set for a directory. NULL: the built-in default (PF_DRIVER_DIR), which a configuration
 * may replace with pf_driver_set_use_dir(). The directory need not exist yet.
 */
struct pf_driver_set *pf_driver_set_new(const char *directory);

/* Unloads all modules and frees the set; NULL is fine. No descriptor may be in use any more. */
void pf_driver_set_free(struct pf_driver_set *set);

/* Uses another directory, unless the set was made with one. Before the first load. */
void pf_driver_set_use_dir(struct pf_driver_set *set, const char *directory);

/* The directory in use. */
const char *pf_driver_set_dir(const struct pf_driver_set *set);

/*
 * Finds a driver by name, loading NAME.so at the first call. 0, or a negative errno with
 * ret_reason[PF_REASON_SIZE] in plain words: -ENOENT no such module; -ENOEXEC not a module, no
 * descriptor, or a descriptor that breaks the rules of pinferry/driver.h; -EPROTO another ABI.
 */
int pf_driver_set_find(struct pf_driver_set *set, const char *name,
	const struct pf_driver **ret_driver, char *ret_reason);

/*
 * Names of all modules in the directory, sorted, without ".so", whether they load or not.
 * ret_names and each name are allocated; free them with pf_driver_names_free(). 0 or a negative
 * errno.
 */
int pf_driver_set_names(const struct pf_driver_set *set, char ***ret_names, size_t *ret_n);

/* Frees what pf_driver_set_names() gave. */
void pf_driver_names_free(char **names, size_t n);

/*
 * Checks that a descriptor keeps the rules of pinferry/driver.h (names, counts, required
 * functions, ranges). 0, or -ENOEXEC with ret_reason[PF_REASON_SIZE].
 */
int pf_driver_check(const struct pf_driver *driver, char *ret_reason);

/*
 * Whether a name may be a driver's: 1 to 32 letters, digits, '_', '-', not '-' first. So it can
 * become part of a path.
 */
bool pf_driver_name_is_valid(const char *name);

/* Fills an options struct of the driver, options_size zeroed bytes, with the defaults. */
void pf_driver_default_options(const struct pf_driver *driver, void *ret_options);

/*
 * Whether a sensor with these options has channel i of its driver, and in ret_channel what the
 * channel is with them. state: the driver's, after a probe(); or NULL. Pure.
 */
enum pf_presence pf_driver_channel(const struct pf_driver *driver, const void *options,
	const void *state, size_t i, struct pf_channel *ret_channel);

/* The unit of a channel: its own, or that of its quantity. Never NULL; may be "". */
const char *pf_channel_unit(const struct pf_channel *channel);

#endif

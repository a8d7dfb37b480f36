/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * From a configuration file to a tree of values: the only user of libconfig. Main thread only.
 */

#ifndef PF_CONFIG_CONF_FILE_H
#define PF_CONFIG_CONF_FILE_H

#include "config/node.h"
#include "config/pool.h"
#include "config/problems.h"

/*
 * Reads `file` and what it includes into a tree that belongs to the pool. 0; -EINVAL: it is no
 * well-formed configuration; another negative errno: the file cannot be read. The reasons, and
 * mistakes that do not stop the reading, are in `problems`.
 */
int pf_conf_file_read(const char *file, struct pf_pool *pool, struct pf_problems *problems,
	const struct pf_node **ret_root);

#endif

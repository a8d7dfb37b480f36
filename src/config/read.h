/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The text of a configuration with everything it includes, made ready for libconfig.
 *
 * libconfig stops at the first mistake, wraps or misreads some numbers without a word (big ones;
 * 010 is 10 for 1.5 and 8 for 1.7), and ends the process when a directory is included. So the files
 * are read here, and scanned (scan.h) into one text that has none of that left in it. Main thread
 * only.
 */

#ifndef PF_CONFIG_READ_H
#define PF_CONFIG_READ_H

#include "config/pool.h"
#include "config/problems.h"
#include "config/source.h"

/*
 * Reads `file` and what it includes. Places refer to file names in the pool. 0, or a negative errno
 * if the file itself cannot be read; every mistake found is in `problems`. Call pf_source_done()
 * on *source in any case.
 */
int pf_read(struct pf_source *source, const char *file, struct pf_pool *pool,
	struct pf_problems *problems);

#endif

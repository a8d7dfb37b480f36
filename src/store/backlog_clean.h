/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Removes files of backlogs (backlog_file.h) that nobody wants any more, on the worker. Main loop
 * only.
 */

#ifndef PF_STORE_BACKLOG_CLEAN_H
#define PF_STORE_BACKLOG_CLEAN_H

#include "config/config.h"
#include "hw/worker.h"

/* Removes one file. */
void pf_backlog_clean_one(struct pf_worker *worker, const char *path);

/*
 * Removes the files of sensors that have no buffer on the disk in a configuration, with a line in
 * the log for each.
 */
void pf_backlog_clean_others(
	struct pf_worker *worker, const char *folder, const struct pf_config *config);

#endif

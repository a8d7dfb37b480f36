/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Keeps files of backlogs (backlog_file.h) up to date, so that what waits survives the end of the
 * process and a power cut. When what is written says backlog_plan.h; all work on files is a
 * worker's. A disk that fails is reported once and tried again; meanwhile the memory has
 * everything. Main loop only.
 */

#ifndef PF_STORE_BACKLOG_DISK_H
#define PF_STORE_BACKLOG_DISK_H

#include "base/timer.h"
#include "config/config.h"
#include "store/backlog.h"

/* What the files live in; copied, what it points to is borrowed. */
struct pf_backlog_host {
	struct ev_loop *loop;
	struct pf_timers *timers;
	bool (*is_connected)(void *user); /* to the broker: what waits is on its way then */
	void (*failed)(void *user);       /* a disk that worked before has failed */
	void *user;
};

/* All files and their worker. */
struct pf_backlog_disks;

/* The file of one backlog. */
struct pf_backlog_disk;

/* Whether an earlier run has left files. One look at the disk, for the start. */
bool pf_backlog_disks_are_there(const char *state_dir);

/*
 * Makes the worker. Files of sensors of which the configuration says nothing are removed from its
 * state_dir, with a line in the log. 0 or a negative errno: there is no thread.
 */
int pf_backlog_disks_new(const struct pf_backlog_host *host, const struct pf_config *config,
	struct pf_backlog_disks **ret_disks);

/*
 * Begins with a backlog, which is borrowed: reads what an earlier run has left, puts it in front
 * and calls `loaded` with how many readings were dropped for that.
 */
struct pf_backlog_disk *pf_backlog_disk_new(struct pf_backlog_disks *disks, const char *name,
	struct pf_backlog *backlog, void (*loaded)(void *user, size_t n_dropped), void *user);

/* Whether what an earlier run has left is in the backlog, or was found to be unreadable. */
bool pf_backlog_disk_is_loaded(const struct pf_backlog_disk *disk);

/* The backlog or the connection has changed. Cheap if there is nothing to do. */
void pf_backlog_disk_changed(struct pf_backlog_disk *disk);

/* Removes the file and frees the disk. NULL is fine. */
void pf_backlog_disk_drop(struct pf_backlog_disk *disk);

/*
 * Writes everything that still waits, which may block for as long as the disk does, and frees the
 * disk. Whether it is all in the file. After pf_backlog_disks_end().
 */
bool pf_backlog_disk_free(struct pf_backlog_disk *disk);

/* Ends the worker. false: it hangs, and everything of the disks is to be left alone. */
bool pf_backlog_disks_end(struct pf_backlog_disks *disks);

/* After all its disks. NULL is fine. */
void pf_backlog_disks_free(struct pf_backlog_disks *disks);

#endif

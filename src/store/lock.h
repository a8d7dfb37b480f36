/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * One daemon per state directory: a lock that the kernel drops when the process ends, however it
 * ends. Source: flock(2).
 */

#ifndef PF_STORE_LOCK_H
#define PF_STORE_LOCK_H

#include <sys/types.h>

/*
 * Makes the directory if it is missing and takes the lock in it. Returns a descriptor to keep open
 * as long as the lock is to be held, or a negative errno: -EWOULDBLOCK, another process holds it,
 * *ret_owner is its process id (0: unknown); -EROFS, nobody can hold it, because it cannot be made
 * in a directory that may be read.
 */
int pf_lock_take(const char *state_dir, pid_t *ret_owner);

#endif

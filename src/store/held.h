/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Where the record (record.h) of what the daemon holds right now is kept: on a file system in
 * memory, so that a write neither waits for a disk nor fails with it, and is there before the line
 * moves. It goes with the boot, as does what it says.
 *
 *   $RUNTIME_DIRECTORY/HASH   under systemd; /run/pinferry/HASH for who calls without it
 *   /dev/shm/pinferry-HASH    otherwise
 *   the state directory       if none of these can be made or written
 *
 * HASH is made of the path of the state directory. A record also says which state directory and
 * which configuration file it belongs to: one that has either in common with the caller is his,
 * so that an edited `state_dir` hides nothing. A folder that somebody else could have made is not
 * looked at. Main thread only.
 */

#ifndef PF_STORE_HELD_H
#define PF_STORE_HELD_H

#include <stdbool.h>
#include <sys/types.h>

#include "hw/board.h"
#include "store/record.h"

struct pf_held;

/*
 * Finds the places and locks them all, so that their owner is nobody else. The state directory
 * itself is locked by the caller (lock.h). 0; -EWOULDBLOCK: another process holds one, *ret_owner
 * is its process id (0: unknown); -EACCES: one may not be looked into.
 */
int pf_held_open(const char *state_dir, const char *config_file, struct pf_held **ret_held,
	pid_t *ret_owner);

/* Unlocks; what is recorded stays. NULL is fine. */
void pf_held_close(struct pf_held *held);

/* Where it is written by now, for messages. */
const char *pf_held_path(const struct pf_held *held);

/* Whether that is in memory and locked, rather than the state directory. */
bool pf_held_is_locked(const struct pf_held *held);

/*
 * All that was recorded in this boot on this machine for this board, of each line the newest. 0;
 * -ENOENT: nothing; -EBADMSG: something is torn or garbled, and *ret_record is what is not.
 */
int pf_held_load(
	const struct pf_held *held, const struct pf_board *board, struct pf_record *ret_record);

/* Makes an empty record of this boot, machine, board and caller. */
void pf_held_init(const struct pf_held *held, const struct pf_board *board, const char *driver_dir,
	struct pf_record *ret_record);

/*
 * Replaces what is recorded, at all places. What cannot be replaced is removed, so that nothing
 * that is behind is ever obeyed. 0 or a negative errno: it is recorded nowhere.
 */
int pf_held_write(struct pf_held *held, const struct pf_record *record);

#endif

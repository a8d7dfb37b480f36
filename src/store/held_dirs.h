/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The folders in memory of held.h, and whom they may belong to: what is read from one of them moves
 * relays and loads drivers, so it has to be made by the caller, by root, or, for root, by the owner
 * of the state directory; and nobody else may write there. Main thread only.
 */

#ifndef PF_STORE_HELD_DIRS_H
#define PF_STORE_HELD_DIRS_H

/*
 * The folder of a state directory (a real path), made if there is none; to be freed in any case. 0;
 * -EACCES: there is one that may not be used; else why none can be made.
 */
int pf_held_dirs_make(const char *state_dir, char **ret_path);

/* Visits all such folders of all state directories that may be trusted. */
void pf_held_dirs_visit(
	const char *state_dir, void (*visit)(void *user, const char *path), void *user);

#endif

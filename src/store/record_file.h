/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The record on the disk, STATE_DIR/record: what outlives a boot. It is replaced as a whole, so
 * that after a power cut there is either the old one or the new one. Which machine and boot this
 * is. These calls block.
 */

#ifndef PF_STORE_RECORD_FILE_H
#define PF_STORE_RECORD_FILE_H

#include "hw/board.h"
#include "store/record.h"

/* Bytes of a boot id with its NUL. */
#define PF_BOOT_ID_SIZE 40

/* Which boot this is; empty where the kernel does not tell: then all times count as unknown. */
void pf_record_boot_id(char boot_id[PF_BOOT_ID_SIZE]);

/* What a record says of a board: "" for this machine; to be freed. */
char *pf_record_board(const struct pf_board *board);

/* Makes an empty record of this boot, machine and board. */
void pf_record_init_here(
	struct pf_record *record, const struct pf_board *board, const char *driver_dir);

/* Reads a record. 0; -ENOENT; -EBADMSG: torn or garbled; or what keeps it from being read. */
int pf_record_read(const char *directory, const char *name, struct pf_record *ret_record);

/*
 * Reads what a state directory has kept over a boot: nothing that is said of a line but what
 * `initial = "last"` restores. 0; -ENOENT: there is none; -EBADMSG: torn or garbled; -EXDEV: it is
 * of another machine or board; or what keeps it from being read, or from being written: then it may
 * be behind.
 */
int pf_record_load(
	const char *state_dir, const struct pf_board *board, struct pf_record *ret_record);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The record on the disk: STATE_DIR/record. It is replaced as a whole, so that after a power cut
 * there is either the old one or the new one. These calls block.
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

/*
 * Reads the record of a state directory. 0; -ENOENT: there is none; -EBADMSG: torn or garbled;
 * -EXDEV: it is of another board; or what keeps it from being read.
 */
int pf_record_load(
	const char *state_dir, const struct pf_board *board, struct pf_record *ret_record);

/* Replaces the record by a text. 0 or a negative errno. Thread-safe. */
int pf_record_write(const char *state_dir, const char *text);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Brings recorded lines to what they are to end in, when no daemon does it: after a crash, or when
 * their outputs are no longer configured. Each goes to its on_exit state; with `keep` it is left
 * alone, unless a pulse was running: that is brought to its end. What was at rest when it was
 * recorded is not touched. Nothing is waited for: what goes off goes first, what a limit or an
 * interlock holds back stays off; lines behind a bus come last. The record is of this boot. Main
 * thread only.
 */

#ifndef PF_LINES_SAFE_STATE_H
#define PF_LINES_SAFE_STATE_H

#include "hw/board.h"
#include "hw/driver_set.h"
#include "store/record.h"

/* What is told of each line: what it is now, or why it could not be reached. */
struct pf_safe_report {
	void (*tell)(void *user, const char *name, bool failed, const char *text);
	/* Writes the record, for a line is about to go on. NULL: it is kept nowhere. */
	void (*save)(void *user, const struct pf_record *record);
	void *user;
};

/*
 * Brings lines of the record to rest and notes in it what they are now. Lines are held until all
 * are done. How many failed.
 */
size_t pf_safe_state(struct pf_record *record, const struct pf_board *board,
	struct pf_driver_set *drivers, const struct pf_safe_report *report);

/*
 * The same for some of them. concerned: which, by their place in the record (NULL: all); then:
 * which of them failed. skip_slow: lines behind a bus are not waited for, they fail with a reason.
 */
size_t pf_safe_state_some(struct pf_record *record, const struct pf_board *board,
	struct pf_driver_set *drivers, bool *concerned, bool skip_slow,
	const struct pf_safe_report *report);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Brings recorded lines to what they are to end in, when no daemon does it: after a crash, or when
 * their outputs are no longer configured. Each goes to its on_exit state; with `keep` it is left
 * alone, unless a pulse was running: that is brought to its end. Nothing is waited for: what a
 * limit or an interlock holds back stays off; lines behind a bus come last. Main thread only.
 */

#ifndef PF_LINES_SAFE_STATE_H
#define PF_LINES_SAFE_STATE_H

#include "hw/board.h"
#include "hw/driver_set.h"
#include "store/record.h"

/* What is told of each line: what it is now, or why it could not be reached. */
struct pf_safe_report {
	void (*tell)(void *user, const char *name, bool failed, const char *text);
	void *user;
};

/*
 * Brings lines of the record to rest and notes in it what they are now. boot_id: of this boot.
 * Lines are held until all are done. How many failed.
 */
size_t pf_safe_state(struct pf_record *record, const char *boot_id, const struct pf_board *board,
	struct pf_driver_set *drivers, const struct pf_safe_report *report);

/*
 * The same at the start of the daemon, for the recorded lines that the configuration does not
 * mention any more, neither as outputs nor as inputs; those that came to rest leave the record,
 * and so do lines that are inputs now. Lines behind a bus are not waited for: they are reported and
 * stay in the record. An item whose line cannot be found now is known by its name.
 */
size_t pf_safe_state_leftovers(struct pf_record *record, const char *boot_id,
	const struct pf_board *board, struct pf_driver_set *drivers, const struct pf_config *config,
	const struct pf_safe_report *report);

/*
 * Makes a record of what the configuration says, for want of a real one: nothing is known of the
 * lines. Outputs whose lines cannot be found are reported and left out; how many.
 */
size_t pf_safe_state_from_config(const struct pf_config *config, const struct pf_board *board,
	struct pf_record *record, const struct pf_safe_report *report);

#endif

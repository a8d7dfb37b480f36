/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A text file of the state directory (state_file.h) that is kept up to date while the daemon runs.
 * The main loop makes the text, a worker writes it, so that nothing waits for the disk. Changes
 * that come soon after each other are written together, within a second; where the text is the same
 * nothing is written. A disk that fails is reported once and tried again; meanwhile the file is
 * removed, so that nobody obeys what is behind. Main loop only.
 */

#ifndef PF_STORE_KEPT_FILE_H
#define PF_STORE_KEPT_FILE_H

#include <ev.h>
#include <stdbool.h>

#include "base/timer.h"

struct pf_kept_file;

/* What the file is and holds. */
struct pf_kept_source {
	const char *name;               /* in the state directory; a literal */
	const char *loss;               /* what is not known if it cannot be written; a literal */
	char *(*make_text)(void *user); /* sealed (state_file.h), allocated */
	void *user;
};

/* Makes one. text: what the file holds now, or NULL: not known. 0 or a negative errno. */
int pf_kept_file_new(struct ev_loop *loop, struct pf_timers *timers, const char *state_dir,
	const struct pf_kept_source *source, const char *text, struct pf_kept_file **ret_file);

/*
 * The text may be another one now: it is written soon, at once if the last write was some time
 * ago; if it is urgent, a moment ago is enough.
 */
void pf_kept_file_changed(struct pf_kept_file *file, bool urgent);

/*
 * Writes what is not written yet, which may block for as long as the disk does, and frees. NULL is
 * fine.
 */
void pf_kept_file_free(struct pf_kept_file *file);

#endif

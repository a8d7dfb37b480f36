/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Where a configuration that is broken says that the state directory is. Owns nothing. Main thread
 * only: it reads files.
 */

#ifndef PF_CONFIG_STATE_DIR_H
#define PF_CONFIG_STATE_DIR_H

/*
 * The state_dir of a file or of one that it includes, as far as they can be read; PF_STATE_DIR if
 * they do not tell. To be freed.
 */
char *pf_state_dir_guess(const char *path);

#endif

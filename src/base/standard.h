/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Standard input, output and error. A process may be started without them; then the first files it
 * opens get their numbers, and what is meant for the log ends up in a lock, a state file or a
 * connection.
 */

#ifndef PF_BASE_STANDARD_H
#define PF_BASE_STANDARD_H

/*
 * Opens /dev/null in place of each that is closed. To be called before anything else is opened,
 * libraries included. 0 or a negative errno.
 */
int pf_standard_open(void);

#endif

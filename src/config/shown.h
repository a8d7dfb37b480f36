/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * What of a value may be seen in a message: the one way for values of the configuration into
 * messages, which end up in logs, in tickets and on pastebins. Pure, but for a look whether a file
 * is there; any thread.
 */

#ifndef PF_CONFIG_SHOWN_H
#define PF_CONFIG_SHOWN_H

#include <stdbool.h>
#include <stddef.h>

#define PF_SHOWN_SIZE 68

/* What the value of a key may be. */
enum pf_secrecy {
	PF_PUBLIC,
	PF_ADDRESS, /* of a broker: perhaps with user and password, where they do not belong */
	PF_HIDDEN,  /* the path of a file that holds a secret, perhaps mistaken for the secret */
	PF_UNKNOWN, /* the key is none of ours, so nobody knows */
};

/* Whether a value without a known form (outside of quotes, half a text) may be seen. */
bool pf_may_show(enum pf_secrecy secrecy, const char *value, size_t size);

/* The value, shortened and without control characters; or "..." if it may be a secret. Into text.
 */
const char *pf_shown(enum pf_secrecy secrecy, const char *value, char text[PF_SHOWN_SIZE]);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Reading a password from a file without leaving copies of it in memory. */

#ifndef PF_MQTT_SECRET_H
#define PF_MQTT_SECRET_H

#include <stddef.h>

/* Longest password with its NUL. MQTT allows 65535 bytes; a longer one is no password. */
#define PF_SECRET_SIZE 4096

struct pf_secret {
	char text[PF_SECRET_SIZE]; /* NUL-terminated, without trailing line ends */
};

/*
 * Reads the file. 0; -EFBIG: too long; -EINVAL: a NUL in it; or what open() and read() say. Wipe it
 * after use with pf_secret_wipe(), after an error, too. Blocks on the disk.
 */
int pf_secret_read(const char *path, struct pf_secret *ret_secret);

/* Overwrites the secret in a way that the compiler cannot leave out. */
void pf_secret_wipe(struct pf_secret *secret);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/standard.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

int pf_standard_open(void)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (fcntl(fd, F_GETFD) >= 0)
			continue;
		/* the lowest number that is free, which is this one */
		if (open("/dev/null", O_RDWR) != fd)
			return errno ? -errno : -EBADF;
	}
	return 0;
}

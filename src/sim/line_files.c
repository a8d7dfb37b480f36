/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sim/line_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void pf_sim_line_path(char path[PATH_MAX], const char *directory, const char *prefix,
	unsigned offset, const char *suffix)
{
	if (snprintf(path, PATH_MAX, "%s/%sGPIO%u%s", directory, prefix, offset, suffix) >=
		PATH_MAX)
		path[0] = '\0'; /* too long: no such file */
}

bool pf_sim_lines_unplugged(const char *directory)
{
	char path[PATH_MAX];

	if (snprintf(path, sizeof path, "%s/unplugged", directory) >= (int)sizeof path)
		return true;
	return access(path, F_OK) == 0 || access(directory, F_OK) != 0;
}

int pf_sim_read_text(int fd, char *text, size_t size)
{
	const ssize_t n = pread(fd, text, size - 1, 0);

	if (n < 0)
		return -errno;
	text[n] = '\0';
	text[strcspn(text, "\r\n")] = '\0';
	return 0;
}

int pf_sim_read_file(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	int r;

	if (fd < 0)
		return -errno;
	r = pf_sim_read_text(fd, text, size);
	(void)close(fd);
	return r;
}

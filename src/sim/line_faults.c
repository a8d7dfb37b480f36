/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sim/line_faults.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "sim/line_files.h"

/* How often a hanging line looks whether it may answer. */
#define HANG_POLL_NS 20000000

enum pf_sim_line_fault pf_sim_line_fault(const char *directory, unsigned offset)
{
	static const char *const words[] = {[PF_SIM_LINE_DEAF] = "deaf",
		[PF_SIM_LINE_ZERO] = "zero",
		[PF_SIM_LINE_CACHE] = "cache"};
	const struct timespec poll_time = {.tv_nsec = HANG_POLL_NS};
	char path[PATH_MAX], text[16];

	pf_sim_line_path(path, directory, "", offset, ".fault");
	while (pf_sim_read_file(path, text, sizeof text) == 0) {
		for (size_t i = PF_SIM_LINE_DEAF; i < sizeof words / sizeof *words; i++)
			if (strcmp(text, words[i]) == 0)
				return (enum pf_sim_line_fault)i;
		if (strcmp(text, "hang") != 0)
			break;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &poll_time, NULL);
	}
	return PF_SIM_LINE_GOOD;
}

bool pf_sim_line_is_cached(const char *directory, unsigned offset, bool level)
{
	const char *word = level ? "1" : "0";
	char path[PATH_MAX], text[16];
	FILE *file;

	pf_sim_line_path(path, directory, ".", offset, ".cache");
	if (pf_sim_read_file(path, text, sizeof text) == 0 && strcmp(text, word) == 0)
		return true;
	file = fopen(path, "we");
	if (!file)
		return false;
	(void)fputs(word, file);
	(void)fclose(file);
	return false;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "base/memory.h"
#include "sim/sim.h"

bool pf_sim_clock_is_set(const char *directory)
{
	char *path = pf_format("%s/clock", directory);
	FILE *file = fopen(path, "re");
	char word[32] = "";

	free(path);
	if (!file)
		return true;
	if (fscanf(file, "%31s", word) != 1)
		word[0] = '\0';
	(void)fclose(file);
	return strcmp(word, "unsynchronised") != 0;
}

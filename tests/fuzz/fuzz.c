/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "fuzz.h"

#include <stdio.h>
#include <stdlib.h>

void fuzz_fail(const char *file, int line, const char *rule)
{
	(void)fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, rule);
	abort();
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "base/standard.h"
#include "cli/cli.h"

int main(int argc, char **argv)
{
	/* nobody could be told what is wrong */
	if (pf_standard_open() < 0)
		return EXIT_FAILURE;
	return pf_cli_main(argc, argv);
}

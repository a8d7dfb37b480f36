/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "cli/cli.h"

int pf_cli_check(const struct pf_cli *cli)
{
	(void)cli;
	return PF_EXIT_FAILURE;
}

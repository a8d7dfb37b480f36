/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "cli/cli.h"

int main(int argc, char **argv)
{
	return pf_cli_main(argc, argv);
}

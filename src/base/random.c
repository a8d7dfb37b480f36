/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "base/random.h"

#include <sys/random.h>
#include <sys/types.h>

uint32_t pf_random(void)
{
	uint32_t bits;

	if (getrandom(&bits, sizeof bits, GRND_NONBLOCK) != (ssize_t)sizeof bits)
		return 0;
	return bits;
}

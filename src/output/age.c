/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "output/age.h"

bool pf_age_is_stale(uint64_t now_ns, uint64_t since_ns)
{
	return now_ns > since_ns && now_ns - since_ns > PF_AGE_MAX_NS;
}

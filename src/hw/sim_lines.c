/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/sim.h"

const struct pf_line_ops pf_sim_line_ops = {0};

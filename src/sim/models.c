/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The one list of the chips that the simulated board has models of. */

#include <string.h>

#include "sim/chip.h"

static const struct pf_sim_model *const models[] = {
	&pf_sim_bme280,
	&pf_sim_bmp280,
	&pf_sim_lm75,
	&pf_sim_lm75a,
	&pf_sim_tmp102,
};

const struct pf_sim_model *pf_sim_model_find(const char *name)
{
	for (size_t i = 0; i < sizeof models / sizeof *models; i++)
		if (strcmp(models[i]->name, name) == 0)
			return models[i];
	return NULL;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/sim.h"

static int transfer(const struct pf_device *device, const uint8_t *write, size_t write_size,
	uint8_t *read, size_t read_size)
{
	(void)device;
	(void)write;
	(void)write_size;
	(void)read;
	(void)read_size;
	return -ENXIO;
}

const struct pf_i2c_ops pf_sim_i2c_ops = {.transfer = transfer};

int pf_sim_i2c_open(const char *directory, const char *bus, struct pf_device *device)
{
	(void)directory;
	(void)bus;
	device->i2c = &pf_sim_i2c_ops;
	return 0;
}

void pf_sim_i2c_close(struct pf_device *device)
{
	device->i2c = NULL;
}

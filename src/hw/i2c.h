/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * I2C through the kernel's i2c-dev. Plain I2C transfers where the adapter can make them, SMBus
 * calls where it cannot, whatever it claims. An open device belongs to the worker of its bus; calls
 * block up to the adapter's timeout (1 s).
 */

#ifndef PF_HW_I2C_H
#define PF_HW_I2C_H

#include "pinferry/driver.h"

/* Transfers on an open device; contract of pf_i2c_ops.transfer. */
extern const struct pf_i2c_ops pf_i2c_ops;

/*
 * Opens folder/bus ("/dev", "i2c-1") for device->address and sets device->i2c and device->bus.
 * sysfs: where to look up who holds a busy address. 0 or a negative errno with device->reason, as
 * pf_board_open().
 */
int pf_i2c_open(const char *folder, const char *sysfs, const char *bus, struct pf_device *device);

/*
 * Whether something answers at the address of an open device, asked with care: by a transfer
 * without data or, where a chip's memory could take that amiss, by reading one byte. 0, or a
 * negative errno: -EREMOTEIO, -ENXIO no answer; -ETIMEDOUT the bus hangs; -EOPNOTSUPP the adapter
 * can do neither.
 */
int pf_i2c_detect(const struct pf_device *device);

/* Ends what pf_i2c_open() began. */
void pf_i2c_close(struct pf_device *device);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * I2C buses by what does not move: numbers do, with each adapter that is plugged in. Reads sysfs
 * and /dev; on a worker.
 */

#ifndef PF_HW_I2C_NAME_H
#define PF_HW_I2C_NAME_H

#include "pinferry/driver.h"

#define PF_I2C_NAME_SIZE 16

/*
 * The bus ("i2c-1") that is meant by "i2c-1", by a path in /dev (a link of udev's), by a channel of
 * a multiplexer ("1-0070/channel-1"), or by the name of its adapter, of which there is one. 0;
 * -EINVAL: it is none of these; -ENODEV: there is no such bus now, or more than one; with the
 * reason.
 */
int pf_i2c_name_resolve(const char *sysfs, const char *bus, char ret_name[PF_I2C_NAME_SIZE],
	char ret_reason[PF_REASON_SIZE]);

#endif

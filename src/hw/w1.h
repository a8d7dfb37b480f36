/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * 1-Wire through the kernel's sysfs: the attribute files of one slave. The kernel's driver does the
 * protocol; reads block as long as it does. An open device belongs to one worker at a time.
 */

#ifndef PF_HW_W1_H
#define PF_HW_W1_H

#include "pinferry/driver.h"

/* Attribute access on an open device. */
extern const struct pf_w1_ops pf_w1_ops;

/*
 * Finds the slave device->id under sysfs ("/sys") and sets device->w1 and device->bus. 0 or a
 * negative errno with device->reason: -ENOENT no 1-Wire bus; -ENODEV no such slave.
 */
int pf_w1_open(const char *sysfs, struct pf_device *device);

/* Ends what pf_w1_open() began. */
void pf_w1_close(struct pf_device *device);

/* Whether text is a slave's id: family and serial number, "28-0316a2795aff". */
bool pf_w1_id_is_valid(const char *id);

#endif

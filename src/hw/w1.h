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

#define PF_W1_MASTER_SIZE 32
#define PF_W1_MASTER_ANY  "w1" /* where a sysfs (a simulated one) says nothing of masters */

/*
 * The bus master at which the slave `id` is, by the kernel's name: "w1_bus_master1", or
 * PF_W1_MASTER_ANY. 0 or a negative errno with ret_reason[PF_REASON_SIZE], as pf_w1_open(). Reads
 * no attribute, so no bus is waited for.
 */
int pf_w1_master(
	const char *sysfs, const char *id, char ret_master[PF_W1_MASTER_SIZE], char *ret_reason);

/* Ends what pf_w1_open() began. */
void pf_w1_close(struct pf_device *device);

/* Whether text is a slave's id: family and serial number, "28-0316a2795aff". */
bool pf_w1_id_is_valid(const char *id);

#endif

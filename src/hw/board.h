/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The board: where lines and buses come from. Either this machine (the kernel's GPIO chips,
 * /dev/i2c-*, 1-Wire sysfs) or a simulated one, a directory of files (see sim.h). Everything above
 * is the same for both.
 *
 * Ownership: a board owns nothing that outlives pf_board_free(). Threading: a board is read-only
 * after pf_board_new(), so every thread may use it; open devices belong to one worker each.
 */

#ifndef PF_HW_BOARD_H
#define PF_HW_BOARD_H

#include <stdint.h>

#include "pinferry/driver.h"

struct pf_board;

/*
 * Makes a board. simulate_dir: directory of a simulated board, or NULL for this machine.
 * 0, or a negative errno (the directory is not there).
 */
int pf_board_new(const char *simulate_dir, struct pf_board **ret_board);

/* Frees the board; NULL is fine. */
void pf_board_free(struct pf_board *board);

/*
 * The line functions to use for a line driver, and in ret_context what to pass as their `board`
 * argument: the driver's own, or those of the simulated board where the driver's lines would be
 * the kernel's (PF_BUS_GPIO).
 */
const struct pf_line_ops *pf_board_lines(
	const struct pf_board *board, const struct pf_driver *driver, void **ret_context);

/*
 * Sets up `device` to reach a sensor: fills bus access, address and id. bus: "i2c-1" for
 * PF_BUS_I2C (also "/dev/i2c-1"); id for PF_BUS_W1. May block: worker threads only. Returns 0 or a
 * negative errno, with device->reason: -ENOENT no such bus; -EACCES; -EBUSY a kernel driver is
 * bound to the address (named in the reason); -ENODEV.
 */
int pf_board_open(const struct pf_board *board, const struct pf_driver *driver, const char *bus,
	uint16_t address, const char *id, struct pf_device *device);

/*
 * The 1-Wire bus master at which a sensor is: ret_master[PF_W1_MASTER_SIZE], see pf_w1_master().
 * For worker threads. 0, or a negative errno with ret_reason[PF_REASON_SIZE]: -EINVAL not an id;
 * -ENOENT, -ENODEV there is no such bus or sensor.
 */
int pf_board_w1_master(
	const struct pf_board *board, const char *id, char *ret_master, char *ret_reason);

/*
 * Whether something answers at an I2C address, whatever it is; for `scan`. May block: up to the
 * adapter's timeout. 0, or a negative errno: -EREMOTEIO, -ENXIO no answer; -ENOENT, -EACCES,
 * -EBUSY as pf_board_open(), with ret_reason[PF_REASON_SIZE]; -ETIMEDOUT the bus hangs;
 * -EOPNOTSUPP the adapter cannot tell.
 */
int pf_board_detect(
	const struct pf_board *board, const char *bus, uint16_t address, char *ret_reason);

/* Ends access; a device that was never opened (zeroed) is fine. */
void pf_board_close(const struct pf_board *board, struct pf_device *device);

/* Whether the system clock has been set, see wall_clock.h; on a simulated board as its file says.
 */
bool pf_board_clock_is_set(const struct pf_board *board);

/* Root of sysfs: "/sys", or that of the simulated board. */
const char *pf_board_sysfs(const struct pf_board *board);

/* Folder of the I2C buses: "/dev", or that of the simulated board. */
const char *pf_board_i2c_dir(const struct pf_board *board);

#endif

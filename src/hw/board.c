/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "hw/board.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/memory.h"
#include "hw/i2c.h"
#include "hw/i2c_name.h"
#include "hw/w1.h"
#include "hw/wall_clock.h"
#include "sim/sim.h"

#define ADDRESS_MIN 0x08
#define ADDRESS_MAX 0x77

struct pf_board {
	char *simulate_dir; /* NULL: this machine */
	char *sysfs;
	char *i2c_dir;
};

int pf_board_new(const char *simulate_dir, struct pf_board **ret_board)
{
	struct pf_board *board;
	struct stat status;

	if (simulate_dir) {
		if (stat(simulate_dir, &status) < 0)
			return -errno;
		if (!S_ISDIR(status.st_mode))
			return -ENOTDIR;
	}
	board = pf_calloc(1, sizeof *board);
	board->simulate_dir = simulate_dir ? pf_strdup(simulate_dir) : NULL;
	board->sysfs = simulate_dir ? pf_format("%s/sys", simulate_dir) : pf_strdup("/sys");
	board->i2c_dir = pf_strdup(simulate_dir ? simulate_dir : "/dev");
	*ret_board = board;
	return 0;
}

void pf_board_free(struct pf_board *board)
{
	if (!board)
		return;
	free(board->simulate_dir);
	free(board->sysfs);
	free(board->i2c_dir);
	free(board);
}

const struct pf_line_ops *pf_board_lines(
	const struct pf_board *board, const struct pf_driver *driver, void **ret_context)
{
	if (board->simulate_dir && driver->bus == PF_BUS_GPIO) {
		*ret_context = board->simulate_dir;
		return &pf_sim_line_ops;
	}
	*ret_context = NULL;
	return driver->lines;
}

static int open_i2c(
	const struct pf_board *board, const char *bus, uint16_t address, struct pf_device *device)
{
	char name[PF_I2C_NAME_SIZE];
	const int r = pf_i2c_name_resolve(board->sysfs, bus ? bus : "", name, device->reason);

	if (r)
		return r;
	if (address < ADDRESS_MIN || address > ADDRESS_MAX) {
		pf_explain(device->reason, "0x%x is not a 7-bit I2C address", (unsigned)address);
		return -EINVAL;
	}
	device->address = address;
	if (board->simulate_dir)
		return pf_sim_i2c_open(board->simulate_dir, name, device);
	return pf_i2c_open(board->i2c_dir, board->sysfs, name, device);
}

static int check_w1_id(const char *id, char *ret_reason)
{
	if (id && pf_w1_id_is_valid(id))
		return 0;
	pf_explain(
		ret_reason, "\"%s\" is not a 1-Wire id such as \"28-0316a2795aff\"", id ? id : "");
	return -EINVAL;
}

static int open_w1(const struct pf_board *board, const char *id, struct pf_device *device)
{
	int r = check_w1_id(id, device->reason);

	if (r < 0)
		return r;
	(void)snprintf(device->id, sizeof device->id, "%s", id);
	r = pf_w1_open(board->sysfs, device);
	if (r == 0 && board->simulate_dir)
		pf_sim_w1_wrap(device);
	return r;
}

int pf_board_w1_master(
	const struct pf_board *board, const char *id, char *ret_master, char *ret_reason)
{
	const int r = check_w1_id(id, ret_reason);

	return r < 0 ? r : pf_w1_master(board->sysfs, id, ret_master, ret_reason);
}

int pf_board_open(const struct pf_board *board, const struct pf_driver *driver, const char *bus,
	uint16_t address, const char *id, struct pf_device *device)
{
	device->reason[0] = '\0';
	switch (driver->bus) {
	case PF_BUS_I2C:
		return open_i2c(board, bus, address, device);
	case PF_BUS_W1:
		return open_w1(board, id, device);
	case PF_BUS_NONE:
	case PF_BUS_GPIO:
	default:
		return 0;
	}
}

void pf_board_close(const struct pf_board *board, struct pf_device *device)
{
	if (device->w1 && board->simulate_dir)
		pf_sim_w1_unwrap(device);
	if (device->w1)
		pf_w1_close(device);
	else if (device->i2c && board->simulate_dir)
		pf_sim_i2c_close(device);
	else if (device->i2c)
		pf_i2c_close(device);
}

int pf_board_detect(
	const struct pf_board *board, const char *bus, uint16_t address, char *ret_reason)
{
	struct pf_device device = {.address = 0};
	uint8_t byte;
	int r;

	r = open_i2c(board, bus, address, &device);
	if (r < 0) {
		(void)snprintf(ret_reason, PF_REASON_SIZE, "%s", device.reason);
		return r;
	}
	if (board->simulate_dir)
		r = device.i2c->transfer(&device, NULL, 0, &byte, 1);
	else
		r = pf_i2c_detect(&device);
	pf_board_close(board, &device);
	return r;
}

bool pf_board_clock_is_set(const struct pf_board *board)
{
	struct pf_clock_signs signs;

	if (board->simulate_dir)
		return pf_sim_clock_is_set(board->simulate_dir);
	pf_clock_signs_read(&signs);
	return pf_clock_signs_good(&signs);
}

const char *pf_board_sysfs(const struct pf_board *board)
{
	return board->sysfs;
}

const char *pf_board_i2c_dir(const struct pf_board *board)
{
	return board->i2c_dir;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * I2C adapters by what they answer. This file's own ioctl() takes the place of the C library's: an
 * adapter with one chip, whose registers are their own numbers.
 */

#include <errno.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdarg.h>
#include <sys/ioctl.h>

#include "../t.h"
#include "hw/i2c.h"

static struct {
	unsigned long functions; /* what it claims */
	unsigned max_messages;   /* what it can: more in one transfer is refused */
	bool has_smbus;
	unsigned n_plain, n_smbus; /* calls */
	uint8_t written[4];
} adapter;

static int refuse(void)
{
	errno = EOPNOTSUPP;
	return -1;
}

static int plain(const struct i2c_rdwr_ioctl_data *call)
{
	const struct i2c_msg *last = &call->msgs[call->nmsgs - 1];

	adapter.n_plain++;
	if (call->nmsgs > adapter.max_messages)
		return refuse();
	for (unsigned i = 0; i < last->len && last->flags & I2C_M_RD; i++)
		last->buf[i] = (uint8_t)(call->msgs[0].buf[0] + i);
	return 0;
}

static int smbus(const struct i2c_smbus_ioctl_data *call)
{
	adapter.n_smbus++;
	if (!adapter.has_smbus)
		return refuse();
	if (call->read_write == I2C_SMBUS_WRITE) {
		adapter.written[0] = call->command;
		adapter.written[1] = call->data->byte;
		return 0;
	}
	if (call->size == I2C_SMBUS_BYTE_DATA)
		call->data->byte = call->command;
	else
		for (unsigned i = 0; i < call->data->block[0]; i++)
			call->data->block[i + 1] = (uint8_t)(call->command + i);
	return 0;
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list arguments;
	void *argument;

	(void)fd;
	va_start(arguments, request);
	argument = va_arg(arguments, void *);
	va_end(arguments);
	switch (request) {
	case I2C_SLAVE:
		return 0;
	case I2C_FUNCS:
		*(unsigned long *)argument = adapter.functions;
		return 0;
	case I2C_RDWR:
		return plain(argument);
	case I2C_SMBUS:
		return smbus(argument);
	default:
		return refuse();
	}
}

static void open_adapter(struct pf_device *device)
{
	(void)t_write_file("i2c-1", "");
	*device = (struct pf_device){.address = 0x48};
	T_INT(pf_i2c_open(t_temp_dir(), "/nowhere", "i2c-1", device), 0);
}

/* Reads a byte and a block. */
static int read_both(const struct pf_device *device)
{
	uint8_t byte = 0, block[5] = {0};
	int r = pf_i2c_read(device, 0x21, &byte, 1);

	if (r == 0)
		r = pf_i2c_read(device, 0x30, block, sizeof block);
	if (r < 0)
		return r;
	T_INT(byte, 0x21);
	T_INT(block[4], 0x34);
	return 0;
}

static void an_adapter_that_can_makes_plain_transfers(void)
{
	struct pf_device device;

	memset(&adapter, 0, sizeof adapter);
	adapter.functions = I2C_FUNC_I2C;
	adapter.max_messages = 2;
	open_adapter(&device);
	T_INT(read_both(&device), 0);
	T_INT(adapter.n_smbus, 0);
	pf_i2c_close(&device);
}

/* A CP2112 before its third revision claims I2C and makes one message in one transfer. */
static void what_an_adapter_answers_counts_not_what_it_claims(void)
{
	struct pf_device device;

	memset(&adapter, 0, sizeof adapter);
	adapter.functions = I2C_FUNC_I2C | I2C_FUNC_SMBUS_BYTE_DATA;
	adapter.max_messages = 1;
	adapter.has_smbus = true;
	open_adapter(&device);
	T_INT(read_both(&device), 0);
	/* found out once */
	T_INT(adapter.n_plain, 1);
	T_INT(adapter.n_smbus, 2);
	T_INT(pf_i2c_write(&device, 0x11, 0x22), 0);
	T_INT(adapter.written[0], 0x11);
	T_INT(adapter.written[1], 0x22);
	pf_i2c_close(&device);
}

static void an_adapter_that_can_do_neither_says_so(void)
{
	struct pf_device device;

	memset(&adapter, 0, sizeof adapter);
	adapter.functions = I2C_FUNC_I2C;
	open_adapter(&device);
	T_INT(read_both(&device), -EOPNOTSUPP);
	T_INT(read_both(&device), -EOPNOTSUPP);
	T_INT(adapter.n_plain, 2);
	pf_i2c_close(&device);
}

T_MAIN("i2c", T(an_adapter_that_can_makes_plain_transfers),
	T(what_an_adapter_answers_counts_not_what_it_claims),
	T(an_adapter_that_can_do_neither_says_so))

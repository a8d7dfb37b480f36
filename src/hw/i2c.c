/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Source: kernel Documentation/i2c/dev-interface.rst, functionality.rst, smbus-protocol.rst. */

#include "hw/i2c.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/i2c-dev.h>
#include <linux/i2c.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/memory.h"

#define WRITE_MAX 33  /* a register and a block of 32 */
#define READ_MAX  256 /* PF_RAW_SIZE_MAX */

/* What device->bus points to. */
struct i2c_bus {
	int fd;
	bool is_smbus; /* it claims plain I2C, and has refused a transfer that SMBus calls can make
			*/
	/* I2C_FUNC_*; ioctl(2) takes the kernel's unsigned long: 4 bytes on 32-bit machines */
	unsigned long functions;
};

/* One SMBus call; data may be NULL. */
static int smbus(
	int fd, uint8_t direction, uint8_t command, uint32_t size, union i2c_smbus_data *data)
{
	struct i2c_smbus_ioctl_data call = {
		.read_write = direction, .command = command, .size = size, .data = data};

	return ioctl(fd, I2C_SMBUS, &call) < 0 ? -errno : 0;
}

static int smbus_write(int fd, const uint8_t *write, size_t write_size)
{
	union i2c_smbus_data data = {0};

	switch (write_size) {
	case 1:
		return smbus(fd, I2C_SMBUS_WRITE, write[0], I2C_SMBUS_BYTE, NULL);
	case 2:
		data.byte = write[1];
		return smbus(fd, I2C_SMBUS_WRITE, write[0], I2C_SMBUS_BYTE_DATA, &data);
	case 3:
		/* a word goes out low byte first: SMBus 3.2, 6.5.4 */
		data.word = pf_le16(write + 1);
		return smbus(fd, I2C_SMBUS_WRITE, write[0], I2C_SMBUS_WORD_DATA, &data);
	default:
		data.block[0] = (uint8_t)(write_size - 1);
		memcpy(data.block + 1, write + 1, write_size - 1);
		return smbus(fd, I2C_SMBUS_WRITE, write[0], I2C_SMBUS_I2C_BLOCK_DATA, &data);
	}
}

static int smbus_read_block(int fd, uint8_t command, uint8_t *read, size_t read_size)
{
	union i2c_smbus_data data = {0};
	int r;

	if (read_size > I2C_SMBUS_BLOCK_MAX)
		return -EOPNOTSUPP;
	data.block[0] = (uint8_t)read_size;
	r = smbus(fd, I2C_SMBUS_READ, command, I2C_SMBUS_I2C_BLOCK_DATA, &data);
	if (r < 0)
		return r;
	if (data.block[0] < read_size)
		return -EIO;
	memcpy(read, data.block + 1, read_size);
	return 0;
}

static int smbus_read(int fd, uint8_t command, uint8_t *read, size_t read_size)
{
	union i2c_smbus_data data = {0};
	int r;

	switch (read_size) {
	case 1:
		r = smbus(fd, I2C_SMBUS_READ, command, I2C_SMBUS_BYTE_DATA, &data);
		if (r == 0)
			read[0] = data.byte;
		return r;
	case 2:
		r = smbus(fd, I2C_SMBUS_READ, command, I2C_SMBUS_WORD_DATA, &data);
		if (r == 0) {
			read[0] = (uint8_t)(data.word & 0xff);
			read[1] = (uint8_t)(data.word >> 8);
		}
		return r;
	default:
		return smbus_read_block(fd, command, read, read_size);
	}
}

static int smbus_receive_byte(int fd, uint8_t *read)
{
	union i2c_smbus_data data = {0};
	const int r = smbus(fd, I2C_SMBUS_READ, 0, I2C_SMBUS_BYTE, &data);

	if (r == 0)
		read[0] = data.byte;
	return r;
}

static int smbus_transfer(
	int fd, const uint8_t *write, size_t write_size, uint8_t *read, size_t read_size)
{
	if (read_size == 0)
		return smbus_write(fd, write, write_size);
	if (write_size == 1)
		return smbus_read(fd, write[0], read, read_size);
	if (write_size == 0 && read_size == 1)
		return smbus_receive_byte(fd, read);
	return -EOPNOTSUPP;
}

static int plain_transfer(const struct pf_device *device, int fd, const uint8_t *write,
	size_t write_size, uint8_t *read, size_t read_size)
{
	/* the kernel's structure has no const: it does not change what it writes to the bus */
	union {
		const uint8_t *from;
		uint8_t *to;
	} out = {.from = write};
	struct i2c_msg messages[2];
	struct i2c_rdwr_ioctl_data call = {.msgs = messages};

	if (write_size > 0)
		messages[call.nmsgs++] = (struct i2c_msg){
			.addr = device->address, .len = (uint16_t)write_size, .buf = out.to};
	if (read_size > 0)
		messages[call.nmsgs++] = (struct i2c_msg){.addr = device->address,
			.flags = I2C_M_RD,
			.len = (uint16_t)read_size,
			.buf = read};
	return ioctl(fd, I2C_RDWR, &call) < 0 ? -errno : 0;
}

static int transfer(const struct pf_device *device, const uint8_t *write, size_t write_size,
	uint8_t *read, size_t read_size)
{
	struct i2c_bus *bus = device->bus;
	int r, again;

	if (write_size > WRITE_MAX || read_size > READ_MAX || write_size + read_size == 0)
		return -EINVAL;
	if (!(bus->functions & I2C_FUNC_I2C) || bus->is_smbus)
		return smbus_transfer(bus->fd, write, write_size, read, read_size);
	r = plain_transfer(device, bus->fd, write, write_size, read, read_size);
	if (r != -EOPNOTSUPP)
		return r;
	/* what it answers counts, not what it claims: CP2112 before revision 3 makes one message */
	again = smbus_transfer(bus->fd, write, write_size, read, read_size);
	if (again == -EOPNOTSUPP)
		return r;
	bus->is_smbus = true;
	return again;
}

const struct pf_i2c_ops pf_i2c_ops = {.transfer = transfer};

/* Explains -EBUSY with the name of the kernel driver that is bound to the address. */
static void explain_busy(const char *sysfs, const char *bus, struct pf_device *device)
{
	char *path = pf_format("%s/bus/i2c/devices/%s-%04x/driver", sysfs, bus + strlen("i2c-"),
		(unsigned)device->address);
	char target[256];
	const ssize_t size = readlink(path, target, sizeof target - 1);
	const char *name = "unknown";

	if (size > 0) {
		target[size] = '\0';
		name = strrchr(target, '/') ? strrchr(target, '/') + 1 : target;
	}
	pf_explain(device->reason, "the kernel driver %s already uses address 0x%02x of %s", name,
		(unsigned)device->address, bus);
	free(path);
}

/* Sets the address and asks what the adapter can do. */
static int set_up(int fd, const char *sysfs, const char *bus, struct pf_device *device,
	unsigned long *ret_functions)
{
	int r;

	/* never I2C_SLAVE_FORCE: two drivers on one chip disturb each other */
	if (ioctl(fd, I2C_SLAVE, (unsigned long)device->address) < 0) {
		r = -errno;
		if (r == -EBUSY)
			explain_busy(sysfs, bus, device);
		return r;
	}
	return ioctl(fd, I2C_FUNCS, ret_functions) < 0 ? -errno : 0;
}

static int open_bus(const char *folder, const char *bus, char *reason)
{
	char *path = pf_format("%s/%s", folder, bus);
	const int fd = open(path, O_RDWR | O_CLOEXEC);
	const int r = fd < 0 ? -errno : fd;

	if (r == -ENOENT || r == -ENXIO || r == -ENODEV)
		pf_explain(reason, "there is no %s (is I2C enabled?)", path);
	else if (r == -EACCES || r == -EPERM)
		pf_explain(reason, "no permission for %s (is the user in group i2c?)", path);
	else if (r < 0)
		pf_explain(reason, "cannot open %s: %s", path, strerror(-r));
	free(path);
	return r == -ENXIO || r == -ENODEV ? -ENOENT : r;
}

int pf_i2c_open(const char *folder, const char *sysfs, const char *bus, struct pf_device *device)
{
	const int fd = open_bus(folder, bus, device->reason);
	struct i2c_bus *opened;
	unsigned long functions = 0;
	int r;

	if (fd < 0)
		return fd;
	r = set_up(fd, sysfs, bus, device, &functions);
	if (r < 0) {
		(void)close(fd);
		return r;
	}
	opened = pf_calloc(1, sizeof *opened);
	opened->fd = fd;
	opened->functions = functions;
	device->i2c = &pf_i2c_ops;
	device->bus = opened;
	return 0;
}

int pf_i2c_detect(const struct pf_device *device)
{
	const struct i2c_bus *bus = device->bus;
	/* memory chips live here; some lock up or lose their place after a transfer without data */
	const bool is_memory = (device->address >= 0x30 && device->address <= 0x37) ||
			       (device->address >= 0x50 && device->address <= 0x5f);
	uint8_t byte;

	if (bus->functions & I2C_FUNC_SMBUS_QUICK && !is_memory)
		return smbus(bus->fd, I2C_SMBUS_WRITE, 0, I2C_SMBUS_QUICK, NULL);
	if (bus->functions & I2C_FUNC_SMBUS_READ_BYTE)
		return smbus_receive_byte(bus->fd, &byte);
	return -EOPNOTSUPP;
}

void pf_i2c_close(struct pf_device *device)
{
	struct i2c_bus *bus = device->bus;

	(void)close(bus->fd);
	free(bus);
	device->bus = NULL;
	device->i2c = NULL;
}

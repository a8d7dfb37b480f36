/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "fake_bus.h"

#include <errno.h>

__attribute__((format(printf, 2, 3))) static int problem(
	struct fake_bus *bus, const char *format, ...)
{
	va_list arguments;

	if (bus->problem[0] == '\0') {
		va_start(arguments, format);
		(void)vsnprintf(bus->problem, sizeof bus->problem, format, arguments);
		va_end(arguments);
	}
	return -EREMOTEIO;
}

__attribute__((format(printf, 2, 3))) static void note_written(
	struct fake_bus *bus, const char *format, ...)
{
	const size_t used = strlen(bus->written);
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(bus->written + used, sizeof bus->written - used, format, arguments);
	va_end(arguments);
}

/* Counts the transfer; true: it is the one that fails. */
static bool fails(struct fake_bus *bus)
{
	bus->n_transfers++;
	return bus->n_transfers == bus->fail_at;
}

/* Notes how large the transfer is, and spoils a bit of it if it is its turn. */
static void pass(struct fake_bus *bus, void *data, size_t size)
{
	uint8_t *bytes = data;

	if (bus->n_transfers < FAKE_TRANSFERS)
		bus->sizes[bus->n_transfers] = size;
	if (bus->n_transfers == bus->flip_at && bus->flip_bit < 8 * size)
		bytes[bus->flip_bit / 8] ^= (uint8_t)(1u << bus->flip_bit % 8);
}

/* The block with a register in it; one that begins there goes before one that reaches there. */
static struct fake_block *find_block(struct fake_bus *bus, uint8_t reg)
{
	struct fake_block *reaching = NULL;

	for (size_t i = 0; i < bus->n_blocks; i++) {
		struct fake_block *block = &bus->blocks[i];

		if (block->reg == reg)
			return block;
		if (block->reg < reg && (size_t)(reg - block->reg) < block->size)
			reaching = block;
	}
	return reaching;
}

static int read_registers(struct fake_bus *bus, uint8_t reg, uint8_t *bytes, size_t size)
{
	const struct fake_block *block = find_block(bus, reg);
	size_t start;

	if (!block)
		return problem(bus, "reads register 0x%02x, which the chip does not have", reg);
	start = (size_t)(reg - block->reg);
	if (size > block->size - start)
		return problem(bus, "reads %zu bytes from register 0x%02x: too many", size, reg);
	memcpy(bytes, block->bytes + start, size);
	pass(bus, bytes, size);
	return 0;
}

static int write_registers(struct fake_bus *bus, const uint8_t *given, size_t size)
{
	struct fake_block *block = find_block(bus, given[0]);
	uint8_t bytes[33];

	memcpy(bytes, given, size);
	pass(bus, bytes + 1, size - 1);
	if (!bus->is_writable[bytes[0]])
		return problem(bus, "writes register 0x%02x", bytes[0]);
	note_written(bus, "%s%02x", bus->written[0] ? ", " : "", bytes[0]);
	for (size_t i = 1; i < size; i++) {
		note_written(bus, " %02x", bytes[i]);
		if (block && (size_t)(bytes[0] - block->reg) + i - 1 < block->size)
			block->bytes[(size_t)(bytes[0] - block->reg) + i - 1] = bytes[i];
	}
	return 0;
}

static int transfer(const struct pf_device *device, const uint8_t *write, size_t write_size,
	uint8_t *read, size_t read_size)
{
	struct fake_bus *bus = device->bus;

	/* only what works on SMBus adapters, too */
	if (write_size < 1 || write_size > 33 || (read_size > 0 && write_size != 1) ||
		read_size > 32)
		return problem(bus, "transfers %zu bytes out and %zu in", write_size, read_size);
	if (fails(bus))
		return bus->fail_error;
	if (read_size > 0)
		return read_registers(bus, write[0], read, read_size);
	return write_registers(bus, write, write_size);
}

static int read_attribute(
	const struct pf_device *device, const char *attribute, char *buffer, size_t size)
{
	struct fake_bus *bus = device->bus;
	const bool is_resolution = strcmp(attribute, "resolution") == 0;
	const char *text = is_resolution ? bus->resolution : bus->text;
	const size_t length = strlen(text);

	if (!is_resolution && strcmp(attribute, "w1_slave") != 0)
		return problem(bus, "reads the attribute %s", attribute);
	if (fails(bus))
		return bus->fail_error;
	if (is_resolution && length == 0)
		return -ENOENT;
	if (!is_resolution && !bus->has_text)
		return -ENODEV;
	if (length > size)
		return problem(bus, "reads %zu bytes of %zu", size, length);
	/* NOLINTNEXTLINE(bugprone-not-null-terminated-result): a text of the kernel has none */
	memcpy(buffer, text, length);
	pass(bus, buffer, length);
	return (int)length;
}

static int write_attribute(const struct pf_device *device, const char *attribute, const char *text)
{
	struct fake_bus *bus = device->bus;

	if (fails(bus))
		return bus->fail_error;
	if (bus->is_read_only)
		return -EACCES;
	if (strcmp(attribute, "resolution") == 0)
		(void)snprintf(bus->resolution, sizeof bus->resolution, "%s", text);
	note_written(bus, "%s%s %.*s", bus->written[0] ? ", " : "", attribute,
		(int)strcspn(text, "\n"), text);
	return 0;
}

static const struct pf_i2c_ops i2c_ops = {.transfer = transfer};
static const struct pf_w1_ops w1_ops = {.read = read_attribute, .write = write_attribute};

void fake_bus_attach(struct fake_bus *bus, struct pf_device *device)
{
	device->bus = bus;
	device->i2c = &i2c_ops;
	device->w1 = &w1_ops;
	bus->n_transfers = 0;
	bus->fail_at = 0;
	bus->flip_at = 0;
	bus->written[0] = '\0';
	bus->problem[0] = '\0';
}

void fake_bus_set(struct fake_bus *bus, uint8_t reg, const uint8_t *bytes, size_t size)
{
	struct fake_block *block = NULL;

	for (size_t i = 0; i < bus->n_blocks && !block; i++)
		if (bus->blocks[i].reg == reg)
			block = &bus->blocks[i];
	if (!block && bus->n_blocks < FAKE_BLOCKS)
		block = &bus->blocks[bus->n_blocks++];
	if (!block || size > FAKE_BLOCK_SIZE)
		return;
	block->reg = reg;
	block->size = size;
	memcpy(block->bytes, bytes, size);
}

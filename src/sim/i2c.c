/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "sim/sim.h"

#include <errno.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "base/memory.h"
#include "base/text.h"
#include "sim/chip.h"

#define WORD_SIZE    64
#define HANG_POLL_NS 20000000 /* how often a hanging chip looks whether it may answer */

/* What device->bus points to. */
struct pf_sim_i2c {
	struct pf_sim_chip chip;
	const struct pf_sim_model *model; /* NULL: no chip at the address */
	char *folder;
};

/*
 * The first word of folder/name; "" if there is no such file. 0, or why it cannot be read: that is
 * no answer of a chip.
 */
static int read_word(const char *folder, const char *name, char word[WORD_SIZE])
{
	char *path = pf_format("%s/%s", folder, name);
	FILE *file = fopen(path, "re");
	const int error = file ? 0 : errno;

	free(path);
	word[0] = '\0';
	if (!file)
		return error == ENOENT || error == ENOTDIR ? 0 : -error;
	if (!fgets(word, WORD_SIZE, file))
		word[0] = '\0';
	word[strcspn(word, " \t\r\n")] = '\0';
	(void)fclose(file);
	return 0;
}

int pf_sim_measure(
	const struct pf_sim_chip *chip, const char *quantity, double missing, double *ret_value)
{
	char word[WORD_SIZE];
	const int r = read_word(chip->folder, quantity, word);

	if (r < 0)
		return r;
	if (word[0] == '\0') {
		*ret_value = missing;
		return 0;
	}
	return pf_number_parse(word, ret_value) < 0 ? -EIO : 0;
}

/* Looks which chip is there now: another one than last time has just been plugged in. */
static int look_for_chip(struct pf_sim_i2c *bus)
{
	const struct pf_sim_model *model;
	char word[WORD_SIZE];
	const int r = read_word(bus->folder, "chip", word);

	if (r < 0)
		return r;
	model = pf_sim_model_find(word);
	if (model == bus->model)
		return 0;
	bus->model = model;
	bus->chip = (struct pf_sim_chip){.folder = bus->folder};
	if (model)
		model->power_on(&bus->chip);
	return 0;
}

/* What the file "fault" makes of the transfer: 0 or a negative errno. "hang" waits. */
static int apply_fault(const struct pf_sim_i2c *bus)
{
	const struct timespec poll_time = {.tv_nsec = HANG_POLL_NS};
	char word[WORD_SIZE];
	int r;

	for (;;) {
		r = read_word(bus->folder, "fault", word);
		if (r < 0)
			return r;
		if (strcmp(word, "nack") == 0)
			return -EREMOTEIO;
		if (strcmp(word, "timeout") == 0)
			return -ETIMEDOUT;
		if (strcmp(word, "hang") != 0)
			return 0;
		(void)clock_nanosleep(CLOCK_MONOTONIC, 0, &poll_time, NULL);
	}
}

static int transfer(const struct pf_device *device, const uint8_t *write, size_t write_size,
	uint8_t *read, size_t read_size)
{
	struct pf_sim_i2c *bus = device->bus;
	int r = apply_fault(bus);

	if (r == 0)
		r = look_for_chip(bus);
	if (r < 0)
		return r;
	/* no answer, in the word of the Raspberry Pi's adapter */
	if (!bus->model)
		return -EREMOTEIO;
	if (write_size > 0)
		r = bus->model->write(&bus->chip, write, write_size);
	if (r == 0 && read_size > 0)
		r = bus->model->read(&bus->chip, read, read_size);
	return r;
}

const struct pf_i2c_ops pf_sim_i2c_ops = {.transfer = transfer};

int pf_sim_i2c_open(const char *directory, const char *bus, struct pf_device *device)
{
	char *path = pf_format("%s/%s", directory, bus);
	struct pf_sim_i2c *opened;

	if (access(path, F_OK) < 0) {
		pf_explain(device->reason, "there is no %s", path);
		free(path);
		return -ENOENT;
	}
	opened = pf_calloc(1, sizeof *opened);
	opened->folder = pf_format("%s/0x%02x", path, (unsigned)device->address);
	free(path);
	device->i2c = &pf_sim_i2c_ops;
	device->bus = opened;
	return 0;
}

void pf_sim_i2c_close(struct pf_device *device)
{
	struct pf_sim_i2c *bus = device->bus;

	free(bus->folder);
	free(bus);
	device->bus = NULL;
	device->i2c = NULL;
}

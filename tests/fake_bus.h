/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A strict bus with one chip on it, for driver tests. It answers what it was told to and nothing
 * else: a transfer that pinferry/driver.h does not allow, or a register that the chip does not
 * have, is a problem, and the test fails. Any transfer can be made to fail, or to have one bit
 * wrong.
 */

#ifndef PF_TESTS_FAKE_BUS_H
#define PF_TESTS_FAKE_BUS_H

#include "pinferry/driver.h"

#define FAKE_BLOCKS     16
#define FAKE_BLOCK_SIZE 32
#define FAKE_TRANSFERS  64

/* Registers that are read in one go, from `reg` on. */
struct fake_block {
	uint8_t reg;
	uint8_t bytes[FAKE_BLOCK_SIZE];
	size_t size;
};

struct fake_bus {
	struct fake_block blocks[FAKE_BLOCKS];
	size_t n_blocks;
	bool is_writable[256];
	bool has_text;        /* a 1-Wire slave is there, and */
	char text[256];       /* its w1_slave */
	char resolution[8];   /* its attribute of that name, "" if it has none */
	bool is_read_only;    /* attributes cannot be written */
	char written[512];    /* "f4 00, f5 00", or "resolution 9" */
	unsigned n_transfers; /* since fake_bus_attach() */
	unsigned fail_at;     /* this transfer (1: the first) fails; 0: none does */
	int fail_error;       /* with this negative errno */
	unsigned flip_at;     /* in this transfer one bit is wrong, read or written; 0: in none */
	size_t flip_bit;
	size_t sizes[FAKE_TRANSFERS]; /* bytes of data of each transfer, the first at 1 */
	char problem[128];            /* the first thing that a driver must not do */
};

/* Connects a device; counts from 0 and forgets what was written and failed. */
void fake_bus_attach(struct fake_bus *bus, struct pf_device *device);

/* Gives the chip registers, in place of those that began at the same one. */
void fake_bus_set(struct fake_bus *bus, uint8_t reg, const uint8_t *bytes, size_t size);

#endif

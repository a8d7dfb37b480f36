/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Test vectors of a sensor driver: tests/vectors/NAME.vec, worked out from the datasheet by hand,
 * never with the driver. One statement per line; '#' begins a comment.
 *
 *   new                          a new sensor: default options, a bus without a chip
 *   option NAME VALUE            as in the configuration, texts without quotes
 *   id 28-0316a2795aff           its 1-Wire id
 *   register 0xd0: 58 00 ...     what the chip answers from that register on (hexadecimal)
 *   writable 0xf4 0xf5           registers that the driver may write
 *   w1_slave "TEXT"              what the kernel answers; \n is a line end
 *   resolution 12                what the kernel says of the sensor's resolution
 *   read-only                    the attributes of the sensor cannot be written
 *   warned "part"                the last probe() left a warning with that in it; "": it left none
 *   probe => RESULT              probe() on that bus
 *   start => 9                   start() asks for 9 ms
 *   wrote f4 00, f5 00           written since the last `wrote` or `new` (register and bytes)
 *   identify => RESULT
 *   found NAME VALUE             what the last identify found out of an option (a choice)
 *   raw 19 00 => RESULT          decode() of these bytes (or of none), after `probe`
 *   text "TEXT" => RESULT        decode() of these characters
 *   sample => RESULT             probe(), start(), fetch() and decode() on that bus. Here the test
 *                                also makes each transfer fail, and throws random bytes at decode()
 *
 * RESULT is `ok`, or ERRNO "part of the reason" (the text may be left out), or the channels that
 * are valid, each with value and tolerance: temperature 25.08 0.01, humidity 48 0.1. A '?' behind
 * the name: the value is doubtful.
 */

#ifndef PF_TESTS_VECTOR_FILE_H
#define PF_TESTS_VECTOR_FILE_H

#include "bench.h"
#include "fake_bus.h"

/* What to do besides at each `sample` line; file and line are the vector's. */
typedef void vectors_visit(
	struct bench *bench, struct fake_bus *bus, const char *file, unsigned line);

/*
 * Runs the vectors of a driver and records failures with file and line of the vector. Returns the
 * count of statements with a RESULT, or -ENOENT: the driver has no vectors. visit may be NULL.
 */
int vectors_run(const struct pf_driver *driver, vectors_visit *visit);

#endif

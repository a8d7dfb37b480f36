/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * One sensor of a driver under test, with options and state as the daemon would make them. All
 * memory is of the exact size, so that the address sanitizer sees what lies outside.
 */

#ifndef PF_TESTS_BENCH_H
#define PF_TESTS_BENCH_H

#include "pinferry/driver.h"

struct bench {
	const struct pf_driver *driver;
	struct pf_device device;
	void *options;
};

/* Folder of the driver modules of this build. */
const char *bench_driver_dir(void);

/* Makes a sensor with default options and the default address. */
void bench_init(struct bench *bench, const struct pf_driver *driver);

/* Frees options and state; the device has been closed. */
void bench_done(struct bench *bench);

/* Sets an option from text as in a configuration. false: no such option, or not such a value. */
bool bench_set(struct bench *bench, const char *name, const char *value);

/* probe() with a zeroed state and an empty reason. */
int bench_probe(struct bench *bench);

/*
 * One whole sample: start(), fetch(), decode(). If wait is set, waits as long as start() said. 0
 * or the first negative errno; ret_sample->reason is that of decode(), or else of the device.
 */
int bench_sample(struct bench *bench, bool wait, struct pf_sample *ret_sample);

#endif

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Fuzz targets: each is one file with fuzz_name and LLVMFuzzerTestOneInput(). Built with clang and
 * --enable-fuzzer, libFuzzer drives it and looks for new input; with any compiler, feed.c drives it
 * and feeds it the files of corpus/NAME, so that what was once found stays found (`make check`).
 */

#ifndef PF_TESTS_FUZZ_FUZZ_H
#define PF_TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The folder of the target's corpus. */
extern const char fuzz_name[];

/* Feeds the target once; any bytes. Always 0. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Ends the program as a crash does, and says which rule was broken. */
_Noreturn void fuzz_fail(const char *file, int line, const char *rule);

#define FUZZ_CHECK(rule)                                                                           \
	do {                                                                                       \
		if (!(rule))                                                                       \
			fuzz_fail(__FILE__, __LINE__, #rule);                                      \
	} while (0)

#endif

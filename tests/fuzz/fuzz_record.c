/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The record of the lines held. The input is the JSON of it; the first line, with the checksum that
 * no random change would survive, is put before it. The input as it is has to be harmless, too.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"
#include "store/record.h"

const char fuzz_name[] = "record";

/* CRC-32 as in IEEE 802.3. */
static uint32_t checksum(const uint8_t *bytes, size_t size)
{
	uint32_t crc = UINT32_MAX;

	for (size_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? UINT32_C(0xedb88320) : 0);
	}
	return ~crc;
}

/* What was read is written, and what was written is read, the same. */
static void check_again(const struct pf_record *record)
{
	char *text = pf_record_encode(record), *again;
	struct pf_record copy;

	FUZZ_CHECK(pf_record_decode(text, strlen(text), &copy) == 0);
	again = pf_record_encode(&copy);
	FUZZ_CHECK(strcmp(text, again) == 0);
	pf_record_done(&copy);
	free(text);
	free(again);
}

static void decode(const char *text, size_t size)
{
	struct pf_record record;

	if (pf_record_decode(text, size, &record))
		return;
	for (size_t i = 0; i < record.n; i++)
		FUZZ_CHECK(record.outputs[i].name && record.outputs[i].driver &&
			   record.outputs[i].chip && record.outputs[i].label);
	check_again(&record);
	pf_record_done(&record);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char header[64];
	const int n = snprintf(
		header, sizeof header, "pinferry record 1 %08" PRIx32 "\n", checksum(data, size));
	char *text = pf_calloc((size_t)n + size, 1);

	memcpy(text, header, (size_t)n);
	if (size)
		memcpy(text + n, data, size);
	decode(text, (size_t)n + size);
	free(text);
	text = pf_memdup(data, size);
	decode(text, size);
	free(text);
	return 0;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The file of readings that wait. Each line of the input that begins with '!' gets the checksum in
 * place of that; the others are taken as they are.
 */

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc.h"
#include "base/memory.h"
#include "fuzz.h"
#include "store/backlog.h"
#include "store/backlog_file.h"

const char fuzz_name[] = "backlog";

#define CRC_SIZE 9
#define LIMIT    4

/* Copies a line of n bytes, with its end if it has one; how many bytes it has become. */
static size_t copy_line(char *to, const char *line, size_t n)
{
	const size_t end = n > 0 && line[n - 1] == '\n';

	if (n < 1 + end || *line != '!') {
		memcpy(to, line, n);
		return n;
	}
	memcpy(to + CRC_SIZE, line + 1, n - 1);
	(void)snprintf(to, CRC_SIZE, "%08" PRIx32, pf_crc32(to + CRC_SIZE, n - 1 - end));
	to[CRC_SIZE - 1] = ' ';
	return CRC_SIZE + n - 1;
}

/* With checksums, in a block of exactly its size. */
static char *make_file(const char *data, size_t size, size_t *ret_size)
{
	char *file = pf_calloc(size * CRC_SIZE + 1, 1), *exact;
	size_t used = 0;

	while (size > 0) {
		const char *stop = memchr(data, '\n', size);
		const size_t n = stop ? (size_t)(stop - data) + 1 : size;

		used += copy_line(file + used, data, n);
		data += n;
		size -= n;
	}
	exact = pf_memdup(file, used);
	free(file);
	*ret_size = used;
	return exact;
}

static void check_found(const struct pf_backlog_found *found)
{
	for (size_t i = 0; i < found->n; i++) {
		FUZZ_CHECK(i == 0 || found->readings[i]->id > found->readings[i - 1]->id);
		FUZZ_CHECK(found->readings[i]->id <= found->last_id);
		FUZZ_CHECK(!strchr(found->readings[i]->text, '\n'));
	}
}

/* What was read is written, and what was written is read, the same. */
static void check_again(const struct pf_backlog_found *found)
{
	struct pf_backlog_text text = {0};
	struct pf_backlog_found again;

	for (size_t i = 0; i < found->n; i++)
		pf_backlog_text_add(&text, found->readings[i]->id, found->readings[i]->text);
	pf_backlog_decode(text.bytes ? text.bytes : "", text.size, &again);
	FUZZ_CHECK(again.n == found->n && again.n_bad == 0);
	for (size_t i = 0; i < again.n; i++)
		FUZZ_CHECK(again.readings[i]->id == found->readings[i]->id &&
			   strcmp(again.readings[i]->text, found->readings[i]->text) == 0);
	pf_backlog_found_done(&again);
	free(text.bytes);
}

/* As at a start: two readings were taken before the file was read. */
static void load(struct pf_backlog_found *found)
{
	struct pf_backlog backlog;
	size_t n = found->n;
	uint64_t last = 0;

	pf_backlog_init(&backlog, LIMIT);
	(void)pf_backlog_put(&backlog, 1, "first", 0);
	(void)pf_backlog_put(&backlog, 2, "second", 0);
	n += 2 - pf_backlog_load(&backlog, found->readings, found->n, found->last_id);
	FUZZ_CHECK(backlog.n == n && n <= LIMIT);
	for (size_t i = 0; i < n; i++) {
		FUZZ_CHECK(
			pf_backlog_at(&backlog, i)->id > last || found->last_id > UINT64_MAX - 4);
		last = pf_backlog_at(&backlog, i)->id;
	}
	FUZZ_CHECK(strcmp(pf_backlog_at(&backlog, n - 1)->text, "second") == 0);
	pf_backlog_done(&backlog);
	free(found->readings);
	*found = (struct pf_backlog_found){0};
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_backlog_found found;
	size_t file_size;
	char *file = make_file((const char *)data, size, &file_size);

	pf_backlog_decode(file, file_size, &found);
	free(file);
	check_found(&found);
	check_again(&found);
	load(&found);
	return 0;
}

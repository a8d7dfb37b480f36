/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Feeds a fuzz target the files named, or those of its corpus; prints TAP. */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "fuzz.h"

#define FILE_SIZE_MAX (4 * 1024 * 1024)

/* A file's bytes in a block of exactly their size; NULL: it cannot be read. */
static uint8_t *read_file(const char *path, size_t *ret_size)
{
	FILE *file = fopen(path, "rb");
	uint8_t *bytes, *exact;
	size_t size;

	if (!file)
		return NULL;
	bytes = pf_calloc(FILE_SIZE_MAX, 1);
	size = fread(bytes, 1, FILE_SIZE_MAX, file);
	(void)fclose(file);
	exact = (uint8_t *)pf_memdup(bytes, size);
	free(bytes);
	*ret_size = size;
	return exact;
}

/* Twice: nothing may be left from the first time. */
static void feed(const char *path, int number)
{
	size_t size = 0;
	uint8_t *bytes = read_file(path, &size);

	/* if it crashes, this is the last line */
	printf("# %s\n", path);
	(void)fflush(stdout);
	for (int i = 0; i < 2 && bytes; i++)
		(void)LLVMFuzzerTestOneInput(bytes, size);
	printf("%sok %d - %s\n", bytes ? "" : "not ", number, strrchr(path, '/') + 1);
	free(bytes);
}

static int is_visible(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

static int feed_folder(const char *folder)
{
	struct dirent **entries = NULL;
	const int n = scandir(folder, &entries, is_visible, alphasort);

	for (int i = 0; i < n; i++) {
		char *path = pf_format("%s/%s", folder, entries[i]->d_name);

		feed(path, i + 1);
		free(path);
		free(entries[i]);
	}
	free(entries);
	return n;
}

int main(int argc, char **argv)
{
	const char *source = getenv("top_srcdir");
	char *folder = pf_format("%s/tests/fuzz/corpus/%s", source ? source : ".", fuzz_name);
	int n = argc - 1;

	if (argc > 1)
		for (int i = 1; i < argc; i++)
			feed(argv[i], i);
	else
		n = feed_folder(folder);
	if (n <= 0)
		printf("Bail out! nothing in %s\n", folder);
	else
		printf("1..%d\n", n);
	free(folder);
	return n <= 0;
}

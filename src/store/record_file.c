/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/record_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/memory.h"
#include "store/state_file.h"

#define SIZE_MAX_BYTES (1 << 20)

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"

void pf_record_boot_id(char boot_id[PF_BOOT_ID_SIZE])
{
	const int fd = open(BOOT_ID_FILE, O_RDONLY | O_CLOEXEC);
	ssize_t size = -1;

	if (fd >= 0) {
		size = read(fd, boot_id, PF_BOOT_ID_SIZE - 1);
		(void)close(fd);
	}
	boot_id[size > 0 ? size : 0] = '\0';
	boot_id[strcspn(boot_id, "\n")] = '\0';
}

char *pf_record_board(const struct pf_board *board)
{
	const char *directory = pf_board_i2c_dir(board);
	char *path, *copy;

	if (strcmp(directory, "/dev") == 0)
		return pf_strdup("");
	path = realpath(directory, NULL);
	copy = pf_strdup(path ? path : directory);
	free(path);
	return copy;
}

static int load(const char *state_dir, struct pf_record *ret_record)
{
	char *text = NULL;
	size_t size = 0;
	int r = pf_state_file_read(state_dir, "record", SIZE_MAX_BYTES, &text, &size);

	if (r == 0)
		r = pf_record_decode(text, size, ret_record);
	free(text);
	return r;
}

int pf_record_load(
	const char *state_dir, const struct pf_board *board, struct pf_record *ret_record)
{
	struct pf_record record = {0};
	int r = load(state_dir, &record);
	char *board_name;

	if (r < 0)
		return r;
	board_name = pf_record_board(board);
	if (!record.board || strcmp(record.board, board_name) != 0)
		r = -EXDEV;
	free(board_name);
	if (r < 0)
		pf_record_done(&record);
	else
		*ret_record = record;
	return r;
}

int pf_record_write(const char *state_dir, const char *text)
{
	return pf_state_file_write(state_dir, "record", text);
}

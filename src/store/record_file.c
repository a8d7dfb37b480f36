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

#define NAME "record"

#define BOOT_ID_FILE "/proc/sys/kernel/random/boot_id"
#define MACHINE_FILE "/etc/machine-id"

/* A card that was copied has the machine id of the other one, the board has a number of its own. */
#define SERIAL_FILE "/proc/device-tree/serial-number"

/* The first line of a file; empty if it cannot be read. */
static void read_line(const char *path, char line[PF_BOOT_ID_SIZE])
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = -1;

	if (fd >= 0) {
		size = read(fd, line, PF_BOOT_ID_SIZE - 1);
		(void)close(fd);
	}
	line[size > 0 ? size : 0] = '\0';
	line[strcspn(line, "\n")] = '\0';
}

void pf_record_boot_id(char boot_id[PF_BOOT_ID_SIZE])
{
	read_line(BOOT_ID_FILE, boot_id);
}

static char *machine(void)
{
	char id[PF_BOOT_ID_SIZE], serial[PF_BOOT_ID_SIZE];

	read_line(MACHINE_FILE, id);
	read_line(SERIAL_FILE, serial);
	return pf_format("%s/%s", id, serial);
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

void pf_record_init_here(
	struct pf_record *record, const struct pf_board *board, const char *driver_dir)
{
	char boot_id[PF_BOOT_ID_SIZE];
	char *board_name = pf_record_board(board);

	pf_record_boot_id(boot_id);
	pf_record_init(record, boot_id, board_name, driver_dir);
	free(record->machine);
	record->machine = machine();
	free(board_name);
}

int pf_record_read(const char *directory, const char *name, struct pf_record *ret_record)
{
	char *text = NULL;
	size_t size = 0;
	int r = pf_state_file_read(directory, name, SIZE_MAX_BYTES, &text, &size);

	if (r == 0)
		r = pf_record_decode(text, size, ret_record);
	free(text);
	return r;
}

/* A disk that has become a bad one may have kept the last run from writing. */
static int check_writable(const char *state_dir)
{
	char *path = pf_format("%s/%s", state_dir, NAME);
	const int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	const int r = fd < 0 ? -errno : 0;

	if (fd >= 0)
		(void)close(fd);
	free(path);
	return r;
}

int pf_record_load(
	const char *state_dir, const struct pf_board *board, struct pf_record *ret_record)
{
	struct pf_record record = {0}, here;
	int r = pf_record_read(state_dir, NAME, &record);

	if (r < 0)
		return r;
	pf_record_init_here(&here, board, "");
	if (!pf_record_is_near(&record, &here))
		r = -EXDEV;
	pf_record_done(&here);
	if (r == 0)
		r = check_writable(state_dir);
	if (r < 0)
		pf_record_done(&record);
	else
		*ret_record = record;
	return r;
}

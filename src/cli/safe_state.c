/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "config/config.h"
#include "config/state_dir.h"
#include "hw/board.h"
#include "hw/driver_set.h"
#include "lines/safe_state.h"
#include "store/lock.h"
#include "store/record_file.h"

/* What is at hand; made in this order and ended in the opposite one. */
struct work {
	const struct pf_cli *cli;
	struct pf_driver_set *drivers;
	struct pf_problems problems;
	struct pf_config *config; /* NULL: it is bad */
	char *state_dir;
	int lock_fd;
	struct pf_board *board;
	struct pf_record record;
};

static void tell(void *user, const char *name, bool failed, const char *text)
{
	(void)user;
	if (failed)
		pf_error("output %s: %s", name, text);
	else
		printf("output %s: %s\n", name, text);
}

static const struct pf_safe_report report = {.tell = tell};

/* The configuration says where the record is, and what to do without one. */
static void load_config(struct work *work)
{
	pf_problems_init(&work->problems);
	(void)pf_config_load(work->cli->config_file, work->drivers, &work->problems, &work->config);
	work->state_dir = work->config ? pf_strdup(work->config->state_dir)
				       : pf_state_dir_guess(work->cli->config_file);
}

/* Whether another process has the lock, where it cannot be taken for other reasons. */
static bool is_locked(const char *state_dir)
{
	char *path = pf_format("%s/lock", state_dir);
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	const bool locked = fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0;

	free(path);
	if (fd >= 0)
		(void)close(fd);
	return locked;
}

/*
 * A live daemon holds the lock and takes care itself. A directory that has become read-only or
 * full must not keep the outputs from being brought to rest.
 */
static int take_lock(struct work *work)
{
	pid_t owner = 0;

	work->lock_fd = pf_lock_take(work->state_dir, &owner);
	if (work->lock_fd >= 0)
		return PF_EXIT_OK;
	if (work->lock_fd == -EWOULDBLOCK && owner) {
		pf_error("pinferry is running, as process %d; nothing was changed", (int)owner);
		return PF_EXIT_FAILURE;
	}
	if (work->lock_fd == -EWOULDBLOCK || is_locked(work->state_dir)) {
		pf_error("pinferry is running; nothing was changed");
		return PF_EXIT_FAILURE;
	}
	pf_warning("state directory %s: %s; going on without the lock", work->state_dir,
		strerror(-work->lock_fd));
	return PF_EXIT_OK;
}

static void save_record(const struct work *work)
{
	char *text = pf_record_encode(&work->record);
	const int r = pf_record_write(work->state_dir, text);

	if (r < 0)
		pf_warning("record in %s: cannot be written: %s", work->state_dir, strerror(-r));
	free(text);
}

/* Obeys the record, whatever the configuration says by now. */
static int obey_record(struct work *work)
{
	struct pf_driver_set *drivers = pf_driver_set_new(
		work->cli->driver_dir ? work->cli->driver_dir : work->record.driver_dir);
	char boot_id[PF_BOOT_ID_SIZE];
	size_t n_failed;

	pf_record_boot_id(boot_id);
	if (!pf_record_is_of(&work->record, boot_id))
		pf_debug("the record is of an earlier boot");
	n_failed = pf_safe_state(&work->record, boot_id, work->board, drivers, &report);
	save_record(work);
	pf_driver_set_free(drivers);
	return n_failed ? PF_EXIT_FAILURE : PF_EXIT_OK;
}

static int obey_config(struct work *work)
{
	size_t n_failed;

	pf_problems_print(&work->problems, stderr);
	if (!work->config)
		return PF_EXIT_CONFIG;
	pf_record_init(&work->record, "", "", "");
	n_failed = pf_safe_state_from_config(work->config, work->board, &work->record, &report);
	n_failed += pf_safe_state(&work->record, "", work->board, work->drivers, &report);
	return n_failed ? PF_EXIT_FAILURE : PF_EXIT_OK;
}

static int obey(struct work *work)
{
	const int r = pf_record_load(work->state_dir, work->board, &work->record);

	if (r == 0)
		return obey_record(work);
	if (r == -EBADMSG)
		pf_warning(
			"record in %s: torn or garbled; using the configuration", work->state_dir);
	else if (r == -EXDEV)
		pf_warning(
			"record in %s: of another board; using the configuration", work->state_dir);
	else if (r != -ENOENT)
		pf_warning(
			"record in %s: %s; using the configuration", work->state_dir, strerror(-r));
	return obey_config(work);
}

static void end(struct work *work)
{
	pf_record_done(&work->record);
	pf_board_free(work->board);
	if (work->lock_fd >= 0)
		(void)close(work->lock_fd);
	free(work->state_dir);
	pf_problems_done(&work->problems);
	pf_config_free(work->config);
	pf_driver_set_free(work->drivers);
}

int pf_cli_safe_state(const struct pf_cli *cli)
{
	struct work work = {.cli = cli, .lock_fd = -1};
	int status, r;

	work.drivers = pf_driver_set_new(cli->driver_dir);
	load_config(&work);
	status = take_lock(&work);
	r = pf_board_new(cli->simulate, &work.board);
	if (status == PF_EXIT_OK && r < 0) {
		pf_error("simulated board %s: %s", cli->simulate, strerror(-r));
		status = PF_EXIT_FAILURE;
	}
	if (status == PF_EXIT_OK)
		status = obey(&work);
	end(&work);
	return status;
}

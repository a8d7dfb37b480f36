/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "config/config.h"
#include "config/state_dir.h"
#include "hw/board.h"
#include "hw/driver_set.h"
#include "lines/leftovers.h"
#include "lines/safe_state.h"
#include "store/held.h"
#include "store/lock.h"

/* What is at hand; made in this order and ended in the opposite one. */
struct work {
	const struct pf_cli *cli;
	struct pf_driver_set *drivers;
	struct pf_problems problems;
	struct pf_config *config; /* NULL: it is bad */
	char *state_dir;
	int lock_fd;
	struct pf_held *held;
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

/* Without a record the configuration counts, whatever has moved: none is begun. */
static const struct pf_safe_report report = {.tell = tell};

/* The configuration says where the record is, and what to do without one. */
static void load_config(struct work *work)
{
	pf_problems_init(&work->problems);
	(void)pf_config_load(work->cli->config_file, work->drivers, &work->problems, &work->config);
	work->state_dir = work->config ? pf_strdup(work->config->state_dir)
				       : pf_state_dir_guess(work->cli->config_file);
}

/* Another process has the lock: it is alive and takes care itself. */
static int tell_owner(pid_t owner)
{
	if (owner)
		pf_error("pinferry is running, as process %d; nothing was changed", (int)owner);
	else
		pf_error("pinferry is running; nothing was changed");
	return PF_EXIT_FAILURE;
}

/* Who may not look cannot know whether a daemon is alive. */
static int tell_denied(const char *what, const char *path, int error)
{
	pf_error("%s %s: %s: whether pinferry is running is not known; nothing was changed", what,
		path, strerror(error));
	return PF_EXIT_FAILURE;
}

/* A directory that has become read-only or full must not keep outputs from being brought to rest.
 */
static int take_state_dir(struct work *work)
{
	pid_t owner = 0;

	work->lock_fd = pf_lock_take(work->state_dir, &owner);
	if (work->lock_fd == -EWOULDBLOCK)
		return tell_owner(owner);
	if (work->lock_fd == -EACCES || work->lock_fd == -EPERM)
		return tell_denied("state directory", work->state_dir, -work->lock_fd);
	if (work->lock_fd < 0)
		pf_warning("state directory %s: %s; going on without its lock", work->state_dir,
			strerror(-work->lock_fd));
	return PF_EXIT_OK;
}

static int take_lock(struct work *work)
{
	pid_t owner = 0;
	const int status = take_state_dir(work);
	int r;

	if (status != PF_EXIT_OK)
		return status;
	r = pf_held_open(work->state_dir, work->cli->config_file, &work->held, &owner);
	if (r == -EWOULDBLOCK)
		return tell_owner(owner);
	if (r < 0)
		return tell_denied("record of state directory", work->state_dir, -r);
	return PF_EXIT_OK;
}

static void save_record(void *user, const struct pf_record *record)
{
	const struct work *work = user;
	const int r = pf_held_write(work->held, record);

	if (r < 0)
		pf_warning("record in %s: cannot be written: %s", pf_held_path(work->held),
			strerror(-r));
}

/* What the record has not is not known to be ours: it is named, not touched. */
static size_t tell_uncovered(const struct work *work)
{
	return work->config ? pf_leftovers_tell_uncovered(
				      work->config, work->board, &work->record, &report)
			    : 0;
}

/* Modules are loaded into this process, which may be root's: not from where others put theirs. */
static bool is_safe(const char *driver_dir)
{
	struct stat status;

	return stat(driver_dir, &status) == 0 && !(status.st_mode & S_IWOTH) &&
	       (status.st_uid == 0 || status.st_uid == geteuid());
}

static struct pf_driver_set *find_drivers(const struct work *work)
{
	if (work->cli->driver_dir)
		return pf_driver_set_new(work->cli->driver_dir);
	return pf_driver_set_new(is_safe(work->record.driver_dir) ? work->record.driver_dir : NULL);
}

/* Obeys the record, whatever the configuration says by now. */
static int obey_record(struct work *work)
{
	const struct pf_safe_report saving = {.tell = tell, .save = save_record, .user = work};
	struct pf_driver_set *drivers = find_drivers(work);
	size_t n_failed;

	n_failed = pf_safe_state(&work->record, work->board, drivers, &saving);
	save_record(work, &work->record);
	n_failed += tell_uncovered(work);
	pf_driver_set_free(drivers);
	return n_failed ? PF_EXIT_FAILURE : PF_EXIT_OK;
}

static int obey_config(struct work *work)
{
	size_t n_failed;

	pf_problems_print(&work->problems, stderr);
	if (!work->config)
		return PF_EXIT_CONFIG;
	pf_held_init(work->held, work->board, pf_driver_set_dir(work->drivers), &work->record);
	n_failed = pf_leftovers_from_config(work->config, work->board, &work->record, &report);
	n_failed += pf_safe_state(&work->record, work->board, work->drivers, &report);
	return n_failed ? PF_EXIT_FAILURE : PF_EXIT_OK;
}

static int obey(struct work *work)
{
	const int r = pf_held_load(work->held, work->board, &work->record);
	int status;

	if (r == 0)
		return obey_record(work);
	if (r == -ENOENT)
		return obey_config(work);
	pf_error("record in %s: torn or garbled: which lines were held is not known; using the "
		 "configuration",
		pf_held_path(work->held));
	pf_record_done(&work->record);
	status = obey_config(work);
	return status == PF_EXIT_OK ? PF_EXIT_FAILURE : status;
}

static void end(struct work *work)
{
	pf_record_done(&work->record);
	pf_board_free(work->board);
	pf_held_close(work->held);
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

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/notify.h"
#include "bridge/bridge.h"
#include "bridge/lock.h"
#include "cli/cli.h"
#include "config.h"
#include "config/config.h"
#include "hw/board.h"
#include "hw/driver_set.h"

/* What a run holds; made in this order and ended in the opposite one. */
struct run {
	struct pf_driver_set *drivers;
	struct pf_config *config;
	int lock_fd;
	struct pf_board *board;
	struct ev_loop *loop;
	struct pf_bridge *bridge;
	struct ev_signal terminate, interrupt, hang_up;
	struct ev_timer watchdog;
};

static void on_terminate(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	struct run *run = watcher->data;

	(void)loop;
	(void)events;
	pf_notice("stopping (%s)", strsignal(watcher->signum));
	(void)pf_notify("STOPPING=1");
	pf_bridge_stop(run->bridge);
}

/* Without this a hang-up would end the process and leave the outputs as they are. */
static void on_hang_up(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	(void)loop;
	(void)watcher;
	(void)events;
	(void)pf_notify_reloading();
	pf_warning("not available in this version: reload; restart to use a changed configuration");
	(void)pf_notify("READY=1");
}

static void on_stopped(void *user)
{
	struct run *run = user;

	ev_break(run->loop, EVBREAK_ALL);
}

static void on_watchdog(struct ev_loop *loop, struct ev_timer *watcher, int events)
{
	(void)loop;
	(void)watcher;
	(void)events;
	(void)pf_notify("WATCHDOG=1");
}

static void watch_signal(struct run *run, struct ev_signal *watcher, int signal,
	void (*callback)(struct ev_loop *loop, struct ev_signal *watcher, int events))
{
	ev_signal_init(watcher, callback, signal);
	ev_set_priority(watcher, EV_MAXPRI);
	watcher->data = run;
	ev_signal_start(run->loop, watcher);
}

static void watch(struct run *run)
{
	const double watchdog_s = (double)pf_notify_watchdog_us() / 1e6;

	watch_signal(run, &run->terminate, SIGTERM, on_terminate);
	watch_signal(run, &run->interrupt, SIGINT, on_terminate);
	watch_signal(run, &run->hang_up, SIGHUP, on_hang_up);
	ev_timer_init(&run->watchdog, on_watchdog, watchdog_s / 2, watchdog_s / 2);
	if (watchdog_s > 0)
		ev_timer_start(run->loop, &run->watchdog);
}

static int load(struct run *run, const struct pf_cli *cli)
{
	struct pf_problems problems;
	int r;

	run->drivers = pf_driver_set_new(cli->driver_dir);
	pf_problems_init(&problems);
	r = pf_config_load(cli->config_file, run->drivers, &problems, &run->config);
	pf_problems_print(&problems, stderr);
	pf_problems_done(&problems);
	if (r < 0)
		return PF_EXIT_CONFIG;
	if (cli->log_level < 0 && run->config->log_level >= 0)
		pf_log_set_level((enum pf_log_level)run->config->log_level);
	return PF_EXIT_OK;
}

static int take_lock(struct run *run)
{
	pid_t owner = 0;

	run->lock_fd = pf_lock_take(run->config->state_dir, &owner);
	if (run->lock_fd >= 0)
		return PF_EXIT_OK;
	if (run->lock_fd == -EWOULDBLOCK)
		pf_error("pinferry is running already, as process %d", (int)owner);
	else
		pf_error("state directory %s: %s", run->config->state_dir, strerror(-run->lock_fd));
	return PF_EXIT_FAILURE;
}

static int start(struct run *run, const struct pf_cli *cli)
{
	int r = pf_board_new(cli->simulate, &run->board);

	if (r < 0) {
		pf_error("simulated board %s: %s", cli->simulate, strerror(-r));
		return PF_EXIT_FAILURE;
	}
	run->loop = ev_default_loop(EVFLAG_NOENV);
	if (!run->loop) {
		pf_error("the event loop cannot be made");
		return PF_EXIT_FAILURE;
	}
	watch(run);
	r = pf_bridge_start(run->loop, run->config, run->board, on_stopped, run, &run->bridge);
	if (r < 0) {
		pf_error("cannot start: %s", strerror(-r));
		return PF_EXIT_FAILURE;
	}
	return PF_EXIT_OK;
}

/* Frees everything, unless a hung bus call may still touch it. */
static void end(struct run *run)
{
	if (!pf_bridge_free(run->bridge))
		return;
	if (run->loop)
		ev_loop_destroy(run->loop);
	pf_board_free(run->board);
	if (run->lock_fd >= 0)
		close(run->lock_fd);
	pf_config_free(run->config);
	pf_driver_set_free(run->drivers);
}

int pf_cli_run(const struct pf_cli *cli)
{
	struct run run = {.lock_fd = -1};
	int status = load(&run, cli);

	if (status == PF_EXIT_OK)
		status = take_lock(&run);
	if (status == PF_EXIT_OK)
		status = start(&run, cli);
	if (status == PF_EXIT_OK) {
		pf_notice("pinferry %s: %zu inputs, %zu outputs, %zu sensors", PACKAGE_VERSION,
			run.config->n_inputs, run.config->n_outputs, run.config->n_sensors);
		(void)pf_notify("READY=1");
		ev_run(run.loop, 0);
		pf_notice("stopped");
	}
	end(&run);
	return status;
}

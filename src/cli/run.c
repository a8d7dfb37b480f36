/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/log.h"
#include "base/memory.h"
#include "base/notify.h"
#include "bridge/bridge.h"
#include "cli/cli.h"
#include "config.h"
#include "config/config.h"
#include "hw/board.h"
#include "hw/driver_set.h"
#include "store/held.h"
#include "store/lock.h"

/* What a run holds; made in this order and ended in the opposite one. */
struct run {
	const struct pf_cli *cli;
	struct pf_driver_set *drivers;
	char *state_dir,
		*config_driver_dir; /* as in the first configuration; the second may be NULL */
	int lock_fd;
	struct pf_held *held;
	struct pf_board *board;
	struct ev_loop *loop;
	struct pf_bridge *bridge;
	struct ev_signal terminate, interrupt, hang_up;
	struct ev_timer watchdog;
	bool stopping;
};

static void on_terminate(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	struct run *run = watcher->data;

	(void)loop;
	(void)events;
	if (run->stopping)
		return;
	run->stopping = true;
	pf_notice("stopping (%s)", strsignal(watcher->signum));
	(void)pf_notify("STOPPING=1");
	pf_bridge_stop(run->bridge);
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

/* Says what is wrong through the log, which never makes the loop wait. */
static void log_problems(struct pf_problems *problems)
{
	char *text = NULL, *rest;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return;
	pf_problems_print(problems, stream);
	(void)fclose(stream);
	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
		pf_warning("%s", line);
	free(text);
}

/* Reads the configuration and says what is wrong with it. NULL: it is bad. */
static struct pf_config *load(const struct run *run)
{
	struct pf_config *config = NULL;
	struct pf_problems problems;

	pf_problems_init(&problems);
	(void)pf_config_load(run->cli->config_file, run->drivers, &problems, &config);
	if (run->bridge)
		log_problems(&problems);
	else
		pf_problems_print(&problems, stderr);
	pf_problems_done(&problems);
	return config;
}

/* -v and -q on the command line win. */
static void use_log_level(const struct run *run, const struct pf_config *config)
{
	if (run->cli->log_level < 0)
		pf_log_set_level((enum pf_log_level)config->log_level);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

/* Reads the configuration again; a bad one changes nothing. The result in plain words. */
static const char *reload(struct run *run)
{
	struct pf_config *config = load(run);

	if (!config)
		return "the configuration has errors, see the log; nothing was changed";
	if (!same_text(config->state_dir, run->state_dir) ||
		!same_text(config->driver_dir, run->config_driver_dir)) {
		pf_config_free(config);
		return "state_dir and driver_dir cannot change while running; nothing was changed";
	}
	use_log_level(run, config);
	pf_bridge_reload(run->bridge, config);
	return NULL;
}

static void on_hang_up(struct ev_loop *loop, struct ev_signal *watcher, int events)
{
	struct run *run = watcher->data;
	const char *error;

	(void)loop;
	(void)events;
	/* what is new would start beside what has just been brought to rest */
	if (run->stopping)
		return;
	(void)pf_notify_reloading();
	error = reload(run);
	if (error)
		pf_error("reload: %s", error);
	else
		pf_notice("reloaded %s", run->cli->config_file);
	pf_bridge_tell_reload(run->bridge, error ? error : "ok");
	(void)pf_notify("READY=1\nSTATUS=Reload: %s", error ? error : "ok");
}

static sigset_t handled_signals(void)
{
	sigset_t signals;

	(void)sigemptyset(&signals);
	(void)sigaddset(&signals, SIGTERM);
	(void)sigaddset(&signals, SIGINT);
	(void)sigaddset(&signals, SIGHUP);
	return signals;
}

/* A signal that comes before there is somebody to take it must not end us in the middle of a start.
 */
static void hold_signals(void)
{
	const sigset_t signals = handled_signals();

	(void)sigprocmask(SIG_BLOCK, &signals, NULL);
}

static void take_signals(void)
{
	const sigset_t signals = handled_signals();

	(void)sigprocmask(SIG_UNBLOCK, &signals, NULL);
}

static void watch(struct run *run)
{
	const double watchdog_s = (double)pf_notify_watchdog_us() / 1e6;

	/* a log that nobody reads any more must not end us with the relays as they are */
	(void)signal(SIGPIPE, SIG_IGN);
	watch_signal(run, &run->terminate, SIGTERM, on_terminate);
	watch_signal(run, &run->interrupt, SIGINT, on_terminate);
	watch_signal(run, &run->hang_up, SIGHUP, on_hang_up);
	take_signals();
	ev_timer_init(&run->watchdog, on_watchdog, watchdog_s / 2, watchdog_s / 2);
	if (watchdog_s > 0)
		ev_timer_start(run->loop, &run->watchdog);
}

/* Why another process is in the way. */
static void tell_owner(const struct run *run, pid_t owner)
{
	static const char hint[] = "a second one needs its own state_dir and client_id";

	if (owner)
		pf_error("pinferry is running already, as process %d, with the state directory %s "
			 "(%s)",
			(int)owner, run->state_dir, hint);
	else
		pf_error("pinferry is running already with the state directory %s (%s)",
			run->state_dir, hint);
}

/* Whether a state directory without its lock will do: what it keeps is kept in memory, too. */
static bool is_tolerable(int error)
{
	return error == -EROFS || error == -ENOSPC || error == -EDQUOT || error == -EIO;
}

static int take_state_dir(struct run *run)
{
	pid_t owner = 0;

	run->lock_fd = pf_lock_take(run->state_dir, &owner);
	if (run->lock_fd >= 0)
		return PF_EXIT_OK;
	if (run->lock_fd == -EWOULDBLOCK)
		tell_owner(run, owner);
	else if (is_tolerable(run->lock_fd))
		pf_warning("state directory %s: %s; after a boot nothing is known of this run",
			run->state_dir, strerror(-run->lock_fd));
	else
		pf_error("state directory %s: %s", run->state_dir, strerror(-run->lock_fd));
	return is_tolerable(run->lock_fd) ? PF_EXIT_OK : PF_EXIT_FAILURE;
}

static int take_lock(struct run *run)
{
	pid_t owner = 0;
	int r = take_state_dir(run);

	if (r != PF_EXIT_OK)
		return r;
	r = pf_held_open(run->state_dir, run->cli->config_file, &run->held, &owner);
	if (r == -EWOULDBLOCK)
		tell_owner(run, owner);
	else if (r < 0)
		pf_error("record of state directory %s: %s", run->state_dir, strerror(-r));
	else if (run->lock_fd >= 0 || pf_held_is_locked(run->held))
		return PF_EXIT_OK;
	else
		pf_error("there is no place for a lock, neither in %s nor in memory",
			run->state_dir);
	return PF_EXIT_FAILURE;
}

static int prepare(struct run *run)
{
	int r = pf_board_new(run->cli->simulate, &run->board);

	if (r < 0) {
		pf_error("simulated board %s: %s", run->cli->simulate, strerror(-r));
		return PF_EXIT_FAILURE;
	}
	run->loop = ev_default_loop(EVFLAG_NOENV);
	if (!run->loop) {
		pf_error("the event loop cannot be made");
		return PF_EXIT_FAILURE;
	}
	watch(run);
	return take_lock(run);
}

static int work(struct run *run, struct pf_config *config)
{
	const int r = pf_bridge_start(run->loop, config, run->board, run->drivers, run->held,
		on_stopped, run, &run->bridge);

	if (r < 0) {
		pf_error("cannot start: %s", strerror(-r));
		return PF_EXIT_FAILURE;
	}
	pf_notice("pinferry %s: %zu inputs, %zu outputs, %zu sensors", PACKAGE_VERSION,
		config->n_inputs, config->n_outputs, config->n_sensors);
	(void)pf_notify("READY=1");
	ev_run(run->loop, 0);
	pf_notice("stopped");
	return PF_EXIT_OK;
}

/*
 * Frees everything, unless a hung bus call may still touch it: then the process ends here, because
 * exit() would tear down under that call what it uses.
 */
static void end(struct run *run, int status)
{
	if (!pf_bridge_free(run->bridge))
		_exit(status);
	if (run->loop)
		ev_loop_destroy(run->loop);
	pf_board_free(run->board);
	pf_held_close(run->held);
	if (run->lock_fd >= 0)
		close(run->lock_fd);
	free(run->state_dir);
	free(run->config_driver_dir);
	pf_driver_set_free(run->drivers);
}

/*
 * The password and the client's key are in memory while connected, in the MQTT library's copies,
 * too: no core file, whatever the system does with cores, and no look into it by who is not root.
 */
static void keep_secrets_in(void)
{
	(void)prctl(PR_SET_DUMPABLE, 0);
}

int pf_cli_run(const struct pf_cli *cli)
{
	struct run run = {.cli = cli, .lock_fd = -1};
	struct pf_config *config;
	int status;

	hold_signals();
	keep_secrets_in();
	run.drivers = pf_driver_set_new(cli->driver_dir);
	config = load(&run);
	if (!config) {
		pf_driver_set_free(run.drivers);
		return PF_EXIT_CONFIG;
	}
	use_log_level(&run, config);
	run.state_dir = pf_strdup(config->state_dir);
	run.config_driver_dir = config->driver_dir ? pf_strdup(config->driver_dir) : NULL;
	status = prepare(&run);
	if (status == PF_EXIT_OK)
		status = work(&run, config);
	else
		pf_config_free(config);
	end(&run, status);
	return status;
}

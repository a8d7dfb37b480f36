/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * The command line: `pinferry VERB [OPTIONS]`. One file per verb; cli.c reads the options that all
 * have in common. Results go to standard output, messages to standard error. Main thread only.
 */

#ifndef PF_CLI_CLI_H
#define PF_CLI_CLI_H

/* Exit statuses; those above 1 are of sysexits.h, so that systemd can tell them apart. */
enum pf_exit {
	PF_EXIT_OK = 0,
	PF_EXIT_FAILURE = 1, /* at run time */
	PF_EXIT_USAGE = 64,
	PF_EXIT_CONFIG = 78, /* a restart would not help */
};

/* The options of all verbs. Strings are borrowed from argv. */
struct pf_cli {
	const char *config_file; /* never NULL */
	const char *driver_dir;  /* NULL: the built-in one, or the configuration's */
	const char *simulate;    /* NULL: this machine */
	const char *argument;    /* what follows the options, for verbs that take it; or NULL */
	int log_level;           /* enum pf_log_level by -v/-q, or -1 */
};

/* Runs the program; the exit status. */
int pf_cli_main(int argc, char **argv);

/* `run`: the daemon in the foreground, until a signal ends it; the exit status. */
int pf_cli_run(const struct pf_cli *cli);

/* `safe-state`: brings the outputs of a daemon that is gone to rest; the exit status. */
int pf_cli_safe_state(const struct pf_cli *cli);

/* `check`: what is wrong with the configuration, or the map of pins to topics; the exit status. */
int pf_cli_check(const struct pf_cli *cli);

/* `scan`: lines, buses and sensors of this machine; the exit status. */
int pf_cli_scan(const struct pf_cli *cli);

/* `drivers`: the list, or one of them with all it can do; the exit status. */
int pf_cli_drivers(const struct pf_cli *cli);

#endif

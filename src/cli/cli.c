/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "cli/cli.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "config.h"

struct verb {
	const char *name;
	int (*run)(const struct pf_cli *cli);
	const char *argument; /* what may follow, or NULL */
	const char *help;
};

static const struct verb verbs[] = {
	{"run", pf_cli_run, NULL, "run the daemon in the foreground"},
	{"check", pf_cli_check, NULL,
		"check the configuration and print the map of pins to topics"},
	{"scan", pf_cli_scan, NULL, "show lines, buses and sensors of this machine"},
	{"safe-state", pf_cli_safe_state, NULL,
		"put the outputs in their on_exit states after a crash"},
	{"drivers", pf_cli_drivers, "NAME", "list the drivers, or describe one"},
};

static const char options_help[] =
	"  -c, --config FILE      configuration (default " PF_CONFIG_FILE ")\n"
	"  -d, --driver-dir DIR   driver modules (default " PF_DRIVER_DIR ")\n"
	"  -s, --simulate DIR     use the simulated board in DIR instead of this machine\n"
	"  -v, --verbose          say more\n"
	"  -q, --quiet            say only what is wrong\n"
	"  -h, --help             show this help\n"
	"  -V, --version          show the version\n";

static const struct option long_options[] = {
	{"config", required_argument, NULL, 'c'},
	{"driver-dir", required_argument, NULL, 'd'},
	{"simulate", required_argument, NULL, 's'},
	{"verbose", no_argument, NULL, 'v'},
	{"quiet", no_argument, NULL, 'q'},
	{"help", no_argument, NULL, 'h'},
	{"version", no_argument, NULL, 'V'},
	{NULL, 0, NULL, 0},
};

static void print_help(void)
{
	printf("Usage: pinferry VERB [OPTIONS]\n\nFerries pins and sensors to MQTT.\n\nVerbs:\n");
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++) {
		const char *argument = verbs[i].argument;
		char call[32];

		(void)snprintf(call, sizeof call, "%s%s%s%s", verbs[i].name, argument ? " [" : "",
			argument ? argument : "", argument ? "]" : "");
		printf("  %-22s %s\n", call, verbs[i].help);
	}
	printf("\nOptions:\n%s\nSee pinferry(8) and pinferry.conf(5).\n", options_help);
}

static int usage_error(const char *text, const char *word)
{
	fprintf(stderr, "pinferry: error: %s%s%s (see pinferry --help)\n", text, word ? ": " : "",
		word ? word : "");
	return PF_EXIT_USAGE;
}

static const struct verb *find_verb(const char *name)
{
	for (size_t i = 0; i < sizeof verbs / sizeof *verbs; i++)
		if (strcmp(verbs[i].name, name) == 0)
			return &verbs[i];
	return NULL;
}

/* false: no such option. ret_end: nothing more to do, the option was all that was asked. */
static bool take_option(struct pf_cli *cli, int option, bool *ret_end)
{
	switch (option) {
	case 'c':
		cli->config_file = optarg;
		return true;
	case 'd':
		cli->driver_dir = optarg;
		return true;
	case 's':
		cli->simulate = optarg;
		return true;
	case 'v':
		cli->log_level = PF_LOG_DEBUG;
		return true;
	case 'q':
		cli->log_level = PF_LOG_WARNING;
		return true;
	case 'h':
		print_help();
		*ret_end = true;
		return true;
	case 'V':
		printf("pinferry %s\n", PACKAGE_VERSION);
		*ret_end = true;
		return true;
	default:
		return false;
	}
}

int pf_cli_main(int argc, char **argv)
{
	struct pf_cli cli = {.config_file = PF_CONFIG_FILE, .log_level = -1};
	const struct verb *verb;
	bool end = false;
	int option;

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:d:s:vqhV", long_options, NULL)) != -1) {
		if (option == ':')
			return usage_error("option needs a value", argv[optind - 1]);
		if (!take_option(&cli, option, &end))
			return usage_error("unknown option", argv[optind - 1]);
		if (end)
			return PF_EXIT_OK;
	}
	if (optind == argc)
		return usage_error("what to do? run, check, scan, safe-state or drivers", NULL);
	verb = find_verb(argv[optind]);
	if (!verb)
		return usage_error("unknown verb", argv[optind]);
	if (optind + 1 < argc)
		cli.argument = argv[optind + 1];
	if (optind + 2 < argc || (cli.argument && !verb->argument))
		return usage_error("too much on the command line", argv[argc - 1]);
	if (cli.log_level >= 0)
		pf_log_set_level((enum pf_log_level)cli.log_level);
	return verb->run(&cli);
}

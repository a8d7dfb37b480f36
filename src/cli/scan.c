/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "cli/scan.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "cli/cli.h"

/* A list of the configuration under way. */
struct snippets {
	const char *list; /* "inputs" */
	FILE *stream;
	char *text;
	size_t size;
};

static void snippets_open(struct snippets *snippets)
{
	snippets->stream = open_memstream(&snippets->text, &snippets->size);
	if (!snippets->stream) {
		perror("pinferry");
		abort();
	}
}

/* Prints the list, if there is something in it, without its last comma. */
static void snippets_close(struct snippets *snippets)
{
	char *comma;

	(void)fclose(snippets->stream);
	comma = strrchr(snippets->text, ',');
	if (comma) {
		memmove(comma, comma + 1, strlen(comma));
		printf("\n%s: (\n%s);\n", snippets->list, snippets->text);
	}
	free(snippets->text);
}

/* Loads all drivers there are. false: not all of them could be, which is logged. */
static bool load_drivers(struct pf_scan *scan, struct pf_driver_set *set)
{
	char reason[PF_REASON_SIZE];
	char **names;
	size_t n;
	bool good = true;

	if (pf_driver_set_names(set, &names, &n) < 0) {
		pf_error("there is no driver directory %s", pf_driver_set_dir(set));
		return false;
	}
	scan->drivers = pf_calloc(n + 1, sizeof *scan->drivers);
	for (size_t i = 0; i < n; i++) {
		const struct pf_driver **driver = &scan->drivers[scan->n_drivers];

		if (pf_driver_set_find(set, names[i], driver, reason) == 0) {
			scan->n_drivers++;
		} else {
			pf_error("driver %s: %s", names[i], reason);
			good = false;
		}
	}
	pf_driver_names_free(names, n);
	return good;
}

static void print_all(struct pf_scan *scan)
{
	struct snippets inputs = {.list = "inputs"}, outputs = {.list = "outputs"};
	struct snippets sensors = {.list = "sensors"};

	snippets_open(&inputs);
	snippets_open(&outputs);
	snippets_open(&sensors);
	scan->inputs = inputs.stream;
	scan->outputs = outputs.stream;
	scan->sensors = sensors.stream;
	printf("# What is here, as comments; then what can be configured, to be copied and "
	       "changed.\n");
	pf_scan_lines(scan);
	pf_scan_i2c(scan);
	pf_scan_w1(scan);
	pf_scan_kernel_sensors(scan);
	snippets_close(&inputs);
	snippets_close(&outputs);
	snippets_close(&sensors);
}

int pf_cli_scan(const struct pf_cli *cli)
{
	struct pf_driver_set *set;
	struct pf_board *board;
	struct pf_scan scan = {.board = NULL};
	bool good;
	int r;

	r = pf_board_new(cli->simulate, &board);
	if (r < 0) {
		pf_error("%s: %s", cli->simulate, strerror(-r));
		return PF_EXIT_FAILURE;
	}
	set = pf_driver_set_new(cli->driver_dir);
	scan.board = board;
	good = load_drivers(&scan, set);
	print_all(&scan);
	free(scan.drivers);
	pf_driver_set_free(set);
	pf_board_free(board);
	return good ? PF_EXIT_OK : PF_EXIT_FAILURE;
}

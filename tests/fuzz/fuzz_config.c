/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * A configuration, read and checked as at every start. The input is the text of the file; form
 * feeds part it into several, which can include each other: input.conf, 1.conf, 2.conf, 3.conf.
 */

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../bench.h"
#include "base/memory.h"
#include "base/text.h"
#include "config/config.h"
#include "config/topics.h"
#include "fuzz.h"
#include "hw/driver_set.h"
#include "publish/topics.h"

const char fuzz_name[] = "config";

#define FILES_MAX 4

/* libconfig's scanner forgets the text it is in when it meets a mistake. */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libconfig.so";
}

static char folder[64];
static const char *const names[FILES_MAX] = {"input.conf", "1.conf", "2.conf", "3.conf"};

static void path_of(size_t i, char *ret_path, size_t size)
{
	(void)snprintf(ret_path, size, "%s/%s", folder, names[i]);
}

static void remove_folder(void)
{
	char path[128];

	for (size_t i = 0; i < FILES_MAX; i++) {
		path_of(i, path, sizeof path);
		(void)unlink(path);
	}
	(void)rmdir(folder);
}

/* libFuzzer counts in the modules, too: they stay, whatever set comes and goes. */
static void keep_modules(void)
{
	static struct pf_driver_set *kept;
	const struct pf_driver *driver;
	char reason[PF_REASON_SIZE];
	char **driver_names;
	size_t n = 0;

	kept = pf_driver_set_new(bench_driver_dir());
	FUZZ_CHECK(pf_driver_set_names(kept, &driver_names, &n) == 0 && n > 0);
	for (size_t i = 0; i < n; i++)
		FUZZ_CHECK(pf_driver_set_find(kept, driver_names[i], &driver, reason) == 0);
	pf_driver_names_free(driver_names, n);
}

/* Once in a process. */
static void prepare(void)
{
	if (*folder)
		return;
	keep_modules();
	(void)snprintf(folder, sizeof folder, "/tmp/pinferry-fuzz-XXXXXX");
	FUZZ_CHECK(mkdtemp(folder) != NULL);
	(void)atexit(remove_folder);
}

static void write_files(const uint8_t *data, size_t size)
{
	for (size_t i = 0; i < FILES_MAX; i++) {
		const uint8_t *stop = size && i < FILES_MAX - 1 ? memchr(data, '\f', size) : NULL;
		const size_t n = stop ? (size_t)(stop - data) : size;
		char path[128];
		FILE *file;

		path_of(i, path, sizeof path);
		file = fopen(path, "wb");
		FUZZ_CHECK(file != NULL);
		if (n > 0)
			(void)fwrite(data, 1, n, file);
		(void)fclose(file);
		data += stop ? n + 1 : n;
		size -= stop ? n + 1 : n;
	}
}

/* What whoever reads an accepted configuration relies on. */
static void check_item(const struct pf_config *config, const struct pf_item_config *item)
{
	FUZZ_CHECK(item->name && *item->name);
	FUZZ_CHECK(pf_topic_check(item->topic) == NULL);
	FUZZ_CHECK(item->qos >= 0 && item->qos <= 2);
	FUZZ_CHECK(item->place.file != NULL);
	FUZZ_CHECK(pf_topic_is_ours(config, item->topic));
}

static void check_config(const struct pf_config *config)
{
	FUZZ_CHECK(strstr(config->mqtt.broker, "://") != NULL);
	FUZZ_CHECK(pf_topic_check(config->mqtt.prefix) == NULL);
	FUZZ_CHECK(config->mqtt.keepalive_s >= 5 && config->mqtt.reconnect_max_s >= 1);
	for (size_t i = 0; i < config->n_inputs; i++) {
		check_item(config, &config->inputs[i].item);
		FUZZ_CHECK(config->inputs[i].driver && config->inputs[i].driver->lines);
	}
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct pf_output_config *output = &config->outputs[i];

		check_item(config, &output->item);
		FUZZ_CHECK(output->driver && output->driver->lines);
		FUZZ_CHECK(pf_topic_check(output->command_topic) == NULL);
		FUZZ_CHECK(strcmp(output->payload_on, output->payload_off) != 0);
		FUZZ_CHECK(!output->max_on_ms || output->min_on_ms <= output->max_on_ms);
	}
	for (size_t i = 0; i < config->n_sensors; i++) {
		const struct pf_sensor_config *sensor = &config->sensors[i];

		check_item(config, &sensor->item);
		FUZZ_CHECK(sensor->driver && sensor->driver->sensor && sensor->options);
		FUZZ_CHECK(sensor->interval_ms >= sensor->driver->interval_min_ms);
	}
}

static void check_problems(const struct pf_problems *problems, int r)
{
	FUZZ_CHECK((r == 0) == (problems->n_errors == 0));
	for (size_t i = 0; i < problems->n; i++)
		FUZZ_CHECK(problems->list[i].text[0] && problems->list[i].line >= 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct pf_driver_set *drivers = pf_driver_set_new(bench_driver_dir());
	struct pf_config *config = NULL;
	struct pf_problems problems;
	char path[128];
	int r;

	prepare();
	write_files(data, size);
	path_of(0, path, sizeof path);
	pf_problems_init(&problems);
	r = pf_config_load(path, drivers, &problems, &config);
	check_problems(&problems, r);
	if (r == 0)
		check_config(config);
	pf_problems_done(&problems);
	pf_config_free(config);
	pf_driver_set_free(drivers);
	return 0;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/memory.h"
#include "config/conf_file.h"
#include "config/loader.h"

#define PATH_BYTES 4000

static const char *const levels[] = {"error", "warning", "notice", "info", "debug", NULL};

_Static_assert(PF_LOG_ERROR == 0 && PF_LOG_DEBUG == 4, "levels[] has the order of pf_log_level");

/* The file as a whole. */
struct root {
	const struct pf_node *mqtt, *inputs, *outputs, *sensors, *interlocks, *log, *buffer,
		*home_assistant;
};

#define PART(key, kind, member) PF_KEY_OF(key, kind, struct root, member, PF_KEY_RANGE(0, 0))

static const struct pf_key root_keys[] = {
	PART("mqtt", PF_KEY_GROUP, mqtt),
	PART("inputs", PF_KEY_LIST, inputs),
	PART("outputs", PF_KEY_LIST, outputs),
	PART("sensors", PF_KEY_LIST, sensors),
	PART("interlocks", PF_KEY_LIST, interlocks),
	PART("log", PF_KEY_GROUP, log),
	PART("buffer", PF_KEY_GROUP, buffer),
	PART("home_assistant", PF_KEY_GROUP, home_assistant),
};

static const struct pf_key path_keys[] = {
	PF_KEY_OF("state_dir", PF_KEY_STRING, struct pf_config, state_dir,
		PF_KEY_RANGE(0, PATH_BYTES)),
	PF_KEY_OF("driver_dir", PF_KEY_STRING, struct pf_config, driver_dir,
		PF_KEY_RANGE(0, PATH_BYTES)),
};

static const struct pf_key log_keys[] = {
	PF_KEY_OF("level", PF_KEY_CHOICE, struct pf_config, log_level, .choices = levels),
};

static void check_path(struct pf_loader *loader, const struct pf_node *root, const char *key)
{
	const struct pf_node *node = pf_node_find(root, key);

	if (node && node->type == PF_NODE_STRING && node->text[0] && node->text[0] != '/')
		pf_report(loader->problems, &node->place, NULL, key,
			"\"%.60s\" is no whole path, expected one that begins with '/'",
			node->text);
}

static void load(struct pf_loader *loader, const struct pf_node *root)
{
	struct pf_config *config = loader->config;
	struct root parts = {0};
	const struct pf_key_set sets[] = {
		{root_keys, sizeof root_keys / sizeof *root_keys, &parts},
		{path_keys, sizeof path_keys / sizeof *path_keys, config},
	};
	const struct pf_key_set log_set = {log_keys, sizeof log_keys / sizeof *log_keys, config};

	pf_keys_read(loader->problems, root, NULL, sets, sizeof sets / sizeof *sets);
	check_path(loader, root, "state_dir");
	check_path(loader, root, "driver_dir");
	if (config->driver_dir)
		pf_driver_set_use_dir(loader->drivers, config->driver_dir);
	if (parts.log)
		pf_keys_read(loader->problems, parts.log, "log", &log_set, 1);
	pf_load_mqtt(loader, parts.mqtt);
	pf_load_home_assistant(loader, parts.home_assistant);
	pf_load_inputs(loader, parts.inputs);
	pf_load_interlocks(loader, parts.interlocks);
	pf_load_outputs(loader, parts.outputs);
	pf_load_buffer_default(loader, parts.buffer);
	pf_load_sensors(loader, parts.sensors);
	pf_topics_check(&loader->topics, loader->problems);
}

static void loader_done(struct pf_loader *loader)
{
	free(loader->names.list);
	free(loader->lines.list);
	free(loader->devices.list);
	free(loader->interlocks.list);
	pf_topics_done(&loader->topics);
}

static struct pf_config *config_new(const char *file, struct pf_pool **ret_pool)
{
	struct pf_pool *pool = pf_calloc(1, sizeof *pool);
	struct pf_config *config = pf_pool_keep(pool, pf_calloc(1, sizeof *config));

	config->storage = pool;
	config->n_holders = 1;
	config->file = pf_pool_format(pool, "%s", file);
	config->state_dir = PF_STATE_DIR;
	config->log_level = -1;
	*ret_pool = pool;
	return config;
}

int pf_config_load(const char *file, struct pf_driver_set *drivers, struct pf_problems *problems,
	struct pf_config **ret_config)
{
	const size_t n_errors = problems->n_errors;
	struct pf_loader loader = {.problems = problems, .drivers = drivers};
	const struct pf_node *root = NULL;
	int r;

	loader.config = config_new(file, &loader.pool);
	loader.host = pf_load_host(loader.pool);
	r = pf_conf_file_read(file, loader.pool, problems, &root);
	if (r == 0)
		load(&loader, root);
	loader_done(&loader);
	if (r == 0 && problems->n_errors > n_errors)
		r = -EINVAL;
	if (r)
		pf_config_free(loader.config);
	else
		*ret_config = loader.config;
	return r;
}

struct pf_config *pf_config_hold(struct pf_config *config)
{
	config->n_holders++;
	return config;
}

void pf_config_free(struct pf_config *config)
{
	struct pf_pool *pool;

	if (!config || --config->n_holders > 0)
		return;
	pool = config->storage;
	pf_pool_done(pool);
	free(pool);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "config/conf_file.h"
#include "config/loader.h"

/* A list of the file. */
struct list {
	const char *key;
	size_t offset, n_offset, size; /* in struct pf_config; of an element */
	pf_load_element *load;
};

#define LIST(key, load)                                                                            \
	{                                                                                          \
#key, offsetof(struct pf_config, key), offsetof(struct pf_config, n_##key),        \
			sizeof *((struct pf_config *)0)->key, (load)                               \
	}

/* In this order: the rules of outputs speak of inputs and interlocks. */
static const struct list lists[] = {
	LIST(interlocks, pf_load_interlock),
	LIST(inputs, pf_load_input),
	LIST(outputs, pf_load_output),
	LIST(sensors, pf_load_sensor),
};

static bool is_group(
	struct pf_loader *loader, const struct pf_node *node, const char *key, size_t index)
{
	if (node->type == PF_NODE_GROUP)
		return true;
	if (node->type != PF_NODE_SPOILT)
		pf_report(loader->problems, &node->place, key, NULL,
			"number %zu is no item, expected { name = \"...\"; ... }", index + 1);
	return false;
}

static void load_list(struct pf_loader *loader, const struct list *list)
{
	const struct pf_node *node = pf_node_find(loader->root, list->key);
	char *config = (char *)loader->config;
	size_t *n = (size_t *)(void *)(config + list->n_offset);
	void *elements;

	if (!node || node->type != PF_NODE_LIST)
		return;
	elements = pf_pool_keep(loader->pool, pf_calloc(node->n_children + 1, list->size));
	memcpy(config + list->offset, &elements, sizeof elements);
	for (size_t i = 0; i < node->n_children; i++) {
		if (!is_group(loader, &node->children[i], list->key, i))
			continue;
		++*n;
		list->load(loader, &node->children[i], i);
	}
}

/* They are sorted, as they have been checked. */
static void keep_topics(struct pf_loader *loader)
{
	struct pf_config *config = loader->config;

	config->n_topics = loader->topics.n;
	config->topics = pf_pool_keep(
		loader->pool, pf_calloc(config->n_topics + 1, sizeof *config->topics));
	for (size_t i = 0; i < config->n_topics; i++)
		config->topics[i] = loader->topics.list[i].topic;
}

static void load(struct pf_loader *loader)
{
	struct pf_config *config = loader->config;
	const struct pf_key_set set = PF_KEY_SET(&pf_root_keys, config);

	pf_keys_set_defaults(&loader->reader, &set, 1);
	pf_keys_read(&loader->reader, loader->root, NULL, &set, 1);
	if (config->driver_dir)
		pf_driver_set_use_dir(loader->drivers, config->driver_dir);
	pf_load_mqtt(loader);
	pf_load_home_assistant(loader);
	pf_load_buffer_check(loader);
	for (size_t i = 0; i < sizeof lists / sizeof *lists; i++)
		load_list(loader, &lists[i]);
	pf_load_check_effects(loader);
	pf_topics_check(&loader->topics, loader->problems);
	keep_topics(loader);
	pf_check_bus_time(loader);
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
	*ret_pool = pool;
	return config;
}

int pf_config_load(const char *file, struct pf_driver_set *drivers, struct pf_problems *problems,
	struct pf_config **ret_config)
{
	const size_t n_errors = problems->n_errors;
	struct pf_loader loader = {.problems = problems, .drivers = drivers};
	int r;

	loader.config = config_new(file, &loader.pool);
	loader.reader = (struct pf_key_reader){problems, loader.pool, pf_load_host(loader.pool)};
	r = pf_conf_file_read(file, loader.pool, problems, &loader.root);
	if (r == 0)
		load(&loader);
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

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "config/loader.h"
#include "config/words.h"

void pf_item_begin(struct pf_item_loader *item, struct pf_loader *loader, const char *kind,
	const struct pf_node *group, size_t index, struct pf_item_config *config)
{
	const struct pf_node *name = pf_node_find(group, "name");

	*item = (struct pf_item_loader){loader, group, kind, NULL, config, false};
	if (name && name->type == PF_NODE_STRING && name->text[0])
		item->label = pf_pool_format(
			loader->pool, "%s %s", kind, pf_load_shown(loader, name->text));
	else
		item->label = pf_pool_format(loader->pool, "%s number %zu", kind, index + 1);
	config->place = group->place;
}

void pf_item_set_defaults(
	const struct pf_item_loader *item, const struct pf_key_set *sets, size_t n_sets)
{
	pf_keys_set_defaults(&item->loader->reader, sets, n_sets);
	item->item->qos = item->loader->config->mqtt.qos;
}

void pf_item_read(const struct pf_item_loader *item, const struct pf_key_set *sets, size_t n_sets)
{
	pf_item_set_defaults(item, sets, n_sets);
	pf_keys_read(&item->loader->reader, item->group, item->label, sets, n_sets);
}

static bool name_is_good(const char *name)
{
	for (; *name; name++)
		if (!isalnum((unsigned char)*name) && *name != '_' && *name != '-')
			return false;
	return true;
}

/* Whether the name is one of its own. */
static bool check_name(struct pf_item_loader *item)
{
	const char *const name = item->item->name;
	const struct pf_place *place = pf_node_place(item->group, "name");
	const struct pf_taken *first;

	if (!name)
		return false;
	if (!name_is_good(name)) {
		pf_item_error(item, "name",
			"\"%s\" is no name, expected letters, digits, '_' and '-'",
			pf_load_shown(item->loader, name));
		return false;
	}
	first = pf_take(&item->loader->names, &(struct pf_taken){name, item->label, *place});
	if (first)
		pf_item_error(item, "name", "\"%s\" is already the name of %s, %s:%d", name,
			first->label, first->place.file, first->place.line);
	return !first;
}

void pf_item_add_topic(
	const struct pf_item_loader *item, const char *what, const char *key, const char *topic)
{
	const struct pf_topic_use use = {.topic = topic,
		.label = item->label,
		.what = what,
		.place = *pf_node_place(item->group, key)};

	if (item->topics_known && topic)
		pf_topics_add(&item->loader->topics, &use);
}

void pf_item_finish(struct pf_item_loader *item)
{
	struct pf_loader *loader = item->loader;
	struct pf_item_config *config = item->item;
	const bool name_known = check_name(item);

	if (!config->topic && name_known && !pf_node_find(item->group, "topic"))
		config->topic = pf_pool_format(loader->pool, "%s/%s/%s",
			loader->config->mqtt.prefix, item->kind, config->name);
	item->topics_known = config->topic != NULL;
	if (!config->topic)
		config->topic = ""; /* an error was reported: only so that it can be put together */
}

void pf_item_add_fault_topics(const struct pf_item_loader *item)
{
	struct pf_pool *pool = item->loader->pool;
	const char *const topic = item->item->topic;

	pf_item_add_topic(item, "availability topic", "topic",
		pf_pool_format(pool, "%s/availability", topic));
	pf_item_add_topic(item, "error topic", "topic", pf_pool_format(pool, "%s/error", topic));
}

static void report_unknown_driver(const struct pf_item_loader *item, const char *name)
{
	char **names = NULL;
	size_t n = 0;
	char hint[120];
	const char *similar = "", *here = pf_word_of_value("driver", name);

	if (pf_driver_set_names(item->loader->drivers, &names, &n) == 0)
		similar = pf_did_you_mean(name, (const char *const *)names, n, hint);
	pf_item_error(item, "driver", "unknown driver \"%s\"%s%s",
		pf_load_shown(item->loader, name), here ? ", " : similar,
		here       ? here
		: *similar ? ""
			   : ", expected one of those that \"pinferry drivers\" lists");
	pf_driver_names_free(names, n);
}

const struct pf_driver *pf_item_driver(
	const struct pf_item_loader *item, const char *name, bool lines)
{
	const bool given = pf_node_find(item->group, "driver") != NULL;
	const struct pf_driver *driver = NULL;
	char reason[PF_REASON_SIZE] = "";
	int r;

	if (!given && item->loader->default_driver_reported)
		return NULL;
	r = name_is_good(name) ? pf_driver_set_find(item->loader->drivers, name, &driver, reason)
			       : -ENOENT;
	if (r && !given)
		item->loader->default_driver_reported = true;
	if (r == -ENOENT) {
		report_unknown_driver(item, name);
	} else if (r) {
		pf_item_error(item, "driver", "\"%s\" cannot be used: %s", name,
			reason[0] ? reason : strerror(-r));
	} else if (lines ? !driver->lines : !driver->sensor) {
		pf_item_error(item, "driver", "\"%s\" is a driver for %s, expected one for %s",
			name, lines ? "sensors" : "lines", lines ? "lines" : "sensors");
	} else {
		return driver;
	}
	return NULL;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/conf_file.h"

#include <errno.h>
#include <libconfig.h>
#include <string.h>

#include "base/memory.h"
#include "config/read.h"
#include "config/scan_value.h"

struct reading {
	struct pf_source source;
	struct pf_pool *pool;
};

/* line: as libconfig counts it, from 1; 0 for the file as a whole. */
static struct pf_place place_of(const struct reading *reading, unsigned line)
{
	const struct pf_source *source = &reading->source;

	if (line == 0)
		return (struct pf_place){source->places[0].file, 0};
	return source->places[line <= source->n_lines ? line - 1 : source->n_lines - 1];
}

static void convert(const struct reading *reading, config_setting_t *setting, struct pf_node *node);

static void convert_children(
	const struct reading *reading, config_setting_t *setting, struct pf_node *node)
{
	const int n = config_setting_length(setting);

	node->children = pf_pool_keep(
		reading->pool, pf_calloc((size_t)n + 1, sizeof *node->children));
	for (int i = 0; i < n; i++) {
		config_setting_t *child = config_setting_get_elem(setting, (unsigned)i);
		const char *name = config_setting_name(child);

		if (!name || *name != PF_SPOILT_KEY)
			convert(reading, child, &node->children[node->n_children++]);
	}
}

static void set_number(struct pf_node *node, enum pf_node_type type, double number)
{
	node->type = number == PF_SPOILT_INTEGER ? PF_NODE_SPOILT : type;
	node->number = number;
	node->integer = type == PF_NODE_INT ? (int)number : 0;
}

static void set_text(const struct reading *reading, const char *text, struct pf_node *node)
{
	/* a spoilt part may stand beside others: "a" "b" is one text */
	node->type = strstr(text, PF_SPOILT_TEXT) ? PF_NODE_SPOILT : PF_NODE_STRING;
	node->text = pf_pool_keep(reading->pool, pf_strdup(text));
}

/* Recursion is bounded: the scanner lets no more than 31 brackets in one another pass. */
static void convert(const struct reading *reading, config_setting_t *setting, struct pf_node *node)
{
	const char *name = config_setting_name(setting);

	if (name)
		node->name = pf_pool_keep(reading->pool, pf_strdup(name));
	node->place = place_of(reading, config_setting_source_line(setting));
	switch (config_setting_type(setting)) {
	case CONFIG_TYPE_GROUP:
		node->type = PF_NODE_GROUP;
		convert_children(reading, setting, node);
		break;
	case CONFIG_TYPE_LIST:
	case CONFIG_TYPE_ARRAY:
		node->type = PF_NODE_LIST;
		convert_children(reading, setting, node);
		break;
	case CONFIG_TYPE_INT:
		set_number(node, PF_NODE_INT, config_setting_get_int(setting));
		break;
	case CONFIG_TYPE_FLOAT:
		set_number(node, PF_NODE_FLOAT, config_setting_get_float(setting));
		break;
	case CONFIG_TYPE_BOOL:
		node->type = PF_NODE_BOOL;
		node->integer = config_setting_get_bool(setting);
		break;
	case CONFIG_TYPE_STRING:
		set_text(reading, config_setting_get_string(setting), node);
		break;
	default: /* 64-bit integers: the scanner passes none on */
		node->type = PF_NODE_SPOILT;
		break;
	}
}

static int parse(const struct reading *reading, struct pf_problems *problems,
	const struct pf_node **ret_root)
{
	struct pf_node *root;
	config_t config;

	config_init(&config);
	if (config_read_string(&config, reading->source.text) != CONFIG_TRUE) {
		const struct pf_place place = place_of(
			reading, (unsigned)config_error_line(&config));

		pf_problems_error(problems, place.file, place.line,
			"%s, expected KEY = VALUE; (is something missing here, or right before?)",
			config_error_text(&config));
		config_destroy(&config);
		return -EINVAL;
	}
	root = pf_pool_keep(reading->pool, pf_calloc(1, sizeof *root));
	convert(reading, config_root_setting(&config), root);
	root->place = place_of(reading, 0);
	config_destroy(&config);
	*ret_root = root;
	return 0;
}

int pf_conf_file_read(const char *file, struct pf_pool *pool, struct pf_problems *problems,
	const struct pf_node **ret_root)
{
	struct reading reading = {.pool = pool};
	int r = pf_read(&reading.source, file, pool, problems);

	if (r == 0 && reading.source.broken)
		r = -EINVAL;
	if (r == 0)
		r = parse(&reading, problems, ret_root);
	pf_source_done(&reading.source);
	return r;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/loader.h"

static bool is_given(const struct pf_node *group)
{
	const struct pf_node *node = pf_node_find(group, "buffer");

	return node && node->type == PF_NODE_GROUP;
}

void pf_load_buffer_default(const struct pf_item_loader *item, struct pf_sensor_config *sensor)
{
	const uint32_t max_messages = sensor->buffer.max_messages;

	sensor->buffer = item->loader->config->buffer;
	/* one that says something of its own has a buffer although the others have none */
	if (sensor->buffer.max_messages == 0 && is_given(item->group))
		sensor->buffer.max_messages = max_messages;
}

/* group: buffer = { ... } of a sensor or of the file, as read. */
static void check_on_disk(const struct pf_loader *loader, const struct pf_node *group,
	const char *label, const struct pf_buffer_config *buffer)
{
	if (buffer->max_messages == 0 && buffer->on_disk && pf_node_find(group, "on_disk"))
		pf_report_warning(loader->problems, pf_node_place(group, "on_disk"), label,
			"on_disk", "does nothing with max_messages = 0");
}

void pf_load_buffer_check(const struct pf_loader *loader)
{
	if (is_given(loader->root))
		check_on_disk(loader, pf_node_find(loader->root, "buffer"), "buffer",
			&loader->config->buffer);
}

void pf_load_buffer(const struct pf_item_loader *item, struct pf_sensor_config *sensor)
{
	const bool json = sensor->item.format == PF_FORMAT_JSON;
	struct pf_loader *loader = item->loader;
	const uint32_t sum = loader->n_buffered;

	if (!is_given(item->group) && !(json && is_given(loader->root)))
		sensor->buffer.max_messages = 0;
	else if (is_given(item->group))
		check_on_disk(
			loader, pf_node_find(item->group, "buffer"), item->label, &sensor->buffer);
	if (sensor->buffer.max_messages == 0) {
		sensor->buffer.on_disk = false;
		return;
	}
	loader->n_buffered += sensor->buffer.max_messages;
	if (!json)
		pf_item_error(item, "buffer", "%s",
			"needs format = \"json\", in which a reading has its time");
	else if (sensor->item.qos == 0)
		pf_item_error(item, "buffer", "%s",
			"needs qos 1 or 2: with 0 the broker does not confirm a reading");
	else if (sum <= PF_BUFFERED_MAX && loader->n_buffered > PF_BUFFERED_MAX)
		pf_item_error(item, "buffer",
			"with it all sensors together may buffer %u messages, expected at most %d",
			loader->n_buffered, PF_BUFFERED_MAX);
}

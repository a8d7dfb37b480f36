/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "config/loader.h"

#define MESSAGES_DEFAULT 1000
#define MESSAGES_MAX     100000
/* over all sensors, for a machine with little memory: a reading takes about 200 bytes */
#define MESSAGES_SUM_MAX 200000

static const struct pf_key keys[] = {
	PF_KEY_OF("max_messages", PF_KEY_INT, struct pf_buffer_config, max_messages,
		PF_KEY_RANGE(0, MESSAGES_MAX)),
	PF_KEY_OF("on_disk", PF_KEY_BOOL, struct pf_buffer_config, on_disk, PF_KEY_RANGE(0, 0)),
};

static void read_group(const struct pf_loader *loader, const struct pf_node *group,
	const char *label, struct pf_buffer_config *buffer)
{
	const struct pf_key_set set = {keys, sizeof keys / sizeof *keys, buffer};

	if (buffer->max_messages == 0)
		buffer->max_messages = MESSAGES_DEFAULT;
	pf_keys_read(loader->problems, group, label, &set, 1);
}

void pf_load_buffer_default(struct pf_loader *loader, const struct pf_node *group)
{
	if (group)
		read_group(loader, group, "buffer", &loader->buffer);
}

void pf_load_buffer(const struct pf_item_loader *item, const struct pf_node *group,
	struct pf_sensor_config *sensor)
{
	const bool json = sensor->item.format == PF_FORMAT_JSON;
	struct pf_loader *loader = item->loader;
	const uint32_t sum = loader->n_buffered;

	if (json || group)
		sensor->buffer = loader->buffer;
	if (group)
		read_group(loader, group, pf_pool_format(loader->pool, "%s: buffer", item->label),
			&sensor->buffer);
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
	else if (sum <= MESSAGES_SUM_MAX && loader->n_buffered > MESSAGES_SUM_MAX)
		pf_item_error(item, "buffer",
			"with it all sensors together may buffer %u messages, expected at most %d",
			loader->n_buffered, MESSAGES_SUM_MAX);
}

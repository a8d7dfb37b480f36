/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/loader.h"

static void check_same_payload(
	const struct pf_item_loader *item, const char *payload_on, const char *payload_off)
{
	if (strcmp(payload_on, payload_off) == 0)
		pf_item_error(item,
			pf_node_find(item->group, "payload_off") ? "payload_off" : "payload_on",
			"\"%s\" means on and off, expected two different texts",
			pf_load_shown(item->loader, payload_on));
}

static bool is_word(const char *payload, const char *word)
{
	return pf_text_equals_nocase(payload, strlen(payload), word);
}

/* ON, OFF and TOGGLE are understood in any case: a payload must not say the opposite. */
static void check_command_words(const struct pf_item_loader *item, const char *key,
	const char *payload, const char *opposite)
{
	if (is_word(payload, opposite))
		pf_item_error(item, key, "\"%s\" means the opposite in a command",
			pf_load_shown(item->loader, payload));
	else if (is_word(payload, "TOGGLE"))
		pf_item_error(item, key, "\"%s\" means to toggle in a command",
			pf_load_shown(item->loader, payload));
}

/* The driver that the item names, or the usual one. */
static const struct pf_driver *find_driver(const struct pf_item_loader *item)
{
	const struct pf_node *node = pf_node_find(item->group, "driver");

	if (!node)
		return pf_item_driver(item, PF_DEFAULT_DRIVER, true);
	if (node->type != PF_NODE_STRING || !node->text[0])
		return NULL;
	return pf_item_driver(item, node->text, true);
}

void pf_load_input(struct pf_loader *loader, const struct pf_node *group, size_t index)
{
	struct pf_input_config *input = &loader->config->inputs[loader->config->n_inputs - 1];
	struct pf_item_loader item;
	const struct pf_key_set sets[] = {
		PF_KEY_SET(&pf_item_keys, &input->item),
		PF_KEY_SET(&pf_line_keys, &input->line),
		PF_KEY_SET(&pf_input_keys, input),
	};

	pf_item_begin(&item, loader, "input", group, index, &input->item);
	pf_item_read(&item, sets, sizeof sets / sizeof *sets);
	pf_item_finish(&item);
	pf_item_add_topic(&item, "topic", "topic", input->item.topic);
	pf_item_add_fault_topics(&item);
	input->driver = find_driver(&item);
	pf_load_line(&item, &input->line);
	check_same_payload(&item, input->payload_on, input->payload_off);
	pf_load_ha_item(&item, PF_HA_BINARY_SENSOR, NULL);
	pf_load_ha_words(&item, PF_HA_BINARY_SENSOR, input->payload_on, input->payload_off);
}

static void check_output_rules(const struct pf_item_loader *item, struct pf_output_config *output)
{
	if (output->initial == PF_START_KEEP && output->on_exit != PF_ON_EXIT_KEEP)
		pf_item_warning(item, "initial",
			"\"keep\" keeps nothing over a restart or an upgrade, "
			"because on_exit = \"%s\" applies at each stop",
			output->on_exit == PF_ON_EXIT_ON ? "on" : "off");
	if (output->pulse_ms && output->initial == PF_START_LAST)
		pf_item_warning(item, "initial",
			"\"last\" is always off with pulse_ms, because a pulse is no lasting "
			"state");
	if (output->pulse_ms && output->on_exit == PF_ON_EXIT_ON)
		pf_item_warning(item, "on_exit",
			"\"on\" at exit is no pulse and does not end after pulse_ms");
	check_same_payload(item, output->payload_on, output->payload_off);
	check_command_words(item, "payload_on", output->payload_on, "OFF");
	check_command_words(item, "payload_off", output->payload_off, "ON");
}

static void load_output_topics(const struct pf_item_loader *item, struct pf_output_config *output)
{
	static const struct {
		const char *what, *suffix;
	} others[] = {{"ack topic", "ack"}, {"command topic", "set_on_ms"},
		{"command topic", "set_off_ms"}};
	struct pf_pool *pool = item->loader->pool;
	const char *const topic = output->item.topic;
	const bool own = pf_node_find(item->group, "command_topic") != NULL;

	pf_item_add_topic(item, "topic", "topic", topic);
	if (!own)
		output->command_topic = pf_pool_format(pool, "%s/set", topic);
	pf_item_add_topic(
		item, "command topic", own ? "command_topic" : "topic", output->command_topic);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		pf_item_add_topic(item, others[i].what, "topic",
			pf_pool_format(pool, "%s/%s", topic, others[i].suffix));
	pf_item_add_fault_topics(item);
}

void pf_load_output(struct pf_loader *loader, const struct pf_node *group, size_t index)
{
	struct pf_output_config *output = &loader->config->outputs[loader->config->n_outputs - 1];
	struct pf_item_loader item;
	const struct pf_key_set sets[] = {
		PF_KEY_SET(&pf_item_keys, &output->item),
		PF_KEY_SET(&pf_line_keys, &output->line),
		PF_KEY_SET(&pf_output_keys, output),
	};
	enum pf_ha_kind kind;

	pf_item_begin(&item, loader, "output", group, index, &output->item);
	pf_item_read(&item, sets, sizeof sets / sizeof *sets);
	pf_item_finish(&item);
	kind = output->pulse_ms ? PF_HA_BUTTON : PF_HA_SWITCH;
	load_output_topics(&item, output);
	output->driver = find_driver(&item);
	pf_load_line(&item, &output->line);
	check_output_rules(&item, output);
	pf_load_envelope(&item, output);
	pf_load_ha_item(&item, kind, NULL);
	pf_load_ha_words(&item, kind, output->payload_on, output->payload_off);
}

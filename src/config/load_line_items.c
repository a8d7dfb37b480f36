/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "config/loader.h"

#define PAYLOAD_MAX     256
#define DEBOUNCE_MS     20
#define DEBOUNCE_MAX_MS 60000
#define PULSE_MAX_MS    86400000
#define LINE_NAME_MAX   31 /* GPIO_MAX_NAME_SIZE of the kernel, less the NUL */
#define CHIP_MAX        64
#define OFFSET_MAX      65535
#define DEFAULT_DRIVER  "gpio"
#define KEYS(table)     (table), sizeof(table) / sizeof *(table)
#define LATER(key)                                                                                 \
	{                                                                                          \
		.name = (key), .type = PF_KEY_LATER                                                \
	}

static const char *const biases[] = {"as-is", "off", "up", "down", NULL};
static const char *const drives[] = {"push-pull", "open-drain", "open-source", NULL};
static const char *const initials[] = {"off", "on", "keep", "last", NULL};
static const char *const on_exits[] = {"off", "on", "keep", NULL};

static const struct pf_key line_keys[] = {
	PF_KEY_OF(
		"line", PF_KEY_STRING, struct pf_line_config, line, PF_KEY_RANGE(0, LINE_NAME_MAX)),
	PF_KEY_OF("pin", PF_KEY_INT, struct pf_line_config, pin, PF_KEY_RANGE(1, 40)),
	PF_KEY_OF("chip", PF_KEY_STRING, struct pf_line_config, chip, PF_KEY_RANGE(0, CHIP_MAX)),
	PF_KEY_OF("offset", PF_KEY_INT, struct pf_line_config, offset, PF_KEY_RANGE(0, OFFSET_MAX)),
};

static const struct pf_key driver_keys[] = {
	{.name = "driver", .type = PF_KEY_STRING, PF_KEY_RANGE(0, PF_NAME_MAX)},
};

static const struct pf_key input_keys[] = {
	PF_KEY_OF("bias", PF_KEY_CHOICE, struct pf_input_config, bias, .choices = biases),
	PF_KEY_OF("active_low", PF_KEY_BOOL, struct pf_input_config, active_low),
	PF_KEY_OF("debounce_ms", PF_KEY_INT, struct pf_input_config, debounce_ms,
		PF_KEY_RANGE(0, DEBOUNCE_MAX_MS)),
	PF_KEY_OF("payload_on", PF_KEY_STRING, struct pf_input_config, payload_on,
		PF_KEY_RANGE(0, PAYLOAD_MAX)),
	PF_KEY_OF("payload_off", PF_KEY_STRING, struct pf_input_config, payload_off,
		PF_KEY_RANGE(0, PAYLOAD_MAX)),
	LATER("counter"),
	LATER("delay_on_ms"),
	LATER("delay_off_ms"),
};

static const struct pf_key output_keys[] = {
	PF_KEY_OF("active_low", PF_KEY_BOOL, struct pf_output_config, active_low),
	PF_KEY_OF("drive", PF_KEY_CHOICE, struct pf_output_config, drive, .choices = drives),
	PF_KEY_OF("initial", PF_KEY_CHOICE, struct pf_output_config, initial, .choices = initials),
	PF_KEY_OF("on_exit", PF_KEY_CHOICE, struct pf_output_config, on_exit, .choices = on_exits),
	PF_KEY_OF("pulse_ms", PF_KEY_INT, struct pf_output_config, pulse_ms,
		PF_KEY_RANGE(1, PULSE_MAX_MS)),
	PF_KEY_OF("command_topic", PF_KEY_STRING, struct pf_output_config, command_topic,
		PF_KEY_RANGE(0, PF_TOPIC_MAX)),
	PF_KEY_OF("payload_on", PF_KEY_STRING, struct pf_output_config, payload_on,
		PF_KEY_RANGE(0, PAYLOAD_MAX)),
	PF_KEY_OF("payload_off", PF_KEY_STRING, struct pf_output_config, payload_off,
		PF_KEY_RANGE(0, PAYLOAD_MAX)),
};

static void check_same_payload(
	const struct pf_item_loader *item, const char *payload_on, const char *payload_off)
{
	if (strcmp(payload_on, payload_off) == 0)
		pf_item_error(item,
			pf_node_find(item->group, "payload_off") ? "payload_off" : "payload_on",
			"\"%s\" means on and off, expected two different texts", payload_on);
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
		pf_item_error(item, key, "\"%s\" means the opposite in a command", payload);
	else if (is_word(payload, "TOGGLE"))
		pf_item_error(item, key, "\"%s\" means to toggle in a command", payload);
}

static void load_input(struct pf_loader *loader, const struct pf_node *group, size_t index)
{
	struct pf_input_config *input = &loader->config->inputs[loader->config->n_inputs++];
	const char *driver = DEFAULT_DRIVER;
	const struct pf_node *ha = NULL;
	struct pf_item_loader item;
	const struct pf_key_set sets[] = {
		{pf_item_keys, pf_n_item_keys, &input->item},
		pf_ha_item_key(&ha),
		{KEYS(driver_keys), &driver},
		{KEYS(line_keys), &input->line},
		{KEYS(input_keys), input},
	};

	input->debounce_ms = DEBOUNCE_MS;
	input->payload_on = "ON";
	input->payload_off = "OFF";
	pf_item_begin(&item, loader, "input", group, index, &input->item);
	pf_keys_read(loader->problems, group, item.label, sets, sizeof sets / sizeof *sets);
	pf_item_finish(&item);
	pf_item_add_topic(&item, "topic", "topic", input->item.topic);
	pf_item_add_fault_topics(&item);
	input->driver = pf_item_driver(&item, driver, true);
	pf_load_line(&item, &input->line);
	check_same_payload(&item, input->payload_on, input->payload_off);
	pf_load_ha_item(&item, ha, PF_HA_BINARY_SENSOR, NULL);
}

static void check_output_rules(const struct pf_item_loader *item, struct pf_output_config *output)
{
	if (output->initial == PF_START_KEEP && output->on_exit != PF_ON_EXIT_KEEP)
		pf_item_warning(item, "initial",
			"\"keep\" keeps nothing over a restart or an upgrade, "
			"because on_exit = \"%s\" applies at each stop",
			on_exits[output->on_exit]);
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
	const bool own = output->command_topic != NULL;

	pf_item_add_topic(item, "topic", "topic", topic);
	if (own)
		output->command_topic = pf_item_take_topic(item,
			pf_node_place(item->group, "command_topic"), "command_topic",
			output->command_topic);
	else
		output->command_topic = pf_pool_format(pool, "%s/set", topic);
	pf_item_add_topic(
		item, "command topic", own ? "command_topic" : "topic", output->command_topic);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		pf_item_add_topic(item, others[i].what, "topic",
			pf_pool_format(pool, "%s/%s", topic, others[i].suffix));
	pf_item_add_fault_topics(item);
}

static void load_output(struct pf_loader *loader, const struct pf_node *group, size_t index)
{
	struct pf_output_config *output = &loader->config->outputs[loader->config->n_outputs++];
	struct pf_envelope_groups groups = {0};
	const char *driver = DEFAULT_DRIVER;
	const struct pf_node *ha = NULL;
	struct pf_item_loader item;
	const struct pf_key_set sets[] = {
		{pf_item_keys, pf_n_item_keys, &output->item},
		pf_ha_item_key(&ha),
		{KEYS(driver_keys), &driver},
		{KEYS(line_keys), &output->line},
		{KEYS(output_keys), output},
		pf_envelope_limit_keys(output),
		pf_envelope_group_keys(&groups),
	};

	output->payload_on = "ON";
	output->payload_off = "OFF";
	pf_item_begin(&item, loader, "output", group, index, &output->item);
	pf_keys_read(loader->problems, group, item.label, sets, sizeof sets / sizeof *sets);
	pf_item_finish(&item);
	load_output_topics(&item, output);
	output->driver = pf_item_driver(&item, driver, true);
	pf_load_line(&item, &output->line);
	check_output_rules(&item, output);
	pf_load_envelope(&item, &groups, output);
	pf_load_ha_item(&item, ha, output->pulse_ms ? PF_HA_BUTTON : PF_HA_SWITCH, NULL);
}

void pf_load_inputs(struct pf_loader *loader, const struct pf_node *list)
{
	if (!list)
		return;
	loader->config->inputs = pf_pool_keep(
		loader->pool, pf_calloc(list->n_children + 1, sizeof *loader->config->inputs));
	for (size_t i = 0; i < list->n_children; i++)
		if (pf_item_is_group(loader, &list->children[i], "inputs", i))
			load_input(loader, &list->children[i], i);
}

void pf_load_outputs(struct pf_loader *loader, const struct pf_node *list)
{
	if (!list)
		return;
	loader->config->outputs = pf_pool_keep(
		loader->pool, pf_calloc(list->n_children + 1, sizeof *loader->config->outputs));
	for (size_t i = 0; i < list->n_children; i++)
		if (pf_item_is_group(loader, &list->children[i], "outputs", i))
			load_output(loader, &list->children[i], i);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "hw/driver_set.h"
#include "hw/resolve.h"
#include "mqtt/diagnose.h"
#include "mqtt/endpoint.h"

/* A longer time is more than bouncing contacts need. */
#define DEBOUNCE_TOLD_MS 200

/* The number on the header chip of a line, or -1 if it is another chip's, or unknown before run. */
static int header_gpio(const struct pf_line_config *line)
{
	int gpio = -1;

	if (line->pin)
		gpio = pf_header_gpio(line->pin);
	else if (line->line)
		gpio = pf_gpio_number(line->line);
	else if (pf_header_is_chip(line->chip))
		gpio = (int)line->offset;
	return gpio;
}

/* "GPIO17 (pin 11)", or what else is known. */
static void print_line(const struct pf_line_config *line)
{
	const int gpio = header_gpio(line);

	if (gpio < 0)
		printf("line %s", line->text);
	else if (pf_header_pin(gpio) < 0)
		printf("line GPIO%d", gpio);
	else
		printf("line GPIO%d (pin %d)", gpio, pf_header_pin(gpio));
}

static void print_inputs(const struct pf_config *config)
{
	for (size_t i = 0; i < config->n_inputs; i++) {
		const struct pf_input_config *input = &config->inputs[i];

		printf("input %s: ", input->item.name);
		print_line(&input->line);
		printf("%s -> %s\n", input->active_low ? ", active low" : "", input->item.topic);
		if (input->debounce_ms > DEBOUNCE_TOLD_MS)
			printf("  what lasts for less than %u ms is not seen\n",
				input->debounce_ms);
	}
}

static void print_limit(const char *what, uint32_t limit_ms)
{
	if (limit_ms)
		printf("; %s %.10g s", what, limit_ms / 1000.0);
}

static void print_limits(const struct pf_output_config *output)
{
	static const char *const initials[] = {[PF_START_OFF] = "off",
		[PF_START_ON] = "on",
		[PF_START_KEEP] = "as it is",
		[PF_START_LAST] = "in its last state"};
	static const char *const exits[] = {
		[PF_ON_EXIT_OFF] = "off", [PF_ON_EXIT_ON] = "on", [PF_ON_EXIT_KEEP] = "as it is"};

	printf("  starts %s, left %s", initials[output->initial], exits[output->on_exit]);
	print_limit("on at most", output->max_on_ms);
	print_limit("on at least", output->min_on_ms);
	print_limit("off at least", output->min_off_ms);
	printf("%s\n", output->accept_retained ? "; a stored ON or OFF counts" : "");
}

static void print_interlock(const struct pf_config *config, const struct pf_output_config *output)
{
	if (!output->interlock)
		return;
	for (size_t i = 0; i < config->n_interlocks; i++)
		if (strcmp(config->interlocks[i].name, output->interlock) == 0)
			printf("  interlock %s, %u ms in between: one on at most of",
				output->interlock, config->interlocks[i].dead_time_ms);
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct pf_output_config *member = &config->outputs[i];

		if (member->interlock && strcmp(member->interlock, output->interlock) == 0)
			printf(" %s", member->item.name);
	}
	printf("\n");
}

/* A broker that falls silent is noticed after 1.5 times keepalive_s at the latest. */
static void print_failsafe(const struct pf_config *config, const struct pf_output_config *output)
{
	const struct pf_failsafe_config *failsafe = &output->failsafe;
	const double after_s = failsafe->after_ms / 1000.0;

	if (!failsafe->after_ms)
		return;
	printf("  failsafe: %s", failsafe->state ? "on" : "off");
	if (failsafe->heartbeat_topic)
		printf(" %.10g s after the last message on %s, with or without the broker\n",
			after_s, failsafe->heartbeat_topic);
	else
		printf(" %.10g s after the broker is lost; at worst %.10g s after it fell silent\n",
			after_s, after_s + 1.5 * config->mqtt.keepalive_s);
}

static void print_button(const struct pf_output_config *output)
{
	static const char *const actions[] = {[PF_BUTTON_TOGGLE] = "toggles it",
		[PF_BUTTON_ON] = "switches it on",
		[PF_BUTTON_OFF] = "switches it off",
		[PF_BUTTON_PULSE] = "gives a pulse"};

	if (output->button.input)
		printf("  button: input %s %s\n", output->button.input,
			actions[output->button.action]);
}

static void print_outputs(const struct pf_config *config)
{
	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct pf_output_config *output = &config->outputs[i];

		printf("output %s: ", output->item.name);
		print_line(&output->line);
		if (output->active_low)
			printf(", active low");
		if (output->pulse_ms)
			printf(", pulse %u ms", output->pulse_ms);
		printf(" -> %s <- %s, %s/set_on_ms, %s/set_off_ms\n", output->item.topic,
			output->command_topic, output->item.topic, output->item.topic);
		print_limits(output);
		print_interlock(config, output);
		print_failsafe(config, output);
		print_button(output);
	}
}

static void print_sensor(const struct pf_sensor_config *sensor)
{
	const struct pf_driver *driver = sensor->driver;
	bool any = false;

	printf("sensor %s: %s", sensor->item.name, driver->name);
	if (sensor->bus)
		printf(" at %s 0x%02x", sensor->bus, sensor->address);
	if (sensor->id)
		printf(" at %s", sensor->id);
	printf(", every %.10g s ->", sensor->interval_ms / 1000.0);
	if (sensor->item.format == PF_FORMAT_JSON) {
		printf(" %s (JSON)\n",
			sensor->channels[0].topic ? sensor->channels[0].topic : sensor->item.topic);
		return;
	}
	for (size_t i = 0; i < driver->n_channels; i++) {
		struct pf_channel channel;

		if (pf_driver_channel(driver, sensor->options, NULL, i, &channel) == PF_ABSENT)
			continue;
		printf("%s %s", any ? "," : "", sensor->channels[i].topic);
		any = true;
	}
	printf("\n");
}

/* What holds the outputs off from power-on, before any program runs. */
static void print_boot_lines(const struct pf_config *config)
{
	bool any = false;

	for (size_t i = 0; i < config->n_outputs; i++) {
		const struct pf_output_config *output = &config->outputs[i];
		const int gpio = header_gpio(&output->line);

		/* open drain and source drive one level only: the firmware would drive both */
		if (pf_header_pin(gpio) < 0 || output->drive != PF_DRIVE_PUSH_PULL)
			continue;
		if (!any)
			printf("\nTo hold outputs off from power-on, put into config.txt:\n");
		any = true;
		printf("gpio=%d=op,%s\n", gpio, output->active_low ? "dh" : "dl");
	}
}

static void print_map(const struct pf_config *config)
{
	printf("broker %s, topics below %s\n", config->mqtt.broker, config->mqtt.prefix);
	print_inputs(config);
	print_outputs(config);
	for (size_t i = 0; i < config->n_sensors; i++)
		print_sensor(&config->sensors[i]);
	print_boot_lines(config);
	printf("\n%s: ok\n", config->file);
}

/* What is in the files for TLS. Loading the configuration has told of those that cannot be read. */
static void check_files(const struct pf_mqtt_config *mqtt, struct pf_problems *problems)
{
	char text[PF_DIAGNOSIS_SIZE];
	struct pf_endpoint endpoint;

	pf_endpoint_init(&endpoint, mqtt, "");
	if (!pf_endpoint_check_files(&endpoint, text, sizeof text) &&
		pf_diagnose_tls_files(&endpoint, text))
		pf_problems_warning(problems, mqtt->place.file, mqtt->place.line, "mqtt: %s", text);
	pf_endpoint_done(&endpoint);
}

int pf_cli_check(const struct pf_cli *cli)
{
	struct pf_driver_set *drivers = pf_driver_set_new(cli->driver_dir);
	struct pf_config *config = NULL;
	struct pf_problems problems;
	int r;

	pf_problems_init(&problems);
	r = pf_config_load(cli->config_file, drivers, &problems, &config);
	if (r == 0)
		check_files(&config->mqtt, &problems);
	pf_problems_print(&problems, stderr);
	if (r == 0)
		print_map(config);
	pf_problems_done(&problems);
	pf_config_free(config);
	pf_driver_set_free(drivers);
	return r ? PF_EXIT_CONFIG : PF_EXIT_OK;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "cli/cli.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config/config.h"
#include "hw/driver_set.h"
#include "hw/resolve.h"

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
	}
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
	}
}

static void print_sensor(const struct pf_sensor_config *sensor)
{
	const struct pf_driver *driver = sensor->driver;

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
	for (size_t i = 0; i < driver->n_channels; i++)
		printf("%s %s", i ? "," : "", sensor->channels[i].topic);
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
		if (gpio < 0 || output->drive != PF_DRIVE_PUSH_PULL)
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

int pf_cli_check(const struct pf_cli *cli)
{
	struct pf_driver_set *drivers = pf_driver_set_new(cli->driver_dir);
	struct pf_config *config = NULL;
	struct pf_problems problems;
	int r;

	pf_problems_init(&problems);
	r = pf_config_load(cli->config_file, drivers, &problems, &config);
	pf_problems_print(&problems, stderr);
	if (r == 0)
		print_map(config);
	pf_problems_done(&problems);
	pf_config_free(config);
	pf_driver_set_free(drivers);
	return r ? PF_EXIT_CONFIG : PF_EXIT_OK;
}

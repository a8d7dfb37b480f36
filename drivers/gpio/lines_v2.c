/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Lines by libgpiod 2.x (Debian 13). It speaks the kernel's second GPIO interface: the kernel
 * keeps as many events as asked for (1024 at most), drops the oldest when there are more, and
 * numbers them, so that gaps show. Stamps are CLOCK_MONOTONIC.
 */

#include <fcntl.h>
#include <gpiod.h>
#include <stdlib.h>

#include "lines.h"

#define KERNEL_EVENTS 1024 /* most that are kept per request: 16 for each of 64 lines */
#define BUFFER_EVENTS 64   /* read at once */

struct pf_line {
	struct gpiod_line_request *request;
	struct gpiod_edge_event_buffer *buffer; /* NULL: no events */
	uint32_t offset;
	uint32_t sequence; /* number of the last event read; the first has 1 */
};

/* errno of a failed libgpiod call, as a negative error even if the library left it zero. */
static int last_error(void)
{
	return errno ? -errno : -EIO;
}

static void fill_info(struct pf_line_info *info, struct gpiod_line_info *line)
{
	info->offset = gpiod_line_info_get_offset(line);
	pf_gpio_copy_name(info->name, gpiod_line_info_get_name(line));
	pf_gpio_copy_name(info->consumer, gpiod_line_info_get_consumer(line));
	info->used = gpiod_line_info_is_used(line);
	info->output = gpiod_line_info_get_direction(line) == GPIOD_LINE_DIRECTION_OUTPUT;
	info->active_low = gpiod_line_info_is_active_low(line);
}

int pf_gpio_scan_chip(const char *path, struct pf_line_info *info,
	int (*visit)(const struct pf_line_info *info, void *user), void *user, int *ret_visit)
{
	struct gpiod_chip *chip = gpiod_chip_open(path);
	struct gpiod_chip_info *chip_info = chip ? gpiod_chip_get_info(chip) : NULL;
	size_t n;

	if (!chip_info) {
		const int r = last_error();

		if (chip)
			gpiod_chip_close(chip);
		return r;
	}
	pf_gpio_copy_name(info->label, gpiod_chip_info_get_label(chip_info));
	n = gpiod_chip_info_get_num_lines(chip_info);
	gpiod_chip_info_free(chip_info);
	for (unsigned offset = 0; offset < n && !*ret_visit; offset++) {
		struct gpiod_line_info *line = gpiod_chip_get_line_info(chip, offset);

		if (!line)
			continue;
		fill_info(info, line);
		gpiod_line_info_free(line);
		*ret_visit = visit(info, user);
	}
	gpiod_chip_close(chip);
	return 0;
}

/* Opens a chip and sees that it has the line. */
static int chip_open(const char *name, uint32_t offset, struct gpiod_chip **ret_chip)
{
	char path[PF_GPIO_PATH_SIZE];
	struct gpiod_chip *chip;
	struct gpiod_chip_info *info;
	int r;

	r = pf_gpio_path(name, path);
	if (r)
		return r;
	chip = gpiod_chip_open(path);
	if (!chip)
		return errno == ENOENT ? -ENODEV : last_error();
	info = gpiod_chip_get_info(chip);
	if (!info)
		r = last_error();
	else if (offset >= gpiod_chip_info_get_num_lines(info))
		r = -ENOENT;
	if (info)
		gpiod_chip_info_free(info);
	if (r) {
		gpiod_chip_close(chip);
		return r;
	}
	*ret_chip = chip;
	return 0;
}

/* A configuration of one line with these settings; NULL: no memory. */
static struct gpiod_line_config *config_new(uint32_t offset, struct gpiod_line_settings *settings)
{
	struct gpiod_line_config *config = gpiod_line_config_new();

	if (config && gpiod_line_config_add_line_settings(config, &offset, 1, settings)) {
		gpiod_line_config_free(config);
		return NULL;
	}
	return config;
}

static int request(struct gpiod_chip *chip, uint32_t offset, struct gpiod_line_settings *settings,
	const char *consumer, struct gpiod_line_request **ret_request)
{
	struct gpiod_line_config *lines = config_new(offset, settings);
	struct gpiod_request_config *config = gpiod_request_config_new();
	struct gpiod_line_request *made = NULL;
	int r = -ENOMEM;

	if (lines && config) {
		gpiod_request_config_set_consumer(config, consumer);
		gpiod_request_config_set_event_buffer_size(config, KERNEL_EVENTS);
		made = gpiod_chip_request_lines(chip, config, lines);
		r = made ? 0 : last_error();
	}
	gpiod_request_config_free(config);
	gpiod_line_config_free(lines);
	if (made)
		*ret_request = made;
	return r;
}

static void line_release(struct pf_line *line)
{
	if (!line)
		return;
	gpiod_edge_event_buffer_free(line->buffer);
	if (line->request)
		gpiod_line_request_release(line->request);
	free(line);
}

static enum gpiod_line_bias bias_setting(enum pf_bias bias)
{
	switch (bias) {
	case PF_BIAS_OFF:
		return GPIOD_LINE_BIAS_DISABLED;
	case PF_BIAS_UP:
		return GPIOD_LINE_BIAS_PULL_UP;
	case PF_BIAS_DOWN:
		return GPIOD_LINE_BIAS_PULL_DOWN;
	case PF_BIAS_AS_IS:
		break;
	}
	return GPIOD_LINE_BIAS_AS_IS;
}

static enum gpiod_line_drive drive_setting(enum pf_drive drive)
{
	switch (drive) {
	case PF_DRIVE_OPEN_DRAIN:
		return GPIOD_LINE_DRIVE_OPEN_DRAIN;
	case PF_DRIVE_OPEN_SOURCE:
		return GPIOD_LINE_DRIVE_OPEN_SOURCE;
	case PF_DRIVE_PUSH_PULL:
		break;
	}
	return GPIOD_LINE_DRIVE_PUSH_PULL;
}

/* The library's event descriptor blocks; ours must not. */
static int use_events(struct pf_line *line)
{
	const int fd = gpiod_line_request_get_fd(line->request);
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return last_error();
	line->buffer = gpiod_edge_event_buffer_new(BUFFER_EVENTS);
	return line->buffer ? 0 : -ENOMEM;
}

/* Requests an input with edges, or without where the chip has none. */
static int request_edges(struct gpiod_chip *chip, const struct pf_input_request *input,
	struct gpiod_line_settings *settings, struct pf_line *line)
{
	int r;

	(void)gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_INPUT);
	(void)gpiod_line_settings_set_bias(settings, bias_setting(input->bias));
	gpiod_line_settings_set_active_low(settings, input->active_low);
	(void)gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_BOTH);
	r = request(chip, input->offset, settings, input->consumer, &line->request);
	if (r == 0)
		return use_events(line);
	if (!pf_gpio_lacks_edges(r))
		return r;
	(void)gpiod_line_settings_set_edge_detection(settings, GPIOD_LINE_EDGE_NONE);
	return request(chip, input->offset, settings, input->consumer, &line->request);
}

static int line_request_input(
	void *board, const struct pf_input_request *input, struct pf_line **ret_line)
{
	struct gpiod_line_settings *settings;
	struct gpiod_chip *chip;
	struct pf_line *line;
	int r;

	(void)board;
	r = chip_open(input->chip, input->offset, &chip);
	if (r)
		return r;
	line = calloc(1, sizeof *line);
	settings = gpiod_line_settings_new();
	r = line && settings ? request_edges(chip, input, settings, line) : -ENOMEM;
	gpiod_line_settings_free(settings);
	gpiod_chip_close(chip);
	if (r) {
		line_release(line);
		return r;
	}
	line->offset = input->offset;
	*ret_line = line;
	return 0;
}

static int reconfigure(
	struct gpiod_line_request *held, uint32_t offset, struct gpiod_line_settings *settings)
{
	struct gpiod_line_config *config = config_new(offset, settings);
	int r;

	if (!config)
		return -ENOMEM;
	r = gpiod_line_request_reconfigure_lines(held, config) ? last_error() : 0;
	gpiod_line_config_free(config);
	return r;
}

static int is_output(struct gpiod_chip *chip, uint32_t offset, bool *ret_output)
{
	struct gpiod_line_info *info = gpiod_chip_get_line_info(chip, offset);

	if (!info)
		return last_error();
	*ret_output = gpiod_line_info_get_direction(info) == GPIOD_LINE_DIRECTION_OUTPUT;
	gpiod_line_info_free(info);
	return 0;
}

static void set_output(
	struct gpiod_line_settings *settings, const struct pf_output_request *output, bool level)
{
	(void)gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_OUTPUT);
	(void)gpiod_line_settings_set_drive(settings, drive_setting(output->drive));
	(void)gpiod_line_settings_set_output_value(
		settings, level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE);
}

/*
 * Takes the line over as it drives. The direction is asked for after the request, because only the
 * request makes the kernel read it from the chip; before, it may be that of the last user.
 */
static int keep(struct gpiod_chip *chip, const struct pf_output_request *output,
	struct gpiod_line_settings *settings, struct pf_line *line, bool *ret_level,
	bool *ret_was_output)
{
	bool was_output;
	int level = 0;
	int r;

	(void)gpiod_line_settings_set_direction(settings, GPIOD_LINE_DIRECTION_AS_IS);
	r = request(chip, output->offset, settings, output->consumer, &line->request);
	if (r)
		return r;
	r = is_output(chip, output->offset, &was_output);
	if (r)
		return r;
	if (was_output)
		level = (int)gpiod_line_request_get_value(line->request, output->offset);
	if (level < 0)
		return last_error();
	set_output(settings, output, level > 0);
	r = reconfigure(line->request, output->offset, settings);
	if (r)
		return r;
	*ret_level = level > 0;
	*ret_was_output = was_output;
	return 0;
}

static int request_level(struct gpiod_chip *chip, const struct pf_output_request *output,
	struct gpiod_line_settings *settings, struct pf_line *line, bool *ret_level,
	bool *ret_was_output)
{
	const bool on = output->initial == PF_INITIAL_ON;
	int r;

	r = is_output(chip, output->offset, ret_was_output);
	if (r)
		return r;
	set_output(settings, output, on);
	*ret_level = on;
	return request(chip, output->offset, settings, output->consumer, &line->request);
}

static int line_request_output(void *board, const struct pf_output_request *output,
	struct pf_line **ret_line, bool *ret_level, bool *ret_was_output)
{
	struct gpiod_line_settings *settings;
	struct gpiod_chip *chip;
	struct pf_line *line;
	bool level = false, was_output = false;
	int r;

	(void)board;
	r = chip_open(output->chip, output->offset, &chip);
	if (r)
		return r;
	line = calloc(1, sizeof *line);
	settings = gpiod_line_settings_new();
	if (!line || !settings) {
		r = -ENOMEM;
	} else {
		gpiod_line_settings_set_active_low(settings, output->active_low);
		r = (output->initial == PF_INITIAL_KEEP ? keep : request_level)(
			chip, output, settings, line, &level, &was_output);
	}
	gpiod_line_settings_free(settings);
	gpiod_chip_close(chip);
	if (r) {
		line_release(line);
		return r;
	}
	line->offset = output->offset;
	*ret_line = line;
	*ret_level = level;
	*ret_was_output = was_output;
	return 0;
}

static int line_get(struct pf_line *line)
{
	const int level = (int)gpiod_line_request_get_value(line->request, line->offset);

	return level < 0 ? last_error() : level;
}

static int line_set(struct pf_line *line, bool level)
{
	return gpiod_line_request_set_value(line->request, line->offset,
		       level ? GPIOD_LINE_VALUE_ACTIVE : GPIOD_LINE_VALUE_INACTIVE)
		       ? last_error()
		       : 0;
}

static int line_event_fd(const struct pf_line *line)
{
	return line->buffer ? gpiod_line_request_get_fd(line->request) : -EOPNOTSUPP;
}

static void take_edge(struct pf_line *line, struct gpiod_edge_event *event, struct pf_edge *edge)
{
	const uint32_t sequence = (uint32_t)gpiod_edge_event_get_line_seqno(event);

	edge->time_ns = gpiod_edge_event_get_timestamp_ns(event);
	edge->rising = gpiod_edge_event_get_event_type(event) == GPIOD_EDGE_EVENT_RISING_EDGE;
	/* unsigned on purpose: right when the kernel's 32-bit number wraps, too */
	edge->missed = sequence - line->sequence - 1;
	line->sequence = sequence;
}

static int line_read_edges(struct pf_line *line, struct pf_edge *edges, size_t max)
{
	int n;

	if (!line->buffer)
		return -EOPNOTSUPP;
	n = gpiod_line_request_read_edge_events(
		line->request, line->buffer, max < BUFFER_EVENTS ? max : BUFFER_EVENTS);
	if (n < 0)
		return errno == EAGAIN ? 0 : last_error();
	for (int i = 0; i < n; i++)
		take_edge(line, gpiod_edge_event_buffer_get_event(line->buffer, (unsigned long)i),
			&edges[i]);
	return n;
}

const struct pf_line_ops pf_gpio_line_ops = {
	.scan = pf_gpio_scan,
	.request_input = line_request_input,
	.request_output = line_request_output,
	.get = line_get,
	.set = line_set,
	.event_fd = line_event_fd,
	.read_edges = line_read_edges,
	.release = line_release,
};

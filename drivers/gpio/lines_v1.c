/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Lines by libgpiod 1.6 (Debian 12). It speaks the kernel's first GPIO interface: 16 pending events
 * per line, of which the newest are dropped in silence, stamped in CLOCK_MONOTONIC.
 */

#include <fcntl.h>
#include <gpiod.h>
#include <stdlib.h>

#include "lines.h"

/* What the kernel keeps per line, and the most that libgpiod 1.6 reads at once. */
#define EVENTS_MAX 16

struct pf_line {
	struct gpiod_chip *chip; /* kept open: closing it would release the line */
	struct gpiod_line *line; /* belongs to the chip */
	int fd;                  /* of the events, not ours to close; -1: none */
};

/* errno of a failed libgpiod call, as a negative error even if the library left it zero. */
static int last_error(void)
{
	return errno ? -errno : -EIO;
}

static void fill_info(struct pf_line_info *info, struct gpiod_line *line)
{
	info->offset = gpiod_line_offset(line);
	pf_gpio_copy_name(info->name, gpiod_line_name(line));
	pf_gpio_copy_name(info->consumer, gpiod_line_consumer(line));
	info->used = gpiod_line_is_used(line);
	info->output = gpiod_line_direction(line) == GPIOD_LINE_DIRECTION_OUTPUT;
	info->active_low = gpiod_line_active_state(line) == GPIOD_LINE_ACTIVE_STATE_LOW;
}

int pf_gpio_scan_chip(const char *path, struct pf_line_info *info,
	int (*visit)(const struct pf_line_info *info, void *user), void *user, int *ret_visit)
{
	struct gpiod_chip *chip = gpiod_chip_open(path);
	unsigned n;

	if (!chip)
		return last_error();
	pf_gpio_copy_name(info->label, gpiod_chip_label(chip));
	n = gpiod_chip_num_lines(chip);
	for (unsigned offset = 0; offset < n && !*ret_visit; offset++) {
		struct gpiod_line *line = gpiod_chip_get_line(chip, offset);

		if (!line)
			continue;
		fill_info(info, line);
		*ret_visit = visit(info, user);
	}
	gpiod_chip_close(chip);
	return 0;
}

static void line_release(struct pf_line *line)
{
	if (!line)
		return;
	gpiod_chip_close(line->chip);
	free(line);
}

static int line_open(const char *chip, uint32_t offset, struct pf_line **ret_line)
{
	char path[PF_GPIO_PATH_SIZE];
	struct pf_line *line;
	int r;

	r = pf_gpio_path(chip, path);
	if (r)
		return r;
	line = calloc(1, sizeof *line);
	if (!line)
		return -ENOMEM;
	line->fd = -1;
	line->chip = gpiod_chip_open(path);
	if (!line->chip) {
		r = errno == ENOENT || errno == ENOTTY ? -ENODEV : last_error();
		free(line);
		return r;
	}
	line->line = gpiod_chip_get_line(line->chip, offset);
	if (!line->line) {
		r = errno == EINVAL ? -ENOENT : last_error();
		line_release(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

static int request(struct pf_line *line, int type, int flags, const char *consumer, int level)
{
	const struct gpiod_line_request_config config = {
		.consumer = consumer,
		.request_type = type,
		.flags = flags,
	};

	return gpiod_line_request(line->line, &config, level) ? last_error() : 0;
}

static int bias_flag(enum pf_bias bias)
{
	switch (bias) {
	case PF_BIAS_OFF:
		return GPIOD_LINE_REQUEST_FLAG_BIAS_DISABLE;
	case PF_BIAS_UP:
		return GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_UP;
	case PF_BIAS_DOWN:
		return GPIOD_LINE_REQUEST_FLAG_BIAS_PULL_DOWN;
	case PF_BIAS_AS_IS:
		break;
	}
	return 0;
}

static int drive_flag(enum pf_drive drive)
{
	switch (drive) {
	case PF_DRIVE_OPEN_DRAIN:
		return GPIOD_LINE_REQUEST_FLAG_OPEN_DRAIN;
	case PF_DRIVE_OPEN_SOURCE:
		return GPIOD_LINE_REQUEST_FLAG_OPEN_SOURCE;
	case PF_DRIVE_PUSH_PULL:
		break;
	}
	return 0;
}

static int active_low_flag(bool active_low)
{
	return active_low ? GPIOD_LINE_REQUEST_FLAG_ACTIVE_LOW : 0;
}

/* The library's event descriptor blocks; ours must not. */
static int use_events(struct pf_line *line)
{
	const int fd = gpiod_line_event_get_fd(line->line);
	const int flags = fd < 0 ? -1 : fcntl(fd, F_GETFL);

	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK))
		return last_error();
	line->fd = fd;
	return 0;
}

static int line_request_input(
	void *board, const struct pf_input_request *input, struct pf_line **ret_line)
{
	const int flags = bias_flag(input->bias) | active_low_flag(input->active_low);
	struct pf_line *line;
	int r;

	(void)board;
	r = line_open(input->chip, input->offset, &line);
	if (r)
		return r;
	r = request(line, GPIOD_LINE_REQUEST_EVENT_BOTH_EDGES, flags, input->consumer, 0);
	if (r == 0)
		r = use_events(line);
	else if (pf_gpio_lacks_edges(r))
		r = request(line, GPIOD_LINE_REQUEST_DIRECTION_INPUT, flags, input->consumer, 0);
	if (r) {
		line_release(line);
		return r;
	}
	*ret_line = line;
	return 0;
}

/*
 * Takes the line over as it drives. The direction is asked for after the request, because only the
 * request makes the kernel read it from the chip; before, it may be that of the last user.
 */
static int keep(struct pf_line *line, const struct pf_output_request *output, int flags,
	bool *ret_level, bool *ret_was_output)
{
	bool was_output;
	int level = 0;
	int r;

	r = request(line, GPIOD_LINE_REQUEST_DIRECTION_AS_IS, active_low_flag(output->active_low),
		output->consumer, 0);
	if (r)
		return r;
	if (gpiod_line_update(line->line))
		return last_error();
	was_output = gpiod_line_direction(line->line) == GPIOD_LINE_DIRECTION_OUTPUT;
	if (was_output)
		level = gpiod_line_get_value(line->line);
	if (level < 0 || gpiod_line_set_config(
				 line->line, GPIOD_LINE_REQUEST_DIRECTION_OUTPUT, flags, level))
		return last_error();
	*ret_level = level > 0;
	*ret_was_output = was_output;
	return 0;
}

static int line_request_output(void *board, const struct pf_output_request *output,
	struct pf_line **ret_line, bool *ret_level, bool *ret_was_output)
{
	const int flags = drive_flag(output->drive) | active_low_flag(output->active_low);
	const bool on = output->initial == PF_INITIAL_ON;
	bool was_output = false, level = on;
	struct pf_line *line;
	int r;

	(void)board;
	r = line_open(output->chip, output->offset, &line);
	if (r)
		return r;
	if (output->initial == PF_INITIAL_KEEP) {
		r = keep(line, output, flags, &level, &was_output);
	} else {
		was_output = gpiod_line_direction(line->line) == GPIOD_LINE_DIRECTION_OUTPUT;
		r = request(line, GPIOD_LINE_REQUEST_DIRECTION_OUTPUT, flags, output->consumer, on);
	}
	if (r) {
		line_release(line);
		return r;
	}
	*ret_line = line;
	*ret_level = level;
	*ret_was_output = was_output;
	return 0;
}

static int line_get(struct pf_line *line)
{
	const int level = gpiod_line_get_value(line->line);

	return level < 0 ? last_error() : level;
}

static int line_set(struct pf_line *line, bool level)
{
	return gpiod_line_set_value(line->line, level) ? last_error() : 0;
}

static int line_event_fd(const struct pf_line *line)
{
	return line->fd < 0 ? -EOPNOTSUPP : line->fd;
}

static int line_read_edges(struct pf_line *line, struct pf_edge *edges, size_t max)
{
	struct gpiod_line_event events[EVENTS_MAX];
	int n;

	if (line->fd < 0)
		return -EOPNOTSUPP;
	n = gpiod_line_event_read_fd_multiple(
		line->fd, events, (unsigned)(max < EVENTS_MAX ? max : EVENTS_MAX));
	if (n < 0)
		return errno == EAGAIN ? 0 : last_error();
	for (int i = 0; i < n; i++) {
		edges[i].time_ns = (uint64_t)events[i].ts.tv_sec * 1000000000U +
				   (uint64_t)events[i].ts.tv_nsec;
		edges[i].rising = events[i].event_type == GPIOD_LINE_EVENT_RISING_EDGE;
		edges[i].missed = 0;
	}
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

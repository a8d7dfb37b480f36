/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "publish/buffers.h"

#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/memory.h"
#include "publish/buffers_list.h"

static void free_buffer(struct pf_buffer *buffer)
{
	pf_buffer_forget(buffer);
	pf_backlog_done(&buffer->backlog);
	free(buffer->name);
	free(buffer->topic);
	free(buffer);
}

/* The configuration does not want it any more. */
static void remove_buffer(struct pf_buffer *buffer)
{
	if (buffer->backlog.n > 0)
		pf_warning("sensor %s: it has no buffer any more, %zu readings that waited are "
			   "dropped",
			buffer->name, buffer->backlog.n);
	*buffer->all->n_dropped += buffer->backlog.n;
	pf_backlog_disk_drop(buffer->disk);
	free_buffer(buffer);
}

struct pf_buffer *pf_buffers_find(struct pf_buffers *buffers, const char *name)
{
	for (size_t i = 0; i < buffers->n; i++)
		if (buffers->list[i] && strcmp(buffers->list[i]->name, name) == 0)
			return buffers->list[i];
	return NULL;
}

/* The sensor's buffer, taken out of the list, or a new one. */
static struct pf_buffer *take(struct pf_buffers *buffers, const char *name)
{
	struct pf_buffer *buffer = pf_buffers_find(buffers, name);

	for (size_t i = 0; buffer && i < buffers->n; i++)
		if (buffers->list[i] == buffer)
			buffers->list[i] = NULL;
	if (buffer)
		return buffer;
	buffer = pf_calloc(1, sizeof *buffer);
	buffer->all = buffers;
	buffer->name = pf_strdup(name);
	pf_backlog_init(&buffer->backlog, 0);
	return buffer;
}

static void on_loaded(void *user, size_t n_dropped)
{
	struct pf_buffer *buffer = user;

	pf_buffer_count_dropped(buffer, n_dropped);
	pf_buffers_send(buffer->all);
}

static bool is_connected(void *user)
{
	const struct pf_buffers *buffers = user;

	return buffers->publisher->connected;
}

static void on_failed(void *user)
{
	struct pf_buffers *buffers = user;

	(*buffers->n_errors)++;
}

static int new_disks(struct pf_buffers *buffers, const struct pf_config *config)
{
	const struct pf_backlog_host host = {.loop = buffers->loop,
		.timers = buffers->publisher->timers,
		.is_connected = is_connected,
		.failed = on_failed,
		.user = buffers};

	return pf_backlog_disks_new(&host, config, &buffers->disks);
}

static void set_up_disk(struct pf_buffer *buffer, const struct pf_config *config, bool on_disk)
{
	struct pf_buffers *buffers = buffer->all;
	int r = 0;

	if (!on_disk) {
		pf_backlog_disk_drop(buffer->disk);
		buffer->disk = NULL;
		return;
	}
	if (buffer->disk)
		return;
	if (!buffers->disks)
		r = new_disks(buffers, config);
	if (r < 0)
		pf_warning(
			"sensor %s: its buffer is in memory only: %s", buffer->name, strerror(-r));
	else
		buffer->disk = pf_backlog_disk_new(
			buffers->disks, buffer->name, &buffer->backlog, on_loaded, buffer);
}

static void set_up(struct pf_buffer *buffer, const struct pf_config *config,
	const struct pf_sensor_config *sensor)
{
	free(buffer->topic);
	buffer->topic = pf_strdup(sensor->item.topic);
	buffer->qos = sensor->item.qos;
	buffer->retain = sensor->item.retain;
	pf_buffer_count_dropped(
		buffer, pf_backlog_limit(&buffer->backlog, sensor->buffer.max_messages));
	set_up_disk(buffer, config, sensor->buffer.on_disk);
	pf_buffer_changed(buffer);
}

void pf_buffers_use(struct pf_buffers *buffers, const struct pf_config *config)
{
	struct pf_buffer **list = pf_calloc(config->n_sensors, sizeof(struct pf_buffer *));
	size_t n = 0;

	for (size_t i = 0; i < config->n_sensors; i++) {
		if (config->sensors[i].buffer.max_messages == 0)
			continue;
		list[n] = take(buffers, config->sensors[i].item.name);
		set_up(list[n++], config, &config->sensors[i]);
	}
	for (size_t i = 0; i < buffers->n; i++)
		if (buffers->list[i])
			remove_buffer(buffers->list[i]);
	free(buffers->list);
	buffers->list = list;
	buffers->n = n;
}

/* An earlier run may have left files that this one does not want. */
static void clean_up(struct pf_buffers *buffers, const struct pf_config *config)
{
	if (pf_backlog_disks_are_there(config->state_dir) && new_disks(buffers, config) < 0)
		buffers->disks = NULL;
}

struct pf_buffers *pf_buffers_new(
	const struct pf_buffers_host *host, const struct pf_config *config)
{
	struct pf_buffers *buffers = pf_calloc(1, sizeof *buffers);

	buffers->loop = host->loop;
	buffers->publisher = host->publisher;
	buffers->n_dropped = host->n_dropped;
	buffers->n_errors = host->n_errors;
	pf_buffers_init_sending(buffers);
	clean_up(buffers, config);
	pf_buffers_use(buffers, config);
	return buffers;
}

size_t pf_buffers_waiting(const struct pf_buffers *buffers)
{
	size_t n = 0;

	for (size_t i = 0; i < buffers->n; i++)
		n += buffers->list[i]->backlog.n;
	return n;
}

/* What waits is on the disk, or is lost. */
static void end_buffer(struct pf_buffer *buffer)
{
	const size_t n = buffer->backlog.n;
	const bool saved = buffer->disk && pf_backlog_disk_free(buffer->disk);

	if (n > 0 && !saved)
		pf_warning("sensor %s: %zu readings that waited for the broker are lost",
			buffer->name, n);
	free_buffer(buffer);
}

void pf_buffers_free(struct pf_buffers *buffers)
{
	if (!buffers)
		return;
	pf_timer_stop(buffers->publisher->timers, &buffers->again);
	if (buffers->disks && !pf_backlog_disks_end(buffers->disks)) {
		pf_warning("the disk hangs: readings that wait for the broker may be lost");
		return;
	}
	for (size_t i = 0; i < buffers->n; i++)
		end_buffer(buffers->list[i]);
	pf_backlog_disks_free(buffers->disks);
	free(buffers->list);
	free(buffers);
}

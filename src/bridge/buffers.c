/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "bridge/buffers.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "mqtt/session.h"
#include "store/backlog.h"
#include "store/backlog_disk.h"

struct pf_buffer {
	struct pf_buffers *all;
	char *name, *topic;
	int qos;
	bool retain;
	struct pf_backlog backlog;
	struct pf_backlog_disk *disk; /* NULL: it is in memory only */
	size_t n_dropped;             /* since it was full for the first time */
};

/* A reading that the link has, and the broker not yet. */
struct under_way {
	uint64_t token;
	struct pf_buffer *buffer; /* NULL: it is gone */
	uint64_t id;
};

struct pf_buffers {
	struct pf_env *env;
	struct pf_backlog_disks *disks; /* NULL: none yet */
	struct pf_buffer **list;
	size_t n, turn;
	struct under_way under_way[PF_WINDOW_MAX];
	int n_under_way;
	uint64_t last_token;
};

/* ---- sending ----------------------------------------------------------------------------------
 */

/* A value that is not true any more must not stay behind as the last one known. */
static bool is_to_be_kept(const struct pf_buffer *buffer, const struct pf_reading_text *reading)
{
	const uint64_t age_ns = pf_clock_now_ns() - reading->time_ns;

	return buffer->retain && reading->time_ns &&
	       pf_backlog_is_newest(&buffer->backlog, reading) &&
	       (reading->expiry_s == 0 || age_ns < reading->expiry_s * PF_NS_PER_S);
}

static bool send(struct pf_buffer *buffer, const struct pf_reading_text *reading)
{
	struct pf_buffers *buffers = buffer->all;
	const bool retain = is_to_be_kept(buffer, reading);
	const struct pf_link_publication publication = {.topic = buffer->topic,
		.payload = reading->text,
		.payload_size = strlen(reading->text),
		.qos = buffer->qos,
		.retain = retain,
		.expiry_s = retain ? reading->expiry_s : 0,
		.born_ns = reading->time_ns,
		.token = ++buffers->last_token};

	if (pf_link_publish(buffers->env->publisher.link, &publication) < 0)
		return false;
	buffers->under_way[buffers->n_under_way++] = (struct under_way){
		buffers->last_token, buffer, reading->id};
	pf_backlog_sent(&buffer->backlog);
	return true;
}

/* The one to be sent next; what an earlier run has left comes before what this one has. */
static const struct pf_reading_text *next_of(struct pf_buffer *buffer)
{
	if (buffer->disk && !pf_backlog_disk_is_loaded(buffer->disk))
		return NULL;
	return pf_backlog_next(&buffer->backlog);
}

/* The sensors take turns, one reading each. */
static void send_waiting(struct pf_buffers *buffers)
{
	const struct pf_publisher *publisher = &buffers->env->publisher;
	const int share = publisher->connected ? pf_link_share(publisher->link) : 0;

	for (size_t n_idle = 0; n_idle < buffers->n && buffers->n_under_way < share;) {
		struct pf_buffer *buffer = buffers->list[buffers->turn++ % buffers->n];
		const struct pf_reading_text *reading = next_of(buffer);

		n_idle = reading ? 0 : n_idle + 1;
		if (reading && !send(buffer, reading))
			return;
	}
}

static void count_dropped(struct pf_buffer *buffer, size_t n)
{
	if (n == 0)
		return;
	if (buffer->n_dropped == 0)
		pf_warning("sensor %s: %zu readings wait, more than that are not kept; dropping "
			   "the oldest",
			buffer->name, buffer->backlog.limit);
	buffer->n_dropped += n;
	buffer->all->env->n_dropped += n;
}

static void changed(struct pf_buffer *buffer)
{
	if (buffer->disk)
		pf_backlog_disk_changed(buffer->disk);
}

static void tell_if_empty(struct pf_buffer *buffer)
{
	if (buffer->backlog.n > 0 || buffer->n_dropped == 0)
		return;
	pf_notice("sensor %s: all that waited is sent; %zu older readings were dropped",
		buffer->name, buffer->n_dropped);
	buffer->n_dropped = 0;
}

void pf_buffer_put(
	struct pf_buffer *buffer, uint64_t taken_ns, const char *payload, uint32_t expiry_s)
{
	count_dropped(buffer, pf_backlog_put(&buffer->backlog, taken_ns, payload, expiry_s));
	send_waiting(buffer->all);
	changed(buffer);
}

void pf_buffers_connected(struct pf_buffers *buffers)
{
	buffers->n_under_way = 0;
	for (size_t i = 0; i < buffers->n; i++)
		count_dropped(buffers->list[i], pf_backlog_lost(&buffers->list[i]->backlog));
	send_waiting(buffers);
	for (size_t i = 0; i < buffers->n; i++)
		changed(buffers->list[i]);
}

void pf_buffers_disconnected(struct pf_buffers *buffers)
{
	for (size_t i = 0; i < buffers->n; i++)
		changed(buffers->list[i]);
}

void pf_buffers_delivered(struct pf_buffers *buffers, uint64_t token)
{
	struct under_way found;
	int i = 0;

	while (i < buffers->n_under_way && buffers->under_way[i].token != token)
		i++;
	if (i == buffers->n_under_way)
		return;
	found = buffers->under_way[i];
	buffers->under_way[i] = buffers->under_way[--buffers->n_under_way];
	if (found.buffer) {
		pf_backlog_confirm(&found.buffer->backlog, found.id);
		tell_if_empty(found.buffer);
		changed(found.buffer);
	}
	send_waiting(buffers);
}

/* ---- which there are --------------------------------------------------------------------------
 */

static void free_buffer(struct pf_buffer *buffer)
{
	struct pf_buffers *buffers = buffer->all;

	for (int i = 0; i < buffers->n_under_way; i++)
		if (buffers->under_way[i].buffer == buffer)
			buffers->under_way[i].buffer = NULL;
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
	buffer->all->env->n_dropped += buffer->backlog.n;
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

	count_dropped(buffer, n_dropped);
	send_waiting(buffer->all);
}

static bool is_connected(void *user)
{
	const struct pf_buffers *buffers = user;

	return buffers->env->publisher.connected;
}

static void on_failed(void *user)
{
	struct pf_buffers *buffers = user;

	buffers->env->n_errors++;
}

static int new_disks(struct pf_buffers *buffers)
{
	struct pf_env *env = buffers->env;
	const struct pf_backlog_host host = {.loop = env->loop,
		.timers = &env->timers,
		.is_connected = is_connected,
		.failed = on_failed,
		.user = buffers};

	return pf_backlog_disks_new(&host, env->config, &buffers->disks);
}

static void set_up_disk(struct pf_buffer *buffer, bool on_disk)
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
		r = new_disks(buffers);
	if (r < 0)
		pf_warning(
			"sensor %s: its buffer is in memory only: %s", buffer->name, strerror(-r));
	else
		buffer->disk = pf_backlog_disk_new(
			buffers->disks, buffer->name, &buffer->backlog, on_loaded, buffer);
}

static void set_up(struct pf_buffer *buffer, const struct pf_sensor_config *config)
{
	free(buffer->topic);
	buffer->topic = pf_strdup(config->item.topic);
	buffer->qos = config->item.qos;
	buffer->retain = config->item.retain;
	count_dropped(buffer, pf_backlog_limit(&buffer->backlog, config->buffer.max_messages));
	set_up_disk(buffer, config->buffer.on_disk);
	changed(buffer);
}

void pf_buffers_use(struct pf_buffers *buffers, const struct pf_config *config)
{
	struct pf_buffer **list = pf_calloc(config->n_sensors, sizeof(struct pf_buffer *));
	size_t n = 0;

	for (size_t i = 0; i < config->n_sensors; i++) {
		if (config->sensors[i].buffer.max_messages == 0)
			continue;
		list[n] = take(buffers, config->sensors[i].item.name);
		set_up(list[n++], &config->sensors[i]);
	}
	for (size_t i = 0; i < buffers->n; i++)
		if (buffers->list[i])
			remove_buffer(buffers->list[i]);
	free(buffers->list);
	buffers->list = list;
	buffers->n = n;
}

/* An earlier run may have left files that this one does not want. */
static void clean_up(struct pf_buffers *buffers)
{
	if (pf_backlog_disks_are_there(buffers->env->config->state_dir) && new_disks(buffers) < 0)
		buffers->disks = NULL;
}

struct pf_buffers *pf_buffers_new(struct pf_env *env)
{
	struct pf_buffers *buffers = pf_calloc(1, sizeof *buffers);

	buffers->env = env;
	clean_up(buffers);
	pf_buffers_use(buffers, env->config);
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

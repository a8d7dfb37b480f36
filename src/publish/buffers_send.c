/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/memory.h"
#include "publish/buffers.h"
#include "publish/buffers_list.h"

/* When what the broker put off is sent again. */
#define AGAIN_NS (10 * PF_NS_PER_S)

/* A value that is not true any more must not stay behind as the last one known. */
static bool is_to_be_kept(const struct pf_buffer *buffer, const struct pf_reading_text *reading)
{
	const uint64_t age_ns = pf_clock_now_ns() - reading->time_ns;

	return buffer->retain && reading->time_ns &&
	       pf_backlog_is_newest(&buffer->backlog, reading) &&
	       (reading->expiry_s == 0 || age_ns < reading->expiry_s * PF_NS_PER_S);
}

static bool send_one(struct pf_buffer *buffer, const struct pf_reading_text *reading)
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

	if (pf_link_publish(buffers->publisher->link, &publication) < 0)
		return false;
	buffers->under_way[buffers->n_under_way++] = (struct pf_under_way){
		buffers->last_token, buffer, reading->id};
	buffer->n_under_way++;
	pf_backlog_sent(&buffer->backlog);
	return true;
}

/* The one to be sent next; what an earlier run has left comes before what this one has. */
static const struct pf_reading_text *next_of(struct pf_buffer *buffer)
{
	if (buffer->put_off || (buffer->disk && !pf_backlog_disk_is_loaded(buffer->disk)))
		return NULL;
	return pf_backlog_next(&buffer->backlog);
}

/* The sensors take turns, one reading each. */
void pf_buffers_send(struct pf_buffers *buffers)
{
	const struct pf_publisher *publisher = buffers->publisher;
	const int share = publisher->connected ? pf_link_share(publisher->link) : 0;

	for (size_t n_idle = 0; n_idle < buffers->n && buffers->n_under_way < share;) {
		struct pf_buffer *buffer = buffers->list[buffers->turn++ % buffers->n];
		const struct pf_reading_text *reading = next_of(buffer);

		n_idle = reading ? 0 : n_idle + 1;
		if (reading && !send_one(buffer, reading))
			return;
	}
}

void pf_buffer_count_dropped(struct pf_buffer *buffer, size_t n)
{
	if (n == 0)
		return;
	if (buffer->n_dropped == 0)
		pf_warning("sensor %s: %zu readings wait, more than that are not kept; dropping "
			   "the oldest",
			buffer->name, buffer->backlog.limit);
	buffer->n_dropped += n;
	*buffer->all->n_dropped += n;
}

void pf_buffer_changed(struct pf_buffer *buffer)
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
	pf_buffer_count_dropped(
		buffer, pf_backlog_put(&buffer->backlog, taken_ns, payload, expiry_s));
	pf_buffers_send(buffer->all);
	pf_buffer_changed(buffer);
}

void pf_buffers_connected(struct pf_buffers *buffers)
{
	buffers->n_under_way = 0;
	for (size_t i = 0; i < buffers->n; i++) {
		buffers->list[i]->n_under_way = 0;
		buffers->list[i]->put_off = false;
		pf_buffer_count_dropped(
			buffers->list[i], pf_backlog_lost(&buffers->list[i]->backlog));
	}
	pf_buffers_send(buffers);
	for (size_t i = 0; i < buffers->n; i++)
		pf_buffer_changed(buffers->list[i]);
}

void pf_buffers_disconnected(struct pf_buffers *buffers)
{
	for (size_t i = 0; i < buffers->n; i++)
		pf_buffer_changed(buffers->list[i]);
}

/* Those that were put off and have nothing on its way begin again where they were. */
static void on_again(struct pf_timer *timer, uint64_t now_ns)
{
	struct pf_buffers *buffers = PF_OWNER(timer, struct pf_buffers, again);

	for (size_t i = 0; i < buffers->n; i++) {
		struct pf_buffer *buffer = buffers->list[i];

		if (buffer->put_off && buffer->n_under_way == 0) {
			buffer->put_off = false;
			pf_backlog_again(&buffer->backlog);
		} else if (buffer->put_off) {
			pf_timer_set(buffers->publisher->timers, timer, now_ns + AGAIN_NS);
		}
	}
	pf_buffers_send(buffers);
}

static void put_off(struct pf_buffer *buffer)
{
	struct pf_buffers *buffers = buffer->all;

	buffer->put_off = true;
	if (!buffers->again.place)
		pf_timer_set(
			buffers->publisher->timers, &buffers->again, pf_clock_now_ns() + AGAIN_NS);
}

static void tell_unconfirmed(struct pf_buffers *buffers)
{
	if (!buffers->told_unconfirmed)
		pf_warning("mqtt: the broker takes no QoS above 0 and confirms nothing: buffered "
			   "readings that it does not get are lost");
	buffers->told_unconfirmed = true;
}

static void give_up(struct pf_buffer *buffer, uint64_t id)
{
	pf_backlog_confirm(&buffer->backlog, id);
	(*buffer->all->n_dropped)++;
}

/* The end of a reading, as its queue sees it. */
static void end_reading(struct pf_buffer *buffer, uint64_t id, enum pf_fate fate)
{
	switch (fate) {
	case PF_FATE_SENT:
		tell_unconfirmed(buffer->all);
		pf_backlog_confirm(&buffer->backlog, id);
		break;
	case PF_FATE_CONFIRMED:
		pf_backlog_confirm(&buffer->backlog, id);
		break;
	case PF_FATE_PUT_OFF:
		/* if not: dropped for newer ones while it was on its way */
		if (pf_backlog_has(&buffer->backlog, id))
			put_off(buffer);
		else
			give_up(buffer, id);
		break;
	case PF_FATE_REFUSED:
	case PF_FATE_NEVER:
		give_up(buffer, id);
		break;
	case PF_FATE_REPLACED:
	case PF_FATE_LOST:
		/* all that waits is sent again after the next connect */
		break;
	}
}

/* Takes it out of those under way; NULL: it is none of them, or its buffer is gone. */
static struct pf_buffer *take_under_way(
	struct pf_buffers *buffers, uint64_t token, uint64_t *ret_id)
{
	struct pf_buffer *buffer;
	int i = 0;

	while (i < buffers->n_under_way && buffers->under_way[i].token != token)
		i++;
	if (i == buffers->n_under_way)
		return NULL;
	buffer = buffers->under_way[i].buffer;
	*ret_id = buffers->under_way[i].id;
	buffers->under_way[i] = buffers->under_way[--buffers->n_under_way];
	if (buffer)
		buffer->n_under_way--;
	return buffer;
}

void pf_buffers_take(struct pf_buffers *buffers, const struct pf_delivery *delivery)
{
	uint64_t id;
	struct pf_buffer *buffer = take_under_way(buffers, delivery->token, &id);

	if (buffer) {
		end_reading(buffer, id, delivery->fate);
		tell_if_empty(buffer);
		pf_buffer_changed(buffer);
	}
	if (delivery->token)
		pf_buffers_send(buffers);
}

void pf_buffer_forget(struct pf_buffer *buffer)
{
	struct pf_buffers *buffers = buffer->all;

	for (int i = 0; i < buffers->n_under_way; i++)
		if (buffers->under_way[i].buffer == buffer)
			buffers->under_way[i].buffer = NULL;
}

void pf_buffers_init_sending(struct pf_buffers *buffers)
{
	pf_timer_init(&buffers->again, on_again);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/backlog.h"

#include <stdlib.h>
#include <string.h>

#include "base/memory.h"

#define CAPACITY_MIN 16

static struct pf_reading_text **place(const struct pf_backlog *backlog, size_t i)
{
	return &backlog->ring[(backlog->first + i) % backlog->capacity];
}

/* Room for n readings, or less of it where much more is unused. */
static void resize(struct pf_backlog *backlog, size_t n)
{
	struct pf_reading_text **ring;
	size_t capacity = CAPACITY_MIN;

	while (capacity < n)
		capacity *= 2;
	if (capacity == backlog->capacity ||
		(capacity < backlog->capacity && capacity * 4 > backlog->capacity))
		return;
	ring = pf_calloc(capacity, sizeof *ring);
	for (size_t i = 0; i < backlog->n; i++)
		ring[i] = *place(backlog, i);
	free(backlog->ring);
	backlog->ring = ring;
	backlog->capacity = capacity;
	backlog->first = 0;
}

static void append(struct pf_backlog *backlog, struct pf_reading_text *reading)
{
	resize(backlog, backlog->n + 1);
	*place(backlog, backlog->n++) = reading;
	backlog->last_id = reading->id;
}

static void remove_first(struct pf_backlog *backlog)
{
	free(*place(backlog, 0));
	backlog->first = (backlog->first + 1) % backlog->capacity;
	backlog->n--;
	backlog->n_sent -= backlog->n_sent > 0;
}

/* Confirmed readings at the front can go. */
static void settle(struct pf_backlog *backlog)
{
	while (backlog->n > 0 && (*place(backlog, 0))->confirmed)
		remove_first(backlog);
	resize(backlog, backlog->n);
}

/* Those on their way are not counted yet: the broker may have them. */
static size_t drop_to_limit(struct pf_backlog *backlog)
{
	size_t n_dropped = 0;

	while (backlog->n > backlog->limit) {
		if (backlog->n_sent > 0)
			backlog->n_doubtful++;
		else
			n_dropped++;
		remove_first(backlog);
		settle(backlog);
	}
	return n_dropped;
}

struct pf_reading_text *pf_reading_text_new(uint64_t id, const char *text, size_t size)
{
	struct pf_reading_text *reading = pf_calloc(1, sizeof *reading + size + 1);

	reading->id = id;
	memcpy(reading->text, text, size);
	return reading;
}

void pf_backlog_init(struct pf_backlog *backlog, size_t limit)
{
	*backlog = (struct pf_backlog){.limit = limit};
	resize(backlog, 0);
}

void pf_backlog_done(struct pf_backlog *backlog)
{
	while (backlog->n > 0)
		remove_first(backlog);
	free(backlog->ring);
	backlog->ring = NULL;
}

size_t pf_backlog_limit(struct pf_backlog *backlog, size_t limit)
{
	backlog->limit = limit;
	return drop_to_limit(backlog);
}

size_t pf_backlog_put(
	struct pf_backlog *backlog, uint64_t taken_ns, const char *text, uint32_t expiry_s)
{
	struct pf_reading_text *reading = pf_reading_text_new(
		backlog->last_id + 1, text, strlen(text));

	reading->time_ns = taken_ns;
	reading->expiry_s = expiry_s;
	append(backlog, reading);
	return drop_to_limit(backlog);
}

size_t pf_backlog_load(
	struct pf_backlog *backlog, struct pf_reading_text **readings, size_t n, uint64_t last_id)
{
	const struct pf_backlog live = *backlog;

	*backlog = (struct pf_backlog){.limit = live.limit};
	resize(backlog, n + live.n);
	for (size_t i = 0; i < n; i++)
		append(backlog, readings[i]);
	if (backlog->last_id < last_id)
		backlog->last_id = last_id;
	for (size_t i = 0; i < live.n; i++) {
		struct pf_reading_text *reading = *place(&live, i);

		reading->id = backlog->last_id + 1;
		append(backlog, reading);
	}
	free(live.ring);
	return drop_to_limit(backlog);
}

const struct pf_reading_text *pf_backlog_at(const struct pf_backlog *backlog, size_t i)
{
	return *place(backlog, i);
}

const struct pf_reading_text *pf_backlog_next(struct pf_backlog *backlog)
{
	for (; backlog->n_sent < backlog->n; backlog->n_sent++)
		if (!(*place(backlog, backlog->n_sent))->confirmed)
			return *place(backlog, backlog->n_sent);
	return NULL;
}

void pf_backlog_sent(struct pf_backlog *backlog)
{
	backlog->n_sent++;
}

bool pf_backlog_is_newest(const struct pf_backlog *backlog, const struct pf_reading_text *reading)
{
	return *place(backlog, backlog->n - 1) == reading;
}

void pf_backlog_confirm(struct pf_backlog *backlog, uint64_t id)
{
	if (backlog->n_doubtful > 0 && (backlog->n == 0 || id < (*place(backlog, 0))->id))
		backlog->n_doubtful--;
	for (size_t i = 0; i < backlog->n && (*place(backlog, i))->id <= id; i++)
		if ((*place(backlog, i))->id == id)
			(*place(backlog, i))->confirmed = true;
	settle(backlog);
}

bool pf_backlog_has(const struct pf_backlog *backlog, uint64_t id)
{
	return backlog->n > 0 && (*place(backlog, 0))->id <= id;
}

void pf_backlog_again(struct pf_backlog *backlog)
{
	backlog->n_sent = 0;
}

size_t pf_backlog_lost(struct pf_backlog *backlog)
{
	const size_t n_lost = backlog->n_doubtful;

	backlog->n_doubtful = 0;
	pf_backlog_again(backlog);
	return n_lost;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "store/backlog_plan.h"

#include "base/clock.h"

/* Readings in one write. */
#define BATCH_MAX 1000

/* With so many lines more than twice as many as are needed, a file is written anew. */
#define SPARE_LINES 500

uint64_t pf_backlog_gone_until(const struct pf_backlog *backlog)
{
	return backlog->n > 0 ? pf_backlog_at(backlog, 0)->id - 1 : backlog->last_id;
}

/* How many of those that wait are in the file: they are at the front. */
static size_t n_written(const struct pf_backlog_on_disk *now, const struct pf_backlog *backlog)
{
	size_t low = 0, high = backlog->n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (pf_backlog_at(backlog, middle)->id <= now->written_id)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* When the oldest that is not in the file is to be written. */
static uint64_t write_ns(
	const struct pf_backlog_on_disk *now, const struct pf_backlog *backlog, bool connected)
{
	const size_t i = n_written(now, backlog);

	if (i == backlog->n)
		return PF_NEVER;
	return pf_backlog_at(backlog, i)->time_ns +
	       (connected ? PF_BACKLOG_PATIENCE_MS * PF_NS_PER_MS : 0);
}

static enum pf_backlog_work append(const struct pf_backlog_on_disk *now,
	const struct pf_backlog *backlog, uint64_t now_ns, bool readings,
	struct pf_backlog_text *text, struct pf_backlog_on_disk *ret_after)
{
	const uint64_t gone_id = pf_backlog_gone_until(backlog);
	const size_t from = n_written(now, backlog);

	text->size = 0;
	if (now->n_lines > 0 && gone_id > now->gone_id) {
		pf_backlog_text_gone(text, gone_id);
		ret_after->n_lines++;
		ret_after->told_ns = now_ns;
	}
	ret_after->gone_id = gone_id;
	for (size_t i = from; readings && i < backlog->n && i < from + BATCH_MAX; i++) {
		const struct pf_reading_text *reading = pf_backlog_at(backlog, i);

		pf_backlog_text_add(text, reading->id, reading->text);
		ret_after->written_id = reading->id;
		ret_after->n_lines++;
	}
	ret_after->spare = ret_after->n_lines > 2 * n_written(ret_after, backlog) + SPARE_LINES;
	return PF_BACKLOG_APPEND;
}

static bool nothing_in_it_waits(
	const struct pf_backlog_on_disk *now, const struct pf_backlog *backlog)
{
	return now->n_lines > 0 && pf_backlog_gone_until(backlog) >= now->written_id;
}

enum pf_backlog_work pf_backlog_plan(const struct pf_backlog_on_disk *now,
	const struct pf_backlog *backlog, uint64_t now_ns, bool connected,
	struct pf_backlog_text *text, struct pf_backlog_on_disk *ret_after, uint64_t *ret_ns)
{
	const uint64_t append_ns = write_ns(now, backlog, connected);
	uint64_t tell_ns = PF_NEVER, sync_ns = PF_NEVER;

	if (now->unsynced_ns)
		sync_ns = now->unsynced_ns + PF_BACKLOG_SYNC_S * PF_NS_PER_S;
	if (now->n_lines > 0 && pf_backlog_gone_until(backlog) > now->gone_id)
		tell_ns = now->told_ns + PF_BACKLOG_GONE_GAP_MS * PF_NS_PER_MS;
	*ret_after = *now;
	if (sync_ns <= now_ns) {
		ret_after->unsynced_ns = 0;
		return PF_BACKLOG_SYNC;
	}
	if (!now->unsynced_ns)
		ret_after->unsynced_ns = now_ns;
	if (nothing_in_it_waits(now, backlog)) {
		ret_after->n_lines = 0;
		ret_after->spare = false;
		return PF_BACKLOG_REMOVE;
	}
	if (now->spare) {
		ret_after->spare = false;
		return PF_BACKLOG_COMPACT;
	}
	if (append_ns <= now_ns || tell_ns <= now_ns)
		return append(now, backlog, now_ns, append_ns <= now_ns, text, ret_after);
	*ret_ns = sync_ns < append_ns ? sync_ns : append_ns;
	if (tell_ns < *ret_ns)
		*ret_ns = tell_ns;
	return PF_BACKLOG_NOTHING;
}

enum pf_backlog_work pf_backlog_plan_end(const struct pf_backlog_on_disk *now,
	const struct pf_backlog *backlog, struct pf_backlog_text *text,
	struct pf_backlog_on_disk *ret_after)
{
	*ret_after = *now;
	if (nothing_in_it_waits(now, backlog)) {
		ret_after->n_lines = 0;
		return PF_BACKLOG_REMOVE;
	}
	if (n_written(now, backlog) < backlog->n ||
		(now->n_lines > 0 && pf_backlog_gone_until(backlog) > now->gone_id))
		return append(now, backlog, 0, true, text, ret_after);
	return PF_BACKLOG_NOTHING;
}

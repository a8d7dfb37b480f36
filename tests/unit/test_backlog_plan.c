/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <stdlib.h>

#include "../t.h"
#include "base/clock.h"
#include "store/backlog_plan.h"

static struct pf_backlog backlog;
static struct pf_backlog_on_disk disk;
static struct pf_backlog_text text, file;
static uint64_t now_ns;
static bool connected;
static size_t n_works;

static void set_up(size_t limit)
{
	pf_backlog_init(&backlog, limit);
	disk = (struct pf_backlog_on_disk){0};
	text = file = (struct pf_backlog_text){0};
	now_ns = 1000 * PF_NS_PER_S;
	connected = false;
	n_works = 0;
}

static void tear_down(void)
{
	pf_backlog_done(&backlog);
	free(text.bytes);
	free(file.bytes);
}

static void put(void)
{
	(void)pf_backlog_put(&backlog, now_ns, "{}", 0);
}

/* The file as an array in memory. */
static void carry_out(enum pf_backlog_work work, struct pf_backlog_on_disk *after)
{
	struct pf_backlog_found found;

	if (work == PF_BACKLOG_APPEND) {
		file.bytes = realloc(file.bytes, file.size + text.size);
		memcpy(file.bytes + file.size, text.bytes, text.size);
		file.size += text.size;
	} else if (work == PF_BACKLOG_REMOVE) {
		file.size = 0;
	} else if (work == PF_BACKLOG_COMPACT) {
		pf_backlog_decode(file.bytes, file.size, &found);
		file.size = file.capacity = 0;
		free(file.bytes);
		file.bytes = NULL;
		for (size_t i = 0; i < found.n; i++)
			pf_backlog_text_add(&file, found.readings[i]->id, "{}");
		after->n_lines = found.n;
		pf_backlog_found_done(&found);
	}
	disk = *after;
	n_works++;
}

/* Does what is to be done now. When to look again. */
static uint64_t work_now(void)
{
	struct pf_backlog_on_disk after;
	enum pf_backlog_work work;
	uint64_t next_ns = 0;
	int n = 0;

	while ((work = pf_backlog_plan(
			&disk, &backlog, now_ns, connected, &text, &after, &next_ns))) {
		carry_out(work, &after);
		if (!T_TRUE(n++ < 1000))
			break;
	}
	return next_ns;
}

/* The ids in the file that still wait: from *ret_first on. */
static size_t in_file(uint64_t *ret_first)
{
	struct pf_backlog_found found;
	size_t n;

	pf_backlog_decode(file.bytes, file.size, &found);
	T_INT(found.n_bad, 0);
	T_INT(found.n_lines, disk.n_lines);
	n = found.n;
	*ret_first = n > 0 ? found.readings[0]->id : 0;
	pf_backlog_found_done(&found);
	return n;
}

static void confirm_all(void)
{
	const struct pf_reading_text *reading;

	while ((reading = pf_backlog_next(&backlog))) {
		const uint64_t id = reading->id;

		pf_backlog_sent(&backlog);
		pf_backlog_confirm(&backlog, id);
	}
}

static void nothing_is_written_while_all_goes_well(void)
{
	set_up(100);
	connected = true;
	T_TRUE(work_now() == PF_NEVER);
	for (int i = 0; i < 100; i++) {
		put();
		T_TRUE(work_now() == now_ns + PF_NS_PER_S);
		now_ns += PF_NS_PER_S / 10;
		confirm_all();
		T_TRUE(work_now() == PF_NEVER);
	}
	T_INT(n_works, 0);
	tear_down();
}

static void while_away_all_is_written_at_once_and_synced_later(void)
{
	uint64_t first;

	set_up(100);
	put();
	T_TRUE(work_now() == now_ns + 10 * PF_NS_PER_S);
	T_INT(n_works, 1);
	now_ns += PF_NS_PER_S;
	put();
	T_TRUE(work_now() == now_ns + 9 * PF_NS_PER_S);
	T_INT(in_file(&first), 2);
	T_INT(first, 1);
	now_ns += 9 * PF_NS_PER_S;
	T_TRUE(work_now() == PF_NEVER);
	T_INT(n_works, 3);
	T_INT(disk.unsynced_ns, 0);
	tear_down();
}

static void what_is_not_confirmed_is_written_after_a_while(void)
{
	uint64_t first;

	set_up(100);
	connected = true;
	put();
	now_ns += PF_NS_PER_S / 2;
	put();
	T_TRUE(work_now() == now_ns + PF_NS_PER_S / 2);
	now_ns += PF_NS_PER_S / 2;
	(void)work_now();
	/* the second one along with the first: it is one write */
	T_INT(in_file(&first), 2);
	tear_down();
}

static void the_file_shrinks_as_they_are_confirmed(void)
{
	uint64_t first;

	set_up(10000);
	for (int i = 0; i < 5000; i++)
		put();
	(void)work_now();
	T_INT(in_file(&first), 5000);
	now_ns += 20 * PF_NS_PER_S;
	(void)work_now();
	connected = true;
	n_works = 0;
	for (uint64_t id = 1; id < 5000; id++) {
		(void)pf_backlog_next(&backlog);
		pf_backlog_sent(&backlog);
		pf_backlog_confirm(&backlog, id);
		now_ns += PF_NS_PER_MS;
		(void)work_now();
		/* at most 200 ms behind */
		T_TRUE(id < 201 || (in_file(&first) > 0 && first + 201 > id));
	}
	T_TRUE(n_works < 40);
	pf_backlog_confirm(&backlog, 5000);
	(void)work_now();
	T_INT(file.size, 0);
	now_ns += 20 * PF_NS_PER_S;
	T_TRUE(work_now() == PF_NEVER);
	tear_down();
}

/* However long the broker is away. */
static void the_file_is_bounded(void)
{
	size_t size_max = 0;
	uint64_t first;

	set_up(1000);
	for (int i = 0; i < 20000; i++) {
		put();
		now_ns += PF_NS_PER_MS;
		(void)work_now();
		if (size_max < file.size)
			size_max = file.size;
	}
	T_INT(in_file(&first), 1000);
	T_INT(first, 19001);
	T_TRUE(size_max < 2600 * 20);
	tear_down();
}

static void the_end_writes_everything(void)
{
	struct pf_backlog_on_disk after;
	enum pf_backlog_work work;
	uint64_t first;

	set_up(10000);
	connected = true;
	for (int i = 0; i < 3500; i++)
		put();
	while ((work = pf_backlog_plan_end(&disk, &backlog, &text, &after)))
		carry_out(work, &after);
	T_INT(in_file(&first), 3500);
	T_INT(n_works, 4);
	confirm_all();
	while ((work = pf_backlog_plan_end(&disk, &backlog, &text, &after)))
		carry_out(work, &after);
	T_INT(file.size, 0);
	tear_down();
}

/* Whatever happens, the file holds what waits once the work is done. */
static void random_steps_keep_the_file_true(void)
{
	const unsigned long long n_steps = t_number("T_STEPS", 20000);
	uint64_t first;

	set_up(50);
	srand(1);
	for (unsigned long long step = 0; step < n_steps; step++) {
		const int what = rand() % 100;
		const struct pf_reading_text *reading = pf_backlog_next(&backlog);

		if (what < 50) {
			put();
		} else if (what < 90 && reading) {
			const uint64_t id = reading->id;

			pf_backlog_sent(&backlog);
			pf_backlog_confirm(&backlog, id);
		} else if (what == 99) {
			connected = !connected;
			(void)pf_backlog_lost(&backlog);
		}
		now_ns += (uint64_t)(rand() % 20) * PF_NS_PER_MS;
		(void)work_now();
		if (!connected && backlog.n > 0) {
			T_TRUE(in_file(&first) >= backlog.n);
			T_TRUE(first <= pf_backlog_at(&backlog, 0)->id);
		}
	}
	now_ns += 20 * PF_NS_PER_S;
	(void)work_now();
	if (backlog.n > 0)
		T_INT(in_file(&first), backlog.n);
	tear_down();
}

T_MAIN("backlog_plan", T(nothing_is_written_while_all_goes_well),
	T(while_away_all_is_written_at_once_and_synced_later),
	T(what_is_not_confirmed_is_written_after_a_while),
	T(the_file_shrinks_as_they_are_confirmed), T(the_file_is_bounded),
	T(the_end_writes_everything), T(random_steps_keep_the_file_true))

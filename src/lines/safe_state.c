/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "lines/safe_state.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/memory.h"
#include "lines/confirm.h"
#include "lines/recorded.h"
#include "lines/slow_line.h"
#include "output/bond.h"
#include "output/interlock.h"

/* A recorded line at work: an output that starts in the state that it is to end in. */
struct rest {
	struct pf_recorded *recorded;
	struct pf_output_config config;
	struct pf_output output;
	struct pf_found_line found;
	struct pf_line *line;
	bool concerned, failed;
};

/* Where lines and drivers come from. */
struct surroundings {
	const struct pf_record *record;
	const struct pf_board *board;
	struct pf_driver_set *drivers;
};

struct group {
	struct pf_interlock interlock;
	bool used;
};

static void tell(
	const struct pf_safe_report *report, const struct rest *rest, bool failed, const char *text)
{
	report->tell(report->user, rest->recorded->name, failed, text);
}

/* What was only written is not at rest. */
static int confirm(const struct rest *rest, bool level)
{
	return pf_line_confirm(
		rest->found.ops, rest->line, rest->config.drive, rest->config.active_low, level);
}

static int write_level(void *user, bool level)
{
	struct rest *rest = user;
	const int r = rest->found.ops->set(rest->line, level);

	return r < 0 ? r : confirm(rest, level);
}

static void changed(void *user)
{
	(void)user;
}

static const struct pf_output_port port = {.write = write_level, .changed = changed};

/* Whether a line is not to be touched. */
static bool is_left_alone(const struct pf_recorded *recorded)
{
	return recorded->at_rest || (recorded->on_exit == PF_ON_EXIT_KEEP && !recorded->unfinished);
}

/* What a line is to end in. */
static bool end_level(const struct pf_recorded *recorded)
{
	if (recorded->on_exit == PF_ON_EXIT_KEEP)
		return recorded->end_level;
	return recorded->on_exit == PF_ON_EXIT_ON;
}

static struct pf_interlock *find_group(struct group *groups, size_t n, const struct rest *rest)
{
	const struct pf_recorded *recorded = rest->recorded;
	size_t i = 0;

	if (!recorded->interlock)
		return NULL;
	while (i < n && groups[i].used &&
		strcmp(groups[i].interlock.name, recorded->interlock) != 0)
		i++;
	if (!groups[i].used)
		pf_interlock_init(
			&groups[i].interlock, recorded->interlock, recorded->dead_time_ms);
	groups[i].used = true;
	return &groups[i].interlock;
}

/* Makes the output of a line, which then knows what was recorded of it. */
static void prepare(struct rest *rest, struct pf_interlock *group, uint64_t now_ns)
{
	const struct pf_recorded *recorded = rest->recorded;
	struct pf_history history = {0};

	rest->config = (struct pf_output_config){.item = {.name = recorded->name},
		.active_low = recorded->active_low,
		.drive = recorded->drive,
		.initial = end_level(recorded) ? PF_START_ON : PF_START_OFF,
		.min_off_ms = recorded->min_off_ms};
	pf_output_init(&rest->output, &rest->config, group, &port, rest, now_ns);
	if (recorded->on_ns <= now_ns && recorded->off_ns <= now_ns) {
		history.level = recorded->level;
		history.on_ns = recorded->on_ns;
		history.off_ns = recorded->off_ns;
	}
	history.rested_ns = recorded->rested_ns;
	pf_output_recall(&rest->output, &history);
}

/* Those who were in groups that have parted wait for each other, too. */
static void bind_all(struct rest *rests, size_t n)
{
	struct pf_recorded_group group;

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++)
			if (pf_recorded_are_together(rests[i].recorded, rests[k].recorded, &group))
				pf_bond_add(&rests[i].output, &rests[k].output, group.name,
					group.dead_time_ms);
}

struct search {
	const struct pf_recorded *recorded;
	struct pf_line_info info;
	int n; /* found; 1 of the very chip is enough */
	bool exact;
};

static int visit(const struct pf_line_info *info, void *user)
{
	struct search *search = user;

	if (strcmp(info->label, search->recorded->label) != 0 ||
		info->offset != search->recorded->offset)
		return 0;
	search->info = *info;
	search->n++;
	search->exact = strcmp(info->chip, search->recorded->chip) == 0;
	return search->exact;
}

/* Finds a recorded line again: on the chip of that name and label, or the one of that label. */
static int find_line(struct rest *rest, const struct surroundings *around, char *ret_reason)
{
	struct search search = {.recorded = rest->recorded};
	const struct pf_driver *driver;
	int r = pf_driver_set_find(around->drivers, rest->recorded->driver, &driver, ret_reason);

	if (r < 0)
		return r;
	if (!driver->lines) {
		pf_explain(ret_reason, "%s is no line driver", driver->name);
		return -ENODEV;
	}
	rest->found.ops = pf_board_lines(around->board, driver, &rest->found.context);
	r = rest->found.ops->scan(rest->found.context, visit, &search);
	if (r >= 0 && (search.exact || search.n == 1)) {
		rest->found.info = search.info;
		return 0;
	}
	if (r >= 0 && search.n)
		pf_explain(ret_reason, "there are several chips %s", rest->recorded->label);
	else
		pf_explain(ret_reason, "there is no line %u of a chip %s%s", rest->recorded->offset,
			rest->recorded->label, r == -EACCES ? " that may be opened" : "");
	return r < 0 ? r : -ENODEV;
}

/* How the line is called in messages. */
static const char *line_text(const struct rest *rest, char text[PF_REASON_SIZE])
{
	pf_explain(text, "%u of chip %s", rest->recorded->offset, rest->recorded->label);
	return *rest->found.info.name ? rest->found.info.name : text;
}

/* Whoever comes after a crash has to know of a line that goes on: that is recorded before. */
static void announce(struct rest *rest, const struct surroundings *around, uint64_t now_ns,
	const struct pf_safe_report *report)
{
	struct pf_recorded *recorded = rest->recorded;

	if (recorded->level && recorded->on_ns)
		return;
	recorded->level = true;
	recorded->on_ns = now_ns;
	if (report->save)
		report->save(report->user, around->record);
}

static int request(struct rest *rest, const struct surroundings *around,
	const struct pf_safe_report *report, char *ret_reason)
{
	struct pf_output_request request = {.chip = rest->found.info.chip,
		.offset = rest->found.info.offset,
		.active_low = rest->config.active_low,
		.drive = rest->config.drive,
		.consumer = "pinferry"};
	const uint64_t now_ns = pf_clock_now_ns();
	char text[PF_REASON_SIZE];
	const struct pf_line_config place = {.text = line_text(rest, text)};
	bool level, was_output;
	int r;

	request.initial = pf_output_initial(&rest->output, now_ns);
	if (request.initial == PF_INITIAL_ON)
		announce(rest, around, now_ns, report);
	/* one that fails may have had its effect */
	pf_output_requested(&rest->output, now_ns, request.initial);
	r = rest->found.ops->request_output(
		rest->found.context, &request, &rest->line, &level, &was_output);
	if (r == 0)
		r = confirm(rest, level);
	if (r == 0) {
		/* a dead time that began before the request would be short by it */
		(void)pf_output_acquired(&rest->output, pf_clock_now_ns(), level);
		r = rest->output.held ? 0 : -EIO;
	}
	if (r < 0) {
		if (r == PF_LINE_DIFFERS)
			pf_output_contradicted(&rest->output);
		else
			pf_output_lost(&rest->output);
		pf_line_explain(&rest->found, &place, r, ret_reason);
	}
	return r;
}

static void find(struct rest *rest, const struct surroundings *around, bool skip_slow,
	const struct pf_safe_report *report)
{
	char reason[PF_REASON_SIZE] = "";

	rest->failed = find_line(rest, around, reason) < 0;
	if (!rest->failed && skip_slow && pf_line_is_slow(&rest->found)) {
		rest->failed = true;
		pf_explain(reason,
			"its line sits behind a bus (%s): left for `pinferry safe-state`",
			rest->found.info.parent);
	}
	if (rest->failed)
		tell(report, rest, true, reason);
}

static void settle(
	struct rest *rest, const struct surroundings *around, const struct pf_safe_report *report)
{
	char reason[PF_REASON_SIZE] = "";

	rest->failed = request(rest, around, report, reason) < 0;
	if (rest->failed)
		tell(report, rest, true, reason);
}

/* Tells what has become of a line, and notes it in the record. */
static void conclude(struct rest *rest, const struct pf_safe_report *report)
{
	struct pf_recorded *recorded = rest->recorded;
	const bool wanted = end_level(recorded), level = rest->output.level;

	/* one that failed on its way on may be on */
	if (rest->failed && rest->output.touched) {
		recorded->level = true;
		recorded->on_ns = rest->output.writing_ns;
	}
	if (rest->failed)
		return;
	if (is_left_alone(recorded)) {
		tell(report, rest, false, recorded->at_rest ? "at rest" : "left as it is");
		recorded->at_rest = true;
		return;
	}
	if (level != wanted)
		tell(report, rest, false, "off, because \"on\" would have to wait for a limit");
	else if (recorded->on_exit == PF_ON_EXIT_KEEP)
		tell(report, rest, false, level ? "on, end of a pulse" : "off, end of a pulse");
	else
		tell(report, rest, false, level ? "on" : "off");
	recorded->level = level;
	recorded->on_ns = rest->output.on_ns;
	recorded->off_ns = rest->output.off_ns;
	recorded->unfinished = false;
	recorded->at_rest = true;
	recorded->end_level = false;
}

static bool is_to_move(const struct rest *rest)
{
	return rest->concerned && !is_left_alone(rest->recorded);
}

/* In which order: what goes off, what goes on, and the same behind a bus. */
static int rank(const struct rest *rest)
{
	return (pf_line_is_slow(&rest->found) ? 2 : 0) + (end_level(rest->recorded) ? 1 : 0);
}

/*
 * All are held until the end, so that what goes off lets others of its group go on. Lines behind a
 * bus come last: one that hangs delays no other.
 */
static void settle_all(struct rest *rests, size_t n, const struct surroundings *around,
	bool skip_slow, const struct pf_safe_report *report)
{
	for (size_t i = 0; i < n; i++)
		if (is_to_move(&rests[i]))
			find(&rests[i], around, skip_slow, report);
	for (int turn = 0; turn < 4; turn++)
		for (size_t i = 0; i < n; i++)
			if (is_to_move(&rests[i]) && !rests[i].failed && rank(&rests[i]) == turn)
				settle(&rests[i], around, report);
	for (size_t i = 0; i < n; i++)
		if (rests[i].concerned)
			conclude(&rests[i], report);
}

/* concerned: which lines, by their place in the record, or NULL: all; then: which of them failed.
 */
static size_t work(struct pf_record *record, const struct surroundings *around, bool *concerned,
	bool skip_slow, const struct pf_safe_report *report)
{
	struct rest *rests = pf_calloc(record->n, sizeof *rests);
	struct group *groups = pf_calloc(record->n, sizeof *groups);
	const uint64_t now_ns = pf_clock_now_ns();
	size_t n_failed = 0;

	for (size_t i = 0; i < record->n; i++) {
		rests[i].recorded = &record->outputs[i];
		rests[i].concerned = !concerned || concerned[i];
		prepare(&rests[i], find_group(groups, record->n, &rests[i]), now_ns);
	}
	bind_all(rests, record->n);
	settle_all(rests, record->n, around, skip_slow, report);
	for (size_t i = 0; i < record->n; i++) {
		if (rests[i].line)
			rests[i].found.ops->release(rests[i].line);
		pf_interlock_done(&groups[i].interlock);
		pf_bond_drop(&rests[i].output);
		n_failed += rests[i].failed;
		if (concerned)
			concerned[i] = rests[i].failed;
	}
	free(rests);
	free(groups);
	return n_failed;
}

size_t pf_safe_state_some(struct pf_record *record, const struct pf_board *board,
	struct pf_driver_set *drivers, bool *concerned, bool skip_slow,
	const struct pf_safe_report *report)
{
	const struct surroundings around = {.record = record, .board = board, .drivers = drivers};

	return work(record, &around, concerned, skip_slow, report);
}

size_t pf_safe_state(struct pf_record *record, const struct pf_board *board,
	struct pf_driver_set *drivers, const struct pf_safe_report *report)
{
	return pf_safe_state_some(record, board, drivers, NULL, false, report);
}

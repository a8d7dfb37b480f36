/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "lines/recorded.h"
#include "store/held.h"
#include "store/record_file.h"
#include "store/record_store.h"
#include "store/state_file.h"

#define DEADLINE_S 10

static const struct pf_driver gpio = {.name = "gpio"};
static const struct pf_output_config config = {
	.item = {.name = "pump"}, .driver = &gpio, .initial = PF_START_LAST};
static const struct pf_line_info gpio27 = {
	.chip = "gpiochip0", .label = "pinctrl-bcm2711", .offset = 27};

/* A store in a folder of its own, and what it works with. */
static struct {
	struct ev_loop *loop;
	struct pf_timers timers;
	struct pf_board *board;
	char *directory, *run_dir;
	struct pf_held *held;
	struct pf_record_store *store;
	struct pf_output output;
} rig;

static void open_store(bool needed)
{
	pid_t owner;

	T_INT(pf_held_open(rig.directory, "/etc/some.conf", &rig.held, &owner), 0);
	T_INT(pf_record_store_new(rig.loop, &rig.timers, rig.held, rig.directory, "/drivers",
		      rig.board, needed, &rig.store),
		0);
}

static void close_store(void)
{
	pf_record_store_free(rig.store);
	pf_held_close(rig.held);
	rig.held = NULL;
	rig.store = NULL;
}

static void begin(const char *name)
{
	memset(&rig, 0, sizeof rig);
	rig.loop = ev_loop_new(EVFLAG_AUTO);
	rig.directory = pf_format("%s/%s", t_temp_dir(), name);
	rig.run_dir = pf_format("%s/%s-run", t_temp_dir(), name);
	rig.output = (struct pf_output){.config = &config,
		.started = true,
		.held = true,
		.for_ns = PF_NEVER,
		.pulse_end_ns = PF_NEVER,
		.on_ns = 1,
		.off_ns = 2};
	T_INT(mkdir(rig.directory, 0700), 0);
	T_INT(mkdir(rig.run_dir, 0700), 0);
	T_INT(setenv("RUNTIME_DIRECTORY", rig.run_dir, 1), 0);
	T_INT(pf_timers_init(&rig.timers, rig.loop), 0);
	T_INT(pf_board_new(NULL, &rig.board), 0);
	(void)t_take_log();
}

static void end(void)
{
	close_store();
	pf_board_free(rig.board);
	pf_timers_done(&rig.timers);
	ev_loop_destroy(rig.loop);
	free(rig.directory);
	free(rig.run_dir);
}

static void set_line(const struct pf_line_info *line)
{
	const struct pf_recorded recorded = pf_recorded_of(&rig.output, line);

	pf_record_store_set(rig.store, &recorded, line);
}

/* What an output would know of the line. */
static struct pf_history history_now(void)
{
	return pf_recorded_history(pf_record_store_find(rig.store, config.driver->name, &gpio27),
		&config, pf_clock_now_ns());
}

static void set(bool level)
{
	rig.output.level = rig.output.desired = rig.output.last = level;
	set_line(&gpio27);
}

/* The inode of the record, which each write replaces; 0: there is none. */
static ino_t record_inode(void)
{
	char *path = pf_format("%s/record", rig.directory);
	struct stat status;
	const ino_t inode = stat(path, &status) ? 0 : status.st_ino;

	free(path);
	return inode;
}

/* What is recorded of this boot; -ENOENT: nothing. */
static int load_held(struct pf_record *ret_record)
{
	struct pf_held *held = NULL;
	pid_t owner;
	int r;

	if (rig.held)
		return pf_held_load(rig.held, rig.board, ret_record);
	r = pf_held_open(rig.directory, "/etc/some.conf", &held, &owner);
	if (r == 0)
		r = pf_held_load(held, rig.board, ret_record);
	pf_held_close(held);
	return r;
}

/* The level that a crash would find recorded; -1: not the line. */
static int level_held(void)
{
	const struct pf_recorded *output;
	struct pf_record record;
	int level = -1;

	if (load_held(&record))
		return -1;
	output = pf_record_find(&record, "gpio", &gpio27);
	if (output)
		level = output->level;
	pf_record_done(&record);
	return level;
}

/* What the record on the disk has to be restored of the line; -1: it has not got it. */
static int level_on_disk(void)
{
	const struct pf_recorded *output;
	struct pf_record record;
	int level = -1;

	if (pf_record_load(rig.directory, rig.board, &record))
		return -1;
	output = pf_record_find(&record, "gpio", &gpio27);
	if (output)
		level = output->last;
	pf_record_done(&record);
	return level;
}

/* Runs the loop until the disk has what is expected. */
static void wait_for_level(int level)
{
	const uint64_t start_ns = pf_clock_now_ns();

	while (level_on_disk() != level && pf_clock_now_ns() < start_ns + DEADLINE_S * PF_NS_PER_S)
		ev_run(rig.loop, EVRUN_ONCE);
	T_INT(level_on_disk(), level);
}

static void on_alarm(struct pf_timer *timer, uint64_t now_ns)
{
	(void)timer;
	(void)now_ns;
}

/* Lets the loop go on for a time in which nothing is to happen. */
static void run_for_ms(uint64_t span_ms)
{
	const uint64_t end_ns = pf_clock_now_ns() + span_ms * PF_NS_PER_MS;
	struct pf_timer alarm;

	pf_timer_init(&alarm, on_alarm);
	pf_timer_set(&rig.timers, &alarm, end_ns);
	while (pf_clock_now_ns() < end_ns)
		ev_run(rig.loop, EVRUN_ONCE);
	pf_timer_stop(&rig.timers, &alarm);
}

/* As after a boot. */
static void unlink_held(void)
{
	struct pf_held *held = NULL;
	pid_t owner;
	char *path;

	T_INT(pf_held_open(rig.directory, "/etc/some.conf", &held, &owner), 0);
	path = pf_format("%s/held", pf_held_path(held));
	(void)unlink(path);
	free(path);
	pf_held_close(held);
}

static void change_comes_to_the_disk(void)
{
	begin("change");
	open_store(false);
	set(true);
	T_INT(level_held(), 1); /* at once */
	wait_for_level(1);
	set(false);
	T_INT(level_held(), 0);
	wait_for_level(0);
	end();
}

static void many_changes_are_few_writes_and_none_is_no_write(void)
{
	uint64_t start_ns, n_writes = 0;
	ino_t inode;

	begin("many");
	open_store(false);
	set(true);
	wait_for_level(1);
	inode = record_inode();
	start_ns = pf_clock_now_ns();
	for (int i = 0; i < 400; i++) {
		set(i % 2);
		run_for_ms(1);
		n_writes += record_inode() != inode;
		inode = record_inode();
	}
	T_TRUE(n_writes <= 1 + (pf_clock_now_ns() - start_ns) / (500 * PF_NS_PER_MS));
	set(true);
	wait_for_level(1);
	run_for_ms(600);
	inode = record_inode();
	set(true);
	set(false);
	set(true); /* back before it was written */
	run_for_ms(700);
	T_TRUE(record_inode() == inode);
	end();
}

/* What is restored after a boot stays the same in a pulse: there is nothing to write for a disk. */
static void pulses_wear_no_disk(void)
{
	struct pf_record record;
	ino_t inode;

	begin("pulse");
	open_store(false);
	set(true);
	wait_for_level(1);
	run_for_ms(600);
	inode = record_inode();
	for (int i = 0; i < 10; i++) {
		rig.output.level = i % 2;
		rig.output.on_ns++;
		rig.output.pulse_end_ns = i % 2 ? PF_NEVER : 60 * PF_NS_PER_S;
		set_line(&gpio27);
		T_INT(level_held(), i % 2);
	}
	run_for_ms(700);
	T_TRUE(record_inode() == inode);
	T_INT(load_held(&record), 0);
	T_FALSE(record.outputs[0].unfinished);
	pf_record_done(&record);
	end();
}

static void changes_of_one_time_are_written_once(void)
{
	begin("batch");
	open_store(false);
	pf_record_store_begin(rig.store);
	pf_record_store_begin(rig.store);
	set(true);
	pf_record_store_end(rig.store);
	T_INT(level_held(), -1);
	pf_record_store_end(rig.store);
	T_INT(level_held(), 1);
	end();
}

/* What is behind is not there: neither at the place that failed, nor at the other one. */
static void what_cannot_be_renewed_is_removed(void)
{
	char *path, *away;

	begin("behind");
	open_store(false);
	set(true);
	T_INT(level_held(), 1);
	path = pf_strdup(pf_held_path(rig.held));
	away = pf_format("%s/held.new", path);
	/* not even root writes a folder as a file */
	T_INT(mkdir(away, 0700), 0);
	set(false);
	T_STR(pf_held_path(rig.held), rig.directory);
	T_INT(level_held(), 0);
	/* the old place has nothing any more, so nothing is behind if this one fails, too */
	free(away);
	away = pf_format("%s/held.new", rig.directory);
	T_INT(mkdir(away, 0700), 0);
	(void)t_take_log();
	set(true);
	T_INT(level_held(), -1);
	T_HAS(t_take_log(), "after a crash the outputs' states are not known");
	T_INT(rmdir(away), 0);
	set(false);
	T_INT(level_held(), 0);
	T_HAS(t_take_log(), "written again");
	free(away);
	free(path);
	end();
}

/* What the disk has may be behind, where this boot has something of its own. */
static void disk_is_not_asked_within_a_boot(void)
{
	char *text, *path;

	begin("within");
	open_store(false);
	set(true);
	wait_for_level(1);
	path = pf_format("%s/record", rig.directory);
	text = pf_format("%s-old", path);
	T_INT(link(path, text), 0);
	set(false);
	close_store();
	T_INT(rename(text, path), 0);
	T_INT(level_on_disk(), 1);
	open_store(true);
	T_FALSE(history_now().last);
	free(text);
	free(path);
	end();
}

static void what_is_not_written_yet_is_written_at_the_end(void)
{
	begin("last");
	open_store(false);
	set(true);
	close_store();
	T_INT(level_on_disk(), 1);
	end();
}

static void next_run_knows_the_last_one(void)
{
	struct pf_history history;

	begin("next");
	open_store(false);
	set(true);
	close_store();
	open_store(true);
	T_STR(t_take_log(), "");
	T_INT(pf_record_store_old(rig.store)->n, 1);
	history = history_now();
	T_TRUE(history.level && history.last);
	T_INT(history.on_ns, 1);
	set(false);
	T_INT(pf_record_store_old(rig.store)->n, 0);
	wait_for_level(0);
	pf_record_store_remove(rig.store, "gpio", &gpio27);
	wait_for_level(-1);
	end();
}

static void lines_not_claimed_stay_in_the_record(void)
{
	struct pf_line_info other = gpio27;
	struct pf_record record;

	other.offset = 22;
	begin("unclaimed");
	open_store(false);
	set(true);
	set_line(&other);
	close_store();
	open_store(false);
	set(false);
	close_store();
	T_INT(level_on_disk(), 0);
	T_INT(load_held(&record), 0);
	T_INT(record.n, 2);
	pf_record_done(&record);
	end();
}

static void times_of_another_boot_are_forgotten_and_last_is_not(void)
{
	struct pf_recorded recorded;
	struct pf_record record;
	struct pf_history history;
	char *text;

	begin("boot");
	pf_record_init_here(&record, rig.board, "");
	record.boot_id[0]++;
	rig.output.last = rig.output.level = true;
	recorded = pf_recorded_of(&rig.output, &gpio27);
	pf_record_set(&record, &recorded);
	text = pf_record_encode_last(&record);
	T_INT(pf_state_file_write(rig.directory, "record", text), 0);
	free(text);
	pf_record_done(&record);
	open_store(true);
	/* also after this run has written it again */
	for (int i = 0; i < 2; i++) {
		history = history_now();
		T_TRUE(history.last);
		T_INT(history.on_ns, 0);
		close_store();
		open_store(true);
	}
	end();
}

/* A disk that has become read-only may have kept the last run from writing. */
static void disk_that_is_not_written_any_more_is_not_asked(void)
{
	struct pf_recorded recorded;
	struct pf_record record;
	char *text, *path;

	begin("readonly");
	pf_record_init_here(&record, rig.board, "");
	record.boot_id[0]++;
	rig.output.last = true;
	recorded = pf_recorded_of(&rig.output, &gpio27);
	pf_record_set(&record, &recorded);
	text = pf_record_encode_last(&record);
	T_INT(pf_state_file_write(rig.directory, "record", text), 0);
	free(text);
	pf_record_done(&record);
	path = pf_format("%s/record", rig.directory);
	text = pf_format("%s-there", path);
	/* what stands in for it: not even root opens it for writing */
	T_INT(rename(path, text), 0);
	T_INT(symlink(text, path), 0);
	open_store(true);
	T_FALSE(history_now().last);
	T_HAS(t_take_log(), "start off");
	free(text);
	free(path);
	end();
}

static void torn_or_missing_record_is_one_warning(void)
{
	const char *log;

	begin("torn");
	open_store(false);
	T_STR(t_take_log(), ""); /* the first start ever */
	close_store();
	T_INT(level_on_disk(), -1);
	unlink_held();
	t_write_file("torn/record", "pinferry record 1 0000");
	open_store(true);
	log = t_take_log();
	T_HAS(log, "torn or garbled");
	T_TRUE(strchr(log, '\n') == strrchr(log, '\n'));
	T_FALSE(history_now().last);
	set(true);
	wait_for_level(1);
	close_store();
	T_INT(unlink(t_write_file("torn/record", "x")), 0);
	unlink_held();
	open_store(true);
	T_HAS(t_take_log(), "there is none");
	end();
}

static void failing_disk_is_reported_once_and_tried_again(void)
{
	const char *log;
	char *away;

	begin("failing");
	away = pf_format("%s-away", rig.directory);
	open_store(false);
	set(true);
	wait_for_level(1);
	T_INT(rename(rig.directory, away), 0); /* root may write anything, but not what is not */
	set(false);
	run_for_ms(1800);
	set(true);
	run_for_ms(700);
	set(false);
	run_for_ms(700);
	log = t_take_log();
	T_HAS(log, "cannot be written");
	T_TRUE(strchr(log, '\n') == strrchr(log, '\n'));
	T_INT(rename(away, rig.directory), 0);
	wait_for_level(0);
	run_for_ms(10);
	T_HAS(t_take_log(), "written again");
	free(away);
	end();
}

T_MAIN("record_store", T(change_comes_to_the_disk),
	T(many_changes_are_few_writes_and_none_is_no_write), T(pulses_wear_no_disk),
	T(changes_of_one_time_are_written_once), T(what_cannot_be_renewed_is_removed),
	T(disk_is_not_asked_within_a_boot), T(disk_that_is_not_written_any_more_is_not_asked),
	T(what_is_not_written_yet_is_written_at_the_end), T(next_run_knows_the_last_one),
	T(lines_not_claimed_stay_in_the_record),
	T(times_of_another_boot_are_forgotten_and_last_is_not),
	T(torn_or_missing_record_is_one_warning), T(failing_disk_is_reported_once_and_tried_again))

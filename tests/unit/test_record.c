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
#include "store/record.h"
#include "store/record_file.h"
#include "store/state_file.h"

#define S PF_NS_PER_S

static const struct pf_driver gpio = {.name = "gpio"};

/* An output of which all has been used, and its line. */
static const struct pf_output_config config = {.item = {.name = "pump"},
	.driver = &gpio,
	.active_low = true,
	.drive = PF_DRIVE_OPEN_DRAIN,
	.on_exit = PF_ON_EXIT_KEEP,
	.min_off_ms = 3000,
	.interlock = "blind"};
static const struct pf_line_info gpio27 = {
	.chip = "gpiochip0", .label = "pinctrl-bcm2711", .offset = 27};

static struct pf_output held_output(bool level)
{
	return (struct pf_output){.config = &config,
		.started = true,
		.held = true,
		.level = level,
		.last = level,
		.on_ns = 100 * S,
		.off_ns = 90 * S,
		.period_ns = 95 * S,
		.for_ns = PF_NEVER,
		.desired = level,
		.pulse_end_ns = PF_NEVER};
}

static bool set(struct pf_record *record, const struct pf_output *output,
	const struct pf_line_info *line, uint32_t dead_time_ms)
{
	struct pf_recorded recorded = pf_recorded_of(output, line);

	recorded.dead_time_ms = dead_time_ms;
	return pf_record_set(record, &recorded);
}

/* What an output would know of a line. */
static struct pf_history history_of(const struct pf_record *record,
	const struct pf_output_config *of, const struct pf_line_info *line, uint64_t now_ns)
{
	return pf_recorded_history(pf_record_find(record, of->driver->name, line), of, now_ns);
}

static struct pf_record one_line(void)
{
	const struct pf_output output = held_output(true);
	struct pf_record record;

	pf_record_init(&record, "boot-1", "", "/usr/lib/drivers");
	T_TRUE(set(&record, &output, &gpio27, 500));
	return record;
}

static void record_comes_back_from_its_text(void)
{
	struct pf_record record = one_line(), copy = {0};
	struct pf_output output = held_output(false);
	char *text, *again;

	output.pulse_end_ns = 200 * S;
	(void)snprintf(output.ids[PF_OUTPUT_IDS - 1], PF_COMMAND_ID_SIZE, "one");
	(void)snprintf(output.ids[0], PF_COMMAND_ID_SIZE, "two");
	output.next_id = 1;
	output.on_ns = (uint64_t)INT64_MAX; /* no digit is lost */
	T_TRUE(set(&record, &output,
		&(struct pf_line_info){.chip = "gpiochip1", .label = "a \"b\"\n", .offset = 1}, 0));
	text = pf_record_encode(&record);
	T_INT(pf_record_decode(text, strlen(text), &copy), 0);
	again = pf_record_encode(&copy);
	T_STR(again, text);
	T_STR(copy.boot_id, "boot-1");
	T_STR(copy.driver_dir, "/usr/lib/drivers");
	T_INT(copy.n, 2);
	T_STR(copy.outputs[0].name, "pump");
	T_STR(copy.outputs[0].interlock, "blind");
	T_INT(copy.outputs[0].dead_time_ms, 500);
	T_TRUE(copy.outputs[0].active_low);
	T_INT(copy.outputs[0].drive, PF_DRIVE_OPEN_DRAIN);
	T_INT(copy.outputs[0].on_exit, PF_ON_EXIT_KEEP);
	T_FALSE(copy.outputs[0].unfinished);
	T_STR(copy.outputs[1].label, "a \"b\"\n");
	T_TRUE(copy.outputs[1].unfinished);
	T_TRUE(copy.outputs[1].end_level);
	T_STR(copy.outputs[1].ids[0], "one");
	T_STR(copy.outputs[1].ids[1], "two");
	T_TRUE(!copy.outputs[1].ids[2]);
	free(text);
	free(again);
	pf_record_done(&record);
	pf_record_done(&copy);
}

static void text_torn_anywhere_is_refused(void)
{
	struct pf_record record = one_line(), copy = {0};
	char *text = pf_record_encode(&record);

	for (size_t size = 0; size < strlen(text); size++) {
		char *torn = pf_memdup(text, size);

		T_INT(pf_record_decode(torn, size, &copy), -EBADMSG);
		free(torn);
	}
	free(text);
	pf_record_done(&record);
}

static void text_with_any_other_byte_is_refused(void)
{
	struct pf_record record = one_line(), copy = {0};
	char *text = pf_record_encode(&record);
	const size_t size = strlen(text);

	for (size_t i = 0; i < size; i++) {
		text[i] ^= 0x01;
		T_INT(pf_record_decode(text, size, &copy), -EBADMSG);
		text[i] ^= 0x01;
	}
	T_INT(pf_record_decode(text, size, &copy), 0);
	pf_record_done(&copy);
	free(text);
	pf_record_done(&record);
}

/* Of a record, up to its lines. */
#define HEAD                                                                                       \
	"{\"boot_id\":\"x\",\"machine\":\"\",\"state_dir\":\"\",\"config_file\":\"\","             \
	"\"written_ns\":\"0\",\"board\":\"\",\"driver_dir\":\"\",\"outputs\":"

static void good_checksum_of_something_else_is_refused(void)
{
	/* checksums worked out with another program */
	static const char *const texts[] = {
		"pinferry record 1 a3a6bf43\n{}",
		"pinferry record 2 a3a6bf43\n{}",
		"pinferry record 1 088b50bf\n[1,2]",
		"pinferry record 1 00000000\n",
		"pinferry record 1 37c2b785\n" HEAD "[{}]}",
		"pinferry record 1 0ab9f7ac\n" HEAD "3}",
	};
	struct pf_record copy = {0};

	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		T_INT(pf_record_decode(texts[i], strlen(texts[i]), &copy), -EBADMSG);
}

static void nothing_new_is_no_change(void)
{
	struct pf_record record = one_line();
	struct pf_output output = held_output(true);

	T_FALSE(set(&record, &output, &gpio27, 500));
	output.last = false;
	T_TRUE(set(&record, &output, &gpio27, 500));
	T_TRUE(set(&record, &output, &gpio27, 600));
	T_INT(record.n, 1);
	T_FALSE(record.outputs[0].last);
	T_TRUE(pf_record_remove(&record, "gpio", &gpio27));
	T_FALSE(pf_record_remove(&record, "gpio", &gpio27));
	T_INT(record.n, 0);
	pf_record_done(&record);
}

static void line_that_may_be_on_is_recorded_on(void)
{
	struct pf_output output = held_output(false);
	struct pf_record record;

	output.uncertain = true;
	pf_record_init(&record, "boot-1", "", "");
	set(&record, &output, &gpio27, 0);
	T_TRUE(record.outputs[0].level);
	pf_record_done(&record);
}

static void history_holds_within_one_boot(void)
{
	struct pf_record record = one_line();
	struct pf_history history = history_of(&record, &config, &gpio27, 110 * S);

	T_TRUE(history.level);
	T_TRUE(history.last);
	T_INT(history.on_ns, 100 * S);
	T_INT(history.off_ns, 90 * S);
	T_INT(history.period_ns, 95 * S);
	pf_record_done(&record);
}

/* What the disk has of it: all that another boot is to know. */
static void what_outlives_a_boot_is_last_and_nothing_else(void)
{
	struct pf_record record = one_line(), copy = {0};
	struct pf_history history;
	char *text;

	record.outputs[0].unfinished = record.outputs[0].end_level = true;
	record.outputs[0].ids[0] = pf_strdup("an-id");
	text = pf_record_encode_last(&record);
	T_INT(pf_record_decode(text, strlen(text), &copy), 0);
	T_INT(copy.n, 1);
	T_TRUE(copy.outputs[0].at_rest);
	T_TRUE(!copy.outputs[0].ids[0]);
	history = history_of(&copy, &config, &gpio27, 110 * S);
	T_TRUE(history.last);
	T_FALSE(history.unfinished);
	T_FALSE(history.level);
	T_INT(history.on_ns, 0);
	T_INT(history.off_ns, 0);
	T_INT(history.period_ns, 0);
	free(text);
	pf_record_done(&copy);
	pf_record_done(&record);
}

static void history_from_the_future_has_no_times(void)
{
	struct pf_record record = one_line();

	T_INT(history_of(&record, &config, &gpio27, 99 * S).on_ns, 0);
	pf_record_done(&record);
}

static void record_is_of_one_boot_machine_and_board(void)
{
	struct pf_record here = {0}, record = {0};

	pf_record_init(&here, "boot-1", "/b", "");
	pf_record_init(&record, "boot-1", "/b", "/elsewhere");
	T_TRUE(pf_record_is_from(&record, &here));
	record.board[1] = 'c';
	T_FALSE(pf_record_is_from(&record, &here));
	record.board[1] = 'b';
	here.boot_id[0] = 'B';
	T_FALSE(pf_record_is_from(&record, &here));
	T_TRUE(pf_record_is_near(&record, &here));
	/* a boot that the kernel does not tell is like no other */
	here.boot_id[0] = record.boot_id[0] = '\0';
	T_FALSE(pf_record_is_from(&record, &here));
	free(here.machine);
	here.machine = pf_strdup("another");
	T_FALSE(pf_record_is_near(&record, &here));
	pf_record_done(&here);
	pf_record_done(&record);
}

static void history_is_that_of_the_line_not_of_the_name(void)
{
	struct pf_record record = one_line();
	struct pf_output_config other = config;
	struct pf_line_info line = gpio27;

	other.item.name = "renamed";
	T_TRUE(history_of(&record, &other, &gpio27, 110 * S).last);
	other.active_low = false;
	T_FALSE(history_of(&record, &other, &gpio27, 110 * S).last);
	line.offset = 22;
	T_FALSE(history_of(&record, &config, &line, 110 * S).last);
	/* the chip is known by its label, wherever it is by now */
	line = gpio27;
	(void)snprintf(line.chip, sizeof line.chip, "gpiochip4");
	T_TRUE(history_of(&record, &config, &line, 110 * S).last);
	(void)snprintf(line.label, sizeof line.label, "pcf8574");
	T_FALSE(history_of(&record, &config, &line, 110 * S).last);
	pf_record_done(&record);
}

static void two_chips_of_one_label_are_told_apart(void)
{
	const struct pf_line_info a = {.chip = "gpiochip1", .label = "pcf8574", .offset = 3};
	const struct pf_line_info b = {.chip = "gpiochip2", .label = "pcf8574", .offset = 3};
	const struct pf_line_info c = {.chip = "gpiochip3", .label = "pcf8574", .offset = 3};
	const struct pf_output on = held_output(true), off = held_output(false);
	struct pf_record record;

	pf_record_init(&record, "boot-1", "", "");
	T_TRUE(set(&record, &on, &a, 0));
	T_TRUE(set(&record, &off, &b, 0));
	T_INT(record.n, 2);
	T_TRUE(history_of(&record, &config, &a, 110 * S).last);
	T_FALSE(history_of(&record, &config, &b, 110 * S).last);
	T_TRUE(!pf_record_find(&record, "gpio", &c)); /* it could be either */
	pf_record_done(&record);
}

static void file_is_replaced_as_a_whole(void)
{
	const char *directory = t_temp_dir();
	struct pf_record record, copy = {0};
	struct pf_output output = held_output(true);
	struct pf_board *board;
	struct stat status;
	char *text, *path;

	T_INT(pf_board_new(NULL, &board), 0);
	pf_record_init_here(&record, board, "");
	T_TRUE(set(&record, &output, &gpio27, 500));
	text = pf_record_encode_last(&record);
	T_INT(pf_record_load(directory, board, &copy), -ENOENT);
	T_INT(pf_state_file_write(directory, "record", text), 0);
	T_INT(pf_record_load(directory, board, &copy), 0);
	T_INT(copy.n, 1);
	pf_record_done(&copy);
	path = pf_format("%s/record.new", directory);
	T_INT(stat(path, &status), -1);
	free(path);
	t_write_file("record", "pinferry rec");
	T_INT(pf_record_load(directory, board, &copy), -EBADMSG);
	T_INT(pf_state_file_write(directory, "record", text), 0);
	T_INT(pf_record_load(directory, board, &copy), 0);
	pf_record_done(&copy);
	T_INT(pf_state_file_write("/nonexistent", "record", text), -ENOENT);
	pf_board_free(board);
	/* a record says which board it is of */
	T_INT(pf_board_new(directory, &board), 0);
	T_INT(pf_record_load(directory, board, &copy), -EXDEV);
	pf_board_free(board);
	free(text);
	pf_record_done(&record);
}

static void odd_files_are_no_records(void)
{
	char *directory = pf_format("%s/odd", t_temp_dir());
	char *path = pf_format("%s/record", directory);
	struct pf_record copy = {0};
	struct pf_board *board;

	T_INT(pf_board_new(NULL, &board), 0);
	T_INT(mkdir(directory, 0700), 0);
	T_INT(mkfifo(path, 0600), 0);
	T_INT(pf_record_load(directory, board, &copy), -EBADMSG);
	T_INT(unlink(path), 0);
	T_INT(mkdir(path, 0700), 0);
	T_INT(pf_record_load(directory, board, &copy), -EBADMSG);
	pf_board_free(board);
	free(directory);
	free(path);
}

static void boot_id_is_that_of_the_kernel(void)
{
	char boot_id[PF_BOOT_ID_SIZE];

	pf_record_boot_id(boot_id);
	T_INT(strlen(boot_id), 36);
}

T_MAIN("record", T(record_comes_back_from_its_text), T(text_torn_anywhere_is_refused),
	T(text_with_any_other_byte_is_refused), T(good_checksum_of_something_else_is_refused),
	T(nothing_new_is_no_change), T(line_that_may_be_on_is_recorded_on),
	T(history_holds_within_one_boot), T(what_outlives_a_boot_is_last_and_nothing_else),
	T(history_from_the_future_has_no_times), T(record_is_of_one_boot_machine_and_board),
	T(history_is_that_of_the_line_not_of_the_name), T(two_chips_of_one_label_are_told_apart),
	T(file_is_replaced_as_a_whole), T(odd_files_are_no_records),
	T(boot_id_is_that_of_the_kernel))

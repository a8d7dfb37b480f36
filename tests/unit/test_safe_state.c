/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Bringing outputs to rest without a daemon, on the simulated board. */

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../bench.h"
#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "cli/cli.h"
#include "lines/leftovers.h"
#include "lines/recorded.h"
#include "lines/safe_state.h"
#include "store/held.h"
#include "store/lock.h"
#include "store/record_file.h"
#include "store/state_file.h"

#define S PF_NS_PER_S

static const struct pf_driver gpio = {.name = "gpio"};

/* A board and a state directory of its own; a record as the daemon would have left it. */
static struct {
	char *name, *board_dir, *state_dir, *run_dir, *config_file;
	struct pf_board *board;
	struct pf_driver_set *drivers;
	struct pf_record record;
	char told[1024];
	int status;
} rig;

static void begin(const char *name)
{
	memset(&rig, 0, sizeof rig);
	rig.name = pf_strdup(name);
	rig.board_dir = pf_format("%s/%s-board", t_temp_dir(), name);
	rig.state_dir = pf_format("%s/%s-state", t_temp_dir(), name);
	rig.run_dir = pf_format("%s/%s-run", t_temp_dir(), name);
	rig.config_file = pf_format("%s/%s.conf", t_temp_dir(), name);
	T_INT(mkdir(rig.board_dir, 0700), 0);
	T_INT(mkdir(rig.state_dir, 0700), 0);
	T_INT(mkdir(rig.run_dir, 0700), 0);
	T_INT(setenv("RUNTIME_DIRECTORY", rig.run_dir, 1), 0);
	T_INT(pf_board_new(rig.board_dir, &rig.board), 0);
	rig.drivers = pf_driver_set_new(bench_driver_dir());
	pf_record_init_here(&rig.record, rig.board, bench_driver_dir());
	(void)t_take_log();
}

static void end(void)
{
	pf_record_done(&rig.record);
	pf_driver_set_free(rig.drivers);
	pf_board_free(rig.board);
	free(rig.name);
	free(rig.board_dir);
	free(rig.state_dir);
	free(rig.run_dir);
	free(rig.config_file);
}

static void tell(void *user, const char *name, bool failed, const char *text)
{
	const size_t used = strlen(rig.told);

	(void)user;
	(void)snprintf(rig.told + used, sizeof rig.told - used, "%s%s: %s\n", failed ? "!" : "",
		name, text);
}

static const struct pf_safe_report report = {.tell = tell};

/* A line of the board is an output with this voltage, left by a process that is gone. */
static void set_line(unsigned offset, bool high)
{
	char name[64];

	(void)snprintf(name, sizeof name, "%s-board/gpio/GPIO%u", rig.name, offset);
	t_write_file(name, high ? "1\n" : "0\n");
	(void)snprintf(name, sizeof name, "%s-board/gpio/.GPIO%u.line", rig.name, offset);
	t_write_file(name, "output pinferry\n");
}

/* '0', '1', or '-': nobody has made it an output. */
static char line_level(unsigned offset)
{
	char *path = pf_format("%s/gpio/GPIO%u", rig.board_dir, offset);
	FILE *file = fopen(path, "r");
	const int level = file ? fgetc(file) : '-';

	if (file)
		(void)fclose(file);
	free(path);
	return (char)level;
}

/* Records an output that has been as it is since the machine was started, and sets its line. */
static struct pf_recorded *record(
	const char *name, unsigned offset, enum pf_on_exit on_exit, bool level)
{
	struct pf_line_info line = {.chip = "gpiochip0", .label = "pinctrl-bcm2711"};
	const struct pf_output_config config = {
		.item = {.name = name}, .driver = &gpio, .on_exit = on_exit};
	const struct pf_output output = {.config = &config,
		.started = true,
		.level = level,
		.desired = level,
		.on_ns = 1,
		.off_ns = 1,
		.for_ns = PF_NEVER,
		.pulse_end_ns = PF_NEVER};
	struct pf_recorded recorded;

	line.offset = offset;
	recorded = pf_recorded_of(&output, &line);
	T_TRUE(pf_record_set(&rig.record, &recorded));
	set_line(offset, level);
	return pf_record_find(&rig.record, "gpio", &line);
}

static size_t bring_to_rest(void)
{
	rig.told[0] = '\0';
	return pf_safe_state(&rig.record, rig.board, rig.drivers, &report);
}

/* Writes the record and the configuration, and calls the program. */
static int call(const char *configuration)
{
	struct pf_cli cli = {.config_file = rig.config_file,
		.driver_dir = bench_driver_dir(),
		.simulate = rig.board_dir,
		.log_level = -1};
	char *text, name[64];

	free(rig.record.state_dir);
	rig.record.state_dir = pf_strdup(rig.state_dir);
	text = pf_record_encode(&rig.record);
	if (rig.record.n)
		T_INT(pf_state_file_put(rig.state_dir, "held", text), 0);
	free(text);
	(void)snprintf(name, sizeof name, "%s.conf", rig.name);
	text = pf_format("state_dir = \"%s\";\n%s", rig.state_dir, configuration);
	t_write_file(name, text);
	free(text);
	return pf_cli_safe_state(&cli);
}

static void outputs_go_to_on_exit_as_recorded(void)
{
	begin("on_exit");
	record("a", 5, PF_ON_EXIT_OFF, true);
	record("b", 6, PF_ON_EXIT_ON, false);
	record("c", 7, PF_ON_EXIT_OFF, true)->active_low = true;
	record("d", 8, PF_ON_EXIT_ON, false)->active_low = true;
	record("e", 9, PF_ON_EXIT_ON, true);
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(5), '0');
	T_INT(line_level(6), '1');
	T_INT(line_level(7), '1');
	T_INT(line_level(8), '0');
	T_INT(line_level(9), '1');
	T_STR(rig.told, "a: off\nb: on\nc: off\nd: on\ne: on\n");
	T_FALSE(rig.record.outputs[0].level);
	T_TRUE(rig.record.outputs[1].level);
	T_TRUE(rig.record.outputs[0].off_ns > 1);
	end();
}

static void keep_is_left_alone_unless_a_pulse_was_running(void)
{
	struct pf_recorded *recorded;

	begin("keep");
	record("kept", 5, PF_ON_EXIT_KEEP, true);
	recorded = record("gate", 6, PF_ON_EXIT_KEEP, true);
	recorded->unfinished = true;
	recorded = record("router", 7, PF_ON_EXIT_KEEP, false);
	recorded->unfinished = recorded->end_level = true;
	recorded = record("pulsed", 8, PF_ON_EXIT_OFF, false);
	recorded->unfinished = recorded->end_level = true;
	/* nobody touches what is to be left alone, not even to look */
	t_write_file("keep-board/gpio/GPIO5.used-by", "someone");
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(5), '1');
	T_INT(line_level(6), '0');
	T_INT(line_level(7), '1');
	T_INT(line_level(8), '0');
	T_STR(rig.told, "kept: left as it is\ngate: off, end of a pulse\n"
			"router: on, end of a pulse\npulsed: off\n");
	for (size_t i = 0; i < rig.record.n; i++)
		T_FALSE(rig.record.outputs[i].unfinished);
	/* once more changes nothing */
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(6), '0');
	T_INT(line_level(7), '1');
	end();
}

static struct pf_recorded *record_member(
	const char *name, unsigned offset, enum pf_on_exit on_exit, bool level)
{
	struct pf_recorded *recorded = record(name, offset, on_exit, level);

	recorded->interlock = pf_strdup("blind");
	recorded->dead_time_ms = 500;
	return recorded;
}

static void two_of_a_group_never_go_on(void)
{
	begin("group");
	record_member("up", 5, PF_ON_EXIT_ON, false);
	record_member("down", 6, PF_ON_EXIT_OFF, true);
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(5), '0'); /* the dead time is not waited for */
	T_INT(line_level(6), '0');
	T_HAS(rig.told, "up: off, because \"on\" would have to wait");
	end();
	begin("group-keep");
	record_member("up", 5, PF_ON_EXIT_ON, false);
	record_member("down", 6, PF_ON_EXIT_KEEP, true);
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(5), '0');
	T_INT(line_level(6), '1');
	end();
	begin("group-free");
	record_member("up", 5, PF_ON_EXIT_ON, false);
	record_member("down", 6, PF_ON_EXIT_OFF, false);
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(5), '1');
	end();
	begin("group-no-dead-time");
	record_member("up", 5, PF_ON_EXIT_ON, false)->dead_time_ms = 0;
	record_member("down", 6, PF_ON_EXIT_OFF, true)->dead_time_ms = 0;
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(5), '1');
	T_INT(line_level(6), '0');
	end();
}

static void on_waits_for_no_min_off(void)
{
	begin("min_off");
	record("a", 5, PF_ON_EXIT_ON, false)->min_off_ms = 60000;
	rig.record.outputs[0].off_ns = pf_clock_now_ns() - S;
	record("b", 6, PF_ON_EXIT_ON, true)->min_off_ms = 60000;
	T_INT(bring_to_rest(), 0);
	T_INT(line_level(5), '0');
	T_INT(line_level(6), '1');
	end();
}

/* What is written of GPIO5 is on, and its line still off. */
static void save_first(void *user, const struct pf_record *record)
{
	unsigned *n = user;

	T_TRUE(record->outputs[0].level);
	T_TRUE(record->outputs[0].on_ns > 1);
	T_FALSE(record->outputs[0].at_rest);
	T_INT(line_level(5), '0');
	(*n)++;
}

static void on_is_recorded_before_the_line_moves(void)
{
	unsigned n = 0;
	const struct pf_safe_report saving = {.tell = tell, .save = save_first, .user = &n};

	begin("recorded_before");
	(void)record("goes_on", 5, PF_ON_EXIT_ON, false);
	(void)record("goes_off", 6, PF_ON_EXIT_OFF, true);
	T_INT(pf_safe_state(&rig.record, rig.board, rig.drivers, &saving), 0);
	T_INT(n, 1);
	T_INT(line_level(5), '1');
	T_INT(line_level(6), '0');
	end();
}

static void one_line_that_fails_does_not_stop_the_others(void)
{
	begin("fails");
	record("a", 5, PF_ON_EXIT_OFF, true);
	record("b", 6, PF_ON_EXIT_KEEP, true)->unfinished = true;
	record("c", 7, PF_ON_EXIT_OFF, true)->offset = 99;
	record("d", 8, PF_ON_EXIT_OFF, true);
	t_write_file("fails-board/gpio/GPIO6.used-by", "someone");
	T_INT(bring_to_rest(), 2);
	T_INT(line_level(5), '0');
	T_INT(line_level(6), '1');
	T_INT(line_level(8), '0');
	T_HAS(rig.told, "!b: line GPIO6 is busy: held by \"someone\"\n");
	T_HAS(rig.told, "!c: there is no line 99 of a chip pinctrl-bcm2711\n");
	/* it is still to be ended */
	T_TRUE(rig.record.outputs[1].unfinished);
	end();
}

/* What is recorded of this boot, wherever it is. */
static int load_held(struct pf_record *ret_record)
{
	struct pf_held *held = NULL;
	pid_t owner;
	int r = pf_held_open(rig.state_dir, rig.config_file, &held, &owner);

	if (r == 0)
		r = pf_held_load(held, rig.board, ret_record);
	pf_held_close(held);
	return r;
}

static const char gpio22[] = "outputs: ( { name = \"a\"; line = \"GPIO22\"; } );\n";
static const char gpio27[] = "outputs: ( { name = \"a\"; line = \"GPIO27\"; } );\n";

static void record_is_obeyed_although_the_configuration_was_edited(void)
{
	begin("edited");
	record("a", 27, PF_ON_EXIT_OFF, true);
	/* what nobody held is named and not touched */
	T_INT(call(gpio22), PF_EXIT_FAILURE);
	T_INT(line_level(27), '0');
	T_INT(line_level(22), '-');
	T_HAS(t_take_log(), "output a: line GPIO22 was not held by the daemon that ended");
	end();
}

static void record_is_obeyed_although_the_configuration_is_broken(void)
{
	struct pf_record after;

	begin("broken");
	record("a", 27, PF_ON_EXIT_KEEP, true)->unfinished = true;
	T_INT(call("outputs: ( { name = \n"), PF_EXIT_OK);
	T_INT(line_level(27), '0');
	/* the next start finds nothing left to end */
	T_INT(load_held(&after), 0);
	T_FALSE(after.outputs[0].unfinished);
	T_FALSE(after.outputs[0].level);
	pf_record_done(&after);
	end();
}

static void beside_a_live_daemon_nothing_is_changed(void)
{
	pid_t owner;
	char text[32];
	int fd;

	begin("live");
	record("a", 27, PF_ON_EXIT_OFF, true);
	fd = pf_lock_take(rig.state_dir, &owner);
	T_TRUE(fd >= 0);
	T_INT(call(gpio22), PF_EXIT_FAILURE);
	T_INT(line_level(27), '1');
	(void)snprintf(text, sizeof text, "as process %d", (int)getpid());
	T_HAS(t_take_log(), text);
	(void)close(fd);
	T_INT(call(gpio27), PF_EXIT_OK);
	T_INT(line_level(27), '0');
	end();
}

static void configuration_is_used_only_if_there_is_no_record(void)
{
	begin("none");
	set_line(22, true);
	T_INT(call(gpio22), PF_EXIT_OK);
	T_INT(line_level(22), '0');
	T_INT(call("outputs: ( { name = \"a\"; line = \"GPIO23\"; on_exit = \"on\"; },\n"
		   "{ name = \"b\"; line = \"GPIO24\"; on_exit = \"keep\"; },\n"
		   "{ name = \"c\"; line = \"nowhere\"; } );\n"),
		PF_EXIT_FAILURE);
	T_INT(line_level(23), '1');
	T_INT(line_level(24), '-');
	T_HAS(t_take_log(), "output c: ");
	T_INT(call("outputs: 3;\n"), PF_EXIT_CONFIG);
	end();
}

static void torn_record_is_none_and_that_is_a_failure(void)
{
	begin("torn");
	t_write_file("torn-state/held", "pinferry record 1 12345678\n{}");
	set_line(22, true);
	T_INT(call(gpio22), PF_EXIT_FAILURE);
	T_INT(line_level(22), '0');
	T_HAS(t_take_log(), "torn or garbled: which lines were held is not known");
	end();
}

static size_t rest_leftovers(const char *configuration)
{
	struct pf_config *config = NULL;
	struct pf_problems problems;
	size_t n_failed;
	char name[64];

	(void)snprintf(name, sizeof name, "%s.conf", rig.name);
	t_write_file(name, configuration);
	pf_problems_init(&problems);
	T_INT(pf_config_load(rig.config_file, rig.drivers, &problems, &config), 0);
	pf_problems_done(&problems);
	rig.told[0] = '\0';
	n_failed = pf_leftovers_rest(&rig.record, rig.board, rig.drivers, config, &report);
	pf_config_free(config);
	return n_failed;
}

static void what_was_at_rest_is_not_touched(void)
{
	begin("rest");
	record("a", 27, PF_ON_EXIT_OFF, true)->at_rest = true;
	T_INT(call(gpio27), PF_EXIT_OK);
	T_INT(line_level(27), '1');
	end();
	/* nor when it is not configured any more: somebody else has the line by then */
	begin("rest-gone");
	record("a", 27, PF_ON_EXIT_OFF, true)->at_rest = true;
	T_INT(rest_leftovers("outputs: ();\n"), 0);
	T_INT(line_level(27), '1');
	T_STR(rig.told, "");
	/* what was left on may be in the way of others */
	T_INT(rig.record.n, 1);
	end();
}

static void record_of_another_boot_or_machine_is_not_obeyed(void)
{
	for (int i = 0; i < 2; i++) {
		begin(i ? "machine" : "boot");
		record("a", 27, PF_ON_EXIT_OFF, true);
		if (i) {
			free(rig.record.machine);
			rig.record.machine = pf_strdup("another/");
		} else {
			free(rig.record.boot_id);
			rig.record.boot_id = pf_strdup("another");
		}
		T_INT(call("outputs: 3;\n"), PF_EXIT_CONFIG);
		T_INT(line_level(27), '1');
		T_INT(call(gpio22), PF_EXIT_OK);
		T_INT(line_level(27), '1');
		end();
	}
}

static void record_of_another_board_is_not_obeyed(void)
{
	begin("other");
	record("a", 27, PF_ON_EXIT_OFF, true);
	free(rig.record.board);
	rig.record.board = pf_strdup("");
	T_INT(call(gpio22), PF_EXIT_OK);
	T_INT(line_level(27), '1');
	T_INT(line_level(22), '0');
	end();
}

static void state_directory_that_cannot_be_written_does_not_matter(void)
{
	begin("unwritable");
	set_line(22, true);
	free(rig.state_dir);
	rig.state_dir = pf_strdup("/proc/nowhere");
	T_INT(call(gpio22), PF_EXIT_OK);
	T_INT(line_level(22), '0');
	T_HAS(t_take_log(), "going on without its lock");
	end();
}

static void lines_no_longer_configured_go_to_on_exit_at_start(void)
{
	begin("leftovers");
	record("renamed", 5, PF_ON_EXIT_OFF, true);
	record("gone", 6, PF_ON_EXIT_OFF, true);
	record("input_now", 7, PF_ON_EXIT_OFF, true);
	record("absent", 99, PF_ON_EXIT_OFF, true)->key = pf_strdup("FAR");
	record("kept", 8, PF_ON_EXIT_KEEP, true);
	record("moved", 9, PF_ON_EXIT_OFF, true);
	record("mistyped", 12, PF_ON_EXIT_OFF, true)->key = pf_strdup("GPIO12");
	record("busy", 10, PF_ON_EXIT_OFF, true);
	t_write_file("leftovers-board/gpio/GPIO10.used-by", "someone");
	T_INT(rest_leftovers("inputs: ( { name = \"i\"; line = \"GPIO7\"; } );\n"
			     "outputs: ( { name = \"new\"; line = \"GPIO5\"; },\n"
			     "{ name = \"moved\"; line = \"GPIO11\"; },\n"
			     "{ name = \"mistyped\"; line = \"NOPE1\"; },\n"
			     "{ name = \"absent\"; line = \"FAR\"; } );\n"),
		1);
	T_INT(line_level(5), '1'); /* the daemon's own */
	T_INT(line_level(6), '0');
	T_INT(line_level(7), '1'); /* never driven: something else may drive it now */
	T_INT(line_level(8), '1');
	T_INT(line_level(9), '0');
	T_HAS(rig.told, "gone: off\n");
	T_HAS(rig.told, "kept: left as it is\n");
	T_HAS(rig.told, "moved: off\n");
	/* a line is known by what it is, not by the name of its output */
	T_HAS(rig.told, "mistyped: off\n");
	T_HAS(rig.told, "!busy: ");
	/* what is the daemon's, what could not be reached, and what was left on stays */
	T_INT(rig.record.n, 5);
	for (size_t i = 0; i < rig.record.n; i++)
		T_TRUE(rig.record.outputs[i].offset != 6 && rig.record.outputs[i].offset != 9 &&
			rig.record.outputs[i].offset != 12);
	end();
}

/* A write that came back without an error has brought nothing to rest. */
static void line_that_does_not_obey_is_reported(void)
{
	struct pf_recorded *pump;

	begin("lies");
	pump = record("pump", 5, PF_ON_EXIT_OFF, true);
	t_write_file("lies-board/gpio/GPIO5.fault", "deaf");
	T_INT(bring_to_rest(), 1);
	T_HAS(rig.told, "!pump: ");
	T_HAS(rig.told, "does not have the level that it was set");
	T_INT(line_level(5), '1');
	T_TRUE(pump->level);
	end();
}

T_MAIN("safe_state", T(outputs_go_to_on_exit_as_recorded),
	T(keep_is_left_alone_unless_a_pulse_was_running), T(two_of_a_group_never_go_on),
	T(on_waits_for_no_min_off), T(on_is_recorded_before_the_line_moves),
	T(one_line_that_fails_does_not_stop_the_others),
	T(record_is_obeyed_although_the_configuration_was_edited),
	T(record_is_obeyed_although_the_configuration_is_broken),
	T(beside_a_live_daemon_nothing_is_changed),
	T(configuration_is_used_only_if_there_is_no_record),
	T(torn_record_is_none_and_that_is_a_failure), T(what_was_at_rest_is_not_touched),
	T(record_of_another_boot_or_machine_is_not_obeyed),
	T(record_of_another_board_is_not_obeyed),
	T(state_directory_that_cannot_be_written_does_not_matter),
	T(lines_no_longer_configured_go_to_on_exit_at_start),
	T(line_that_does_not_obey_is_reported))

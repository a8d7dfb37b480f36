/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../t.h"
#include "sim/sim.h"

#define DEADLINE_MS 5000

static const struct pf_line_ops *const ops = &pf_sim_line_ops;

/* A fresh board per test; the path lives until the next call. */
static char *new_board(void)
{
	static char path[128];
	static int n;

	(void)snprintf(path, sizeof path, "%s/board%d", t_temp_dir(), ++n);
	T_INT(mkdir(path, 0700), 0);
	return path;
}

static void board_path(char *path, const char *board, const char *name)
{
	(void)snprintf(path, 256, "%s/gpio/%s", board, name);
}

/* As `echo TEXT >FILE` does. */
static void echo(const char *board, const char *name, const char *text)
{
	char path[256];
	FILE *file;

	board_path(path, board, "");
	(void)mkdir(path, 0700);
	board_path(path, board, name);
	file = fopen(path, "w");
	if (T_TRUE(file != NULL)) {
		(void)fputs(text, file);
		(void)fclose(file);
	}
}

/* As `cat FILE` does; "(none)" if there is no such file. */
static const char *cat(const char *board, const char *name)
{
	static char text[64];
	char path[256];
	size_t size;
	FILE *file;

	board_path(path, board, name);
	file = fopen(path, "r");
	if (!file)
		return "(none)";
	size = fread(text, 1, sizeof text - 1, file);
	text[size] = '\0';
	(void)fclose(file);
	return text;
}

static void take_away(const char *board, const char *name)
{
	char path[256];

	board_path(path, board, name);
	T_INT(unlink(path), 0);
}

static struct pf_line *input(char *board, uint32_t offset, enum pf_bias bias, bool active_low)
{
	const struct pf_input_request request = {
		.chip = "gpiochip0",
		.offset = offset,
		.bias = bias,
		.active_low = active_low,
		.consumer = "test",
	};
	struct pf_line *line = NULL;

	if (!T_INT(ops->request_input(board, &request, &line), 0))
		exit(99);
	return line;
}

static int try_output(
	char *board, const struct pf_output_request *request, struct pf_line **ret_line)
{
	bool level, was_output;

	return ops->request_output(board, request, ret_line, &level, &was_output);
}

static struct pf_line *output(char *board, uint32_t offset, enum pf_initial initial,
	bool active_low, bool *ret_level, bool *ret_was_output)
{
	const struct pf_output_request request = {
		.chip = "gpiochip0",
		.offset = offset,
		.initial = initial,
		.active_low = active_low,
		.consumer = "test",
	};
	struct pf_line *line = NULL;

	if (!T_INT(ops->request_output(board, &request, &line, ret_level, ret_was_output), 0))
		exit(99);
	return line;
}

/* Waits until the event descriptor is readable; false: the deadline came first. */
static bool wait_readable(struct pf_line *line)
{
	struct pollfd fd = {.fd = ops->event_fd(line), .events = POLLIN};

	return poll(&fd, 1, DEADLINE_MS) == 1;
}

/* What a scan says about one line, and how many lines it lists. */
struct seen {
	uint32_t offset;
	int n;
	struct pf_line_info info;
};

static int see(const struct pf_line_info *info, void *user)
{
	struct seen *seen = user;

	seen->n++;
	if (info->offset == seen->offset)
		seen->info = *info;
	return 0;
}

static struct pf_line_info look_at(char *board, uint32_t offset)
{
	struct seen seen = {.offset = offset};

	T_INT(ops->scan(board, see, &seen), 0);
	T_INT(seen.n, 28);
	return seen.info;
}

static int stop_at_three(const struct pf_line_info *info, void *user)
{
	(void)user;
	return info->offset == 3 ? -77 : 0;
}

static void lists_the_header(void)
{
	char *board = new_board();
	struct pf_line_info info = look_at(board, 17);

	T_STR(info.chip, "gpiochip0");
	T_STR(info.label, "pinctrl-bcm2711");
	T_STR(info.parent, "");
	T_STR(info.name, "GPIO17");
	T_FALSE(info.used);
	T_FALSE(info.output);
	T_INT(ops->scan(board, stop_at_three, NULL), -77);
}

static void shows_who_holds_a_line(void)
{
	char *board = new_board();
	struct pf_line *line;
	struct pf_line_info info;
	bool level, was_output;

	line = output(board, 27, PF_INITIAL_OFF, false, &level, &was_output);
	info = look_at(board, 27);
	T_TRUE(info.used);
	T_TRUE(info.output);
	T_STR(info.consumer, "test");
	ops->release(line);
	info = look_at(board, 27);
	T_FALSE(info.used);
	T_TRUE(info.output);
	T_STR(info.consumer, "");
}

static void bias_decides_the_level_of_a_missing_file(void)
{
	char *board = new_board();
	struct pf_line *up = input(board, 1, PF_BIAS_UP, false);
	struct pf_line *down = input(board, 2, PF_BIAS_DOWN, false);
	struct pf_line *as_is = input(board, 3, PF_BIAS_AS_IS, true);

	T_STR(cat(board, "GPIO1"), "1\n");
	T_STR(cat(board, "GPIO2"), "0\n");
	T_STR(cat(board, "GPIO3"), "0\n");
	T_INT(ops->get(up), 1);
	T_INT(ops->get(down), 0);
	T_INT(ops->get(as_is), 1);
	echo(board, "GPIO1", "0\n");
	T_INT(ops->get(up), 0);
	take_away(board, "GPIO1");
	T_INT(ops->get(up), 1);
	ops->release(up);
	ops->release(down);
	ops->release(as_is);
}

static void an_existing_file_is_left_alone(void)
{
	char *board = new_board();
	struct pf_line *line;

	echo(board, "GPIO17", "0\n");
	line = input(board, 17, PF_BIAS_UP, false);
	T_INT(ops->get(line), 0);
	T_STR(cat(board, "GPIO17"), "0\n");
	ops->release(line);
}

static void reports_edges(void)
{
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_DOWN, false);
	struct pf_edge edges[4];
	struct timespec before, after;

	T_INT(ops->read_edges(line, edges, 4), 0);
	(void)clock_gettime(CLOCK_MONOTONIC, &before);
	echo(board, "GPIO17", "1\n");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, edges, 4), 1);
	(void)clock_gettime(CLOCK_MONOTONIC, &after);
	T_TRUE(edges[0].rising);
	T_INT(edges[0].missed, 0);
	T_TRUE(edges[0].time_ns >= (uint64_t)before.tv_sec * 1000000000 + (uint64_t)before.tv_nsec);
	T_TRUE(edges[0].time_ns <= (uint64_t)after.tv_sec * 1000000000 + (uint64_t)after.tv_nsec);
	T_INT(ops->get(line), 1);
	T_INT(ops->read_edges(line, edges, 4), 0);
	echo(board, "GPIO17", "0");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, edges, 4), 1);
	T_FALSE(edges[0].rising);
	ops->release(line);
}

static void a_read_level_does_not_swallow_the_edge(void)
{
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_DOWN, false);
	struct pf_edge edge;

	echo(board, "GPIO17", "1\n");
	T_INT(ops->get(line), 1);
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), 1);
	ops->release(line);
}

static void edges_are_logical(void)
{
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_UP, true);
	struct pf_edge edge;

	T_INT(ops->get(line), 0);
	echo(board, "GPIO17", "0\n");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), 1);
	T_TRUE(edge.rising);
	T_INT(ops->get(line), 1);
	ops->release(line);
}

static void the_same_level_again_is_no_edge(void)
{
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_DOWN, false);
	struct pf_edge edge;

	echo(board, "GPIO17", "0\n");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), 0);
	echo(board, "GPIO18", "1\n");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), 0);
	ops->release(line);
}

static void a_renamed_file_is_an_edge(void)
{
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_DOWN, false);
	char from[256], to[256];
	struct pf_edge edge;

	echo(board, "new", "1\n");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), 0);
	board_path(from, board, "new");
	board_path(to, board, "GPIO17");
	T_INT(rename(from, to), 0);
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), 1);
	ops->release(line);
}

static void garbled_files_keep_the_last_level(void)
{
	static const char *const garbage[] = {"", "\n", "2\n", "yes\n", "10\n", "01", " 0\n"};
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_DOWN, false);
	struct pf_edge edge;

	echo(board, "GPIO17", "1\n");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), 1);
	for (size_t i = 0; i < sizeof garbage / sizeof *garbage; i++) {
		echo(board, "GPIO17", garbage[i]);
		T_TRUE(wait_readable(line));
		T_INT(ops->read_edges(line, &edge, 1), 0);
		T_INT(ops->get(line), 1);
	}
	echo(board, "GPIO17", "0\r\n");
	T_INT(ops->get(line), 0);
	ops->release(line);
}

static void outputs_are_files_to_read(void)
{
	char *board = new_board();
	bool level = true, was_output = true;
	struct pf_line *line = output(board, 27, PF_INITIAL_OFF, true, &level, &was_output);
	struct pf_edge edge;

	T_FALSE(level);
	T_FALSE(was_output);
	T_STR(cat(board, "GPIO27"), "1\n");
	T_INT(ops->set(line, true), 0);
	T_STR(cat(board, "GPIO27"), "0\n");
	T_INT(ops->get(line), 1);
	T_INT(ops->event_fd(line), -EOPNOTSUPP);
	T_INT(ops->read_edges(line, &edge, 1), -EOPNOTSUPP);
	ops->release(line);
	/* the level stays, as on a Raspberry Pi */
	T_STR(cat(board, "GPIO27"), "0\n");
}

static void a_reader_never_sees_half_a_file(void)
{
	/* static: still reachable for a leak checker when the child ends */
	static char *board;
	static struct pf_line *line;
	bool level, was_output;
	int status = -1;
	pid_t child;

	board = new_board();
	line = output(board, 27, PF_INITIAL_ON, false, &level, &was_output);
	child = fork();
	if (child == 0) {
		for (int i = 0; i < 5000; i++) {
			const char *text = cat(board, "GPIO27");

			if (strcmp(text, "0\n") != 0 && strcmp(text, "1\n") != 0)
				_exit(1);
		}
		_exit(0);
	}
	for (int i = 0; waitpid(child, &status, WNOHANG) == 0; i++)
		(void)ops->set(line, i % 2);
	T_INT(status, 0);
	ops->release(line);
}

static void keep_adopts_the_level_of_an_output(void)
{
	char *board = new_board();
	bool level, was_output;

	ops->release(output(board, 27, PF_INITIAL_ON, true, &level, &was_output));
	T_TRUE(level);
	ops->release(output(board, 27, PF_INITIAL_KEEP, true, &level, &was_output));
	T_TRUE(level);
	T_TRUE(was_output);
	T_STR(cat(board, "GPIO27"), "0\n");
	ops->release(output(board, 27, PF_INITIAL_OFF, true, &level, &was_output));
	ops->release(output(board, 27, PF_INITIAL_KEEP, true, &level, &was_output));
	T_FALSE(level);
	T_TRUE(was_output);
	T_STR(cat(board, "GPIO27"), "1\n");
}

static void keep_takes_an_input_as_off(void)
{
	char *board = new_board();
	bool level = true, was_output = true;

	echo(board, "GPIO27", "1\n");
	ops->release(input(board, 27, PF_BIAS_UP, false));
	ops->release(output(board, 27, PF_INITIAL_KEEP, false, &level, &was_output));
	T_FALSE(level);
	T_FALSE(was_output);
	T_STR(cat(board, "GPIO27"), "0\n");
}

static void a_line_has_one_owner(void)
{
	const struct pf_input_request again = {.chip = "gpiochip0", .offset = 17};
	const struct pf_output_request as_output = {.chip = "gpiochip0", .offset = 17};
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_UP, false), *second = NULL;

	T_INT(ops->request_input(board, &again, &second), -EBUSY);
	T_INT(try_output(board, &as_output, &second), -EBUSY);
	T_TRUE(second == NULL);
	T_STR(look_at(board, 17).consumer, "test");
	ops->release(line);
	T_INT(ops->request_input(board, &again, &second), 0);
	ops->release(second);
}

static void used_by_makes_a_line_busy(void)
{
	const struct pf_output_request request = {.chip = "gpiochip0", .offset = 4};
	char *board = new_board();
	struct pf_line *line = NULL;

	echo(board, "GPIO4.used-by", "onewire@0\n");
	T_TRUE(look_at(board, 4).used);
	T_STR(look_at(board, 4).consumer, "onewire@0");
	T_INT(try_output(board, &request, &line), -EBUSY);
	T_STR(cat(board, "GPIO4"), "(none)");
	take_away(board, "GPIO4.used-by");
	T_FALSE(look_at(board, 4).used);
	T_INT(try_output(board, &request, &line), 0);
	ops->release(line);
}

static void other_chips_and_offsets_are_not_there(void)
{
	const struct pf_output_request chip = {.chip = "gpiochip1", .offset = 4};
	const struct pf_input_request offset = {.chip = "gpiochip0", .offset = 28};
	char *board = new_board(), missing[] = "/nonexistent/board";
	struct pf_line *line = NULL;

	T_INT(try_output(board, &chip, &line), -ENODEV);
	T_INT(ops->request_input(board, &offset, &line), -ENOENT);
	T_INT(try_output(missing, &(struct pf_output_request){.chip = "gpiochip0", .offset = 4},
		      &line),
		-ENODEV);
	ops->release(NULL);
}

static void an_unplugged_chip_is_told(void)
{
	const struct pf_output_request request = {.chip = "gpiochip0", .offset = 4};
	char *board = new_board();
	struct pf_line *line = input(board, 17, PF_BIAS_UP, false), *relay, *again;
	bool level, was_output;
	struct pf_edge edge;

	relay = output(board, 27, PF_INITIAL_ON, false, &level, &was_output);
	echo(board, "unplugged", "");
	T_TRUE(wait_readable(line));
	T_INT(ops->read_edges(line, &edge, 1), -ENODEV);
	T_INT(ops->get(line), -ENODEV);
	T_INT(ops->set(relay, false), -ENODEV);
	T_INT(ops->get(relay), -ENODEV);
	T_INT(ops->scan(board, see, &(struct seen){.offset = 1}), -ENODEV);
	T_INT(try_output(board, &request, &again), -ENODEV);
	ops->release(line);
	ops->release(relay);
	take_away(board, "unplugged");
	T_INT(try_output(board, &request, &again), 0);
	ops->release(again);
}

T_MAIN("sim_lines", T(lists_the_header), T(shows_who_holds_a_line),
	T(bias_decides_the_level_of_a_missing_file), T(an_existing_file_is_left_alone),
	T(reports_edges), T(a_read_level_does_not_swallow_the_edge), T(edges_are_logical),
	T(the_same_level_again_is_no_edge), T(a_renamed_file_is_an_edge),
	T(garbled_files_keep_the_last_level), T(outputs_are_files_to_read),
	T(a_reader_never_sees_half_a_file), T(keep_adopts_the_level_of_an_output),
	T(keep_takes_an_input_as_off), T(a_line_has_one_owner), T(used_by_makes_a_line_busy),
	T(other_chips_and_offsets_are_not_there), T(an_unplugged_chip_is_told))

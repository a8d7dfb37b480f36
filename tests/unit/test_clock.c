/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include "../t.h"
#include "base/clock.h"
#include "hw/board.h"
#include "hw/wall_clock.h"

#define IN_2026_MS ((int64_t)1780000000 * 1000)
#define IN_1970_MS ((int64_t)86400 * 1000)

static bool is_good(int kernel, bool marker, int64_t wall_ms)
{
	const struct pf_clock_signs signs = {
		.kernel = kernel, .marker = marker, .wall_ms = wall_ms};

	return pf_clock_signs_good(&signs);
}

static void the_kernel_knows_whether_the_clock_is_set(void)
{
	T_TRUE(is_good(1, false, IN_2026_MS));
	T_FALSE(is_good(0, false, IN_2026_MS));
}

/* After some hours without a server the kernel takes its word back. */
static void the_marker_of_timesyncd_holds_until_the_next_boot(void)
{
	T_TRUE(is_good(0, true, IN_2026_MS));
	T_TRUE(is_good(-EPERM, true, IN_2026_MS));
}

static void where_the_kernel_may_not_be_asked_a_possible_time_is_believed(void)
{
	T_TRUE(is_good(-EPERM, false, IN_2026_MS));
	T_TRUE(is_good(-ENOSYS, false, IN_2026_MS));
	T_FALSE(is_good(-EPERM, false, IN_1970_MS));
}

static void a_time_before_this_program_was_written_is_wrong(void)
{
	T_FALSE(is_good(1, true, IN_1970_MS));
	T_FALSE(is_good(1, true, (int64_t)1767225600 * 1000 - 1));
	T_TRUE(is_good(1, true, (int64_t)1767225600 * 1000));
}

static void this_machine_can_be_asked(void)
{
	struct pf_clock_signs signs = {.kernel = 77};

	pf_clock_signs_read(&signs);
	T_TRUE(signs.kernel == 0 || signs.kernel == 1 || signs.kernel == -EPERM);
	T_TRUE(llabs(signs.wall_ms - pf_clock_wall_ms()) < 60000);
}

static void a_simulated_board_says_it_in_a_file(void)
{
	char directory[] = "/tmp/pinferry-clock-XXXXXX", path[64];
	struct pf_board *board;
	FILE *file;

	T_TRUE(mkdtemp(directory) != NULL);
	(void)snprintf(path, sizeof path, "%s/clock", directory);
	T_INT(pf_board_new(directory, &board), 0);
	T_TRUE(pf_board_clock_is_set(board));
	file = fopen(path, "w");
	T_TRUE(file != NULL);
	if (file) {
		(void)fputs("unsynchronised\n", file);
		(void)fclose(file);
	}
	T_FALSE(pf_board_clock_is_set(board));
	file = fopen(path, "w");
	if (file)
		(void)fclose(file);
	T_TRUE(pf_board_clock_is_set(board));
	pf_board_free(board);
	(void)unlink(path);
	(void)rmdir(directory);
}

static bool is_close(int64_t a_ms, int64_t b_ms)
{
	return llabs(a_ms - b_ms) < 2000;
}

static void a_past_time_becomes_wall_time(void)
{
	const int64_t wall_ms = pf_clock_wall_ms();
	const uint64_t now_ns = pf_clock_now_ns(), monotonic_ns = pf_clock_monotonic_ns();

	T_TRUE(is_close(pf_clock_wall_of_ms(now_ns), wall_ms));
	T_TRUE(is_close(pf_clock_wall_of_monotonic_ms(monotonic_ns), wall_ms));
	/* since the boot, so both clocks were at nothing */
	T_TRUE(is_close(pf_clock_wall_of_ms(0), wall_ms - (int64_t)(now_ns / PF_NS_PER_MS)));
	T_TRUE(is_close(pf_clock_wall_of_monotonic_ms(0),
		wall_ms - (int64_t)(monotonic_ns / PF_NS_PER_MS)));
	/* the kernel of a Debian 10 stamps with the wall clock: far in the future here */
	T_TRUE(is_close(pf_clock_wall_of_monotonic_ms(UINT64_MAX), wall_ms));
}

static _Atomic bool enough;

static void *hog(void *unused)
{
	while (!enough)
		;
	return unused;
}

/* Twice as many threads as processors want to run: this one is often stopped between two clocks. */
static void a_busy_machine_makes_no_time_wrong(void)
{
	const uint64_t then_ns = pf_clock_now_ns();
	const int64_t then_ms = pf_clock_wall_of_ms(then_ns);
	const long n = sysconf(_SC_NPROCESSORS_ONLN) * 2;
	pthread_t threads[64];
	long started = 0;
	int64_t worst_ms = 0;

	enough = false;
	while (started < n && started < 64 && !pthread_create(&threads[started], NULL, hog, NULL))
		started++;
	while (pf_clock_now_ns() - then_ns < 400 * PF_NS_PER_MS) {
		const int64_t off_ms = llabs(pf_clock_wall_of_ms(then_ns) - then_ms);

		if (off_ms > worst_ms)
			worst_ms = off_ms;
	}
	enough = true;
	while (started > 0)
		pthread_join(threads[--started], NULL);
	T_TRUE(worst_ms <= 2);
}

T_MAIN("clock", T(the_kernel_knows_whether_the_clock_is_set),
	T(the_marker_of_timesyncd_holds_until_the_next_boot),
	T(where_the_kernel_may_not_be_asked_a_possible_time_is_believed),
	T(a_time_before_this_program_was_written_is_wrong), T(this_machine_can_be_asked),
	T(a_simulated_board_says_it_in_a_file), T(a_past_time_becomes_wall_time),
	T(a_busy_machine_makes_no_time_wrong))

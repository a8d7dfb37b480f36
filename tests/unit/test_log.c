/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <fcntl.h>
#include <unistd.h>

#include "../t.h"
#include "base/clock.h"
#include "base/log.h"

static int saved_stderr, pipe_fds[2];

static void stderr_to_pipe(void)
{
	saved_stderr = dup(STDERR_FILENO);
	T_INT(pipe(pipe_fds), 0);
	T_TRUE(dup2(pipe_fds[1], STDERR_FILENO) >= 0);
	pf_log_set_sink(NULL, NULL);
}

static void restore_stderr(void)
{
	T_TRUE(dup2(saved_stderr, STDERR_FILENO) >= 0);
	close(saved_stderr);
	close(pipe_fds[0]);
	close(pipe_fds[1]);
}

static const char *read_pipe(void)
{
	static char text[8192];
	ssize_t n = read(pipe_fds[0], text, sizeof text - 1);

	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void line_has_its_level_and_no_forged_lines(void)
{
	stderr_to_pipe();
	pf_warning("a %s b", "x\ny\033[31m");
	T_STR(read_pipe(), "pinferry: warning: a x?y?[31m b\n");
	pf_notice("%s", "started");
	T_STR(read_pipe(), "pinferry: started\n");
	restore_stderr();
}

static void level_hides_what_is_less_important(void)
{
	stderr_to_pipe();
	pf_log_set_level(PF_LOG_NOTICE);
	pf_info("hidden");
	pf_notice("shown");
	pf_log_set_level(PF_LOG_DEBUG);
	T_STR(read_pipe(), "pinferry: shown\n");
	restore_stderr();
}

static void log_that_nobody_reads_delays_nothing(void)
{
	uint64_t start_ns;
	int flags, n = 0;

	stderr_to_pipe();
	flags = fcntl(pipe_fds[0], F_GETFL);
	start_ns = pf_clock_now_ns();
	/* a pipe holds 64 KiB: these are more than 200 KiB */
	for (int i = 0; i < 5000; i++)
		pf_notice("message number %d that is of no use to anybody", i);
	T_TRUE(pf_clock_now_ns() - start_ns < 5 * PF_NS_PER_S);
	T_INT(fcntl(pipe_fds[0], F_SETFL, flags | O_NONBLOCK), 0);
	while (*read_pipe())
		n++;
	T_TRUE(n > 1);
	pf_notice("read again");
	T_HAS(read_pipe(), "log messages were lost\npinferry: read again\n");
	restore_stderr();
}

static void levels_have_names(void)
{
	T_INT(pf_log_level_parse("error"), PF_LOG_ERROR);
	T_INT(pf_log_level_parse("debug"), PF_LOG_DEBUG);
	T_INT(pf_log_level_parse("loud"), -1);
}

static void flood_of_info_is_cut_off_and_warnings_are_not(void)
{
	const char *text;
	int n = 0;

	stderr_to_pipe();
	pf_log_set_level(PF_LOG_INFO);
	for (int i = 0; i < 10000; i++)
		pf_info("x");
	pf_warning("y");
	pf_log_set_level(PF_LOG_DEBUG);
	text = read_pipe();
	for (const char *p = text; (p = strstr(p, "pinferry: x\n")); p++)
		n++;
	T_TRUE(n >= 100 && n <= 300);
	T_HAS(text, "pinferry: warning: y\n");
	restore_stderr();
}

T_MAIN("log", T(line_has_its_level_and_no_forged_lines), T(level_hides_what_is_less_important),
	T(log_that_nobody_reads_delays_nothing), T(levels_have_names),
	T(flood_of_info_is_cut_off_and_warnings_are_not))

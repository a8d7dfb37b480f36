/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../t.h"
#include "base/clock.h"
#include "base/memory.h"
#include "store/traces.h"
#include "store/traces_file.h"

#define DEADLINE_S 10

static void count(void *user)
{
	(*(int *)user)++;
}

static void is_text(const struct pf_traces *traces, const char *expected)
{
	char *text = pf_traces_encode(traces), *from, *to;

	/* without the layout */
	for (from = to = text; *from; from++)
		if (*from != '\n' && *from != '\t' && *from != ' ')
			*to++ = *from;
	*to = '\0';
	T_STR(text, expected);
	free(text);
}

static size_t n_orphans(const struct pf_traces *traces)
{
	size_t n = 0;

	for (struct pf_trace *trace = NULL; (trace = pf_traces_next(traces, trace));)
		n += pf_trace_is_orphan(trace);
	return n;
}

static void only_what_was_stored_is_an_orphan(void)
{
	struct pf_traces traces = {0};
	struct pf_trace *a = pf_traces_claim(&traces, "a", NULL);
	struct pf_trace *b = pf_traces_claim(&traces, "b", NULL);

	pf_traces_store(&traces, a);
	is_text(&traces, "[\"a\"]");
	pf_traces_release(&traces, b);
	T_INT(n_orphans(&traces), 0);
	pf_traces_release(&traces, a);
	T_INT(n_orphans(&traces), 1);
	/* somebody has it again */
	T_TRUE(pf_traces_claim(&traces, "a", NULL) == a);
	T_INT(n_orphans(&traces), 0);
	pf_traces_done(&traces);
}

static void what_is_cleared_is_forgotten_when_the_broker_has_that(void)
{
	struct pf_traces traces = {0};
	struct pf_trace *a = pf_traces_claim(&traces, "a", NULL);

	pf_traces_store(&traces, a);
	pf_traces_release(&traces, a);
	a->token = pf_traces_token(&traces);
	T_INT(n_orphans(&traces), 0);
	T_INT(pf_traces_under_way(&traces), 1);
	is_text(&traces, "[\"a\"]");
	/* the connection was lost meanwhile */
	pf_traces_reconnected(&traces);
	T_INT(n_orphans(&traces), 1);
	a->token = pf_traces_token(&traces);
	T_FALSE(pf_traces_delivered(&traces, 7));
	T_TRUE(pf_traces_delivered(&traces, a->token));
	is_text(&traces, "[]");
	T_TRUE(pf_traces_next(&traces, NULL) == NULL);
	pf_traces_done(&traces);
}

static void what_is_published_again_meanwhile_stays(void)
{
	struct pf_traces traces = {0};
	struct pf_trace *a = pf_traces_claim(&traces, "a", NULL);
	uint64_t token;

	pf_traces_store(&traces, a);
	pf_traces_release(&traces, a);
	a->token = token = pf_traces_token(&traces);
	T_TRUE(pf_traces_claim(&traces, "a", NULL) == a);
	pf_traces_store(&traces, a);
	T_TRUE(pf_traces_delivered(&traces, token));
	is_text(&traces, "[\"a\"]");
	pf_traces_done(&traces);
}

/* Whoever was to be told of a part may have been off when its topic was cleared. */
static void parts_outlive_their_topic(void)
{
	struct pf_traces traces = {0};
	struct pf_trace *topic = pf_traces_claim(&traces, "a", NULL);
	struct pf_trace *part = pf_traces_claim(&traces, "a", "pump switch");

	T_FALSE(pf_traces_has(&traces, "a", "pump switch"));
	pf_traces_store(&traces, topic);
	pf_traces_store(&traces, part);
	T_TRUE(pf_traces_has(&traces, "a", "pump switch"));
	T_FALSE(pf_traces_has(&traces, "a", "lamp switch"));
	is_text(&traces, "[\"a\",[\"a\",\"pumpswitch\"]]");
	pf_traces_release(&traces, part);
	pf_traces_release(&traces, topic);
	topic->token = pf_traces_token(&traces);
	T_TRUE(pf_traces_delivered(&traces, topic->token));
	is_text(&traces, "[[\"a\",\"pumpswitch\"]]");
	T_TRUE(pf_trace_is_orphan(part));
	part->token = pf_traces_token(&traces);
	T_TRUE(pf_traces_delivered(&traces, part->token));
	is_text(&traces, "[]");
	pf_traces_done(&traces);
}

static void text_is_read_as_it_was_written(void)
{
	static const char *const bad[] = {"", "{}", "[1]", "[\"\"]", "[[\"a\"]]", "[[\"a\",1]]",
		"[[\"a\",\"b\",\"c\"]]", "[\"a\""};
	struct pf_traces traces = {0};

	T_INT(pf_traces_decode(&traces, "[\"x/y\",[\"d\",\"p s\"],\"\\u00fc\"]"), 0);
	is_text(&traces, "[[\"d\",\"ps\"],\"x/y\",\"ü\"]");
	T_INT(n_orphans(&traces), 3);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		T_INT(pf_traces_decode(&traces, bad[i]), -EBADMSG);
	T_INT(n_orphans(&traces), 3);
	pf_traces_done(&traces);
}

static void changes_are_told_once(void)
{
	struct pf_traces traces = {0};
	struct pf_trace *a = pf_traces_claim(&traces, "a", NULL);
	int n = 0;

	traces.changed = count;
	traces.user = &n;
	pf_traces_store(&traces, a);
	pf_traces_store(&traces, a);
	T_INT(n, 1);
	pf_traces_release(&traces, a);
	T_INT(n, 1);
	a->token = pf_traces_token(&traces);
	(void)pf_traces_delivered(&traces, a->token);
	T_INT(n, 2);
	pf_traces_done(&traces);
}

static void thousands_are_no_trouble(void)
{
	struct pf_traces traces = {0};
	const uint64_t start_ns = pf_clock_now_ns();
	char *text;

	for (int i = 0; i < 5000; i++) {
		char *topic = pf_format("house/sensor/%d/temperature", i);

		pf_traces_store(&traces, pf_traces_claim(&traces, topic, NULL));
		free(topic);
	}
	text = pf_traces_encode(&traces);
	pf_traces_done(&traces);
	T_INT(pf_traces_decode(&traces, text), 0);
	T_INT(n_orphans(&traces), 5000);
	free(text);
	pf_traces_done(&traces);
	/* far from a second even under a sanitizer; what grows with the square would not be */
	T_TRUE(pf_clock_now_ns() - start_ns < DEADLINE_S * PF_NS_PER_S);
}

/* ---- on the disk ------------------------------------------------------------------------------
 */

static struct {
	struct ev_loop *loop;
	struct pf_timers timers;
	char *directory;
	struct pf_traces traces;
	struct pf_kept_file *file;
} rig;

static void open_file(void)
{
	T_INT(pf_traces_file_new(rig.loop, &rig.timers, rig.directory, &rig.traces, &rig.file), 0);
}

static void close_file(void)
{
	pf_kept_file_free(rig.file);
	pf_traces_done(&rig.traces);
	rig.traces = (struct pf_traces){0};
}

static void begin(const char *name)
{
	memset(&rig, 0, sizeof rig);
	rig.loop = ev_loop_new(EVFLAG_AUTO);
	rig.directory = pf_format("%s/%s", t_temp_dir(), name);
	T_INT(mkdir(rig.directory, 0700), 0);
	T_INT(pf_timers_init(&rig.timers, rig.loop), 0);
	(void)t_take_log();
}

static void end(void)
{
	pf_timers_done(&rig.timers);
	ev_loop_destroy(rig.loop);
	free(rig.directory);
}

/* The inode of the file, which each write replaces; 0: there is none. */
static ino_t inode(void)
{
	char *path = pf_format("%s/traces", rig.directory);
	struct stat status;
	const ino_t number = stat(path, &status) ? 0 : status.st_ino;

	free(path);
	return number;
}

static bool is_written(ino_t before)
{
	const uint64_t end_ns = pf_clock_now_ns() + DEADLINE_S * PF_NS_PER_S;

	while (inode() == before && pf_clock_now_ns() < end_ns)
		ev_run(rig.loop, EVRUN_ONCE);
	return inode() != before;
}

static void traces_outlive_the_process(void)
{
	ino_t before;

	begin("outlive");
	open_file();
	T_STR(t_take_log(), "");
	pf_traces_store(&rig.traces, pf_traces_claim(&rig.traces, "a", NULL));
	T_TRUE(is_written(0));
	close_file();
	before = inode();
	open_file();
	T_INT(n_orphans(&rig.traces), 1);
	/* nothing has changed: nothing is written */
	pf_traces_store(&rig.traces, pf_traces_claim(&rig.traces, "a", NULL));
	close_file();
	T_TRUE(inode() == before);
	T_STR(t_take_log(), "");
	end();
}

static void what_is_not_written_yet_is_written_at_the_end(void)
{
	begin("at-end");
	open_file();
	pf_traces_store(&rig.traces, pf_traces_claim(&rig.traces, "a", NULL));
	close_file();
	open_file();
	T_INT(n_orphans(&rig.traces), 1);
	close_file();
	end();
}

static void a_torn_file_is_one_warning_and_made_anew(void)
{
	FILE *stream;
	char *path;

	begin("torn");
	path = pf_format("%s/traces", rig.directory);
	open_file();
	pf_traces_store(&rig.traces, pf_traces_claim(&rig.traces, "a", NULL));
	close_file();
	T_INT(truncate(path, 30), 0);
	open_file();
	T_HAS(t_take_log(), "traces: torn or garbled; what was removed");
	T_INT(n_orphans(&rig.traces), 0);
	close_file();
	/* one from the future, or of something else */
	stream = fopen(path, "w");
	(void)fputs("[\"a\"]", stream);
	(void)fclose(stream);
	open_file();
	T_HAS(t_take_log(), "torn or garbled");
	close_file();
	T_STR(t_take_log(), "");
	open_file();
	T_STR(t_take_log(), "");
	close_file();
	free(path);
	end();
}

static void a_disk_that_cannot_be_written_is_one_warning(void)
{
	begin("read-only");
	open_file();
	T_INT(rmdir(rig.directory), 0);
	pf_traces_store(&rig.traces, pf_traces_claim(&rig.traces, "a", NULL));
	close_file();
	T_HAS(t_take_log(),
		"traces: cannot be written: No such file or directory; what is removed");
	end();
}

T_MAIN("traces", T(only_what_was_stored_is_an_orphan),
	T(what_is_cleared_is_forgotten_when_the_broker_has_that),
	T(what_is_published_again_meanwhile_stays), T(parts_outlive_their_topic),
	T(text_is_read_as_it_was_written), T(changes_are_told_once), T(thousands_are_no_trouble),
	T(traces_outlive_the_process), T(what_is_not_written_yet_is_written_at_the_end),
	T(a_torn_file_is_one_warning_and_made_anew),
	T(a_disk_that_cannot_be_written_is_one_warning))

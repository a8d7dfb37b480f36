/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../t.h"
#include "base/memory.h"
#include "store/backlog_file.h"

/* Three readings, of which the first is gone. */
static struct pf_backlog_text example(void)
{
	struct pf_backlog_text text = {0};

	pf_backlog_text_add(&text, 7, "{\"a\":1}");
	pf_backlog_text_add(&text, 8, "{\"a\":2}");
	pf_backlog_text_gone(&text, 7);
	pf_backlog_text_add(&text, 10, "{\"a\":3}");
	return text;
}

/* "8={"a":2} 10={"a":3} ", and frees it. */
static const char *say(struct pf_backlog_found *found)
{
	static char all[4096];
	size_t used = 0;

	all[0] = '\0';
	for (size_t i = 0; i < found->n; i++)
		used += (size_t)snprintf(all + used, sizeof all - used, "%llu=%s ",
			(unsigned long long)found->readings[i]->id, found->readings[i]->text);
	pf_backlog_found_done(found);
	return all;
}

static const char *in_folder(const char *name)
{
	static char path[4096];

	(void)snprintf(path, sizeof path, "%s/%s", t_temp_dir(), name);
	return path;
}

static void what_is_written_is_read(void)
{
	struct pf_backlog_text text = example();
	struct pf_backlog_found found;

	pf_backlog_decode(text.bytes, text.size, &found);
	T_INT(found.n_lines, 4);
	T_INT(found.n_bad, 0);
	T_INT(found.last_id, 10);
	T_STR(say(&found), "8={\"a\":2} 10={\"a\":3} ");
	pf_backlog_decode("", 0, &found);
	T_INT(found.n_lines + found.n_bad + found.last_id, 0);
	T_STR(say(&found), "");
	free(text.bytes);
}

/* A reading that is there is whole and comes in its turn; each line but the torn one is there. */
static void a_torn_end_costs_one_line(void)
{
	struct pf_backlog_text text = example();

	for (size_t size = 0; size <= text.size; size++) {
		char *torn = pf_memdup(text.bytes, size);
		const bool whole = size == 0 || torn[size - 1] == '\n';
		struct pf_backlog_found found;
		size_t n_ends = 0;

		for (size_t i = 0; i < size; i++)
			n_ends += torn[i] == '\n';
		pf_backlog_decode(torn, size, &found);
		T_INT(found.n_lines, n_ends);
		T_INT(found.n_bad, whole ? 0 : 1);
		pf_backlog_found_done(&found);
		free(torn);
	}
	free(text.bytes);
}

static void a_flipped_bit_costs_what_it_hits(void)
{
	struct pf_backlog_text text = example();

	for (size_t i = 0; i < text.size * 8; i++) {
		struct pf_backlog_found found;
		const char hit = text.bytes[i / 8];

		text.bytes[i / 8] = (char)(hit ^ 1 << i % 8);
		pf_backlog_decode(text.bytes, text.size, &found);
		/* without its end a line takes the next one with it */
		T_INT(found.n_lines, hit == '\n' && i / 8 < text.size - 1 ? 2 : 3);
		T_TRUE(found.n_bad == 1 || found.n_bad == 2);
		for (size_t k = 0; k < found.n; k++)
			T_TRUE(strcmp(found.readings[k]->text, "{\"a\":1}") == 0 ||
				strcmp(found.readings[k]->text, "{\"a\":2}") == 0 ||
				strcmp(found.readings[k]->text, "{\"a\":3}") == 0);
		pf_backlog_found_done(&found);
		text.bytes[i / 8] = hit;
	}
	free(text.bytes);
}

static void anything_can_be_read(void)
{
	static char noise[4096];

	srand(1);
	for (int round = 0; round < 300; round++) {
		struct pf_backlog_found found;

		for (size_t i = 0; i < sizeof noise; i++)
			noise[i] = "0123456789abcdef -\n{}\0\xff"[rand() % 23];
		pf_backlog_decode(noise, sizeof noise, &found);
		T_INT(found.n, 0);
		pf_backlog_found_done(&found);
	}
}

/* What was written twice counts once. */
static void ids_rise(void)
{
	struct pf_backlog_text text = example();
	struct pf_backlog_found found;

	pf_backlog_text_add(&text, 10, "{\"a\":4}");
	pf_backlog_text_add(&text, 9, "{\"a\":5}");
	pf_backlog_decode(text.bytes, text.size, &found);
	T_INT(found.n_bad, 2);
	T_STR(say(&found), "8={\"a\":2} 10={\"a\":3} ");
	free(text.bytes);
}

static void a_file_grows_and_goes(void)
{
	const char *path = in_folder("buffer/air");
	struct pf_backlog_text text = example(), more = {0};
	struct pf_backlog_found found;
	struct stat status;
	size_t n_lines = 0;

	T_INT(pf_backlog_file_load(path, &found), 0);
	T_INT(found.n_lines, 0);
	T_INT(pf_backlog_file_remove(path), 0);
	T_INT(pf_backlog_file_sync(path), 0);
	T_INT(pf_backlog_file_append(path, text.bytes, text.size), 0);
	pf_backlog_text_add(&more, 11, "{\"a\":4}");
	T_INT(pf_backlog_file_append(path, more.bytes, more.size), 0);
	T_INT(pf_backlog_file_sync(path), 0);
	T_INT(pf_backlog_file_load(path, &found), 0);
	T_INT(found.n_lines, 5);
	T_STR(say(&found), "8={\"a\":2} 10={\"a\":3} 11={\"a\":4} ");
	T_INT(pf_backlog_file_compact(path, &n_lines), 0);
	T_INT(n_lines, 3);
	T_INT(pf_backlog_file_load(path, &found), 0);
	T_INT(found.n_lines, 3);
	T_STR(say(&found), "8={\"a\":2} 10={\"a\":3} 11={\"a\":4} ");
	T_INT(stat(path, &status), 0);
	T_INT(status.st_mode & 07777, 0640);
	T_INT(pf_backlog_file_remove(path), 0);
	T_INT(stat(path, &status), -1);
	free(text.bytes);
	free(more.bytes);
}

/* Where all is gone the ids must still go on. */
static void a_compact_file_remembers_its_ids(void)
{
	const char *path = in_folder("buffer/gone");
	struct pf_backlog_text text = example();
	struct pf_backlog_found found;
	size_t n_lines = 0;

	pf_backlog_text_gone(&text, 10);
	T_INT(pf_backlog_file_append(path, text.bytes, text.size), 0);
	T_INT(pf_backlog_file_compact(path, &n_lines), 0);
	T_INT(n_lines, 1);
	T_INT(pf_backlog_file_load(path, &found), 0);
	T_INT(found.n, 0);
	T_INT(found.last_id, 10);
	pf_backlog_found_done(&found);
	free(text.bytes);
}

static void a_torn_file_is_gone_on_with(void)
{
	const char *path = in_folder("buffer/torn");
	struct pf_backlog_text text = example(), more = {0};
	struct pf_backlog_found found;

	T_INT(pf_backlog_file_append(path, text.bytes, text.size - 5), 0);
	pf_backlog_text_add(&more, 11, "{\"a\":4}");
	T_INT(pf_backlog_file_append(path, more.bytes, more.size), 0);
	T_INT(pf_backlog_file_load(path, &found), 0);
	T_INT(found.n_bad, 1);
	T_STR(say(&found), "8={\"a\":2} 11={\"a\":4} ");
	free(text.bytes);
	free(more.bytes);
}

/* No room in the middle of a write: what was there before stays, and nothing else. */
static void a_full_disk_leaves_the_file_as_it_was(void)
{
	const char *path = in_folder("buffer/full");
	struct pf_backlog_text text = example();
	struct rlimit limit, old;
	struct pf_backlog_found found;
	size_t n_lines = 0;

	(void)signal(SIGXFSZ, SIG_IGN);
	T_INT(getrlimit(RLIMIT_FSIZE, &old), 0);
	T_INT(pf_backlog_file_append(path, text.bytes, text.size), 0);
	limit = old;
	limit.rlim_cur = text.size + 20;
	T_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	T_INT(pf_backlog_file_append(path, text.bytes, text.size), -EFBIG);
	limit.rlim_cur = 20;
	T_INT(setrlimit(RLIMIT_FSIZE, &limit), 0);
	T_INT(pf_backlog_file_compact(path, &n_lines), -EFBIG);
	T_INT(setrlimit(RLIMIT_FSIZE, &old), 0);
	T_INT(pf_backlog_file_load(path, &found), 0);
	T_INT(found.n_lines, 4);
	T_INT(found.n_bad, 0);
	T_INT(access(in_folder("buffer/full.new"), F_OK), -1);
	pf_backlog_found_done(&found);
	free(text.bytes);
}

static void what_is_in_the_way_is_an_error(void)
{
	struct pf_backlog_found found;
	size_t n_lines = 0;

	(void)t_write_file("file", "x");
	T_INT(pf_backlog_file_append(in_folder("file/air"), "x", 1), -ENOTDIR);
	T_INT(pf_backlog_file_load(in_folder("file/air"), &found), -ENOTDIR);
	T_INT(pf_backlog_file_compact(in_folder("file/air"), &n_lines), -ENOTDIR);
	T_INT(pf_backlog_file_append(in_folder("none/buffer/air"), "x", 1), -ENOENT);
	T_INT(mkdir(in_folder("buffer/folder"), 0700), 0);
	T_INT(pf_backlog_file_load(in_folder("buffer/folder"), &found), -EBADMSG);
	/* nobody is led elsewhere */
	T_INT(symlink("../file", in_folder("buffer/link")), 0);
	T_TRUE(pf_backlog_file_append(in_folder("buffer/link"), "x", 1) < 0);
	T_TRUE(pf_backlog_file_load(in_folder("buffer/link"), &found) < 0);
}

T_MAIN("backlog_file", T(what_is_written_is_read), T(a_torn_end_costs_one_line),
	T(a_flipped_bit_costs_what_it_hits), T(anything_can_be_read), T(ids_rise),
	T(a_file_grows_and_goes), T(a_compact_file_remembers_its_ids),
	T(a_torn_file_is_gone_on_with), T(a_full_disk_leaves_the_file_as_it_was),
	T(what_is_in_the_way_is_an_error))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * crash [OPTION...] PROGRAM DRIVERS PRELOAD: kills the daemon right before every call by which it
 * changes what outlives it, on disks of every kind, and judges what safe-state and the next start
 * make of it. Prints TAP: one test per story and disk.
 *
 *   -j N  so many runs at a time
 *   -n N  so many runs of them all, chosen by the seed; 0: all
 *   -s N  the seed
 *   -t N  no new run after so many seconds
 *   -k    keep the folders of runs that failed
 *   -o TEXT  one run: STORY:DISK:AFTER:MAIN:OTHERS, as a failure names it
 */

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define TASKS_MAX 20000

/* Calls of other threads come in an order of their own: a few more than were counted once. */
#define MORE_OTHERS 2

static const char *const disks[] = {"healthy", "full", "slow", "failing"};
#define N_DISKS (sizeof disks / sizeof *disks)

struct options {
	const char *program, *driver_dir, *preload, *one;
	unsigned n_jobs, n_runs, seed, time_s;
	bool keep;
};

/* What all processes share. */
struct tally {
	uint32_t next; /* task or count */
	struct {
		uint32_t n_main, n_others;
	} calls[16][N_DISKS];
	uint32_t n_stops, n_done; /* runs that were stopped, and all */
	uint32_t runs[16][N_DISKS], failures[16][N_DISKS];
};

static struct task tasks[TASKS_MAX];
static size_t n_tasks;

/* ---- one run ------------------------------------------------------------------------------ */

static void *map_file(const char *path, size_t size)
{
	const int fd = path ? open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600) : -1;
	void *map;

	if (path && (fd < 0 || ftruncate(fd, (off_t)size)))
		return NULL;
	map = mmap(NULL, size, PROT_READ | PROT_WRITE,
		path ? MAP_SHARED : MAP_SHARED | MAP_ANONYMOUS, fd, 0);
	if (fd >= 0)
		(void)close(fd);
	return map == MAP_FAILED ? NULL : map;
}

/* In memory, where that is: a run writes a lot of small files. */
static void make_folder(struct run *run)
{
	const char *base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
	static const char *const names[] = {"state", "run", "board", "board/gpio"};
	char path[PATH_MAX];

	(void)snprintf(run->dir, sizeof run->dir, "%s/pinferry-crash-XXXXXX", base);
	if (!mkdtemp(run->dir)) {
		perror(run->dir);
		exit(2);
	}
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		(void)snprintf(path, sizeof path, "%s/%s", run->dir, names[i]);
		(void)mkdir(path, 0755);
	}
	(void)snprintf(path, sizeof path, "%s/counts", run->dir);
	run->counts = map_file(path, sizeof *run->counts);
	if (!run->counts) {
		perror(path);
		exit(2);
	}
}

static void remove_folder(struct run *run, bool keep)
{
	char command[128];

	(void)munmap(run->counts, sizeof *run->counts);
	(void)snprintf(command, sizeof command, "rm -rf '%s'", run->dir);
	if (!keep && system(command))
		perror(command);
}

static void init_run(struct run *run, const struct options *options, const struct task *task)
{
	memset(run, 0, sizeof *run);
	run->task = *task;
	run->program = options->program;
	run->driver_dir = options->driver_dir;
	run->preload = options->preload;
	make_folder(run);
	wire_init(&run->wire);
}

static const char *name_of(const struct task *task)
{
	static char text[128];

	(void)snprintf(text, sizeof text, "%s:%s:%u:%u:%u", task->story->name, task->disk,
		(unsigned)task->after, task->stop_main, task->stop_others);
	return text;
}

/* Whether all is well. */
static bool try_task(const struct options *options, const struct task *task, struct tally *tally)
{
	struct run run;

	init_run(&run, options, task);
	run.counts->stop_main = task->stop_main;
	run.counts->stop_others = task->stop_others;
	run_story(&run);
	if (run.counts->stopped)
		__atomic_add_fetch(&tally->n_stops, 1, __ATOMIC_SEQ_CST);
	run_judge(&run);
	if (*run.failure)
		printf("# %s: %s%s%s\n", name_of(task), run.failure, options->keep ? ", see " : "",
			options->keep ? run.dir : "");
	(void)fflush(stdout);
	wire_done(&run.wire);
	remove_folder(&run, *run.failure && options->keep);
	return !*run.failure;
}

/* ---- all runs ----------------------------------------------------------------------------- */

static void add_task(const struct task *task)
{
	if (n_tasks < TASKS_MAX)
		tasks[n_tasks++] = *task;
}

/* Every stop with a safe-state and a start after it; every third one with the others, too. */
static void add_stop(const struct task *task, uint32_t n)
{
	struct task one = *task;

	for (int after = AFTER_SAFE_STATE; after <= AFTER_BOOT; after++) {
		one.after = (enum after)after;
		if (after == AFTER_SAFE_STATE || (n + (uint32_t)after) % 3 == 0)
			add_task(&one);
	}
}

/* Plays a story without a stop, to count its calls. */
static void count_story(
	const struct options *options, struct tally *tally, size_t story, size_t disk)
{
	struct task task = {.story = &stories[story], .disk = disks[disk]};
	struct run run;

	init_run(&run, options, &task);
	run_story(&run);
	tally->calls[story][disk].n_main = run.counts->n_main;
	tally->calls[story][disk].n_others = run.counts->n_others;
	if (*run.failure)
		printf("# %s: %s\n", name_of(&task), run.failure);
	(void)fflush(stdout);
	wire_done(&run.wire);
	remove_folder(&run, false);
}

static void count_stories(const struct options *options, struct tally *tally)
{
	size_t i;

	while ((i = __atomic_fetch_add(&tally->next, 1, __ATOMIC_SEQ_CST)) < n_stories * N_DISKS)
		count_story(options, tally, i / N_DISKS, i % N_DISKS);
}

/* There is a task for each call. */
static void add_story(const struct tally *tally, size_t story, size_t disk)
{
	struct task task = {.story = &stories[story], .disk = disks[disk]};

	for (uint32_t i = 0; i <= tally->calls[story][disk].n_main; i++) {
		task.stop_main = i;
		add_stop(&task, i);
	}
	task.stop_main = 0;
	for (uint32_t i = 1; i <= tally->calls[story][disk].n_others + MORE_OTHERS; i++) {
		task.stop_others = i;
		add_stop(&task, i);
	}
}

/* So that any part of them is a fair sample. */
static void shuffle(unsigned seed)
{
	srandom(seed);
	for (size_t i = n_tasks; i > 1; i--) {
		const size_t k = (size_t)random() % i;
		const struct task task = tasks[i - 1];

		tasks[i - 1] = tasks[k];
		tasks[k] = task;
	}
}

static void count_result(struct tally *tally, const struct task *task, bool good)
{
	size_t disk = 0;
	const size_t story = (size_t)(task->story - stories);

	while (strcmp(disks[disk], task->disk) != 0)
		disk++;
	__atomic_add_fetch(&tally->runs[story][disk], 1, __ATOMIC_SEQ_CST);
	__atomic_add_fetch(&tally->n_done, 1, __ATOMIC_SEQ_CST);
	if (!good)
		__atomic_add_fetch(&tally->failures[story][disk], 1, __ATOMIC_SEQ_CST);
}

static void work(const struct options *options, struct tally *tally, size_t n, uint64_t end_ms)
{
	size_t i;

	while ((i = __atomic_fetch_add(&tally->next, 1, __ATOMIC_SEQ_CST)) < n && now_ms() < end_ms)
		count_result(tally, &tasks[i], try_task(options, &tasks[i], tally));
}

static void await_all(void)
{
	while (wait(NULL) > 0)
		;
}

static void work_in_parallel(
	const struct options *options, struct tally *tally, size_t n, uint64_t end_ms)
{
	(void)fflush(stdout);
	tally->next = 0;
	for (unsigned i = 0; i < options->n_jobs; i++)
		if (fork() == 0) {
			work(options, tally, n, end_ms);
			_exit(0);
		}
	await_all();
}

static void count_in_parallel(const struct options *options, struct tally *tally)
{
	(void)fflush(stdout);
	for (unsigned i = 0; i < options->n_jobs; i++)
		if (fork() == 0) {
			count_stories(options, tally);
			_exit(0);
		}
	await_all();
	for (size_t i = 0; i < n_stories * N_DISKS; i++)
		add_story(tally, i / N_DISKS, i % N_DISKS);
}

static int report(const struct tally *tally)
{
	unsigned n = 0;
	int status = 0;

	for (size_t i = 0; i < n_stories; i++)
		for (size_t k = 0; k < N_DISKS; k++) {
			if (!tally->runs[i][k])
				continue;
			printf("%sok %u - %s, %s disk: %u runs, %u wrong\n",
				tally->failures[i][k] ? "not " : "", ++n, stories[i].name, disks[k],
				tally->runs[i][k], tally->failures[i][k]);
			status = status || tally->failures[i][k];
		}
	printf("%sok %u - runs were stopped\n", tally->n_stops ? "" : "not ", ++n);
	printf("# %u runs, %u stops, of %zu\n1..%u\n", tally->n_done, tally->n_stops, n_tasks, n);
	/* nothing was stopped: nothing was tried */
	return n && tally->n_stops ? status : 1;
}

static int try_one(const struct options *options, struct tally *tally)
{
	char name[64], disk[16];
	unsigned after, n_main, n_others;
	struct task task = {0};

	if (sscanf(options->one, "%63[^:]:%15[^:]:%u:%u:%u", name, disk, &after, &n_main,
		    &n_others) != 5)
		return 64;
	for (size_t i = 0; i < n_stories; i++)
		if (strcmp(stories[i].name, name) == 0)
			task.story = &stories[i];
	task.disk = disk;
	task.after = (enum after)after;
	task.stop_main = n_main;
	task.stop_others = n_others;
	return task.story && try_task(options, &task, tally) ? 0 : 1;
}

int main(int argc, char **argv)
{
	struct options options = {.n_jobs = 8, .seed = 1, .time_s = 3600};
	struct tally *tally = map_file(NULL, sizeof *tally);
	const uint64_t start_ms = now_ms();
	int option;
	size_t n;

	while ((option = getopt(argc, argv, "j:n:s:t:ko:")) != -1) {
		options.keep = options.keep || option == 'k';
		if (option == 'o')
			options.one = optarg;
		else if (option == '?')
			return 64;
		else if (option != 'k')
			*(option == 'j'         ? &options.n_jobs
				: option == 'n' ? &options.n_runs
				: option == 's' ? &options.seed
						: &options.time_s) = (unsigned)atoi(optarg);
	}
	if (argc - optind != 3 || !tally)
		return 64;
	options.program = argv[optind];
	options.driver_dir = argv[optind + 1];
	options.preload = argv[optind + 2];
	(void)signal(SIGPIPE, SIG_IGN);
	if (options.one)
		return try_one(&options, tally);
	count_in_parallel(&options, tally);
	shuffle(options.seed);
	n = options.n_runs && options.n_runs < n_tasks ? options.n_runs : n_tasks;
	printf("# seed %u\n", options.seed);
	work_in_parallel(&options, tally, n, start_ms + options.time_s * 1000ULL);
	return report(tally);
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "run.h"

#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* What has to come has to come within this time, also on a machine that is busy. */
#define PATIENCE_MS 8000

uint64_t now_ms(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void run_fail(struct run *run, const char *format, ...)
{
	va_list arguments;

	if (*run->failure)
		return;
	va_start(arguments, format);
	(void)vsnprintf(run->failure, sizeof run->failure, format, arguments);
	va_end(arguments);
}

void run_write(const struct run *run, const char *name, const char *text)
{
	char path[PATH_MAX];
	FILE *file;

	(void)snprintf(path, sizeof path, "%s/%s", run->dir, name);
	file = fopen(path, "we");
	if (!file || fputs(text, file) < 0 || fclose(file)) {
		perror(path);
		exit(2);
	}
}

bool run_level(const struct run *run, unsigned gpio)
{
	char path[PATH_MAX], level = '0';
	int fd;

	(void)snprintf(path, sizeof path, "%s/board/gpio/GPIO%u", run->dir, gpio);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && read(fd, &level, 1) != 1)
		level = '0';
	if (fd >= 0)
		(void)close(fd);
	return level == '1';
}

/* ---- the program -------------------------------------------------------------------------- */

static const char *word_of(enum rest rest)
{
	static const char *const words[] = {"off", "on", "keep", "last"};

	return words[rest];
}

static void write_output(FILE *file, const struct story_output *output, bool comma)
{
	(void)fprintf(file,
		"%s{ name = \"%s\"; line = \"GPIO%u\"; initial = \"%s\"; on_exit = \"%s\";%s%s",
		comma ? ",\n" : "", output->name, output->gpio, word_of(output->initial),
		word_of(output->on_exit), output->grouped ? " interlock = \"group\";" : "",
		output->more ? output->more : "");
	if (output->max_on_ms)
		(void)fprintf(file, " max_on_s = %.3f;", output->max_on_ms / 1000.0);
	(void)fputs(" }", file);
}

static void write_config(const struct run *run)
{
	const struct story *story = run->task.story;
	char *text = NULL;
	size_t size, n = 0;
	FILE *file = open_memstream(&text, &size);

	(void)fprintf(file,
		"mqtt: { broker = \"mqtt://127.0.0.1:%d\"; prefix = \"t\"; client_id = \"c\";\n"
		"version = \"3.1.1\"; reconnect_max_s = 1; };\nstate_dir = \"%s/state\";\n",
		run->wire.port, run->dir);
	if (story->dead_time_ms)
		(void)fprintf(file, "interlocks: ( { name = \"group\"; dead_time_ms = %u; } );\n",
			story->dead_time_ms);
	(void)fputs("outputs: (\n", file);
	for (size_t i = 0; i < STORY_OUTPUTS; i++)
		if (run->second ? story->outputs[i].in_2nd : story->outputs[i].in_1st)
			write_output(file, &story->outputs[i], n++ > 0);
	(void)fputs(" );\n", file);
	(void)fclose(file);
	run_write(run, "pinferry.conf", text);
	free(text);
}

static void set_environment(const struct run *run)
{
	char text[PATH_MAX];

	(void)snprintf(
		text, sizeof text, "%s/state:%s/run:%s/board/gpio", run->dir, run->dir, run->dir);
	(void)setenv("CRASH_FILES", text, 1);
	(void)snprintf(text, sizeof text, "%s/counts", run->dir);
	(void)setenv("CRASH_COUNT", text, 1);
	(void)snprintf(text, sizeof text, "%s/boot", run->dir);
	(void)setenv("CRASH_BOOT", text, 1);
	(void)setenv("CRASH_DISK", run->task.disk, 1);
	(void)snprintf(text, sizeof text, "%s/run", run->dir);
	(void)setenv("RUNTIME_DIRECTORY", text, 1);
	(void)setenv("LD_PRELOAD", run->preload, 1);
}

pid_t run_spawn(struct run *run, const char *verb)
{
	char config[PATH_MAX], board[PATH_MAX], log[PATH_MAX];
	pid_t pid;
	int fd;

	(void)snprintf(config, sizeof config, "%s/pinferry.conf", run->dir);
	(void)snprintf(board, sizeof board, "%s/board", run->dir);
	(void)snprintf(log, sizeof log, "%s/log", run->dir);
	pid = fork();
	if (pid)
		return pid;
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND, 0600);
	(void)dup2(fd, STDOUT_FILENO);
	(void)dup2(fd, STDERR_FILENO);
	(void)dprintf(STDERR_FILENO, "-- %s\n", verb);
	set_environment(run);
	(void)execl(run->program, "pinferry", verb, "-v", "-c", config, "-d", run->driver_dir, "-s",
		board, (char *)NULL);
	_exit(127);
}

bool run_alive(struct run *run)
{
	int status;

	if (run->daemon && waitpid(run->daemon, &status, WNOHANG) == run->daemon) {
		run->daemon = 0;
		if (WIFEXITED(status) && WEXITSTATUS(status))
			run_fail(run, "run ended with status %d", WEXITSTATUS(status));
		else if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL)
			run_fail(run, "run was ended by signal %d", WTERMSIG(status));
	}
	return run->daemon != 0;
}

static bool is_dead(struct run *run, const void *user)
{
	(void)user;
	return !run_alive(run);
}

void run_end(struct run *run, int signal)
{
	if (run_alive(run))
		(void)kill(run->daemon, signal);
	(void)run_until(run, is_dead, NULL, NULL);
	if (run->daemon) {
		run_fail(run, "run does not end on signal %d", signal);
		(void)kill(run->daemon, SIGKILL);
		(void)waitpid(run->daemon, NULL, 0);
		run->daemon = 0;
	}
}

bool run_until(struct run *run, bool (*is_true)(struct run *run, const void *user),
	const void *user, const char *what)
{
	const uint64_t end_ms = now_ms() + PATIENCE_MS;

	for (;;) {
		if (is_true(run, user))
			return true;
		if (!run_alive(run))
			return false;
		if (now_ms() >= end_ms) {
			if (what)
				run_fail(run, "waited in vain for %s", what);
			return false;
		}
		wire_run(&run->wire, 3);
	}
}

bool run_is_online(struct run *run, const void *user)
{
	const struct wire_topic *status = wire_find(&run->wire, "t/status");

	(void)user;
	return status && strcmp(status->payload, "online") == 0;
}

/* ---- steps -------------------------------------------------------------------------------- */

struct question {
	const struct story_output *output;
	const char *topic, *payload;
	const char *id;
	char *answer;
};

static bool is_answered(struct run *run, const void *user)
{
	const struct question *question = user;
	char topic[64], id[32];
	const struct wire_topic *ack;

	/* what was sent before its topic was subscribed, or to an old connection, is lost */
	if (run->asked_of != run->wire.n_subscribed &&
		wire_publish(&run->wire, question->topic, question->payload))
		run->asked_of = run->wire.n_subscribed;
	(void)snprintf(topic, sizeof topic, "t/output/%s/ack", question->output->name);
	(void)snprintf(id, sizeof id, "\"id\":\"%s\"", question->id);
	ack = wire_find(&run->wire, topic);
	if (!ack || !strstr(ack->payload, id))
		return false;
	(void)snprintf(question->answer, 512, "%s", ack->payload);
	return true;
}

bool run_ask(struct run *run, const struct story_output *output, const char *id, bool state,
	unsigned for_ms, char *ret_answer)
{
	char topic[64], payload[128], more[32] = "";
	const struct question question = {.output = output,
		.topic = topic,
		.payload = payload,
		.id = id,
		.answer = ret_answer};

	if (for_ms)
		(void)snprintf(more, sizeof more, "\"for_ms\":%u,", for_ms);
	(void)snprintf(topic, sizeof topic, "t/output/%s/set", output->name);
	(void)snprintf(payload, sizeof payload, "{\"state\":\"%s\",%s\"id\":\"%s\"}",
		state ? "ON" : "OFF", more, id);
	run->asked_of = 0;
	return run_until(run, is_answered, &question, "an answer");
}

static bool is_in_force(const struct run *run, const struct story_output *output)
{
	return output->name && (run->second ? output->in_2nd : output->in_1st);
}

static size_t find(const struct run *run, const char *name)
{
	size_t i = 0;

	while (i < STORY_OUTPUTS - 1 &&
		(!is_in_force(run, &run->task.story->outputs[i]) ||
			strcmp(run->task.story->outputs[i].name, name) != 0))
		i++;
	return i;
}

/* Of the group, all but one are to be off. */
static void give_way(struct run *run, size_t one, bool done)
{
	const struct story_output *outputs = run->task.story->outputs;

	for (size_t i = 0; outputs[one].grouped && i < STORY_OUTPUTS; i++) {
		if (i == one || !outputs[i].grouped)
			continue;
		if (done)
			model_settle(&run->models[i], false);
		else
			model_give_way(&run->models[i]);
	}
}

static void command(struct run *run, const struct step *step)
{
	const size_t i = find(run, step->name);
	char id[16], answer[512];

	(void)snprintf(id, sizeof id, "c%u", ++run->next_id);
	model_ask(&run->models[i], step->state, step->for_ms != 0);
	if (step->state)
		give_way(run, i, false);
	if (!run_ask(run, &run->task.story->outputs[i], id, step->state, step->for_ms, answer))
		return;
	if (strstr(answer, "\"done\"") || strstr(answer, "duplicate"))
		model_answer(&run->models[i], id, now_ms());
	else if (!strstr(answer, "\"deferred\""))
		run_fail(run, "answered: %.300s", answer);
}

static bool has_level(struct run *run, const void *user)
{
	const struct step *step = user;

	return run_level(run, run->task.story->outputs[find(run, step->name)].gpio) == step->state;
}

static void await_line(struct run *run, const struct step *step)
{
	const size_t i = find(run, step->name);

	if (!run_until(run, has_level, step, "a line"))
		return;
	model_settle(&run->models[i], step->state);
	if (step->state)
		give_way(run, i, true);
}

static bool has_state(struct run *run, const void *user)
{
	const struct step *step = user;
	char topic[64];

	(void)snprintf(topic, sizeof topic, "t/output/%s", step->name);
	return wire_find(&run->wire, topic) != NULL;
}

static void reload(struct run *run, const struct step *step)
{
	run->second = run->reloading = true;
	write_config(run);
	(void)kill(run->daemon, SIGHUP);
	if (run_until(run, has_state, step, "a reload"))
		run->reloading = false;
}

static void make_foreign(struct run *run, const struct step *step)
{
	size_t i = 0;
	char path[64];

	while (strcmp(run->task.story->outputs[i].name, step->name) != 0)
		i++;
	run->foreign = (int)run->task.story->outputs[i].gpio;
	(void)snprintf(path, sizeof path, "board/gpio/GPIO%d", run->foreign);
	run_write(run, path, "1\n");
	run->foreign_moves = run->counts->n_moves;
}

static void start(struct run *run)
{
	wire_reset(&run->wire);
	run->started_ms = now_ms();
	run->daemon = run_spawn(run, "run");
	(void)run_until(run, run_is_online, NULL, "the daemon to be online");
}

static bool is_time(struct run *run, const void *user)
{
	const uint64_t *end_ms = user;

	(void)run;
	return now_ms() >= *end_ms;
}

static void wait_ms(struct run *run, unsigned span_ms)
{
	const uint64_t end_ms = now_ms() + span_ms;

	(void)run_until(run, is_time, &end_ms, "a moment");
}

static void restart(struct run *run)
{
	for (size_t i = 0; i < STORY_OUTPUTS; i++)
		model_restart(&run->models[i], &run->task.story->outputs[i]);
	start(run);
}

static void do_step(struct run *run, const struct step *step)
{
	switch (step->kind) {
	case STEP_COMMAND:
		command(run, step);
		break;
	case STEP_LINE:
		await_line(run, step);
		break;
	case STEP_BAD_DISK:
		run_write(run, "bad", "");
		break;
	case STEP_RELOAD:
		reload(run, step);
		break;
	case STEP_FOREIGN:
		make_foreign(run, step);
		break;
	case STEP_STOP:
		run_end(run, SIGTERM);
		break;
	case STEP_START:
		restart(run);
		break;
	case STEP_HANG_UP:
		model_ask(&run->models[0], false, false);
		run->wire.refuses = true;
		wire_reset(&run->wire);
		break;
	case STEP_PAUSE:
		wait_ms(run, step->for_ms);
		break;
	case STEP_END:
		break;
	}
}

void run_story(struct run *run)
{
	const struct step *step = run->task.story->steps;

	run->foreign = -1;
	write_config(run);
	run_write(run, "boot", "11111111-1111-4111-8111-111111111111\n");
	for (size_t i = 0; i < STORY_OUTPUTS; i++)
		run->models[i].level = run->task.story->outputs[i].initial == ON;
	start(run);
	while (step->kind != STEP_END && !*run->failure && !run->counts->stopped)
		do_step(run, step++);
	run_end(run, SIGKILL);
	run->crashed_ms = now_ms();
	run->counts->stop_main = run->counts->stop_others = 0;
	run->wire.refuses = false;
}

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Whether line, record and published state are what they have to be after the daemon was killed. */

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "run.h"

#define NS_PER_MS 1000000U

/* How much later than asked for a limit may act on a machine that is busy. */
#define LATE_MS 500

static const struct story_output *output_of(const struct run *run, size_t i)
{
	const struct story_output *output = &run->task.story->outputs[i];

	return output->name ? output : NULL;
}

/* Whether the configuration that is on the disk has it. */
static bool is_configured(const struct run *run, const struct story_output *output)
{
	return run->second ? output->in_2nd : output->in_1st;
}

/* Whether the line may be ours, or was. */
static bool is_concerned(const struct run *run, const struct story_output *output)
{
	if ((int)output->gpio == run->foreign)
		return false;
	return is_configured(run, output) || output->in_1st;
}

static const char *words(unsigned levels)
{
	static const char *const texts[] = {"nothing", "off", "on", "anything"};

	return texts[levels & MAY_BE_ANY];
}

static void check_level(
	struct run *run, const struct story_output *output, unsigned levels, const char *when)
{
	const bool level = run_level(run, output->gpio);

	if (!(levels & MAY_BE(level)))
		run_fail(run, "%s: %s (GPIO%u) is %s, may be %s", when, output->name, output->gpio,
			words(MAY_BE(level)), words(levels));
}

/* Nobody set a line on that may only be off, not even for a moment. */
static void check_moves(struct run *run, const struct story_output *output, unsigned levels,
	uint32_t from, const char *when)
{
	bool level = false;

	for (uint32_t i = 0; i < run->counts->n_moves; i++) {
		const struct move *move = &run->counts->moves[i];

		if (move->gpio != output->gpio)
			continue;
		/* a request that keeps the level writes it again */
		if (i >= from && move->level != level && !(levels & MAY_BE(move->level)))
			run_fail(run, "%s: %s (GPIO%u) was set %s, may be %s", when, output->name,
				output->gpio, words(MAY_BE(move->level)), words(levels));
		level = move->level;
	}
}

/* ---- the whole run ------------------------------------------------------------------------ */

static bool is_grouped(const struct run *run, unsigned gpio)
{
	for (size_t i = 0; i < STORY_OUTPUTS; i++)
		if (output_of(run, i) && run->task.story->outputs[i].gpio == gpio)
			return run->task.story->outputs[i].grouped;
	return false;
}

/* At most one of the group was on at any time, with the dead time in between. */
static void check_group(struct run *run)
{
	const uint64_t dead_ns = (uint64_t)run->task.story->dead_time_ms * NS_PER_MS;
	const struct counts *counts = run->counts;
	uint64_t off_ns = 0;
	int on = -1, was_on = -1;

	for (uint32_t i = 0; i < counts->n_moves; i++) {
		const struct move *move = &counts->moves[i];

		if (!is_grouped(run, move->gpio))
			continue;
		if (!move->level && on == move->gpio) {
			was_on = on;
			on = -1;
			off_ns = move->ns;
		}
		if (!move->level || on == move->gpio)
			continue;
		if (on >= 0)
			run_fail(run, "GPIO%d and GPIO%u of a group are on", on, move->gpio);
		else if (was_on >= 0 && was_on != move->gpio && move->ns < off_ns + dead_ns)
			run_fail(run, "GPIO%u is on %.1f ms after GPIO%d is off, dead time %u ms",
				move->gpio, (double)(move->ns - off_ns) / NS_PER_MS, was_on,
				run->task.story->dead_time_ms);
		on = move->gpio;
	}
}

/* When the line was set on the last time and not off again; 0: it is off. */
static uint64_t on_since_ms(const struct run *run, unsigned gpio, uint64_t *ret_off_ms)
{
	uint64_t since_ms = 0;

	for (uint32_t i = 0; i < run->counts->n_moves; i++) {
		const struct move *move = &run->counts->moves[i];

		if (move->gpio == gpio && !move->level && since_ms) {
			*ret_off_ms = move->ns / NS_PER_MS;
			return since_ms;
		}
		if (move->gpio == gpio && move->level && !since_ms)
			since_ms = move->ns / NS_PER_MS;
	}
	*ret_off_ms = now_ms();
	return since_ms;
}

static bool is_off(struct run *run, const void *user)
{
	const struct story_output *output = user;

	return !run_level(run, output->gpio);
}

/* When the start took the line, or else when it began. */
static uint64_t taken_ms(const struct run *run, unsigned gpio)
{
	for (uint32_t i = 0; i < run->counts->n_moves; i++)
		if (run->counts->moves[i].gpio == gpio &&
			run->counts->moves[i].ns / NS_PER_MS >= run->started_ms)
			return run->counts->moves[i].ns / NS_PER_MS;
	return run->started_ms;
}

/* max_on_s counts on over the crash; what nobody could switch off meanwhile goes off at the start.
 */
static void check_max_on(struct run *run, const struct story_output *output)
{
	uint64_t on_ms, off_ms, due_ms;

	if (!output->max_on_ms)
		return;
	(void)run_until(run, is_off, output, "max_on_s");
	on_ms = on_since_ms(run, output->gpio, &off_ms);
	due_ms = on_ms + output->max_on_ms;
	if (due_ms < taken_ms(run, output->gpio))
		due_ms = taken_ms(run, output->gpio);
	if (on_ms && off_ms > due_ms + LATE_MS)
		run_fail(run, "%s was on for %d ms, max_on_s is %u ms", output->name,
			(int)(off_ms - on_ms), output->max_on_ms);
}

static void check_foreign(struct run *run)
{
	for (uint32_t i = run->foreign_moves; run->foreign >= 0 && i < run->counts->n_moves; i++)
		if (run->counts->moves[i].gpio == run->foreign)
			run_fail(run, "GPIO%d is somebody else's and was set %s", run->foreign,
				words(MAY_BE(run->counts->moves[i].level)));
}

/* ---- safe-state --------------------------------------------------------------------------- */

static void after_safe_state(struct run *run, int *ret_before)
{
	const uint32_t from = run->counts->n_moves;
	const pid_t pid = run_spawn(run, "safe-state");
	int status = -1;

	(void)waitpid(pid, &status, 0);
	/* what nobody has held yet is named, if the new configuration was not in force */
	if (!WIFEXITED(status) || (WEXITSTATUS(status) && !run->reloading))
		run_fail(run, "safe-state ended with status %d", WEXITSTATUS(status));
	for (size_t i = 0; i < STORY_OUTPUTS; i++) {
		const struct story_output *output = output_of(run, i);
		unsigned levels;

		if (!output || !is_concerned(run, output))
			continue;
		levels = model_after_safe_state(&run->models[i], output);
		check_level(run, output, levels, "after safe-state");
		check_moves(run, output, levels, from, "in safe-state");
		ret_before[i] = run_level(run, output->gpio);
	}
}

/* ---- start -------------------------------------------------------------------------------- */

static void check_published(struct run *run, const struct story_output *output)
{
	const struct wire_topic *topic;
	char name[64];

	(void)snprintf(name, sizeof name, "t/output/%s", output->name);
	topic = wire_find(&run->wire, name);
	if (!topic)
		run_fail(run, "%s is not published", output->name);
	else if ((strcmp(topic->payload, "ON") == 0) != run_level(run, output->gpio))
		run_fail(run, "%s is published %s", output->name, topic->payload);
}

/* Published state and line come one after the other, so both are to stay together for a while. */
static bool is_published(struct run *run, const void *user)
{
	char name[64];
	bool all = run_is_online(run, NULL);

	(void)user;
	for (size_t i = 0; i < STORY_OUTPUTS && all; i++) {
		const struct story_output *output = output_of(run, i);
		const struct wire_topic *topic;

		if (!output || !is_configured(run, output))
			continue;
		(void)snprintf(name, sizeof name, "t/output/%s", output->name);
		topic = wire_find(&run->wire, name);
		all = topic && (strcmp(topic->payload, "ON") == 0) == run_level(run, output->gpio);
	}
	return all;
}

/* A command that was done before the crash is not done again. */
static void check_duplicate(struct run *run, size_t i)
{
	const struct story_output *output = output_of(run, i);
	const struct model *model = &run->models[i];
	char answer[512] = "";

	if (!*model->id || model->asked || run->reloading)
		return;
	if (run_ask(run, output, model->id, true, 50, answer) && !strstr(answer, "duplicate"))
		run_fail(run, "%s: command %s was done before the crash, and is done again",
			output->name, model->id);
}

static unsigned levels_after_start(const struct run *run, size_t i, int before)
{
	const struct story_output *output = output_of(run, i);
	const struct model *model = &run->models[i];

	/* what the configuration has no more comes to rest, unless it was let go before */
	if (!is_configured(run, output))
		return run->task.after == AFTER_BOOT ? MAY_BE(false)
						     : model_after_safe_state(model, output);
	if (run->task.after == AFTER_BOOT)
		return model_after_boot(model, output, run->crashed_ms);
	return model_after_start(model, output, before);
}

static void after_start(struct run *run, const int *before)
{
	const uint32_t from = run->counts->n_moves;

	wire_reset(&run->wire);
	run->started_ms = now_ms();
	run->daemon = run_spawn(run, "run");
	if (!run_until(run, is_published, NULL, "what is published to be true"))
		run_fail(run, "run does not go on");
	for (size_t i = 0; i < STORY_OUTPUTS; i++) {
		const struct story_output *output = output_of(run, i);
		unsigned levels;

		if (!output || !is_concerned(run, output))
			continue;
		levels = levels_after_start(run, i, before[i]);
		check_level(run, output, levels, "after the start");
		check_moves(run, output, levels, from, "at the start");
		if (is_configured(run, output))
			check_published(run, output);
	}
	for (size_t i = 0; i < STORY_OUTPUTS && run->task.after != AFTER_BOOT; i++) {
		if (!output_of(run, i) || !is_configured(run, output_of(run, i)))
			continue;
		check_max_on(run, output_of(run, i));
		check_duplicate(run, i);
	}
	run_end(run, SIGKILL);
}

/* ---- another boot ------------------------------------------------------------------------- */

static void empty(const struct run *run, const char *name)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *directory;

	(void)snprintf(path, sizeof path, "%s/%s", run->dir, name);
	directory = opendir(path);
	while (directory && (entry = readdir(directory))) {
		(void)snprintf(path, sizeof path, "%s/%s/%s", run->dir, name, entry->d_name);
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			(void)remove(path);
	}
	if (directory)
		(void)closedir(directory);
}

void run_judge(struct run *run)
{
	int before[STORY_OUTPUTS] = {-1, -1, -1, -1};

	if (*run->failure)
		return;
	if (run->task.after == AFTER_SAFE_STATE)
		after_safe_state(run, before);
	if (run->task.after == AFTER_BOOT) {
		char command[128];

		(void)snprintf(command, sizeof command, "rm -rf %s/run/*", run->dir);
		(void)!system(command);
		empty(run, "board/gpio");
		run_write(run, "boot", "22222222-2222-4222-8222-222222222222\n");
		run->counts->n_moves = 0;
		run->foreign_moves = 0;
	}
	after_start(run, before);
	check_group(run);
	check_foreign(run);
}

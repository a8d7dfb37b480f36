/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * For the tests of src/output: outputs on lines that are variables, under a clock that is one.
 *
 * A world has up to WORLD_MAX outputs, all in one group if `grouped`. What a real caller does is
 * done here: lines are requested as pf_output_initial() says, and ticks come when they are due.
 */

#ifndef PF_TESTS_UNIT_OUTPUTS_H
#define PF_TESTS_UNIT_OUTPUTS_H

#include "../t.h"
#include "base/clock.h"
#include "output/interlock.h"
#include "output/output.h"

#define MS PF_NS_PER_MS
#define S  PF_NS_PER_S

#define WORLD_MAX 4

/* Ticks that may follow each other at one time; more are an endless loop. */
#define TICKS_MAX 20

/* What is under way on the line of an output that is not waited for. */
enum world_task { TASK_NONE, TASK_WRITE, TASK_REQUEST };

/* A line and its output. */
struct world_line {
	struct pf_output output;
	struct pf_output_config config;
	bool level;         /* what a voltmeter would say */
	bool output_mode;   /* false: the line is an input, there is nothing to keep */
	int fails;          /* what write() answers: 0 or a negative errno */
	bool fails_on;      /* a write that fails has its effect all the same */
	bool absent;        /* cannot be requested */
	bool slow;          /* behind a bus: a write takes delay_ns, and so does a request */
	uint64_t delay_ns;  /* PF_NEVER: hangs until world_finish() */
	uint64_t effect_ns; /* how long after its begin a write has its effect */
	enum world_task task;
	bool task_level, task_acts; /* the effect is still to come */
	int task_result;
	uint64_t task_acts_ns, task_ends_ns; /* when it has its effect, when it comes back */
	int writes;
	uint64_t moved_ns;       /* last change of level */
	enum pf_initial initial; /* of the last request */
	int acquired;            /* what pf_output_acquired() said */
	const char *said;        /* what the last tick that said something said */
};

static struct world {
	uint64_t now_ns;
	struct pf_interlock group;
	struct world_line lines[WORLD_MAX];
	size_t n;
	struct pf_outcome outcome;
	/* called before a line takes a level; for the invariants of the random test */
	void (*watch)(struct world_line *line, bool level);
	/* called when a line is held, before its output is told */
	void (*held)(struct world_line *line);
} world;

static inline void world_set(struct world_line *line, bool level)
{
	if (world.watch)
		world.watch(line, level);
	if (line->level != level)
		line->moved_ns = world.now_ns;
	line->level = level;
	line->output_mode = true;
}

static inline void world_begin_task(struct world_line *line, enum world_task task, bool level)
{
	line->task = task;
	line->task_level = level;
	line->task_acts = true;
	line->task_acts_ns = world.now_ns + line->effect_ns;
	line->task_ends_ns = line->delay_ns == PF_NEVER ? PF_NEVER : world.now_ns + line->delay_ns;
}

/* The effect of what is under way, if it has one. */
static inline void world_act(struct world_line *line)
{
	line->task_acts = false;
	line->task_result = line->absent ? -ENODEV : line->fails;
	if (line->absent || (line->fails && !line->fails_on))
		return;
	if (line->task == TASK_REQUEST && line->initial == PF_INITIAL_KEEP)
		line->task_level = line->level && line->output_mode;
	world_set(line, line->task_level);
}

/* What is under way comes back. */
static inline void world_finish(struct world_line *line)
{
	const enum world_task task = line->task;

	if (line->task_acts)
		world_act(line);
	line->task = TASK_NONE;
	if (task == TASK_WRITE) {
		pf_output_written(&line->output, world.now_ns, line->task_result);
	} else if (task == TASK_REQUEST && line->task_result) {
		pf_output_lost(&line->output);
	} else if (task == TASK_REQUEST) {
		if (world.held)
			world.held(line);
		line->acquired = pf_output_acquired(&line->output, world.now_ns, line->level);
	}
}

static inline int world_write(void *user, bool level)
{
	struct world_line *line = user;

	line->writes++;
	if (line->slow) {
		T_TRUE(line->task == TASK_NONE);
		world_begin_task(line, TASK_WRITE, level);
		return PF_WRITE_UNDER_WAY;
	}
	if (!line->fails || line->fails_on)
		world_set(line, level);
	return line->fails;
}

static inline void world_changed(void *user)
{
	(void)user;
}

/* Requests the line as the output says, if it is there. */
static inline void world_acquire(size_t i)
{
	struct world_line *line = &world.lines[i];

	if (line->absent || line->output.held || line->task)
		return;
	line->initial = pf_output_initial(&line->output, world.now_ns);
	if (line->slow) {
		pf_output_requested(&line->output, world.now_ns, line->initial);
		world_begin_task(line, TASK_REQUEST, line->initial == PF_INITIAL_ON);
		return;
	}
	if (line->initial == PF_INITIAL_KEEP)
		world_set(line, line->level && line->output_mode);
	else
		world_set(line, line->initial == PF_INITIAL_ON);
	if (world.held)
		world.held(line);
	line->acquired = pf_output_acquired(&line->output, world.now_ns, line->level);
}

/* Nothing is there yet but the clock, at now_ns. */
static inline void world_begin(uint64_t now_ns)
{
	pf_interlock_done(&world.group);
	memset(&world, 0, sizeof world);
	world.now_ns = now_ns;
	pf_interlock_init(&world.group, "blind", 500);
}

/* One more output, whose line is not requested yet; its number. level: what is on the line. */
static inline size_t world_add(struct pf_output_config config, bool grouped, bool level)
{
	static const struct pf_output_port port = {.write = world_write, .changed = world_changed};
	static const char *const names[WORLD_MAX] = {"up", "down", "left", "right"};
	struct world_line *line = &world.lines[world.n];

	line->config = config;
	line->config.item.name = names[world.n];
	line->level = level;
	line->output_mode = true;
	line->moved_ns = world.now_ns;
	pf_output_init(&line->output, &line->config, grouped ? &world.group : NULL, &port, line,
		world.now_ns);
	return world.n++;
}

/* One output, its line held. */
static inline struct world_line *world_single(struct pf_output_config config)
{
	world_begin(1000 * S);
	world_add(config, false, false);
	world_acquire(0);
	return &world.lines[0];
}

/* Ends what is under way and due; whether there was something. */
static inline bool world_end_task(struct world_line *line)
{
	if (!line->task || (line->task_ends_ns > world.now_ns &&
				   (!line->task_acts || line->task_acts_ns > world.now_ns)))
		return false;
	if (line->task_acts && line->task_acts_ns <= world.now_ns)
		world_act(line);
	if (line->task_ends_ns <= world.now_ns)
		world_finish(line);
	return true;
}

static inline void world_tick_line(struct world_line *line)
{
	int ticks = 0;

	while ((pf_output_wake_ns(&line->output) <= world.now_ns || world_end_task(line)) &&
		ticks++ < TICKS_MAX) {
		const char *said = pf_output_tick(&line->output, world.now_ns);

		line->said = said ? said : line->said;
	}
	T_TRUE(ticks < TICKS_MAX);
}

/* When something is due next. */
static inline uint64_t world_wake_ns(void)
{
	uint64_t wake_ns = PF_NEVER;

	for (size_t i = 0; i < world.n; i++) {
		const struct world_line *line = &world.lines[i];

		if (pf_output_wake_ns(&line->output) < wake_ns)
			wake_ns = pf_output_wake_ns(&line->output);
		if (line->task && line->task_acts && line->task_acts_ns < wake_ns)
			wake_ns = line->task_acts_ns;
		if (line->task && line->task_ends_ns < wake_ns)
			wake_ns = line->task_ends_ns;
	}
	return wake_ns;
}

/* Does what is due by now. */
static inline void world_tick(void)
{
	int rounds = 0;

	/* what one line lets go on may be due at once, too */
	do
		for (size_t i = 0; i < world.n; i++)
			world_tick_line(&world.lines[i]);
	while (world_wake_ns() <= world.now_ns && rounds++ < TICKS_MAX);
}

/* Lets time pass, with every tick in time. */
static inline void world_run(uint64_t span_ns)
{
	const uint64_t until_ns = world.now_ns + span_ns;

	world_tick();
	while (world_wake_ns() <= until_ns) {
		const uint64_t wake_ns = world_wake_ns();

		if (wake_ns > world.now_ns)
			world.now_ns = wake_ns;
		world_tick();
		if (!T_TRUE(world_wake_ns() > world.now_ns))
			return;
	}
	world.now_ns = until_ns;
}

/* The machine sleeps: time passes, and what is due comes late. */
static inline void world_sleep(uint64_t span_ns)
{
	world.now_ns += span_ns;
	world_tick();
}

static inline enum pf_verdict world_command(
	size_t i, enum pf_command_state state, uint32_t for_ms, const char *id)
{
	struct pf_command command = {.state = state, .for_ms = for_ms};

	(void)snprintf(command.id, sizeof command.id, "%s", id);
	pf_output_command(&world.lines[i].output, world.now_ns, &command, &world.outcome);
	return world.outcome.verdict;
}

static inline enum pf_verdict world_on(size_t i)
{
	return world_command(i, PF_COMMAND_ON, 0, "");
}

static inline enum pf_verdict world_off(size_t i)
{
	return world_command(i, PF_COMMAND_OFF, 0, "");
}

static inline enum pf_verdict world_pulse(size_t i, bool level, uint32_t for_ms)
{
	return world_command(i, level ? PF_COMMAND_ON : PF_COMMAND_OFF, for_ms, "");
}

/* The line goes away: what is on it stays. */
static inline void world_unplug(size_t i)
{
	world.lines[i].absent = true;
	world.lines[i].fails = -ENODEV;
	/* who waits for a bus learns it from there */
	if (world.lines[i].task && !world.lines[i].task_acts)
		world.lines[i].task_result = -ENODEV;
	if (!world.lines[i].task)
		pf_output_lost(&world.lines[i].output);
}

static inline void world_plug(size_t i)
{
	world.lines[i].absent = false;
	world.lines[i].fails = 0;
	world_acquire(i);
}

#endif

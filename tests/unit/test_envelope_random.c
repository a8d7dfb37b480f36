/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Random events on outputs with random rules, and after each of them what must always hold. The
 * judge knows the lines' voltages and the clock, not what the code under test remembers.
 *
 * T_SEED=N repeats a run; T_WORLDS=N plays that many worlds.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "outputs.h"

#define N_WORLDS 2000
#define N_EVENTS 150

/* What the judge remembers of a line. */
struct memory {
	bool proven;      /* what was before the start is recorded */
	bool acquired;    /* it has been held */
	uint64_t on_ns;   /* since when it is on, as far as anybody can know */
	uint64_t off_ns;  /* the same of off */
	bool stopped;     /* exit has been applied: it must not move */
	bool pulse;       /* a pulse is under way, and nothing has touched it since */
	bool pulse_level; /* the pulsed level */
	uint64_t pulse_end_ns;
};

static struct memory memories[WORLD_MAX];
static uint64_t random_state;
static unsigned long long seed;
static const char *event; /* the last one, for messages */
static bool failed;

static uint32_t random_below(uint32_t n)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return n ? (uint32_t)(random_state % n) : 0;
}

static bool one_in(uint32_t n)
{
	return random_below(n) == 0;
}

static void expect(bool good, const struct world_line *line, const char *rule)
{
	if (good || failed)
		return;
	failed = true;
	t_check(false, __FILE__, __LINE__, "%s: output %d at %" PRIu64 " ms after %s; T_SEED=%llu",
		rule, (int)(line - world.lines), world.now_ns / MS, event, seed);
}

static bool is_grouped(const struct world_line *line)
{
	return line->output.group != NULL;
}

static void watch_on(const struct world_line *line, const struct memory *memory)
{
	const struct pf_output_config *config = &line->config;

	expect(!config->min_off_ms || memory->proven || memory->acquired, line,
		"min_off_s at start");
	expect(world.now_ns - memory->off_ns >= config->min_off_ms * MS, line, "min_off_s");
	for (size_t i = 0; is_grouped(line) && i < world.n; i++) {
		const struct world_line *other = &world.lines[i];

		if (other == line || !is_grouped(other))
			continue;
		expect(!other->level, line, "never two on");
		expect(memories[i].proven || memories[i].acquired, line, "unknown is not off");
		expect(world.now_ns - memories[i].off_ns >= world.group.dead_time_ms * MS, line,
			"dead time");
	}
}

static void watch_off(const struct world_line *line, const struct memory *memory)
{
	const struct pf_output *output = &line->output;
	const enum pf_source source = output->writing ? output->writing_source : output->source;
	const bool urgent = source == PF_SOURCE_START || source >= PF_SOURCE_CONFLICT;

	/* an "on" that nobody knew of has no rights */
	if (!urgent && output->level && memory->acquired)
		expect(world.now_ns - memory->on_ns >= line->config.min_on_ms * MS, line,
			"min_on_s");
}

/* A pulse ends when the line moves; not before its time, but for safety. */
static void watch_pulse(const struct world_line *line, const struct memory *memory)
{
	const struct pf_output *output = &line->output;

	const enum pf_source source = output->writing ? output->writing_source : output->source;

	if (memory->pulse && source < PF_SOURCE_CONFLICT && !output->failsafe.fired)
		expect(world.now_ns >= memory->pulse_end_ns, line, "pulses do not end early");
}

/* Called before a line gets a level. */
static void watch(struct world_line *line, bool level)
{
	struct memory *memory = &memories[line - world.lines];

	if (level == line->level)
		return;
	expect(!memory->stopped || line->task, line, "a closed output never moves");
	watch_pulse(line, memory);
	memory->pulse = false;
	if (level) {
		watch_on(line, memory);
		memory->on_ns = world.now_ns;
	} else {
		watch_off(line, memory);
		memory->off_ns = world.now_ns;
	}
}

/* Called when a line is held: what the judge knows of it begins, or begins anew. */
static void held(struct world_line *line)
{
	struct memory *memory = &memories[line - world.lines];
	const bool first = !memory->acquired && !memory->proven;
	const bool dropped = line->output.level && !line->level;
	/* a request that is not waited for may have failed and had its effect all the same */
	const bool uncertain = line->output.uncertain &&
			       (memory->acquired || (line->slow && !line->output.level));

	if (first || dropped || uncertain)
		*(line->level ? &memory->on_ns : &memory->off_ns) = world.now_ns;
	memory->acquired = true;
}

static void check_pulse(const struct world_line *line, struct memory *memory)
{
	uint64_t end_ns = memory->pulse_end_ns, limit_ns;

	/* in a group the end "on" may have to wait for others */
	if (!memory->pulse || !line->output.held || (!memory->pulse_level && is_grouped(line)))
		return;
	if (memory->pulse_level)
		limit_ns = memory->on_ns + line->config.min_on_ms * MS;
	else
		limit_ns = memory->off_ns + line->config.min_off_ms * MS;
	/* on a slow line the limits count from when it was known to have moved */
	if (line->slow && memory->pulse_level)
		limit_ns = line->output.on_ns + line->config.min_on_ms * MS;
	else if (line->slow)
		limit_ns = line->output.off_ns + line->config.min_off_ms * MS;
	if (world.now_ns < (limit_ns > end_ns ? limit_ns : end_ns) || line->output.writing)
		return;
	expect(line->output.failsafe.fired, line, "pulses end");
	memory->pulse = false;
}

/* What must hold when all that was due has been done. */
static void check(void)
{
	const struct world_line *on = NULL;

	for (size_t i = 0; i < world.n; i++) {
		const struct world_line *line = &world.lines[i];
		const struct pf_output *output = &line->output;

		if (output->held) {
			expect(output->writing || output->level == line->level, line,
				"the level is known");
			expect(output->pending || output->desired == line->level, line,
				"what is done is what was wanted");
			expect(!line->level || output->closed || output->writing ||
					!line->config.max_on_ms ||
					world.now_ns - memories[i].on_ns <
						line->config.max_on_ms * MS,
				line, "max_on_s");
			/* two found on go off, the one on a slow line in its time */
			const bool goes_off = output->writing && !output->writing_level;

			expect(!line->level || goes_off || !on || !is_grouped(line), line,
				"never two on");
			if (line->level && !goes_off && is_grouped(line))
				on = line;
		}
		check_pulse(line, &memories[i]);
		expect(pf_output_wake_ns(output) > world.now_ns, line, "progress");
	}
}

/* The pulses that an event may have touched are no longer the judge's business. */
static void forget_pulses(size_t i)
{
	memories[i].pulse = false;
	for (size_t k = 0; is_grouped(&world.lines[i]) && k < world.n; k++)
		if (is_grouped(&world.lines[k]))
			memories[k].pulse = false;
}

static void play_command(size_t i)
{
	static const uint32_t times_ms[] = {1, 40, 400, 3000, 20000};
	const enum pf_command_state state = (enum pf_command_state)random_below(3);
	const bool timed = state != PF_COMMAND_TOGGLE && one_in(2);
	const uint32_t for_ms = timed ? times_ms[random_below(5)] : 0;
	struct memory before[WORLD_MAX];
	char id[8] = "";

	event = "command";
	if (one_in(4))
		(void)snprintf(id, sizeof id, "%c", (char)('a' + random_below(4)));
	memcpy(before, memories, sizeof before);
	forget_pulses(i);
	if (world_command(i, state, for_ms, id) == PF_VERDICT_IGNORED)
		memcpy(memories, before, sizeof before);
	if (timed && world.outcome.verdict == PF_VERDICT_DONE) {
		memories[i].pulse = true;
		memories[i].pulse_level = state == PF_COMMAND_ON;
		memories[i].pulse_end_ns = world.now_ns + for_ms * MS;
	}
}

static void unplug(size_t i)
{
	struct world_line *line = &world.lines[i];

	event = "unplug";
	forget_pulses(i);
	world_unplug(i);
	if (memories[i].stopped || one_in(2))
		return;
	event = "power loss";
	if (line->level)
		memories[i].off_ns = world.now_ns;
	line->level = false;
	line->output_mode = one_in(2);
}

/* A slow line's next writes take that long, and have their effect somewhere in between. */
static void change_pace(size_t i)
{
	static const uint64_t delays_ms[] = {0, 1, 20, 300, 700, 3000, 20000};
	struct world_line *line = &world.lines[i];

	line->delay_ns = delays_ms[random_below(7)] * MS;
	line->effect_ns = line->delay_ns / 1000 * random_below(1001);
}

static void trouble(size_t i)
{
	struct world_line *line = &world.lines[i];

	if (one_in(2)) {
		unplug(i);
	} else {
		event = "failing line";
		line->fails = -EIO;
		line->fails_on = one_in(2);
		memories[i].pulse = false;
	}
}

static void recover(size_t i)
{
	event = "recovery";
	world.lines[i].absent = false;
	world.lines[i].fails = 0;
	world.lines[i].fails_on = false;
	forget_pulses(i);
	if (!memories[i].stopped)
		world_acquire(i);
}

static void stop(size_t i)
{
	event = "exit";
	forget_pulses(i);
	pf_output_exit(&world.lines[i].output, world.now_ns, world.now_ns);
	memories[i].stopped = true;
}

/* Time goes by: mostly with every tick in time, sometimes in a sleeping machine. */
static void pass_time(void)
{
	static const uint64_t spans_ms[] = {0, 1, 30, 200, 500, 1000, 5000, 30000};
	const uint64_t span_ns = spans_ms[random_below(8)] * MS + random_below(2);

	event = one_in(8) ? "sleep" : "time";
	if (*event == 's')
		world_sleep(span_ns);
	else
		world_run(span_ns);
}

static void play_event(void)
{
	const size_t i = random_below((uint32_t)world.n);
	struct pf_output *output = &world.lines[i].output;

	switch (random_below(16)) {
	case 0:
		trouble(i);
		break;
	case 1:
	case 2:
		recover(i);
		break;
	case 3:
		event = "link";
		pf_output_link(output, world.now_ns, one_in(2));
		break;
	case 4:
		event = "heartbeat";
		pf_output_heartbeat(output, world.now_ns);
		break;
	case 5:
	case 6:
	case 7:
	case 8:
	case 9:
		play_command(i);
		break;
	case 10:
		if (one_in(20))
			stop(i);
		event = "pace";
		change_pace(i);
		break;
	default:
		pass_time();
		break;
	}
}

static struct pf_output_config random_config(bool grouped)
{
	static const uint32_t limits_ms[] = {0, 0, 100, 1000, 7000};
	struct pf_output_config config = {.initial = (enum pf_start)random_below(4),
		.on_exit = (enum pf_on_exit)random_below(3),
		.min_on_ms = limits_ms[random_below(5)],
		.min_off_ms = limits_ms[random_below(5)]};

	if (one_in(2))
		config.max_on_ms = config.min_on_ms + 1 + random_below(9000);
	if (one_in(4))
		config.pulse_ms = 1 + random_below(config.max_on_ms ? config.max_on_ms : 5000);
	if (one_in(2)) {
		config.failsafe.after_ms = 1 + random_below(20000);
		config.failsafe.state = !grouped && one_in(2);
		config.failsafe.heartbeat_topic = one_in(2) ? "alive" : NULL;
	}
	return config;
}

/* What was recorded is true, but for an exit that may have switched an output off. */
static void recall(size_t i)
{
	struct world_line *line = &world.lines[i];
	struct memory *memory = &memories[i];
	struct pf_history history = {.last = one_in(2),
		.level = line->level,
		.on_ns = memory->on_ns,
		.off_ns = line->level ? 0 : memory->off_ns,
		.period_ns = memory->on_ns};

	memory->proven = true;
	history.unfinished = one_in(4);
	history.end_level = !line->level;
	pf_output_recall(&line->output, &history);
}

static void begin_world(void)
{
	const size_t n = 1 + random_below(WORLD_MAX);
	const bool grouped = n > 1 && one_in(2);

	world_begin(3600 * S);
	memset(memories, 0, sizeof memories);
	world.watch = watch;
	world.held = held;
	world.group.dead_time_ms = one_in(4) ? 0 : random_below(2000);
	for (size_t i = 0; i < n; i++) {
		/* one of the outputs may be outside of the group */
		const bool member = grouped && (i < 3 || one_in(2));

		world_add(random_config(member), member, one_in(4));
		world.lines[i].output_mode = true;
		world.lines[i].slow = one_in(3);
		change_pace(i);
		memories[i].off_ns = memories[i].on_ns = 3600 * S - random_below(10000) * MS;
		if (one_in(2))
			recall(i);
	}
	event = "start";
	for (size_t i = 0; i < n; i++)
		if (!one_in(4))
			world_acquire(i);
}

/* In the end everything comes to rest, whatever has happened. */
static void end_world(void)
{
	for (size_t i = 0; i < world.n; i++)
		recover(i);
	event = "a day";
	world_run(86400 * S);
	check();
	for (size_t i = 0; i < world.n; i++)
		expect(pf_output_wake_ns(&world.lines[i].output) == PF_NEVER, &world.lines[i],
			"all comes to rest");
}

static void limits_hold_whatever_happens(void)
{
	const unsigned long long n_worlds = t_number("T_WORLDS", N_WORLDS);

	seed = t_number("T_SEED", pf_clock_now_ns() | 1);
	printf("# T_SEED=%llu\n", seed);
	random_state = seed ? seed : 1;
	for (unsigned long long k = 0; k < n_worlds && !failed; k++) {
		begin_world();
		world_tick();
		check();
		for (int i = 0; i < N_EVENTS && !failed; i++) {
			play_event();
			world_tick();
			check();
		}
		if (!failed)
			end_world();
	}
	pf_interlock_done(&world.group);
	T_FALSE(failed);
}

T_MAIN("envelope_random", T(limits_hold_whatever_happens))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/*
 * Random reloads of groups among everything else: members leave and come back, groups are split,
 * merged and given other dead times, buses hang, chips are away. The judge knows the voltages, the
 * clock, and what the configurations have said; not what the code under test remembers.
 *
 * T_SEED=N repeats a run; T_WORLDS=N plays that many worlds.
 */

#include <inttypes.h>
#include <stdlib.h>

#include "outputs.h"

#define N_WORLDS 1500
#define N_EVENTS 120
#define N_GROUPS 2

/* Outputs of the configuration in force, or not: what the judge knows of a line. */
struct known {
	int group;          /* of the configuration, -1: none */
	bool configured;    /* else it has left */
	bool gone;          /* and is done with */
	uint64_t off_ns;    /* since when it is off */
	bool on_its_way;    /* an "on" that was begun before the last reload */
	uint64_t rested_ns; /* until then a dead time from before goes on */
	/* for whom of the others it has to wait, besides its group, and how long after that */
	bool waits[WORLD_MAX];
	uint64_t dead_ns[WORLD_MAX];
};

static struct known known[WORLD_MAX];
static struct pf_interlock groups[N_GROUPS];
static uint64_t random_state;
static unsigned long long seed;
static unsigned long long n_reloads, n_leaves, n_moves;
static const char *event;
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

static void expect(bool good, size_t i, size_t k, const char *rule)
{
	if (good || failed)
		return;
	failed = true;
	t_check(false, __FILE__, __LINE__,
		"%s: outputs %zu and %zu at %" PRIu64 " ms after %s; T_SEED=%llu", rule, i, k,
		world.now_ns / MS, event, seed);
}

static bool are_together(size_t i, size_t k)
{
	return known[i].configured && known[k].configured && known[i].group >= 0 &&
	       known[i].group == known[k].group;
}

/* Whether line k is off, and has been for so long. */
static bool has_rested(size_t k, uint64_t dead_ns)
{
	return !world.lines[k].level && world.now_ns - known[k].off_ns >= dead_ns;
}

/* Line k goes off: who has to wait for it waits for the dead time from now on. */
static void go_off(size_t k)
{
	known[k].off_ns = world.now_ns;
	for (size_t i = 0; i < world.n; i++) {
		const uint64_t rested_ns = world.now_ns + known[i].dead_ns[k];

		if (known[i].waits[k] && rested_ns > known[i].rested_ns)
			known[i].rested_ns = rested_ns;
		known[i].waits[k] = false;
	}
}

/* Called before a line gets a level. */
static void watch(struct world_line *line, bool level)
{
	const size_t i = (size_t)(line - world.lines);

	if (level == line->level)
		return;
	n_moves++;
	if (!level) {
		go_off(i);
		return;
	}
	/* what was no rule then cannot call it back */
	if (known[i].on_its_way && line->task) {
		known[i].on_its_way = false;
		return;
	}
	expect(world.now_ns >= known[i].rested_ns, i, i, "a dead time from before");
	for (size_t k = 0; k < world.n; k++) {
		if (k == i)
			continue;
		if (are_together(i, k))
			expect(has_rested(k, groups[known[i].group].dead_time_ms * MS), i, k,
				"members of a group");
		expect(!known[i].waits[k], i, k, "who were in a group");
	}
}

/* The members of a group part: who is on, or was a moment ago, is waited for. */
static void remember(void)
{
	for (size_t i = 0; i < world.n; i++)
		for (size_t k = 0; k < world.n; k++) {
			uint64_t dead_ns;

			/* nobody has switched on what was never held */
			if (i == k || !are_together(i, k) || !world.lines[k].output.started)
				continue;
			dead_ns = groups[known[i].group].dead_time_ms * MS;
			if (!world.lines[k].level) {
				if (known[i].rested_ns < known[k].off_ns + dead_ns)
					known[i].rested_ns = known[k].off_ns + dead_ns;
				continue;
			}
			if (!known[i].waits[k] || known[i].dead_ns[k] < dead_ns)
				known[i].dead_ns[k] = dead_ns;
			known[i].waits[k] = true;
		}
}

static void note_on_its_way(void)
{
	for (size_t i = 0; i < world.n; i++) {
		const struct world_line *line = &world.lines[i];

		known[i].on_its_way = line->task && line->task_acts && line->task_level;
	}
}

/* Where both are together again and the other is on, the rule of the new group counts alone. */
static void reckon_together(void)
{
	for (size_t i = 0; i < world.n; i++)
		for (size_t k = 0; k < world.n; k++)
			if (known[i].waits[k] && are_together(i, k) && world.lines[k].level)
				known[i].waits[k] = false;
}

static void leave(size_t i)
{
	n_leaves++;
	pf_output_leave(&world.lines[i].output, world.now_ns);
	known[i].configured = false;
}

/* Those that have left and are at rest are freed. */
static void purge(void)
{
	for (size_t i = 0; i < world.n; i++) {
		struct world_line *line = &world.lines[i];

		if (known[i].configured || known[i].gone ||
			!pf_output_has_left(&line->output, world.now_ns))
			continue;
		pf_output_done(&line->output);
		known[i].gone = true;
	}
}

static struct pf_output_config random_config(void)
{
	static const uint32_t limits_ms[] = {0, 0, 0, 300, 4000};
	struct pf_output_config config = {.on_exit = (enum pf_on_exit)random_below(3),
		.min_on_ms = limits_ms[random_below(5)],
		.min_off_ms = limits_ms[random_below(5)]};

	if (one_in(3))
		config.max_on_ms = config.min_on_ms + 1 + random_below(9000);
	return config;
}

/* One that had left comes back to the configuration, as a new output of its line. */
static void come_back(size_t i)
{
	struct world_line *line = &world.lines[i];
	const struct pf_output_port *port = line->output.port;

	line->config = random_config();
	line->config.item.name = "back";
	pf_output_init(&line->output, &line->config, NULL, port, line, world.now_ns);
	known[i].group = -1;
	known[i].configured = true;
	known[i].gone = false;
}

static void reload(void)
{
	struct pf_interlock old[N_GROUPS];
	bool new_one[WORLD_MAX] = {false};

	event = "reload";
	n_reloads++;
	remember();
	memcpy(old, groups, sizeof old);
	for (size_t g = 0; g < N_GROUPS; g++)
		pf_interlock_part(&old[g]);
	for (size_t i = 0; i < world.n; i++) {
		if (known[i].configured && one_in(6)) {
			leave(i);
		} else if (known[i].gone && one_in(2)) {
			come_back(i);
			new_one[i] = true;
		}
	}
	for (size_t g = 0; g < N_GROUPS; g++)
		pf_interlock_init(&groups[g], one_in(2) ? "blind" : "other",
			one_in(4) ? 0 : random_below(3000));
	for (size_t i = 0; i < world.n; i++) {
		known[i].group = (int)random_below(N_GROUPS + 1) - 1;
		if (known[i].configured)
			pf_output_regroup(&world.lines[i].output,
				known[i].group < 0 ? NULL : &groups[known[i].group]);
	}
	purge();
	for (size_t g = 0; g < N_GROUPS; g++) {
		pf_interlock_join(&groups[g]);
		pf_interlock_done(&old[g]);
	}
	reckon_together();
	note_on_its_way();
	for (size_t i = 0; i < world.n; i++)
		if (known[i].configured && !new_one[i])
			(void)pf_output_reconfigure(
				&world.lines[i].output, world.now_ns, &world.lines[i].config);
	for (size_t i = 0; i < world.n; i++)
		if (new_one[i])
			world_acquire(i);
}

static void play_command(size_t i)
{
	const enum pf_command_state state = (enum pf_command_state)random_below(3);
	const bool timed = state != PF_COMMAND_TOGGLE && one_in(3);

	event = "command";
	if (known[i].configured)
		(void)world_command(i, state, timed ? 1 + random_below(3000) : 0, "");
}

static void trouble(size_t i)
{
	struct world_line *line = &world.lines[i];

	event = "trouble";
	if (known[i].gone)
		return;
	if (line->slow) {
		line->delay_ns = one_in(3) ? PF_NEVER : random_below(2000) * MS;
		line->effect_ns = line->delay_ns == PF_NEVER ? random_below(9000) * MS
							     : line->delay_ns / 2;
	} else if (one_in(2)) {
		world_unplug(i);
	} else {
		line->fails = -EIO;
		line->fails_on = one_in(2);
	}
}

static void recover(size_t i)
{
	struct world_line *line = &world.lines[i];

	event = "recovery";
	line->absent = false;
	line->fails = 0;
	line->fails_on = false;
	line->delay_ns = line->slow ? random_below(500) * MS : 0;
	line->effect_ns = line->delay_ns / 2;
	if (known[i].gone)
		return;
	if (line->task)
		world_finish(line);
	world_acquire(i);
}

static void play_event(void)
{
	static const uint64_t spans_ms[] = {0, 1, 30, 200, 500, 1000, 5000, 30000};
	const size_t i = random_below((uint32_t)world.n);

	switch (random_below(12)) {
	case 0:
		reload();
		break;
	case 1:
		trouble(i);
		break;
	case 2:
		recover(i);
		break;
	case 3:
	case 4:
	case 5:
	case 6:
	case 7:
		play_command(i);
		break;
	default:
		event = "time";
		world_run(spans_ms[random_below(8)] * MS + random_below(2));
		break;
	}
}

static void begin_world(void)
{
	world_begin(3600 * S);
	memset(known, 0, sizeof known);
	for (size_t g = 0; g < N_GROUPS; g++) {
		pf_interlock_done(&groups[g]);
		pf_interlock_init(&groups[g], "blind", random_below(3000));
	}
	event = "start";
	for (size_t i = 0; i < WORLD_MAX; i++) {
		world_add(random_config(), false, false);
		known[i].group = (int)random_below(N_GROUPS + 1) - 1;
		known[i].configured = true;
		known[i].off_ns = world.now_ns;
		world.lines[i].slow = one_in(2);
		if (known[i].group >= 0)
			pf_output_regroup(&world.lines[i].output, &groups[known[i].group]);
	}
	world.watch = watch;
	for (size_t i = 0; i < WORLD_MAX; i++)
		world_acquire(i);
	world_tick();
}

/* In the end everything that has left comes to rest, and nobody waits for ever. */
static void end_world(void)
{
	struct pf_blocker blocker;

	for (size_t i = 0; i < world.n; i++)
		recover(i);
	event = "a day";
	world_run(86400 * S);
	purge();
	for (size_t i = 0; i < world.n && !failed; i++) {
		const struct pf_output *output = &world.lines[i].output;

		/* what had been on when its line was lost waits for one that is on since */
		if (!known[i].gone && !pf_interlock_blocker(output, &blocker))
			expect(!output->pending, i, i, "all comes to rest");
	}
	for (size_t i = 0; i < world.n; i++)
		if (!known[i].gone)
			pf_output_done(&world.lines[i].output);
}

static unsigned long long number_from(const char *variable, unsigned long long fallback)
{
	const char *text = getenv(variable);

	return text && *text ? strtoull(text, NULL, 0) : fallback;
}

static void who_was_exclusive_is_never_on_with_the_other(void)
{
	const unsigned long long n_worlds = number_from("T_WORLDS", N_WORLDS);

	seed = number_from("T_SEED", pf_clock_now_ns() | 1);
	printf("# T_SEED=%llu\n", seed);
	random_state = seed ? seed : 1;
	for (unsigned long long k = 0; k < n_worlds && !failed; k++) {
		begin_world();
		for (int i = 0; i < N_EVENTS && !failed; i++) {
			play_event();
			world_tick();
			purge();
		}
		end_world();
	}
	for (size_t g = 0; g < N_GROUPS; g++)
		pf_interlock_done(&groups[g]);
	printf("# %llu reloads, %llu outputs left, %llu moves\n", n_reloads, n_leaves, n_moves);
	T_FALSE(failed);
}

T_MAIN("interlock_random", T(who_was_exclusive_is_never_on_with_the_other))

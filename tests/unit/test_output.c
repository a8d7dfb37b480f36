/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Commands, pulses, a line that fails, and the end. Limits are in test_envelope.c. */

#include "outputs.h"

static const struct pf_output_config plain;
static const struct pf_output_config gate = {.initial = PF_START_ON, .pulse_ms = 400};

static void commands_move_the_line_and_only_when_needed(void)
{
	struct world_line *line = world_single(plain);

	T_INT(line->writes, 0);
	T_INT(world_on(0), PF_VERDICT_DONE);
	T_STR(world.outcome.reason, "");
	T_TRUE(line->level);
	T_INT(world_on(0), PF_VERDICT_DONE);
	T_INT(line->writes, 1);
	world_command(0, PF_COMMAND_TOGGLE, 0, "");
	T_FALSE(line->level);
	world_command(0, PF_COMMAND_TOGGLE, 0, "");
	T_TRUE(line->level);
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
}

static void pulse_ends_at_its_deadline(void)
{
	struct world_line *line = world_single(plain);

	T_INT(world_pulse(0, true, 400), PF_VERDICT_DONE);
	T_TRUE(line->level);
	T_INT(pf_output_wake_ns(&line->output), world.now_ns + 400 * MS);
	T_TRUE(!pf_output_tick(&line->output, world.now_ns + 400 * MS - 1));
	T_TRUE(line->level);
	world_run(400 * MS);
	T_FALSE(line->level);
	T_STR(line->said, "end of the pulse");
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
}

static void off_pulse_ends_on(void)
{
	struct world_line *line = world_single(plain);

	world_on(0);
	world_pulse(0, false, 100);
	T_FALSE(line->level);
	world_run(100 * MS);
	T_TRUE(line->level);
}

static void any_later_command_replaces_the_deadline(void)
{
	struct world_line *line = world_single(plain);

	world_pulse(0, true, 100);
	world_run(60 * MS);
	world_on(0); /* for good */
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
	world_pulse(0, true, 50);
	world_run(10 * MS);
	world_off(0);
	world_run(1000 * MS);
	T_FALSE(line->level);
	T_INT(line->writes, 2);
}

static void same_pulse_again_extends_from_now(void)
{
	struct world_line *line = world_single(plain);

	world_pulse(0, true, 100);
	world_run(60 * MS);
	world_pulse(0, true, 100);
	world_run(99 * MS);
	T_TRUE(line->level);
	world_run(1 * MS);
	T_FALSE(line->level);
}

static void overdue_deadline_fires_at_once_after_a_sleep(void)
{
	struct world_line *line = world_single(plain);

	world_pulse(0, true, 1000);
	world_sleep(3600 * S);
	T_FALSE(line->level);
}

static void with_pulse_ms_every_on_ends_by_itself(void)
{
	struct world_line *line = world_single(gate);

	T_TRUE(line->level);
	world_run(400 * MS);
	T_FALSE(line->level);
	world_command(0, PF_COMMAND_TOGGLE, 0, "");
	T_TRUE(line->level);
	world_run(400 * MS);
	T_FALSE(line->level);
	world_pulse(0, true, 50); /* the command's own time counts */
	world_run(50 * MS);
	T_FALSE(line->level);
	world_pulse(0, false, 100); /* ends in an ON, which ends as well */
	world_run(100 * MS);
	T_TRUE(line->level);
	world_run(400 * MS);
	T_FALSE(line->level);
}

static void command_for_a_line_that_fails_is_rejected_and_nothing_comes_of_it(void)
{
	struct world_line *line = world_single(plain);

	line->fails = -ENODEV;
	T_INT(world_on(0), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "the line is not available");
	T_FALSE(line->output.held);
	T_INT(world_pulse(0, true, 100), PF_VERDICT_REJECTED);
	T_INT(world_command(0, PF_COMMAND_ON, 0, "a"), PF_VERDICT_REJECTED);
	T_INT(line->writes, 1); /* none of them is tried on a line that is not there */
	line->fails = 0;
	world_acquire(0);
	T_INT(line->initial, PF_INITIAL_OFF);
	world_run(60 * S);
	T_FALSE(line->level);
	T_INT(world_command(0, PF_COMMAND_ON, 0, "a"), PF_VERDICT_DONE);
	/* what was running goes on, although another command failed */
	line = world_single(plain);
	world_pulse(0, true, 1000);
	line->fails = -EIO;
	T_INT(world_pulse(0, false, 100), PF_VERDICT_REJECTED);
	line->fails = 0;
	world_acquire(0);
	T_TRUE(line->level);
	world_run(1000 * MS);
	T_FALSE(line->level);
}

/* Who said "off" last must not see it on again when the line is back. */
static void off_counts_although_the_line_is_away(void)
{
	for (int fails_first = 0; fails_first < 2; fails_first++) {
		struct world_line *line = world_single(plain);

		T_INT(world_on(0), PF_VERDICT_DONE);
		if (!fails_first)
			pf_output_lost(&line->output);
		line->fails = -EIO;
		T_INT(world_off(0), PF_VERDICT_REJECTED);
		T_INT(world_off(0), PF_VERDICT_REJECTED);
		world_run(60 * S);
		line->fails = 0;
		world_acquire(0);
		world_run(60 * S);
		T_FALSE(line->level);
		T_INT(world_on(0), PF_VERDICT_DONE);
	}
}

/* A slow line's write fails after the command was acked: 5 s later nobody means it any more. */
static void what_fails_on_its_way_is_tried_for_5_s(void)
{
	for (int late = 0; late < 2; late++) {
		struct world_line *line = world_single(plain);

		line->slow = true;
		line->delay_ns = 10 * MS;
		line->fails = -EIO;
		T_INT(world_on(0), PF_VERDICT_DEFERRED);
		world_run(late ? 5 * S + 1 : 5 * S);
		T_FALSE(line->output.held);
		T_INT(line->said == pf_output_stale, late);
		line->fails = 0;
		world_acquire(0);
		world_run(60 * S);
		T_INT(line->level, !late);
	}
}

/* What is on its way when a bus hangs cannot be called back; what would follow it later can. */
static void what_waits_for_a_write_that_hangs_is_dropped_but_off(void)
{
	static const struct {
		enum pf_command_state first, second;
		uint32_t for_ms;
		bool level;
	} cases[] = {{PF_COMMAND_ON, PF_COMMAND_ON, 0, true},
		{PF_COMMAND_ON, PF_COMMAND_OFF, 0, false},
		{PF_COMMAND_OFF, PF_COMMAND_ON, 0, false},
		{PF_COMMAND_OFF, PF_COMMAND_ON, 100, false},
		{PF_COMMAND_OFF, PF_COMMAND_OFF, 0, false}};

	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world_line *line = world_single(plain);

		if (cases[i].first == PF_COMMAND_OFF)
			world_on(0);
		line->slow = true;
		line->delay_ns = PF_NEVER;
		T_INT(world_command(0, cases[i].first, 0, ""), PF_VERDICT_DEFERRED);
		T_INT(world_command(0, cases[i].second, cases[i].for_ms, ""), PF_VERDICT_DEFERRED);
		world_run(60 * S);
		line->delay_ns = 0;
		world_finish(line);
		world_run(1 * S);
		T_INT(line->level, cases[i].level);
	}
}

static void failing_line_is_not_tried_in_a_loop(void)
{
	struct world_line *line = world_single(plain);

	world_pulse(0, true, 100);
	line->fails = -EIO;
	world_run(60 * S);
	T_INT(line->writes, 2);
	T_TRUE(line->level);
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
	line->fails = 0;
	world_acquire(0);
	T_FALSE(line->level);
}

static void toggle_is_rejected_while_the_state_is_unknown(void)
{
	struct world_line *line = world_single(plain);

	world_unplug(0);
	T_INT(world_command(0, PF_COMMAND_TOGGLE, 0, "a"), PF_VERDICT_REJECTED);
	T_FALSE(line->output.desired);
	world_plug(0);
	/* what was rejected may be sent again */
	T_INT(world_command(0, PF_COMMAND_TOGGLE, 0, "a"), PF_VERDICT_DONE);
}

static void pulse_ends_although_the_line_is_away(void)
{
	struct world_line *line = world_single(plain);

	world_pulse(0, true, 100);
	world_unplug(0);
	world_run(100 * MS);
	world_plug(0);
	T_INT(line->initial, PF_INITIAL_OFF);
	T_FALSE(line->level);
}

static void pulse_keeps_its_deadline_when_the_line_comes_back(void)
{
	static const struct pf_output_config rests = {.min_off_ms = 50};
	struct world_line *line = world_single(rests);

	world_run(50 * MS);
	world_pulse(0, true, 1000);
	world_unplug(0);
	line->level = false; /* the board lost its power */
	world_run(300 * MS);
	world_plug(0);
	T_FALSE(line->level); /* it has just come back off */
	world_run(50 * MS);
	T_TRUE(line->level);
	world_run(649 * MS);
	T_TRUE(line->level);
	world_run(1 * MS);
	T_FALSE(line->level);
}

static void line_lost_while_on_comes_back_on(void)
{
	struct world_line *line = world_single(plain);

	world_on(0);
	world_unplug(0);
	world_plug(0);
	T_INT(line->initial, PF_INITIAL_ON);
	T_TRUE(line->level);
	world_unplug(0);
	T_INT(world_pulse(0, false, 100), PF_VERDICT_REJECTED);
	world_plug(0);
	T_INT(line->initial, PF_INITIAL_ON);
}

static void command_before_the_line_is_first_held_is_rejected(void)
{
	static const struct pf_output_config keep = {.initial = PF_START_KEEP};
	struct world_line *line = &world.lines[0];

	world_begin(1000 * S);
	world_add(keep, false, true);
	T_INT(world_off(0), PF_VERDICT_REJECTED);
	world_acquire(0);
	T_INT(line->initial, PF_INITIAL_KEEP);
	T_TRUE(line->level);
	/* while it is being requested, it waits for that */
	world_begin(1000 * S);
	world_add(plain, false, false);
	line->slow = true;
	line->delay_ns = 1 * S;
	world_acquire(0);
	T_INT(world_pulse(0, true, 100), PF_VERDICT_DEFERRED);
	line->delay_ns = 0;
	world_run(1 * S);
	T_TRUE(line->level); /* its time starts when the line moves */
	world_run(99 * MS);
	T_TRUE(line->level);
	world_run(1 * MS);
	T_FALSE(line->level);
}

static void pulse_waits_for_5_s_at_most(void)
{
	static const struct pf_output_config rests = {.min_off_ms = 10000};
	struct world_line *line = world_single(rests);

	world_run(5 * S - 1);
	T_INT(world_pulse(0, true, 100), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "min_off_s: 5.001 s left");
	T_FALSE(line->output.desired);
	/* an "on" for good waits */
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	world_off(0);
	world_run(1);
	T_INT(world_pulse(0, true, 100), PF_VERDICT_DEFERRED);
	world_run(5 * S);
	T_TRUE(line->level);
	world_run(100 * MS);
	T_FALSE(line->level);
	/* one that nobody could look after meanwhile is dropped, an "on" is not */
	world_run(6 * S);
	T_INT(world_pulse(0, true, 100), PF_VERDICT_DEFERRED);
	world_sleep(60 * S);
	T_FALSE(line->level);
	T_TRUE(line->said == pf_output_stale);
}

static void one_of_the_last_32_ids_is_ignored(void)
{
	struct world_line *line = world_single(plain);
	char id[16];

	world_command(0, PF_COMMAND_TOGGLE, 0, "a");
	T_TRUE(line->level);
	T_INT(world_command(0, PF_COMMAND_TOGGLE, 0, "a"), PF_VERDICT_IGNORED);
	T_STR(world.outcome.reason, "duplicate");
	T_TRUE(line->level);
	for (int i = 0; i < PF_OUTPUT_IDS - 1; i++) {
		(void)snprintf(id, sizeof id, "b%d", i);
		world_command(0, PF_COMMAND_ON, 0, id);
	}
	T_INT(world_command(0, PF_COMMAND_ON, 0, "a"), PF_VERDICT_IGNORED);
	T_INT(world_command(0, PF_COMMAND_ON, 0, "c"), PF_VERDICT_DONE);
	/* 32 others came since */
	T_INT(world_command(0, PF_COMMAND_ON, 0, "a"), PF_VERDICT_DONE);
	T_INT(world_command(0, PF_COMMAND_OFF, 0, ""), PF_VERDICT_DONE);
	T_INT(world_command(0, PF_COMMAND_OFF, 0, ""), PF_VERDICT_DONE);
}

static void exit_brings_on_exit_and_nothing_moves_after_it(void)
{
	static const struct pf_output_config on = {.on_exit = PF_ON_EXIT_ON};
	struct world_line *line = world_single(plain);

	world_pulse(0, true, 100);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_FALSE(line->level);
	T_INT(world_on(0), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "the daemon is stopping");
	pf_output_link(&line->output, world.now_ns, false);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	world_run(3600 * S);
	T_FALSE(line->level);
	T_INT(line->writes, 2);
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
	line = world_single(on);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_TRUE(line->level);
}

static void exit_with_keep_keeps_but_ends_a_pulse(void)
{
	static const struct pf_output_config keep = {.on_exit = PF_ON_EXIT_KEEP};
	struct world_line *line = world_single(keep);
	bool end = true;

	world_on(0);
	T_FALSE(pf_output_unfinished(&line->output, &end));
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_TRUE(line->level);
	T_INT(line->writes, 1);
	line = world_single(keep);
	world_pulse(0, true, 60000);
	T_TRUE(pf_output_unfinished(&line->output, &end));
	T_FALSE(end);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_FALSE(line->level);
	T_FALSE(pf_output_unfinished(&line->output, &end));
	line = world_single(keep);
	world_on(0);
	world_pulse(0, false, 60000);
	T_TRUE(pf_output_unfinished(&line->output, &end));
	T_TRUE(end);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_TRUE(line->level);
}

static void exit_with_keep_carries_out_an_off_that_waited(void)
{
	static const struct pf_output_config keep = {
		.on_exit = PF_ON_EXIT_KEEP, .min_on_ms = 5000, .min_off_ms = 5000};
	struct world_line *line = world_single(keep);
	bool end = true;

	world_run(5 * S);
	world_on(0);
	T_INT(world_off(0), PF_VERDICT_DEFERRED);
	T_TRUE(pf_output_unfinished(&line->output, &end));
	T_FALSE(end);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_FALSE(line->level);
	/* an "on" that waits is not waited for */
	line = world_single(keep);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_FALSE(pf_output_unfinished(&line->output, &end));
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_FALSE(line->level);
}

static void exit_that_cannot_write_stays_unfinished(void)
{
	static const struct pf_output_config keep = {.on_exit = PF_ON_EXIT_KEEP};
	struct world_line *line = world_single(keep);
	bool end = true;

	world_pulse(0, true, 60000);
	line->fails = -EIO;
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_TRUE(line->level);
	T_TRUE(pf_output_unfinished(&line->output, &end));
	T_FALSE(end);
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
}

T_MAIN("output", T(commands_move_the_line_and_only_when_needed), T(pulse_ends_at_its_deadline),
	T(off_pulse_ends_on), T(any_later_command_replaces_the_deadline),
	T(same_pulse_again_extends_from_now), T(overdue_deadline_fires_at_once_after_a_sleep),
	T(with_pulse_ms_every_on_ends_by_itself),
	T(command_for_a_line_that_fails_is_rejected_and_nothing_comes_of_it),
	T(off_counts_although_the_line_is_away), T(what_fails_on_its_way_is_tried_for_5_s),
	T(what_waits_for_a_write_that_hangs_is_dropped_but_off),
	T(failing_line_is_not_tried_in_a_loop), T(toggle_is_rejected_while_the_state_is_unknown),
	T(pulse_ends_although_the_line_is_away),
	T(pulse_keeps_its_deadline_when_the_line_comes_back), T(line_lost_while_on_comes_back_on),
	T(command_before_the_line_is_first_held_is_rejected), T(pulse_waits_for_5_s_at_most),
	T(one_of_the_last_32_ids_is_ignored), T(exit_brings_on_exit_and_nothing_moves_after_it),
	T(exit_with_keep_keeps_but_ends_a_pulse), T(exit_with_keep_carries_out_an_off_that_waited),
	T(exit_that_cannot_write_stays_unfinished))

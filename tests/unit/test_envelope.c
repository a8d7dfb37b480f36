/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* The limits of outputs, each rule a test. */

#include "outputs.h"

static const struct pf_output_config plain;

/* ---- start ------------------------------------------------------------------------------------*/

static void initial_off_and_on_are_set_in_the_request(void)
{
	static const struct pf_output_config on = {.initial = PF_START_ON};
	struct world_line *line = world_single(plain);

	T_INT(line->initial, PF_INITIAL_OFF);
	line = world_single(on);
	T_INT(line->initial, PF_INITIAL_ON);
	T_INT(line->writes, 0);
	T_TRUE(line->level);
}

static void initial_keep_adopts_the_level_without_a_write(void)
{
	static const struct pf_output_config keep = {.initial = PF_START_KEEP};

	for (int level = 0; level <= 1; level++) {
		world_begin(1000 * S);
		world_add(keep, false, level);
		world_acquire(0);
		T_INT(world.lines[0].initial, PF_INITIAL_KEEP);
		T_INT(world.lines[0].level, level);
		T_INT(world.lines[0].output.desired, level);
		T_INT(world.lines[0].writes, 0);
	}
}

static void initial_last_restores_what_is_recorded_and_is_off_without(void)
{
	static const struct pf_output_config last = {.initial = PF_START_LAST};
	const struct pf_history history = {.last = true};
	struct world_line *line = world_single(last);

	T_INT(line->initial, PF_INITIAL_OFF);
	world_begin(1000 * S);
	world_add(last, false, false);
	pf_output_recall(&world.lines[0].output, &history);
	world_acquire(0);
	T_INT(world.lines[0].initial, PF_INITIAL_ON);
	T_TRUE(world.lines[0].level);
	T_INT(world.lines[0].writes, 0);
}

static void last_is_set_by_command_limit_and_failsafe_only(void)
{
	static const struct pf_output_config config = {.initial = PF_START_ON,
		.on_exit = PF_ON_EXIT_ON,
		.max_on_ms = 10000,
		.failsafe = {.after_ms = 60000, .state = true}};
	struct world_line *line = world_single(config);

	T_FALSE(line->output.last); /* start is nobody's wish */
	world_on(0);
	T_TRUE(line->output.last);
	world_run(10 * S);
	T_FALSE(line->output.last); /* max_on_s */
	world_run(50 * S);
	T_TRUE(line->output.last); /* failsafe */
	world_off(0);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_TRUE(line->level);
	T_FALSE(line->output.last); /* exit does not count */
}

static void last_is_never_a_pulsed_state(void)
{
	struct world_line *line = world_single(plain);

	world_pulse(0, true, 1000);
	T_FALSE(line->output.last);
	world_run(1 * S);
	T_FALSE(line->output.last);
	world_on(0);
	world_pulse(0, false, 1000);
	T_TRUE(line->output.last);
}

static void last_forgets_on_even_if_the_off_cannot_be_written(void)
{
	struct world_line *line = world_single(plain);

	world_on(0);
	line->fails = -EIO;
	world_off(0);
	T_TRUE(line->level);
	T_FALSE(line->output.last);
}

static void pulse_from_before_is_ended_at_start_also_with_keep(void)
{
	static const struct pf_output_config keep = {.initial = PF_START_KEEP};
	const struct pf_history on = {.unfinished = true,
		.end_level = false,
		.level = true,
		.on_ns = 999 * S,
		.period_ns = 999 * S};
	const struct pf_history off = {.unfinished = true, .end_level = true, .off_ns = 999 * S};

	world_begin(1000 * S);
	world_add(keep, false, true);
	pf_output_recall(&world.lines[0].output, &on);
	world_acquire(0);
	T_FALSE(world.lines[0].level);
	world_begin(1000 * S);
	world_add(keep, false, false);
	pf_output_recall(&world.lines[0].output, &off);
	world_acquire(0);
	T_TRUE(world.lines[0].level);
	/* also after a power cut, of which only the pulse is known */
	world_begin(10 * S);
	world_add(keep, false, false);
	pf_output_recall(&world.lines[0].output,
		&(struct pf_history){.unfinished = true, .end_level = true});
	world_acquire(0);
	T_TRUE(world.lines[0].level);
}

static void end_of_a_pulse_from_before_keeps_the_limits(void)
{
	static const struct pf_output_config keep = {
		.initial = PF_START_KEEP, .min_on_ms = 5000, .min_off_ms = 5000};
	const struct pf_history on = {.unfinished = true,
		.end_level = false,
		.level = true,
		.on_ns = 998 * S,
		.period_ns = 998 * S};
	const struct pf_history off = {.unfinished = true, .end_level = true, .off_ns = 998 * S};

	world_begin(1000 * S);
	world_add(keep, false, true);
	pf_output_recall(&world.lines[0].output, &on);
	world_acquire(0);
	world_run(3 * S - 1);
	T_TRUE(world.lines[0].level);
	world_run(1);
	T_FALSE(world.lines[0].level);
	world_begin(1000 * S);
	world_add(keep, false, false);
	pf_output_recall(&world.lines[0].output, &off);
	world_acquire(0);
	world_run(3 * S - 1);
	T_FALSE(world.lines[0].level);
	world_run(1);
	T_TRUE(world.lines[0].level);
}

static void initial_off_is_off_at_once_whatever_was_before(void)
{
	static const struct pf_output_config config = {.min_on_ms = 60000, .min_off_ms = 1};
	const struct pf_history history = {.level = true, .on_ns = 999 * S, .period_ns = 999 * S};

	world_begin(1000 * S);
	world_add(config, false, true);
	pf_output_recall(&world.lines[0].output, &history);
	world_acquire(0);
	T_INT(world.lines[0].initial, PF_INITIAL_OFF);
	T_FALSE(world.lines[0].level);
	T_INT(world.lines[0].writes, 0);
}

/* ---- max_on_s ---------------------------------------------------------------------------------*/

static const struct pf_output_config heater = {.max_on_ms = 10000};

static void max_on_counts_from_the_off_to_on_change(void)
{
	struct world_line *line = world_single(heater);

	world_on(0);
	world_run(10 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
	T_STR(line->said, "max_on_s is over");
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
}

static void repeated_on_and_pulses_never_extend_max_on(void)
{
	struct world_line *line = world_single(heater);

	world_on(0);
	for (int i = 0; i < 9; i++) {
		world_run(1 * S);
		T_TRUE(line->level);
		world_on(0);
		world_pulse(0, true, 8000);
	}
	world_run(1 * S);
	T_FALSE(line->level);
	world_run(100 * S);
	T_FALSE(line->level); /* the pulse has gone with it */
	T_INT(line->writes, 2);
}

static void longer_pulse_is_cut_to_max_on_and_says_so(void)
{
	struct world_line *line = world_single(heater);

	T_INT(world_pulse(0, true, 10000), PF_VERDICT_DONE);
	T_STR(world.outcome.reason, "");
	T_INT(world_pulse(0, true, 10001), PF_VERDICT_DONE);
	T_STR(world.outcome.reason, "cut to max_on_s");
	world_run(10 * S);
	T_FALSE(line->level);
}

static void max_on_holds_for_initial_on_keep_last_and_toggle(void)
{
	static const enum pf_start starts[] = {PF_START_ON, PF_START_KEEP, PF_START_LAST};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct pf_output_config config = heater;

		config.initial = starts[i];
		world_begin(1000 * S);
		world_add(config, false, true);
		pf_output_recall(&world.lines[0].output, &(struct pf_history){.last = true});
		world_acquire(0);
		world_run(10 * S - 1);
		T_TRUE(world.lines[0].level);
		world_run(1);
		T_FALSE(world.lines[0].level);
		world_command(0, PF_COMMAND_TOGGLE, 0, "");
		T_TRUE(world.lines[0].level);
		world_run(10 * S);
		T_FALSE(world.lines[0].level);
	}
}

static void keep_and_last_go_on_counting_after_a_restart_within_one_boot(void)
{
	static const enum pf_start starts[] = {PF_START_ON, PF_START_KEEP, PF_START_LAST};
	const struct pf_history history = {
		.last = true, .level = true, .on_ns = 994 * S, .period_ns = 994 * S};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct pf_output_config config = heater;

		config.initial = starts[i];
		world_begin(1000 * S);
		world_add(config, false, true);
		pf_output_recall(&world.lines[0].output, &history);
		world_acquire(0);
		world_run(4 * S - 1);
		T_TRUE(world.lines[0].level);
		world_run(1);
		T_FALSE(world.lines[0].level);
	}
}

static void last_goes_on_counting_although_exit_had_switched_it_off(void)
{
	struct pf_output_config config = heater;
	const struct pf_history history = {
		.last = true, .on_ns = 994 * S, .off_ns = 998 * S, .period_ns = 994 * S};

	config.initial = PF_START_LAST;
	for (int rest = 0; rest <= 1; rest++) {
		config.min_off_ms = rest ? 3000 : 0; /* till 1001 s */
		world_begin(1000 * S);
		world_add(config, false, false);
		pf_output_recall(&world.lines[0].output, &history);
		world_acquire(0);
		T_INT(world.lines[0].level, !rest);
		world_run(1 * S);
		T_TRUE(world.lines[0].level);
		world_run(3 * S - 1);
		T_TRUE(world.lines[0].level);
		world_run(1);
		T_FALSE(world.lines[0].level);
	}
}

static void start_does_not_begin_an_on_whose_time_is_over(void)
{
	static const enum pf_start starts[] = {PF_START_ON, PF_START_LAST};
	const struct pf_history history = {
		.last = true, .level = true, .on_ns = 990 * S, .period_ns = 990 * S};

	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		struct pf_output_config config = heater;

		config.initial = starts[i];
		world_begin(1000 * S);
		world_add(config, false, true);
		pf_output_recall(&world.lines[0].output, &history);
		world_acquire(0);
		T_INT(world.lines[0].initial, PF_INITIAL_OFF);
		T_FALSE(world.lines[0].output.desired);
		T_FALSE(world.lines[0].output.last);
		T_INT(world_on(0), PF_VERDICT_DONE);
		world_run(10 * S - 1);
		T_TRUE(world.lines[0].level);
	}
}

static void next_on_after_max_on_is_a_new_period_subject_to_min_off(void)
{
	struct pf_output_config config = heater;
	struct world_line *line;

	config.min_off_ms = 2000;
	line = world_single(config);
	world_run(2 * S);
	world_on(0);
	world_run(10 * S);
	T_FALSE(line->level);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_STR(world.outcome.reason, "min_off_s: 2.000 s left");
	world_run(2 * S);
	T_TRUE(line->level);
	world_run(10 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
}

static void max_on_acts_when_the_line_is_back(void)
{
	struct world_line *line = world_single(heater);

	world_on(0);
	world_unplug(0);
	world_run(20 * S);
	T_TRUE(line->level);
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
	world_plug(0);
	T_INT(line->initial, PF_INITIAL_OFF);
	T_FALSE(line->level);
}

/* ---- min_on_s, min_off_s ----------------------------------------------------------------------*/

static const struct pf_output_config compressor = {.min_on_ms = 5000, .min_off_ms = 3000};

static void command_that_comes_too_early_is_deferred_with_the_time_left(void)
{
	struct world_line *line = world_single(compressor);

	world_run(2 * S);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_STR(world.outcome.reason, "min_off_s: 1.000 s left");
	T_FALSE(line->level);
	world_run(1 * S);
	T_TRUE(line->level);
	T_STR(line->said, "the wait is over");
	world_run(1500 * MS);
	T_INT(world_off(0), PF_VERDICT_DEFERRED);
	T_STR(world.outcome.reason, "min_on_s: 3.500 s left");
	world_run(3500 * MS - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
}

static void newest_deferred_command_wins(void)
{
	struct world_line *line = world_single(compressor);

	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_INT(world_off(0), PF_VERDICT_DONE);
	world_run(60 * S);
	T_INT(line->writes, 0);
	world_on(0);
	world_run(1 * S);
	T_INT(world_off(0), PF_VERDICT_DEFERRED);
	T_INT(world_on(0), PF_VERDICT_DONE);
	world_run(60 * S);
	T_TRUE(line->level);
	T_INT(line->writes, 1);
}

static void toggle_inverts_the_desired_state_pending_included(void)
{
	struct world_line *line = world_single(compressor);

	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_INT(world_command(0, PF_COMMAND_TOGGLE, 0, ""), PF_VERDICT_DONE);
	T_FALSE(line->output.desired);
	T_INT(world_command(0, PF_COMMAND_TOGGLE, 0, ""), PF_VERDICT_DEFERRED);
	T_TRUE(line->output.desired);
}

static void deferred_pulse_takes_its_time_from_when_the_line_moves(void)
{
	struct world_line *line = world_single(compressor);

	T_INT(world_pulse(0, true, 8000), PF_VERDICT_DEFERRED);
	world_run(3 * S);
	T_TRUE(line->level);
	world_run(8 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
}

static void pulses_under_min_on_and_min_off_last_that_long(void)
{
	struct world_line *line = world_single(compressor);

	world_run(3 * S);
	world_pulse(0, true, 100);
	world_run(5 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
	world_run(3 * S);
	world_on(0);
	world_run(5 * S);
	world_pulse(0, false, 100);
	T_FALSE(line->level);
	world_run(3 * S - 1);
	T_FALSE(line->level);
	world_run(1);
	T_TRUE(line->level);
}

static void safety_overrides_min_on(void)
{
	static const struct pf_output_config config = {.min_on_ms = 5000,
		.max_on_ms = 6000,
		.failsafe = {.after_ms = 2000, .heartbeat_topic = "alive"}};
	struct pf_output_config shorter = config;
	struct world_line *line = world_single(config);

	world_on(0);
	world_run(2 * S);
	T_FALSE(line->level); /* failsafe */
	line = world_single(config);
	world_on(0);
	pf_output_exit(&line->output, world.now_ns, world.now_ns);
	T_FALSE(line->level);
	line = world_single(config);
	world_on(0);
	shorter.max_on_ms = 1000; /* a reload */
	pf_output_reconfigure(&line->output, world.now_ns, &shorter);
	world_run(1 * S);
	T_FALSE(line->level); /* max_on_s */
}

static void min_off_runs_anew_at_start_unless_recorded_times_prove_it_over(void)
{
	struct pf_output_config config = compressor;
	const struct pf_history proof = {.on_ns = 990 * S, .off_ns = 996 * S};
	const struct pf_history was_on = {.level = true, .on_ns = 990 * S, .off_ns = 980 * S};

	config.initial = PF_START_ON;
	world_begin(1000 * S);
	world_add(config, false, false);
	world_run(60 * S); /* it counts from when the line is held */
	world_acquire(0);
	world_run(3 * S - 1);
	T_FALSE(world.lines[0].level);
	world_run(1);
	T_TRUE(world.lines[0].level);
	world_begin(1000 * S);
	world_add(config, false, false);
	pf_output_recall(&world.lines[0].output, &proof);
	world_acquire(0);
	T_INT(world.lines[0].initial, PF_INITIAL_ON);
	/* it was on and has been switched off meanwhile, nobody knows when */
	world_begin(1000 * S);
	world_add(config, false, false);
	pf_output_recall(&world.lines[0].output, &was_on);
	world_acquire(0);
	T_FALSE(world.lines[0].level);
	world_run(3 * S - 1);
	T_FALSE(world.lines[0].level);
	world_run(1);
	T_TRUE(world.lines[0].level);
}

static void line_that_comes_back_keeps_min_on_and_min_off(void)
{
	struct world_line *line = world_single(compressor);

	world_run(3 * S);
	world_on(0);
	world_run(1 * S);
	world_off(0);
	world_unplug(0);
	world_plug(0);
	T_TRUE(line->level); /* until min_on_s is over */
	world_run(4 * S);
	T_FALSE(line->level);
	world_run(3 * S);
	world_on(0);
	world_unplug(0);
	line->level = false; /* the board lost its power */
	world_plug(0);
	T_FALSE(line->level);
	world_run(3 * S);
	T_TRUE(line->level);
}

/* ---- interlock --------------------------------------------------------------------------------*/

static void world_blind(struct pf_output_config up, struct pf_output_config down)
{
	world_begin(1000 * S);
	world_add(up, true, false);
	world_add(down, true, false);
	world_acquire(0);
	world_acquire(1);
	world_run(500 * MS);
}

static void switching_over_turns_the_other_off_first_waits_then_on(void)
{
	world_blind(plain, plain);
	T_INT(world_on(0), PF_VERDICT_DONE);
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	T_STR(world.outcome.reason, "interlock dead time: 0.500 s left");
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	world_run(500 * MS - 1);
	T_FALSE(world.lines[1].level);
	world_run(1);
	T_TRUE(world.lines[1].level);
	T_FALSE(world.lines[0].output.desired);
}

static void switching_over_waits_for_min_on_of_the_other(void)
{
	static const struct pf_output_config slow = {.min_on_ms = 2000};

	world_blind(slow, plain);
	world_on(0);
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	T_STR(world.outcome.reason, "interlock blind: up is on");
	world_run(2 * S);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	world_run(500 * MS);
	T_TRUE(world.lines[1].level);
}

static void newest_of_two_members_wins(void)
{
	world_blind(plain, plain);
	world_on(0);
	world_on(1);
	T_INT(world_on(0), PF_VERDICT_DONE); /* its own dead time does not hold it back */
	world_run(60 * S);
	T_TRUE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	world_on(1);
	world_off(1);
	world_run(60 * S);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
}

static void other_going_on_cancels_the_end_of_an_off_pulse(void)
{
	world_blind(plain, plain);
	world_on(0);
	world_pulse(0, false, 2000); /* would end on */
	world_on(1);
	world_run(60 * S);
	T_FALSE(world.lines[0].level);
	T_TRUE(world.lines[1].level);
}

static void dead_time_runs_anew_at_start_unless_recorded_times_prove_it_over(void)
{
	static const struct pf_output_config on = {.initial = PF_START_ON};
	const struct pf_history proof = {.on_ns = 990 * S, .off_ns = 996 * S};

	world_begin(1000 * S);
	world_add(on, true, false);
	world_add(plain, true, false);
	world_acquire(0);
	T_INT(world.lines[0].initial, PF_INITIAL_OFF);
	world_run(10 * S);
	T_FALSE(world.lines[0].level); /* the other line is not ours yet, it may be on */
	world_acquire(1);
	world_run(500 * MS - 1);
	T_FALSE(world.lines[0].level);
	world_run(1);
	T_TRUE(world.lines[0].level);
	world_begin(1000 * S);
	world_add(on, true, false);
	world_add(plain, true, false);
	pf_output_recall(&world.lines[1].output, &proof);
	world_acquire(0);
	T_INT(world.lines[0].initial, PF_INITIAL_ON);
}

static void two_found_on_are_all_switched_off_with_an_error(void)
{
	static const struct pf_output_config keep = {.initial = PF_START_KEEP, .min_on_ms = 60000};
	static const struct pf_output_config last = {.initial = PF_START_LAST};

	world_begin(1000 * S);
	for (int i = 0; i < 3; i++)
		world_add(keep, true, true);
	for (size_t i = 0; i < 3; i++)
		world_acquire(i);
	T_INT(world.lines[0].acquired, 0);
	T_INT(world.lines[1].acquired, -ENOTUNIQ);
	world_run(60 * S);
	for (size_t i = 0; i < 3; i++)
		T_FALSE(world.lines[i].level);
	world_begin(1000 * S);
	for (size_t i = 0; i < 2; i++) {
		world_add(last, true, false);
		pf_output_recall(&world.lines[i].output, &(struct pf_history){.last = true});
		world_acquire(i);
	}
	T_INT(world.lines[1].acquired, -ENOTUNIQ);
	world_run(60 * S);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	T_FALSE(world.lines[0].output.last);
}

static void second_found_on_is_off_even_if_the_first_is_away(void)
{
	static const struct pf_output_config keep = {.initial = PF_START_KEEP, .min_on_ms = 60000};

	world_begin(1000 * S);
	world_add(keep, true, true);
	world_add(keep, true, true);
	world_acquire(0);
	world_unplug(0);
	world_acquire(1);
	T_INT(world.lines[1].acquired, -ENOTUNIQ);
	T_FALSE(world.lines[1].level);
	/* the third is off */
	world_begin(1000 * S);
	world_add(keep, true, false);
	world_add(keep, true, true);
	world_add(keep, true, true);
	for (size_t i = 0; i < 3; i++)
		world_acquire(i);
	T_INT(world.lines[2].acquired, -ENOTUNIQ);
	for (size_t i = 0; i < 3; i++)
		T_FALSE(world.lines[i].level);
}

static void one_found_on_is_kept(void)
{
	static const struct pf_output_config keep = {.initial = PF_START_KEEP};

	for (size_t on = 0; on < 2; on++) {
		world_begin(1000 * S);
		world_add(keep, true, on == 0);
		world_add(keep, true, on == 1);
		world_acquire(0);
		world_acquire(1);
		T_INT(world.lines[1].acquired, 0);
		T_INT(world.lines[0].level, on == 0);
		T_INT(world.lines[1].level, on == 1);
	}
}

static void command_is_rejected_while_another_was_never_seen_off(void)
{
	static const struct pf_output_config keep = {.initial = PF_START_KEEP};

	world_begin(1000 * S);
	world_add(plain, true, false);
	world_add(keep, true, true);
	world_acquire(0);
	T_INT(world_on(0), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "interlock blind: down is not known to be off");
	T_FALSE(world.lines[0].output.desired);
	world_acquire(1);
	T_TRUE(world.lines[1].level);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_FALSE(world.lines[1].level);
	world_run(500 * MS);
	T_TRUE(world.lines[0].level);
}

/* Both for a line that comes back soon, and for one that comes back when nobody means it any more.
 */
static void member_that_cannot_be_written_off_holds_the_others_back(void)
{
	for (int late = 0; late < 2; late++) {
		world_blind(plain, plain);
		world_on(0);
		world.lines[0].fails = -EIO;
		T_INT(world_on(1), PF_VERDICT_DEFERRED);
		world_run(late ? 5 * S + 1 : 5 * S);
		T_FALSE(world.lines[1].level);
		T_INT(world.lines[1].said == pf_output_stale, late);
		world.lines[0].fails = 0;
		world_acquire(0);
		T_INT(world.lines[0].level, late);
		world_run(500 * MS - 1);
		T_FALSE(world.lines[1].level);
		world_run(1);
		T_INT(world.lines[1].level, !late);
	}
}

static void failed_on_may_have_worked_and_holds_the_others_back(void)
{
	world_blind(plain, plain);
	world.lines[0].fails = -EIO;
	world.lines[0].fails_on = true;
	T_INT(world_on(0), PF_VERDICT_REJECTED);
	T_TRUE(world.lines[0].level);
	T_INT(world_on(1), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "interlock blind: up is not known to be off");
	world_run(60 * S);
	T_FALSE(world.lines[1].level);
	world.lines[0].fails = 0;
	world_acquire(0);
	T_FALSE(world.lines[0].level);
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	world_run(500 * MS);
	T_TRUE(world.lines[1].level);
}

static void member_lost_while_on_holds_the_others_back(void)
{
	world_blind(plain, plain);
	world_on(0);
	world_unplug(0);
	T_INT(world_on(1), PF_VERDICT_REJECTED);
	world_run(60 * S);
	T_FALSE(world.lines[1].level);
	world_plug(0);
	T_TRUE(world.lines[0].level);
	world_run(500 * MS);
	T_FALSE(world.lines[1].level);
}

static void end_of_a_pulse_keeps_the_interlock(void)
{
	world_blind(plain, plain);
	world_on(0);
	world_pulse(0, false, 100); /* ends on */
	world_pulse(1, false, 100); /* ends on, too: the newer one */
	world_run(60 * S);
	T_TRUE(world.lines[0].level != world.lines[1].level);
}

static void on_exit_on_within_an_interlock_does_not_wait_and_stays_off(void)
{
	static const struct pf_output_config on = {.on_exit = PF_ON_EXIT_ON};

	world_blind(on, plain);
	world_on(1);
	for (size_t i = 0; i < 2; i++)
		pf_output_exit(&world.lines[i].output, world.now_ns, world.now_ns);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	/* the other way round the dead time is in the way */
	world_blind(plain, on);
	world_on(0);
	for (size_t i = 0; i < 2; i++)
		pf_output_exit(&world.lines[i].output, world.now_ns, world.now_ns);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	/* nothing is in the way */
	world_blind(plain, on);
	for (size_t i = 0; i < 2; i++)
		pf_output_exit(&world.lines[i].output, world.now_ns, world.now_ns);
	T_TRUE(world.lines[1].level);
}

static void on_exit_on_does_not_turn_off_a_member_that_keeps(void)
{
	static const struct pf_output_config on = {.on_exit = PF_ON_EXIT_ON};
	static const struct pf_output_config keep = {.on_exit = PF_ON_EXIT_KEEP};

	world_blind(on, keep);
	world_on(1);
	for (size_t i = 0; i < 2; i++)
		pf_output_exit(&world.lines[i].output, world.now_ns, world.now_ns);
	T_FALSE(world.lines[0].level);
	T_TRUE(world.lines[1].level);
	/* what has ended is not moved by those that have not */
	world_blind(plain, keep);
	world_on(1);
	pf_output_exit(&world.lines[1].output, world.now_ns, world.now_ns);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	world_run(60 * S);
	T_FALSE(world.lines[0].level);
	T_TRUE(world.lines[1].level);
}

static void exit_of_one_member_lets_no_other_go_on(void)
{
	world_blind(plain, plain);
	world.group.dead_time_ms = 0;
	world_on(0);
	world.lines[0].config.min_on_ms = 60000;
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	for (size_t i = 0; i < 2; i++)
		pf_output_exit(&world.lines[i].output, world.now_ns, world.now_ns);
	T_FALSE(world.lines[0].level);
	T_INT(world.lines[1].writes, 0);
}

static void removed_member_frees_the_others_after_its_dead_time(void)
{
	world_blind(plain, plain);
	world_on(0);
	world.lines[0].config.min_on_ms = 60000;
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	pf_output_exit(&world.lines[0].output, world.now_ns, world.now_ns);
	pf_output_done(&world.lines[0].output);
	world_run(500 * MS - 1);
	T_FALSE(world.lines[1].level);
	world_run(1);
	T_TRUE(world.lines[1].level);
}

static void reload_into_a_group_with_another_on_switches_all_off(void)
{
	world_begin(1000 * S);
	world_add(plain, true, false);
	world_add(plain, false, false);
	world_acquire(0);
	world_acquire(1);
	world_on(0);
	world_on(1);
	T_TRUE(world.lines[0].level && world.lines[1].level);
	pf_output_regroup(&world.lines[1].output, &world.group);
	T_INT(pf_output_reconfigure(&world.lines[1].output, world.now_ns, &world.lines[1].config),
		-ENOTUNIQ);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
}

/* A reload: another group in place of the old one, which is gone then. */
static void reload_group(struct pf_interlock *group)
{
	pf_interlock_init(group, "other", 500);
	for (size_t i = 0; i < world.n; i++)
		pf_output_regroup(&world.lines[i].output, group);
	pf_interlock_join(group);
	for (size_t i = 0; i < world.n; i++)
		T_INT(pf_output_reconfigure(
			      &world.lines[i].output, world.now_ns, &world.lines[i].config),
			0);
}

static void reload_does_not_shorten_the_dead_time(void)
{
	struct pf_interlock group;

	world_blind(plain, plain);
	world_on(0);
	world_run(1 * S);
	world_on(1); /* the other is off now, and this one waits */
	T_FALSE(world.lines[0].level);
	world_run(100 * MS);
	reload_group(&group);
	T_FALSE(world.lines[1].level);
	world_run(399 * MS);
	T_FALSE(world.lines[1].level);
	world_run(1 * MS);
	T_TRUE(world.lines[1].level);
	pf_interlock_done(&group);
}

static void reload_does_not_let_two_be_on(void)
{
	struct pf_output_config config = plain;
	struct pf_interlock group;

	config.min_on_ms = 5000;
	world_blind(config, config);
	world_on(1);
	T_TRUE(world.lines[1].level);
	world_on(0); /* waits for the other's min_on_s */
	T_TRUE(world.lines[1].level);
	reload_group(&group);
	T_FALSE(world.lines[0].level);
	T_TRUE(world.lines[1].level);
	world_run(5500 * MS);
	T_TRUE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	pf_interlock_done(&group);
}

static void a_member_that_a_reload_removes_is_waited_for(void)
{
	struct pf_interlock group;

	world_blind(plain, plain);
	world_on(1);
	world_run(1 * S);
	pf_output_exit(&world.lines[1].output, world.now_ns, world.now_ns);
	pf_output_done(&world.lines[1].output);
	world.n = 1;
	reload_group(&group);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	world_run(499 * MS);
	T_FALSE(world.lines[0].level);
	world_run(1 * MS);
	T_TRUE(world.lines[0].level);
	pf_interlock_done(&group);
}

/* ---- lines that are not waited for ----------------------------------------------------------- */

/* A pair in a group, the first on a slow line: a write takes 2 s and has its effect after 1 s. */
static void world_slow_blind(struct pf_output_config first)
{
	world_begin(1000 * S);
	world_add(first, true, false);
	world_add(plain, true, false);
	world.lines[0].slow = true;
	world_acquire(0);
	world_acquire(1);
	world_run(600 * MS);
	world.lines[0].delay_ns = 2 * S;
	world.lines[0].effect_ns = 1 * S;
}

static void slow_line_is_on_when_it_says_so_and_may_be_before(void)
{
	world_slow_blind(plain);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_STR(world.outcome.reason, "the line is being written");
	world_run(1500 * MS);
	T_TRUE(world.lines[0].level);
	T_FALSE(world.lines[0].output.level);
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	T_FALSE(world.lines[1].level);
}

static void other_member_waits_for_the_confirmed_off_and_the_dead_time(void)
{
	world_slow_blind(plain);
	world_on(0);
	world_run(3 * S);
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	T_STR(world.outcome.reason, "interlock blind: up is on");
	world_run(2500 * MS - 1);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	world_run(1);
	T_TRUE(world.lines[1].level);
}

static void commands_during_a_write_wait_and_only_the_newest_counts(void)
{
	world_slow_blind(plain);
	world_on(0);
	T_INT(world_off(0), PF_VERDICT_DEFERRED);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	T_INT(world_off(0), PF_VERDICT_DEFERRED);
	T_INT(world.lines[0].writes, 1);
	world_run(10 * S);
	T_INT(world.lines[0].writes, 2);
	T_FALSE(world.lines[0].level);
}

static void max_on_counts_from_the_begin_of_a_write_and_a_pulse_from_its_end(void)
{
	world_slow_blind((struct pf_output_config){.max_on_ms = 10000});
	world_on(0);
	world_run(10 * S - 1);
	T_INT(world.lines[0].writes, 1);
	world_run(1);
	T_INT(world.lines[0].writes, 2);
	world_slow_blind(plain);
	world_pulse(0, true, 500);
	world_run(2500 * MS - 1);
	T_INT(world.lines[0].writes, 1);
	world_run(1);
	T_INT(world.lines[0].writes, 2);
}

static void hung_write_is_followed_by_what_is_wanted_by_then(void)
{
	world_slow_blind((struct pf_output_config){.max_on_ms = 10000});
	world.lines[0].delay_ns = PF_NEVER;
	world_on(0);
	world_run(3600 * S);
	T_TRUE(world.lines[0].level); /* nobody can know */
	T_INT(world.lines[0].writes, 1);
	world.lines[0].delay_ns = 0;
	world_finish(&world.lines[0]);
	world_run(0);
	T_FALSE(world.lines[0].level); /* max_on_s was over long ago */
}

static void failed_write_of_a_slow_line_leaves_it_not_held(void)
{
	world_slow_blind(plain);
	world.lines[0].fails = -EIO;
	world_on(0);
	world_run(2 * S);
	T_FALSE(world.lines[0].output.held);
	T_INT(world_on(1), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "interlock blind: up is not known to be off");
}

static void exit_during_a_write_follows_it(void)
{
	bool level;

	world_slow_blind(plain);
	world_on(0);
	pf_output_exit(&world.lines[0].output, world.now_ns, world.now_ns);
	T_TRUE(pf_output_unfinished(&world.lines[0].output, &level));
	T_FALSE(level);
	T_INT(world_on(0), PF_VERDICT_REJECTED);
	world_run(4 * S);
	T_INT(world.lines[0].writes, 2);
	T_FALSE(world.lines[0].level);
	T_FALSE(pf_output_unfinished(&world.lines[0].output, &level));
}

static void exit_with_keep_during_the_write_of_a_pulse_ends_it(void)
{
	static const struct pf_output_config keep = {.on_exit = PF_ON_EXIT_KEEP};

	world_slow_blind(keep);
	world_pulse(0, true, 60000);
	pf_output_exit(&world.lines[0].output, world.now_ns, world.now_ns);
	world_run(4 * S);
	T_FALSE(world.lines[0].level);
	world_slow_blind(keep);
	world_on(0);
	pf_output_exit(&world.lines[0].output, world.now_ns, world.now_ns);
	world_run(4 * S);
	T_TRUE(world.lines[0].level);
}

static void exit_during_a_request_follows_it(void)
{
	world_begin(1000 * S);
	world_add((struct pf_output_config){.initial = PF_START_ON}, false, false);
	world.lines[0].slow = true;
	world.lines[0].delay_ns = 1 * S;
	world_acquire(0);
	T_INT(world.lines[0].initial, PF_INITIAL_ON);
	pf_output_exit(&world.lines[0].output, world.now_ns, world.now_ns);
	world_run(3 * S);
	T_FALSE(world.lines[0].level);
}

static void request_on_under_way_holds_the_others_back(void)
{
	world_begin(1000 * S);
	world_add((struct pf_output_config){.initial = PF_START_ON}, true, false);
	world_add(plain, true, false);
	for (size_t i = 0; i < 2; i++)
		pf_output_recall(&world.lines[i].output,
			&(struct pf_history){.on_ns = 1 * S, .off_ns = 2 * S});
	world.lines[0].slow = true;
	world.lines[0].delay_ns = PF_NEVER;
	world_acquire(0);
	world_acquire(1);
	T_INT(world.lines[0].initial, PF_INITIAL_ON);
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	world_run(60 * S);
	T_FALSE(world.lines[1].level);
}

/* ---- failsafe ---------------------------------------------------------------------------------*/

static const struct pf_output_config by_broker = {.failsafe = {.after_ms = 60000}};
static const struct pf_output_config by_heartbeat = {
	.failsafe = {.after_ms = 60000, .heartbeat_topic = "alive"}};

static void failsafe_fires_when_the_broker_is_never_reached(void)
{
	struct world_line *line = world_single(by_broker);

	world_on(0);
	world_run(60 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
	T_STR(line->said, "failsafe: the broker is away");
}

static void failsafe_counts_from_the_detected_loss(void)
{
	struct world_line *line = world_single(by_broker);

	pf_output_link(&line->output, world.now_ns, true);
	T_TRUE(pf_output_wake_ns(&line->output) == PF_NEVER);
	world_on(0);
	world_run(3600 * S);
	pf_output_link(&line->output, world.now_ns, false);
	world_run(30 * S);
	pf_output_link(&line->output, world.now_ns, false); /* one more failed try */
	world_run(30 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
}

static void broker_that_comes_back_in_time_changes_nothing(void)
{
	struct world_line *line = world_single(by_broker);

	world_on(0);
	world_run(59 * S);
	pf_output_link(&line->output, world.now_ns, true);
	world_run(3600 * S);
	T_TRUE(line->level);
	T_INT(line->writes, 1);
}

static void failsafe_ends_with_the_next_command_not_with_the_reconnect(void)
{
	struct world_line *line = world_single(by_broker);

	world_on(0);
	world_run(60 * S);
	pf_output_link(&line->output, world.now_ns, true);
	world_run(60 * S);
	T_FALSE(line->level);
	T_TRUE(line->output.failsafe.fired);
	world_on(0);
	T_TRUE(line->level);
	T_FALSE(line->output.failsafe.fired);
	pf_output_link(&line->output, world.now_ns, false);
	world_run(60 * S);
	T_FALSE(line->level); /* the next loss fires again */
}

static void refused_command_does_not_end_the_failsafe(void)
{
	struct world_line *line = world_single(by_heartbeat);

	world_command(0, PF_COMMAND_ON, 0, "a");
	world_run(60 * S);
	T_INT(world_command(0, PF_COMMAND_ON, 0, "a"), PF_VERDICT_IGNORED);
	T_TRUE(line->output.failsafe.fired);
	T_FALSE(line->level);
}

static void button_ends_the_failsafe_until_the_next_loss(void)
{
	struct world_line *line = world_single(by_broker);

	world_run(60 * S);
	world_on(0);
	world_run(3600 * S);
	T_TRUE(line->level);
}

static void heartbeats_hold_the_failsafe_off(void)
{
	struct world_line *line = world_single(by_heartbeat);

	world_on(0);
	for (int i = 0; i < 10; i++) {
		world_run(59 * S);
		pf_output_heartbeat(&line->output, world.now_ns);
	}
	pf_output_link(&line->output, world.now_ns, true); /* the broker alone does not help */
	world_run(60 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
	T_STR(line->said, "failsafe: no heartbeat");
	pf_output_heartbeat(&line->output, world.now_ns);
	world_run(1 * S);
	T_FALSE(line->level);
}

static void command_counts_as_a_heartbeat(void)
{
	struct world_line *line = world_single(by_heartbeat);

	world_run(59 * S);
	world_on(0);
	world_run(60 * S - 1);
	T_TRUE(line->level);
	world_run(1);
	T_FALSE(line->level);
	world_on(0);
	world_run(60 * S);
	T_FALSE(line->level);
}

static void failsafe_cancels_pulses_and_deferred_commands(void)
{
	struct pf_output_config config = by_broker;
	struct world_line *line = world_single(config);

	world_pulse(0, true, 120000);
	world_run(60 * S);
	T_FALSE(line->level);
	world_on(0);
	world_pulse(0, false, 120000);
	pf_output_link(&line->output, world.now_ns, true);
	pf_output_link(&line->output, world.now_ns, false);
	world_run(300 * S);
	T_FALSE(line->level);
	config.min_off_ms = 120000;
	line = world_single(config);
	T_INT(world_on(0), PF_VERDICT_DEFERRED);
	world_run(300 * S);
	T_INT(line->writes, 0);
}

static void failsafe_on_keeps_interlock_dead_time_and_min_off(void)
{
	static const struct pf_output_config safe_on = {
		.min_off_ms = 61000, .failsafe = {.after_ms = 60000, .state = true}};

	world_blind(safe_on, plain);
	world_on(1);
	world_run(59500 * MS);
	T_TRUE(world.lines[0].output.failsafe.fired);
	T_FALSE(world.lines[0].level);
	T_FALSE(world.lines[1].level);
	world_run(1 * S - 1);
	T_FALSE(world.lines[0].level);
	world_run(1);
	T_TRUE(world.lines[0].level);
}

static void several_deadlines_at_once_end_safe(void)
{
	static const struct pf_output_config config = {
		.max_on_ms = 5000, .failsafe = {.after_ms = 6000, .state = true}};
	struct world_line *line = world_single(config);

	world_pulse(0, true, 4000);
	world_sleep(3600 * S);
	/* max_on_s is the last word on an "on" that has lasted for an hour */
	T_FALSE(line->level);
	T_STR(line->said, "max_on_s is over");
	T_TRUE(line->output.failsafe.fired);
}

T_MAIN("envelope", T(initial_off_and_on_are_set_in_the_request),
	T(initial_keep_adopts_the_level_without_a_write),
	T(initial_last_restores_what_is_recorded_and_is_off_without),
	T(last_is_set_by_command_limit_and_failsafe_only), T(last_is_never_a_pulsed_state),
	T(last_forgets_on_even_if_the_off_cannot_be_written),
	T(pulse_from_before_is_ended_at_start_also_with_keep),
	T(end_of_a_pulse_from_before_keeps_the_limits),
	T(initial_off_is_off_at_once_whatever_was_before),
	T(max_on_counts_from_the_off_to_on_change), T(repeated_on_and_pulses_never_extend_max_on),
	T(longer_pulse_is_cut_to_max_on_and_says_so),
	T(max_on_holds_for_initial_on_keep_last_and_toggle),
	T(keep_and_last_go_on_counting_after_a_restart_within_one_boot),
	T(last_goes_on_counting_although_exit_had_switched_it_off),
	T(start_does_not_begin_an_on_whose_time_is_over),
	T(next_on_after_max_on_is_a_new_period_subject_to_min_off),
	T(max_on_acts_when_the_line_is_back),
	T(command_that_comes_too_early_is_deferred_with_the_time_left),
	T(newest_deferred_command_wins), T(toggle_inverts_the_desired_state_pending_included),
	T(deferred_pulse_takes_its_time_from_when_the_line_moves),
	T(pulses_under_min_on_and_min_off_last_that_long), T(safety_overrides_min_on),
	T(min_off_runs_anew_at_start_unless_recorded_times_prove_it_over),
	T(line_that_comes_back_keeps_min_on_and_min_off),
	T(switching_over_turns_the_other_off_first_waits_then_on),
	T(switching_over_waits_for_min_on_of_the_other), T(newest_of_two_members_wins),
	T(other_going_on_cancels_the_end_of_an_off_pulse),
	T(dead_time_runs_anew_at_start_unless_recorded_times_prove_it_over),
	T(two_found_on_are_all_switched_off_with_an_error),
	T(second_found_on_is_off_even_if_the_first_is_away), T(one_found_on_is_kept),
	T(command_is_rejected_while_another_was_never_seen_off),
	T(member_that_cannot_be_written_off_holds_the_others_back),
	T(failed_on_may_have_worked_and_holds_the_others_back),
	T(member_lost_while_on_holds_the_others_back), T(end_of_a_pulse_keeps_the_interlock),
	T(on_exit_on_within_an_interlock_does_not_wait_and_stays_off),
	T(on_exit_on_does_not_turn_off_a_member_that_keeps),
	T(exit_of_one_member_lets_no_other_go_on),
	T(removed_member_frees_the_others_after_its_dead_time),
	T(reload_into_a_group_with_another_on_switches_all_off),
	T(reload_does_not_shorten_the_dead_time), T(reload_does_not_let_two_be_on),
	T(a_member_that_a_reload_removes_is_waited_for),
	T(slow_line_is_on_when_it_says_so_and_may_be_before),
	T(other_member_waits_for_the_confirmed_off_and_the_dead_time),
	T(commands_during_a_write_wait_and_only_the_newest_counts),
	T(max_on_counts_from_the_begin_of_a_write_and_a_pulse_from_its_end),
	T(hung_write_is_followed_by_what_is_wanted_by_then),
	T(failed_write_of_a_slow_line_leaves_it_not_held), T(exit_during_a_write_follows_it),
	T(exit_with_keep_during_the_write_of_a_pulse_ends_it), T(exit_during_a_request_follows_it),
	T(request_on_under_way_holds_the_others_back),
	T(failsafe_fires_when_the_broker_is_never_reached),
	T(failsafe_counts_from_the_detected_loss),
	T(broker_that_comes_back_in_time_changes_nothing),
	T(failsafe_ends_with_the_next_command_not_with_the_reconnect),
	T(refused_command_does_not_end_the_failsafe),
	T(button_ends_the_failsafe_until_the_next_loss), T(heartbeats_hold_the_failsafe_off),
	T(command_counts_as_a_heartbeat), T(failsafe_cancels_pulses_and_deferred_commands),
	T(failsafe_on_keeps_interlock_dead_time_and_min_off), T(several_deadlines_at_once_end_safe))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

/* Groups over a reload: who may still be on counts, whatever the configuration calls it. */

#include "outputs.h"

static const struct pf_output_config plain;
static struct pf_interlock groups[2]; /* of the new configuration */

/* up and down in one group, both off for long; the bus of `up` can be made to hang. */
static void begin_blind(const struct pf_output_config *up)
{
	world_begin(1000 * S);
	world.group.dead_time_ms = 3000;
	world_add(*up, true, false);
	world_add(plain, true, false);
	world_acquire(0);
	world_acquire(1);
	world_run(60 * S);
}

/* A reload: up and down get these groups of the new configuration, -1: none. */
static void regroup(int up, int down)
{
	const int where[] = {up, down};

	pf_interlock_part(&world.group);
	for (size_t i = 0; i < 2; i++)
		pf_interlock_init(&groups[i], i ? "second" : "first", 100);
	for (size_t i = 0; i < 2; i++)
		if (!world.lines[i].output.ghost)
			pf_output_regroup(
				&world.lines[i].output, where[i] < 0 ? NULL : &groups[where[i]]);
	for (size_t i = 0; i < 2; i++)
		pf_interlock_join(&groups[i]);
	for (size_t i = 0; i < 2; i++)
		if (!world.lines[i].output.ghost)
			T_INT(pf_output_reconfigure(
				      &world.lines[i].output, world.now_ns, &world.lines[i].config),
				0);
}

static void leave_up(int down)
{
	pf_interlock_part(&world.group);
	pf_output_leave(&world.lines[0].output, world.now_ns);
	regroup(-1, down);
}

static void end_world(void)
{
	for (size_t i = 0; i < world.n; i++)
		pf_output_done(&world.lines[i].output);
	for (size_t i = 0; i < 2; i++)
		pf_interlock_done(&groups[i]);
}

/* down is told to go on: it has to wait for the dead time that there was, to the millisecond. */
static void expect_dead_time(uint64_t left_ns)
{
	T_INT(world_on(1), PF_VERDICT_DEFERRED);
	world_run(left_ns - 1);
	T_FALSE(world.lines[1].level);
	world_run(1);
	T_TRUE(world.lines[1].level);
}

static void one_that_leaves_on_a_bus_that_hangs_is_waited_for(void)
{
	for (int group = -1; group < 2; group++) {
		begin_blind(&plain);
		world_on(0);
		world.lines[0].slow = true;
		world.lines[0].delay_ns = PF_NEVER;
		leave_up(group);
		T_TRUE(world.lines[0].level);
		T_INT(world_on(1), PF_VERDICT_DEFERRED);
		T_STR(world.outcome.reason, "interlock blind: up is on");
		world_run(60 * S);
		T_FALSE(world.lines[1].level);
		T_TRUE(world.lines[1].said == pf_output_stale);
		T_FALSE(pf_output_has_left(&world.lines[0].output, world.now_ns));
		world.lines[0].delay_ns = 0;
		world_finish(&world.lines[0]);
		T_TRUE(pf_output_has_left(&world.lines[0].output, world.now_ns));
		expect_dead_time(3000 * MS);
		end_world();
	}
}

static void one_that_leaves_while_its_chip_is_away_is_waited_for(void)
{
	begin_blind(&plain);
	world_on(0);
	world_unplug(0);
	leave_up(0);
	T_FALSE(pf_output_has_left(&world.lines[0].output, world.now_ns));
	T_INT(world_on(1), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "interlock blind: up is on");
	world_run(60 * S);
	world_plug(0);
	T_FALSE(world.lines[0].level);
	T_TRUE(pf_output_has_left(&world.lines[0].output, world.now_ns));
	expect_dead_time(3000 * MS);
	end_world();
}

static void one_that_leaves_at_once_leaves_its_dead_time(void)
{
	struct pf_output_config slow_off = plain;

	slow_off.min_on_ms = 60000;
	for (int group = -1; group < 2; group++) {
		begin_blind(&slow_off);
		world_on(0);
		T_INT(world_on(1), PF_VERDICT_DEFERRED);
		leave_up(group);
		T_TRUE(pf_output_has_left(&world.lines[0].output, world.now_ns));
		pf_output_done(&world.lines[0].output);
		world_run(3000 * MS - 1);
		T_FALSE(world.lines[1].level);
		world_run(1);
		T_TRUE(world.lines[1].level);
		end_world();
	}
}

static void one_that_leaves_and_stays_on_is_switched_off_by_another(void)
{
	static const enum pf_on_exit exits[] = {PF_ON_EXIT_KEEP, PF_ON_EXIT_ON};

	for (size_t i = 0; i < 2; i++) {
		struct pf_output_config stays = plain;

		stays.on_exit = exits[i];
		begin_blind(&stays);
		world_on(0);
		leave_up(0);
		T_TRUE(world.lines[0].level);
		T_FALSE(pf_output_has_left(&world.lines[0].output, world.now_ns));
		T_INT(world_on(1), PF_VERDICT_DEFERRED);
		T_FALSE(world.lines[0].level);
		T_TRUE(pf_output_has_left(&world.lines[0].output, world.now_ns));
		world_run(3000 * MS - 1);
		T_FALSE(world.lines[1].level);
		world_run(1);
		T_TRUE(world.lines[1].level);
		end_world();
	}
}

static void one_that_is_taken_out_of_the_group_is_waited_for(void)
{
	static const int where[][2] = {{-1, -1}, {0, -1}, {-1, 0}, {0, 1}};

	for (size_t i = 0; i < sizeof where / sizeof *where; i++) {
		begin_blind(&plain);
		world_on(0);
		regroup(where[i][0], where[i][1]);
		T_TRUE(world.lines[0].level);
		T_INT(world_on(1), PF_VERDICT_REJECTED);
		T_STR(world.outcome.reason, "interlock blind: up is on");
		T_TRUE(world.lines[0].level);
		world_off(0);
		expect_dead_time(3000 * MS);
		/* now they are what the configuration says they are */
		T_INT(world_on(0), PF_VERDICT_DONE);
		T_TRUE(world.lines[1].level);
		end_world();
	}
}

static void in_a_new_group_of_both_its_rule_counts_but_a_dead_time_goes_on(void)
{
	begin_blind(&plain);
	world_on(0);
	regroup(1, 1);
	expect_dead_time(100 * MS);
	T_FALSE(world.lines[0].level);
	end_world();
	begin_blind(&plain);
	world_on(0);
	world_run(1 * S);
	world_off(0);
	world_run(1 * S);
	regroup(1, 1);
	expect_dead_time(2000 * MS);
	end_world();
}

static void a_new_member_waits_for_a_ghost_like_the_others(void)
{
	begin_blind(&plain);
	world_on(0);
	world_unplug(0);
	pf_interlock_part(&world.group);
	pf_output_leave(&world.lines[0].output, world.now_ns);
	world_add(plain, false, false);
	world_acquire(2);
	pf_interlock_init(&groups[0], "first", 100);
	pf_output_regroup(&world.lines[1].output, &groups[0]);
	pf_output_regroup(&world.lines[2].output, &groups[0]);
	pf_interlock_join(&groups[0]);
	world_run(60 * S);
	T_INT(world_on(2), PF_VERDICT_REJECTED);
	world_plug(0);
	T_INT(world_on(2), PF_VERDICT_DEFERRED);
	world_run(3000 * MS - 1);
	T_FALSE(world.lines[2].level);
	world_run(1);
	T_TRUE(world.lines[2].level);
	end_world();
}

static void what_takes_over_the_line_of_a_ghost_is_waited_for(void)
{
	begin_blind(&plain);
	world_on(0);
	world_unplug(0);
	leave_up(0);
	world_add(plain, false, true);
	pf_output_replace(&world.lines[0].output, &world.lines[2].output);
	pf_output_done(&world.lines[0].output);
	T_INT(world_on(1), PF_VERDICT_REJECTED);
	T_STR(world.outcome.reason, "interlock blind: left is not known to be off");
	world_run(60 * S);
	world_acquire(2);
	T_FALSE(world.lines[2].level);
	expect_dead_time(3000 * MS);
	end_world();
	/* an input */
	begin_blind(&plain);
	world_on(0);
	world_unplug(0);
	leave_up(0);
	world_run(60 * S);
	pf_output_yield(&world.lines[0].output, world.now_ns);
	T_TRUE(pf_output_has_left(&world.lines[0].output, world.now_ns));
	expect_dead_time(3000 * MS);
	end_world();
}

static void what_was_never_held_blocks_nobody_when_it_leaves(void)
{
	world_begin(1000 * S);
	world_add(plain, true, false);
	world_add(plain, true, false);
	world_acquire(1);
	T_INT(world_on(1), PF_VERDICT_REJECTED);
	leave_up(0);
	world_run(60 * S);
	T_TRUE(pf_output_has_left(&world.lines[0].output, world.now_ns));
	T_INT(world_on(1), PF_VERDICT_DONE);
	end_world();
}

/* It is not held in this run, but known to have gone off a second before it. */
static void what_is_known_from_before_leaves_its_dead_time(void)
{
	const struct pf_history off = {.off_ns = 999 * S};

	world_begin(1000 * S);
	world.group.dead_time_ms = 3000;
	world_add(plain, true, false);
	world_add(plain, true, false);
	pf_output_recall(&world.lines[0].output, &off);
	world_acquire(1);
	leave_up(-1);
	expect_dead_time(2000 * MS);
	end_world();
}

/* An "off" that ends takes no group over. */
static void the_end_of_an_off_pulse_leaves_who_is_on(void)
{
	begin_blind(&plain);
	T_INT(world_on(1), PF_VERDICT_DONE);
	T_INT(world_pulse(0, false, 500), PF_VERDICT_DONE);
	world_run(3600 * S);
	T_TRUE(world.lines[1].level);
	T_FALSE(world.lines[0].level);
	T_STR(world.lines[0].said, "end of the pulse: stays off because of the interlock");
	world_off(1);
	world_run(3600 * S);
	T_FALSE(world.lines[0].level);
	/* with nobody on, it is what it was asked for, after the dead time */
	world_on(1);
	world_off(1);
	T_INT(world_pulse(0, false, 500), PF_VERDICT_DONE);
	world_run(3000 * MS - 1);
	T_FALSE(world.lines[0].level);
	world_run(1);
	T_TRUE(world.lines[0].level);
	end_world();
}

static void on_at_exit_waits_for_the_dead_time_if_that_is_soon_over(void)
{
	struct pf_output_config on = plain;

	on.on_exit = PF_ON_EXIT_ON;
	for (int slow = 0; slow < 2; slow++)
		for (int late = 0; late < 2; late++) {
			begin_blind(&on);
			world_on(1);
			world.lines[1].slow = slow;
			world.lines[1].delay_ns = world.lines[1].effect_ns = 200 * MS;
			for (size_t i = 2; i-- > 0;)
				pf_output_exit(&world.lines[i].output, world.now_ns,
					world.now_ns + (late ? 2900 : 3200) * MS);
			T_INT(pf_output_is_waiting(&world.lines[0].output), !late);
			world_run(10 * S);
			T_FALSE(world.lines[1].level);
			T_INT(world.lines[0].level, !late);
			T_TRUE(pf_output_is_at_rest(&world.lines[0].output));
			end_world();
		}
	/* one that stays on is not waited for */
	begin_blind(&on);
	world.lines[1].config.on_exit = PF_ON_EXIT_KEEP;
	world_on(1);
	for (size_t i = 2; i-- > 0;)
		pf_output_exit(&world.lines[i].output, world.now_ns, world.now_ns + 60 * S);
	T_TRUE(pf_output_is_at_rest(&world.lines[0].output));
	T_FALSE(world.lines[0].level);
	end_world();
}

T_MAIN("interlock", T(one_that_leaves_on_a_bus_that_hangs_is_waited_for),
	T(one_that_leaves_while_its_chip_is_away_is_waited_for),
	T(one_that_leaves_at_once_leaves_its_dead_time),
	T(one_that_leaves_and_stays_on_is_switched_off_by_another),
	T(one_that_is_taken_out_of_the_group_is_waited_for),
	T(in_a_new_group_of_both_its_rule_counts_but_a_dead_time_goes_on),
	T(a_new_member_waits_for_a_ghost_like_the_others),
	T(what_takes_over_the_line_of_a_ghost_is_waited_for),
	T(what_was_never_held_blocks_nobody_when_it_leaves),
	T(what_is_known_from_before_leaves_its_dead_time),
	T(the_end_of_an_off_pulse_leaves_who_is_on),
	T(on_at_exit_waits_for_the_dead_time_if_that_is_soon_over))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include <errno.h>

#include "../t.h"
#include "base/clock.h"
#include "output/output.h"

#define MS PF_NS_PER_MS

/* The line under test: what was written, and what the next write shall give. */
static struct {
	bool level;
	int writes;
	int result;
} line;

static struct pf_output output;
static struct pf_outcome outcome;

static int write_line(void *user, bool level)
{
	(void)user;
	if (line.result < 0)
		return line.result;
	line.level = level;
	line.writes++;
	return 0;
}

static void begin(const struct pf_output_config *config, uint64_t now_ns, bool level)
{
	memset(&line, 0, sizeof line);
	line.level = level;
	pf_output_init(&output, config, write_line, NULL);
	pf_output_acquired(&output, now_ns, level);
}

static void command(uint64_t now_ns, enum pf_command_state state, uint32_t for_ms, const char *id)
{
	struct pf_command c = {.state = state, .for_ms = for_ms};

	(void)snprintf(c.id, sizeof c.id, "%s", id);
	pf_output_command(&output, now_ns, &c, &outcome);
}

static const struct pf_output_config plain = {.initial = PF_INITIAL_OFF};

static void commands_move_the_line_and_only_when_needed(void)
{
	begin(&plain, 0, false);
	T_INT(line.writes, 0);
	command(1, PF_COMMAND_ON, 0, "");
	T_INT(outcome.verdict, PF_VERDICT_DONE);
	T_TRUE(line.level);
	command(2, PF_COMMAND_ON, 0, "");
	T_INT(outcome.verdict, PF_VERDICT_DONE);
	T_INT(line.writes, 1);
	command(3, PF_COMMAND_TOGGLE, 0, "");
	T_FALSE(line.level);
	command(4, PF_COMMAND_TOGGLE, 0, "");
	T_TRUE(line.level);
}

static void initial_says_how_to_request_the_line(void)
{
	static const struct pf_output_config on = {.initial = PF_INITIAL_ON};
	static const struct pf_output_config keep = {.initial = PF_INITIAL_KEEP};

	pf_output_init(&output, &on, write_line, NULL);
	T_INT(pf_output_initial(&output), PF_INITIAL_ON);
	pf_output_init(&output, &plain, write_line, NULL);
	T_INT(pf_output_initial(&output), PF_INITIAL_OFF);
	pf_output_init(&output, &keep, write_line, NULL);
	T_INT(pf_output_initial(&output), PF_INITIAL_KEEP);
	pf_output_acquired(&output, 0, true);
	T_TRUE(output.desired);
	/* a line that comes back is brought to what it shall be, not adopted once more */
	pf_output_lost(&output);
	T_INT(pf_output_initial(&output), PF_INITIAL_ON);
}

static void pulse_ends_at_its_deadline(void)
{
	begin(&plain, 0, false);
	command(1000 * MS, PF_COMMAND_ON, 400, "");
	T_TRUE(line.level);
	T_INT(pf_output_wake_ns(&output), 1400 * MS);
	T_INT(pf_output_tick(&output, 1399 * MS), 0);
	T_TRUE(line.level);
	T_INT(pf_output_tick(&output, 1400 * MS), 0);
	T_FALSE(line.level);
	T_TRUE(pf_output_wake_ns(&output) == PF_NEVER);
}

static void off_pulse_ends_on(void)
{
	begin(&plain, 0, false);
	command(0, PF_COMMAND_ON, 0, "");
	command(10 * MS, PF_COMMAND_OFF, 100, "");
	T_FALSE(line.level);
	pf_output_tick(&output, 110 * MS);
	T_TRUE(line.level);
}

static void any_later_command_replaces_the_deadline(void)
{
	begin(&plain, 0, false);
	command(0, PF_COMMAND_ON, 100, "");
	command(60 * MS, PF_COMMAND_ON, 100, ""); /* extends from now */
	pf_output_tick(&output, 100 * MS);
	T_TRUE(line.level);
	command(120 * MS, PF_COMMAND_ON, 0, ""); /* for good */
	T_TRUE(pf_output_wake_ns(&output) == PF_NEVER);
	command(130 * MS, PF_COMMAND_ON, 50, "");
	command(140 * MS, PF_COMMAND_OFF, 0, "");
	pf_output_tick(&output, 1000 * MS);
	T_FALSE(line.level);
}

static void overdue_deadline_fires_at_once(void)
{
	begin(&plain, 0, false);
	command(0, PF_COMMAND_ON, 1000, "");
	pf_output_tick(&output, 3600 * PF_NS_PER_S); /* the machine slept */
	T_FALSE(line.level);
}

static void with_pulse_ms_every_on_ends_by_itself(void)
{
	static const struct pf_output_config gate = {.initial = PF_INITIAL_ON, .pulse_ms = 400};

	begin(&gate, 0, true);
	T_INT(pf_output_wake_ns(&output), 400 * MS);
	pf_output_tick(&output, 400 * MS);
	T_FALSE(line.level);
	command(1000 * MS, PF_COMMAND_TOGGLE, 0, "");
	T_INT(pf_output_wake_ns(&output), 1400 * MS);
	pf_output_tick(&output, 1400 * MS);
	T_FALSE(line.level);
	command(2000 * MS, PF_COMMAND_ON, 50, ""); /* the command's own time counts */
	T_INT(pf_output_wake_ns(&output), 2050 * MS);
	pf_output_tick(&output, 2050 * MS);
	command(3000 * MS, PF_COMMAND_OFF, 100, ""); /* ends in an ON, which ends as well */
	pf_output_tick(&output, 3100 * MS);
	T_TRUE(line.level);
	T_INT(pf_output_wake_ns(&output), 3500 * MS);
}

static void failed_write_is_deferred_and_only_the_newest_counts(void)
{
	begin(&plain, 0, false);
	line.result = -ENODEV;
	command(0, PF_COMMAND_ON, 0, "");
	T_INT(outcome.verdict, PF_VERDICT_DEFERRED);
	T_FALSE(output.held);
	command(1, PF_COMMAND_OFF, 0, "");
	command(2, PF_COMMAND_ON, 0, "");
	T_INT(pf_output_initial(&output), PF_INITIAL_ON);
	line.result = 0;
	pf_output_acquired(&output, 3, true);
	T_INT(line.writes, 0); /* the request set the level */
	T_TRUE(output.held);
}

static void toggle_is_refused_while_the_state_is_unknown(void)
{
	begin(&plain, 0, false);
	pf_output_lost(&output);
	command(0, PF_COMMAND_TOGGLE, 0, "");
	T_INT(outcome.verdict, PF_VERDICT_REJECTED);
	T_FALSE(output.desired);
}

static void pulse_ends_although_the_line_is_away(void)
{
	begin(&plain, 0, false);
	command(0, PF_COMMAND_ON, 100, "");
	pf_output_lost(&output);
	T_INT(pf_output_tick(&output, 100 * MS), 0);
	T_INT(pf_output_initial(&output), PF_INITIAL_OFF);
}

static void resent_id_is_carried_out_once(void)
{
	char id[8];

	begin(&plain, 0, false);
	command(0, PF_COMMAND_TOGGLE, 0, "a");
	T_TRUE(line.level);
	command(1, PF_COMMAND_TOGGLE, 0, "a");
	T_INT(outcome.verdict, PF_VERDICT_IGNORED);
	T_STR(outcome.reason, "duplicate");
	T_TRUE(line.level);
	for (int i = 0; i < 31; i++) {
		(void)snprintf(id, sizeof id, "b%d", i);
		command(2, PF_COMMAND_ON, 0, id);
	}
	command(3, PF_COMMAND_ON, 0, "a");
	T_INT(outcome.verdict, PF_VERDICT_IGNORED);
	command(4, PF_COMMAND_ON, 0, "c");
	command(5, PF_COMMAND_ON, 0, "a"); /* 32 others came since */
	T_INT(outcome.verdict, PF_VERDICT_DONE);
}

static void exit_brings_on_exit_and_nothing_moves_after_it(void)
{
	static const struct pf_output_config on = {.on_exit = PF_ON_EXIT_ON};

	begin(&plain, 0, false);
	command(0, PF_COMMAND_ON, 100, "");
	T_INT(pf_output_exit(&output, 1), 0);
	T_FALSE(line.level);
	command(2, PF_COMMAND_ON, 0, "");
	T_INT(outcome.verdict, PF_VERDICT_REJECTED);
	T_FALSE(line.level);
	T_TRUE(pf_output_wake_ns(&output) == PF_NEVER);
	begin(&on, 0, false);
	T_INT(pf_output_exit(&output, 1), 0);
	T_TRUE(line.level);
}

static void exit_with_keep_keeps_but_ends_a_pulse(void)
{
	static const struct pf_output_config keep = {.on_exit = PF_ON_EXIT_KEEP};

	begin(&keep, 0, true);
	T_INT(pf_output_exit(&output, 1), 0);
	T_TRUE(line.level);
	T_INT(line.writes, 0);
	begin(&keep, 0, false);
	command(0, PF_COMMAND_ON, 60000, "");
	T_INT(pf_output_exit(&output, 1), 0);
	T_FALSE(line.level);
}

T_MAIN("output", T(commands_move_the_line_and_only_when_needed),
	T(initial_says_how_to_request_the_line), T(pulse_ends_at_its_deadline),
	T(off_pulse_ends_on), T(any_later_command_replaces_the_deadline),
	T(overdue_deadline_fires_at_once), T(with_pulse_ms_every_on_ends_by_itself),
	T(failed_write_is_deferred_and_only_the_newest_counts),
	T(toggle_is_refused_while_the_state_is_unknown), T(pulse_ends_although_the_line_is_away),
	T(resent_id_is_carried_out_once), T(exit_brings_on_exit_and_nothing_moves_after_it),
	T(exit_with_keep_keeps_but_ends_a_pulse))

/* SPDX-FileCopyrightText: The Pinferry authors */
/* SPDX-License-Identifier: MIT */

#include "story.h"

#define BOTH .in_1st = true, .in_2nd = true

/* What the line of a lamp is for: that something else changes at the same time. */
#define LAMP                                                                                       \
	{                                                                                          \
		.name = "lamp", .gpio = 22, BOTH                                                   \
	}

const struct story stories[] = {
	{.name = "a pulse is replaced",
		.outputs = {{.name = "heater", .gpio = 6, .initial = KEEP, .on_exit = KEEP, BOTH},
			LAMP},
		.steps = {{STEP_COMMAND, "heater", true, 0}, {STEP_COMMAND, "heater", false, 60000},
			{STEP_PAUSE, .for_ms = 150}, {STEP_BAD_DISK},
			{STEP_COMMAND, "heater", false, 0}, {STEP_PAUSE, .for_ms = 100},
			{STEP_COMMAND, "lamp", true, 0}, {STEP_COMMAND, "heater", true, 0}}},
	{.name = "pulses of a line that is kept",
		.outputs = {{.name = "gate", .gpio = 5, .initial = KEEP, .on_exit = KEEP, BOTH},
			LAMP},
		.steps = {{STEP_COMMAND, "lamp", true, 0}, {STEP_COMMAND, "gate", true, 60},
			{STEP_LINE, "gate", false}, {STEP_BAD_DISK},
			{STEP_COMMAND, "lamp", false, 0}, {STEP_COMMAND, "gate", true, 60000},
			{STEP_COMMAND, "lamp", true, 0}}},
	{.name = "the last state is restored",
		.outputs = {{.name = "fan", .gpio = 17, .initial = LAST, BOTH}},
		.steps = {{STEP_COMMAND, "fan", true, 0}, {STEP_PAUSE, .for_ms = 600},
			{STEP_BAD_DISK}, {STEP_COMMAND, "fan", false, 0}, {STEP_STOP}, {STEP_START},
			{STEP_COMMAND, "fan", true, 0}, {STEP_COMMAND, "fan", false, 60000}}},
	{.name = "a reload adds, moves and removes",
		.outputs = {{.name = "a", .gpio = 5, .in_1st = true},
			{.name = "a", .gpio = 12, .in_2nd = true},
			{.name = "pump", .gpio = 27, .in_2nd = true},
			{.name = "gone", .gpio = 22, .in_1st = true}},
		.steps = {{STEP_COMMAND, "a", true, 0}, {STEP_COMMAND, "gone", true, 0},
			{STEP_BAD_DISK}, {STEP_RELOAD, "pump"}, {STEP_FOREIGN, "a"},
			{STEP_COMMAND, "a", true, 0}, {STEP_COMMAND, "pump", true, 0}}},
	{.name = "an interlock",
		.dead_time_ms = 150,
		.outputs = {{.name = "up",
				    .gpio = 23,
				    .initial = ON,
				    .on_exit = ON,
				    .grouped = true,
				    BOTH},
			{.name = "down", .gpio = 24, .grouped = true, BOTH}, LAMP},
		.steps = {{STEP_LINE, "up", true}, {STEP_PAUSE, .for_ms = 600},
			{STEP_COMMAND, "down", true, 0}, {STEP_BAD_DISK}, {STEP_LINE, "down", true},
			{STEP_PAUSE, .for_ms = 30}, {STEP_COMMAND, "lamp", true, 0},
			{STEP_COMMAND, "up", true, 0}, {STEP_LINE, "up", true},
			{STEP_COMMAND, "down", true, 60000}, {STEP_LINE, "down", true}}},
	{.name = "the longest time on",
		.outputs = {{.name = "heater",
				    .gpio = 6,
				    .initial = KEEP,
				    .on_exit = KEEP,
				    .max_on_ms = 900,
				    BOTH},
			LAMP},
		.steps = {{STEP_BAD_DISK}, {STEP_COMMAND, "heater", true, 0},
			{STEP_PAUSE, .for_ms = 700}, {STEP_COMMAND, "lamp", true, 0}}},
	{.name = "the failsafe",
		.outputs = {{.name = "heater",
				    .gpio = 6,
				    .initial = KEEP,
				    .on_exit = KEEP,
				    .more = "failsafe = { after_s = 1; state = \"off\"; };",
				    BOTH},
			LAMP},
		.steps = {{STEP_COMMAND, "heater", true, 0}, {STEP_BAD_DISK}, {STEP_HANG_UP},
			{STEP_LINE, "heater", false}}},
};

const size_t n_stories = sizeof stories / sizeof *stories;

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Lines that fail under way: what is wrong is said, and what is wanted by then follows when they
# are back.

. "$(dirname "$0")/lib.sh"
need_broker

# start_all [KEY=VALUE;...]: the pump has these settings
start_all() {
  start_broker
  start_listener
  configure <<END
outputs: (
  { name = "pump"; line = "GPIO27"; active_low = true; $* },
  { name = "fence"; line = "GPIO5"; }
);
END
  start_online
}

unplug() {
  touch "$board/gpio/unplugged"
}

plug_in() {
  rm "$board/gpio/unplugged"
}

a_write_that_fails_makes_the_output_unavailable_and_says_why() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  unplug
  command_output pump '{"state":"OFF","id":"off"}'
  expect '1 t/output/pump/error ?*'
  saw '1 t/output/pump/availability offline'
  expect '0 t/output/pump/ack {*"off"*"rejected"*"reason":"?*"*"state":null*}'
  line_is GPIO27 0
  mark_now
  plug_in
  # in this order: the fault is over, the state, it can be used
  expect '1 t/output/pump/error '
  # who said "off" last does not see it on again
  expect '1 t/output/pump OFF'
  expect '1 t/output/pump/availability online'
  line_is GPIO27 1
}

a_command_for_a_line_that_is_away_never_moves_it() {
  local reason
  start_all
  unplug
  command_output pump '{"state":"ON","id":"first"}'
  expect '1 t/output/pump/error ?*'
  reason=$(sed -n 's|^1 t/output/pump/error \(..*\)|\1|p' "$messages" | tail -n 1)
  expect '0 t/output/pump/ack {*"first"*"rejected"*}'
  # in the words of the item's error
  command_output pump '{"state":"ON","id":"second"}'
  expect "0 t/output/pump/ack {*\"second\"*\"rejected\"*\"$reason\"*}"
  mark_now
  plug_in
  expect '1 t/output/pump OFF'
  after_fence
  line_is GPIO27 1
  never '1 t/output/pump ON'
}

toggle_is_refused_while_the_state_is_unknown() {
  start_all
  unplug
  command_output pump ON
  expect '0 t/output/pump/ack {*"rejected"*}'
  command_output pump TOGGLE
  expect '0 t/output/pump/ack {*"rejected"*"reason":"?*"*}'
}

a_pulse_whose_line_is_away_does_not_end_late() {
  start_all
  publish t/output/pump/set_on_ms 1000
  expect '1 t/output/pump ON'
  unplug
  # its end cannot be written
  saw '1 t/output/pump/availability offline'
  line_is GPIO27 0
  mark_now
  plug_in
  expect '1 t/output/pump OFF' 30
  line_is GPIO27 1
  lacks '^1 t/output/pump ON$' <(sed "1,${mark}d" "$messages")
}

max_on_s_acts_when_the_line_is_back() {
  start_all 'max_on_s = 1;'
  command_output pump ON
  expect '1 t/output/pump ON'
  unplug
  saw '1 t/output/pump/availability offline'
  mark_now
  plug_in
  expect '1 t/output/pump OFF' 30
  line_is GPIO27 1
}

# the read-back comes every ten seconds
a_line_that_reads_back_wrong_is_an_error_and_is_set_again() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  set_line GPIO27 1
  expect '1 t/output/pump/error *was set ON but reads OFF*' 30
  saw '1 t/output/pump/availability offline'
  # the neighbour is not touched by that
  lacks 't/output/fence/availability offline' "$messages"
  expect_line GPIO27 0
  expect '1 t/output/pump/error ' 30
  expect '1 t/output/pump ON'
  expect '1 t/output/pump/availability online'
}

other_outputs_are_not_touched() {
  start_all
  command_output fence ON
  expect '1 t/output/fence ON'
  local began=$mark
  # only the pump has to be written
  unplug
  command_output pump ON
  saw '1 t/output/pump/availability offline'
  line_is GPIO5 1
  mark_now
  plug_in
  expect '1 t/output/pump OFF' 30
  line_is GPIO5 1
  mark=$began
  never '1 t/output/fence OFF'
}

a_line_that_is_lost_is_noticed_without_a_command() {
  start_all
  unplug
  saw '1 t/output/pump/availability offline' 30
  saw '1 t/output/fence/availability offline' 30
  plug_in
  mark_now
  saw '1 t/output/pump/availability online' 30
  saw '1 t/output/fence/availability online' 30
}

the_end_comes_although_the_line_is_away() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  unplug
  stop_daemon
}

run_tests a_write_that_fails_makes_the_output_unavailable_and_says_why \
  a_command_for_a_line_that_is_away_never_moves_it toggle_is_refused_while_the_state_is_unknown \
  a_pulse_whose_line_is_away_does_not_end_late max_on_s_acts_when_the_line_is_back \
  a_line_that_reads_back_wrong_is_an_error_and_is_set_again other_outputs_are_not_touched \
  a_line_that_is_lost_is_noticed_without_a_command the_end_comes_although_the_line_is_away

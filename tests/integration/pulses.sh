#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Pulses: when they end, and what takes their end away. That they end, and which numbers are none,
# is in command.sh.

. "$(dirname "$0")/lib.sh"
need_broker

# start_all [KEY=VALUE;...]: the valve has these settings
start_all() {
  start_broker
  start_listener
  configure <<END
outputs: (
  { name = "valve"; line = "GPIO27"; $* },
  { name = "fence"; line = "GPIO5"; }
);
END
  start_online
}

# the_valve_was_on_for FROM_MS TO_MS: since $on_ns, until it was written the last time
the_valve_was_on_for() {
  local ms
  ms=$(between_ms "$on_ns" "$(written_ns GPIO27)")
  in_range "$ms" "$1" "$2"
}

a_pulse_has_the_length_that_was_asked_for() {
  start_all
  publish t/output/valve/set_on_ms 700
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  expect '1 t/output/valve OFF'
  the_valve_was_on_for 690 2500
}

the_same_pulse_again_extends_from_now() {
  start_all
  publish t/output/valve/set_on_ms 1200
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  until_true 5 since_on 800
  publish t/output/valve/set_on_ms 1200
  expect '0 t/output/valve/ack {*"done"*"state":"ON"*}'
  expect '1 t/output/valve OFF'
  the_valve_was_on_for 1990 4500
}

# since_on MS: that long ago the valve went on
since_on() {
  [ $(($(now_ms) - on_ns / 1000000)) -ge "$1" ]
}

a_shorter_pulse_replaces_a_longer_one() {
  start_all
  publish t/output/valve/set_on_ms 60000
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  command_output valve '{"state":"ON","for_ms":300}'
  expect '1 t/output/valve OFF'
  the_valve_was_on_for 290 5000
}

off_ends_a_pulse_at_once_and_nothing_follows() {
  start_all
  publish t/output/valve/set_on_ms 2500
  expect '1 t/output/valve ON'
  command_output valve OFF
  expect '1 t/output/valve OFF'
  publish t/output/fence/set_on_ms 2700
  expect '1 t/output/fence ON'
  mark_now
  expect '1 t/output/fence OFF'
  mark=0
  [ "$(grep -c '^1 t/output/valve OFF$' "$messages")" -eq 2 ] # at the start, and this one
  line_is GPIO27 0
}

an_off_pulse_ends_on() {
  start_all
  command_output valve ON
  expect '1 t/output/valve ON'
  publish t/output/valve/set_off_ms 400
  expect '1 t/output/valve OFF'
  line_is GPIO27 0
  expect '1 t/output/valve ON'
  expect_line GPIO27 1
}

a_pulse_is_cut_to_max_on_s_and_the_answer_says_so() {
  start_all 'max_on_s = 1;'
  command_output valve '{"state":"ON","for_ms":60000,"id":"long"}'
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  saw '0 t/output/valve/ack {*"long"*"result":"done"*"reason":"cut to max_on_s"*}'
  expect '1 t/output/valve OFF'
  the_valve_was_on_for 990 3000
}

a_pulse_does_not_extend_max_on_s() {
  start_all 'max_on_s = 1.5;'
  command_output valve ON
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  until_true 5 since_on 800
  publish t/output/valve/set_on_ms 1400
  expect '1 t/output/valve OFF'
  the_valve_was_on_for 1490 2190
}

the_time_of_a_deferred_pulse_starts_when_the_line_moves() {
  start_all 'min_off_s = 1;'
  publish t/output/valve/set_on_ms 800
  expect '0 t/output/valve/ack {*"deferred"*}'
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  expect '1 t/output/valve OFF'
  the_valve_was_on_for 790 2500
}

a_pulse_ends_although_the_broker_is_gone() {
  start_all
  publish t/output/valve/set_on_ms 1500
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  stop_listener
  stop_broker
  expect_line GPIO27 0
  the_valve_was_on_for 1490 5000
}

a_pulse_ends_in_on_exit_when_the_daemon_stops() {
  start_all 'on_exit = "off";'
  publish t/output/valve/set_on_ms 60000
  expect '1 t/output/valve ON'
  stop_daemon
  line_is GPIO27 0
}

a_pulse_ends_when_the_daemon_stops_although_the_output_keeps() {
  start_all 'initial = "keep"; on_exit = "keep";'
  publish t/output/valve/set_on_ms 60000
  expect '1 t/output/valve ON'
  stop_daemon
  line_is GPIO27 0
}

a_start_does_not_carry_a_pulse_on() {
  start_all
  publish t/output/valve/set_on_ms 60000
  expect '1 t/output/valve ON'
  kill -KILL "$daemon"
  wait_end "$daemon"
  start_online
  line_is GPIO27 0
}

what_an_off_pulse_ends_in_is_limited() {
  start_all 'max_on_s = 1;'
  command_output valve ON
  expect '1 t/output/valve ON'
  publish t/output/valve/set_off_ms 500
  expect '1 t/output/valve OFF'
  expect '1 t/output/valve ON'
  on_ns=$(written_ns GPIO27)
  expect '1 t/output/valve OFF'
  the_valve_was_on_for 990 3000
}

run_tests a_pulse_has_the_length_that_was_asked_for the_same_pulse_again_extends_from_now \
  a_shorter_pulse_replaces_a_longer_one off_ends_a_pulse_at_once_and_nothing_follows \
  an_off_pulse_ends_on a_pulse_is_cut_to_max_on_s_and_the_answer_says_so \
  a_pulse_does_not_extend_max_on_s the_time_of_a_deferred_pulse_starts_when_the_line_moves \
  a_pulse_ends_although_the_broker_is_gone a_pulse_ends_in_on_exit_when_the_daemon_stops \
  a_pulse_ends_when_the_daemon_stops_although_the_output_keeps a_start_does_not_carry_a_pulse_on \
  what_an_off_pulse_ends_in_is_limited

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# How long an output may be on, and has to stay on or off.

. "$(dirname "$0")/lib.sh"
need_broker

# start_all [KEY=VALUE;...]: the heater has these limits
configure_heater() {
  configure <<END
outputs: (
  { name = "heater"; line = "GPIO27"; active_low = true; $* },
  { name = "fence"; line = "GPIO5"; }
);
END
}

start_all() {
  start_broker
  start_listener
  configure_heater "$@"
  start_online
}

max_on_s_switches_off_and_says_why() {
  local on_ns ms
  start_all 'max_on_s = 1;'
  command_output heater ON
  expect '1 t/output/heater ON'
  on_ns=$(written_ns GPIO27)
  expect '1 t/output/heater OFF'
  line_is GPIO27 1
  ms=$(between_ms "$on_ns" "$(written_ns GPIO27)")
  in_range "$ms" 990 3000
  mark=0
  saw '0 t/output/heater/ack {*"result":"done"*"reason":"max_on_s is over"*"state":"OFF"*}'
  expect_log 'output heater: max_on_s is over'
}

max_on_s_holds_for_an_output_that_starts_on() {
  start_all 'initial = "on"; max_on_s = 1;'
  expect '1 t/output/heater OFF'
  line_is GPIO27 1
}

max_on_s_holds_for_an_output_that_is_kept_on() {
  start_all 'initial = "keep"; on_exit = "keep";'
  command_output heater ON
  expect '1 t/output/heater ON'
  stop_daemon
  line_is GPIO27 0
  sed -i 's/initial = "keep"/max_on_s = 1; &/' "$dir/pinferry.conf"
  mark_now
  start_daemon
  expect_line GPIO27 1
  saw '1 t/output/heater OFF'
  saw '0 t/output/heater/ack {*"max_on_s is over"*}'
}

max_on_s_holds_for_toggle() {
  start_all 'max_on_s = 1;'
  command_output heater TOGGLE
  expect '1 t/output/heater ON'
  expect '1 t/output/heater OFF'
  line_is GPIO27 1
}

# still_on: says ON again, as a remote that is held down does
still_on() {
  command_output heater ON
  line_is GPIO27 1
}

repeated_on_does_not_extend_max_on_s() {
  local on_ns ms
  start_all 'max_on_s = 1; min_off_s = 5;'
  on_ns=$(written_ns GPIO27)
  command_output heater ON
  # deferred, as after any start: off counts anew
  expect '1 t/output/heater ON'
  on_ns=$(written_ns GPIO27)
  until_true 5 still_on || fail 'goes on and on'
  ms=$(between_ms "$on_ns" "$(written_ns GPIO27)")
  [ "$ms" -lt 2000 ] || fail "was on for $ms ms"
}

max_on_s_acts_although_the_broker_is_gone() {
  start_all 'max_on_s = 2;'
  command_output heater ON
  expect '1 t/output/heater ON'
  stop_listener
  stop_broker
  expect_line GPIO27 1
  # and says so when it is back
  start_broker
  start_listener
  saw '1 t/output/heater OFF'
  saw '0 t/output/heater/ack {*"max_on_s is over"*}'
}

# left_s: the time left that the last answer names, in ms
left_ms() {
  local text=${message#*: }
  text=${text#*\"reason\":\"*: }
  text=${text%% s left*}
  echo $((10#${text%.*} * 1000 + 10#${text#*.}))
}

an_early_off_waits_for_min_on_s_and_tells_the_time_left() {
  local on_ns ms
  start_all 'min_on_s = 1.5;'
  command_output heater ON
  expect '1 t/output/heater ON'
  on_ns=$(written_ns GPIO27)
  command_output heater '{"state":"OFF","id":"early"}'
  expect '0 t/output/heater/ack {*"early"*"result":"deferred"*"min_on_s: * s left"*"state":"ON"*}'
  ms=$(left_ms)
  in_range "$ms" 0 1500
  expect '1 t/output/heater OFF'
  ms=$(between_ms "$on_ns" "$(written_ns GPIO27)")
  [ "$ms" -ge 1490 ] || fail "was on for $ms ms"
  # deferred was the one answer to it
  after_fence
  mark=0
  [ "$(grep -c '"early"' "$messages")" -eq 2 ] # the command and its answer
}

an_early_on_waits_for_min_off_s_and_tells_the_time_left() {
  local off_ns ms
  start_all 'min_off_s = 1.5;'
  command_output heater ON
  expect '1 t/output/heater ON'
  command_output heater OFF
  expect '1 t/output/heater OFF'
  off_ns=$(written_ns GPIO27)
  command_output heater '{"state":"ON","id":"early"}'
  expect '0 t/output/heater/ack {*"early"*"result":"deferred"*"min_off_s: * s left"*"state":"OFF"*}'
  ms=$(left_ms)
  in_range "$ms" 0 1500
  expect '1 t/output/heater ON'
  ms=$(between_ms "$off_ns" "$(written_ns GPIO27)")
  [ "$ms" -ge 1490 ] || fail "was off for $ms ms"
}

off_counts_anew_for_min_off_s_at_start() {
  start_all 'min_off_s = 2;'
  command_output heater ON
  expect '0 t/output/heater/ack {*"deferred"*"min_off_s: * s left"*}'
  expect '1 t/output/heater ON'
}

of_two_early_commands_the_newest_wins() {
  start_all 'min_off_s = 1; min_on_s = 1;'
  command_output heater ON
  expect '0 t/output/heater/ack {*"deferred"*}'
  command_output heater OFF
  expect '0 t/output/heater/ack {*"done"*"state":"OFF"*}'
  command_output heater '{"state":"ON","for_ms":1200}'
  expect '0 t/output/heater/ack {*"deferred"*}'
  # once, for as long as the newest said
  expect '1 t/output/heater ON'
  expect '1 t/output/heater OFF'
  command_output heater ON
  expect '0 t/output/heater/ack {*"deferred"*}'
  command_output heater TOGGLE
  expect '0 t/output/heater/ack {*"done"*"state":"OFF"*}'
  command_output fence TOGGLE
  expect '1 t/output/fence *'
  lacks '^1 t/output/heater ON$' <(sed "1,${mark}d" "$messages")
}

max_on_s_does_not_wait_for_min_on_s() {
  start_all 'min_on_s = 1; max_on_s = 1;'
  command_output heater ON
  expect '1 t/output/heater ON'
  expect '1 t/output/heater OFF'
  saw '0 t/output/heater/ack {*"max_on_s is over"*}'
}

after_max_on_s_the_next_on_waits_for_min_off_s() {
  local off_ns ms
  start_all 'max_on_s = 1; min_off_s = 1;'
  command_output heater ON
  expect '1 t/output/heater ON'
  expect '1 t/output/heater OFF'
  off_ns=$(written_ns GPIO27)
  command_output heater ON
  expect '0 t/output/heater/ack {*"deferred"*"min_off_s: * s left"*}'
  expect '1 t/output/heater ON'
  ms=$(between_ms "$off_ns" "$(written_ns GPIO27)")
  [ "$ms" -ge 990 ] || fail "was off for $ms ms"
  expect '1 t/output/heater OFF' # a period of its own
}

the_end_does_not_wait_for_min_on_s() {
  start_all 'min_on_s = 3600;'
  command_output heater ON
  expect '1 t/output/heater ON'
  kill -TERM "$daemon"
  expect_line GPIO27 1 2
  wait_end "$daemon" 6
  [ "$status" -eq 0 ]
}

on_exit_on_waits_for_min_off_s_if_that_is_soon_over() {
  start_all 'min_off_s = 1; on_exit = "on";'
  command_output heater ON
  expect '1 t/output/heater ON'
  command_output heater OFF
  expect '1 t/output/heater OFF'
  mark_now
  stop_daemon
  line_is GPIO27 0
  saw '1 t/output/heater ON'
  # what is retained at the end is what the line is
  configure_heater 'min_off_s = 60; on_exit = "on";'
  start_online
  mark_now
  stop_daemon
  line_is GPIO27 1
  never '1 t/output/heater ON'
  expect_log 'output heater: stays off, because "on" would have to wait for too long'
}

run_tests max_on_s_switches_off_and_says_why max_on_s_holds_for_an_output_that_starts_on \
  max_on_s_holds_for_an_output_that_is_kept_on max_on_s_holds_for_toggle \
  repeated_on_does_not_extend_max_on_s max_on_s_acts_although_the_broker_is_gone \
  an_early_off_waits_for_min_on_s_and_tells_the_time_left \
  an_early_on_waits_for_min_off_s_and_tells_the_time_left off_counts_anew_for_min_off_s_at_start \
  of_two_early_commands_the_newest_wins max_on_s_does_not_wait_for_min_on_s \
  after_max_on_s_the_next_on_waits_for_min_off_s the_end_does_not_wait_for_min_on_s \
  on_exit_on_waits_for_min_off_s_if_that_is_soon_over

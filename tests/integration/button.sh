#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Buttons: inputs that work an output here, with the network down, and within its limits.

. "$(dirname "$0")/lib.sh"
need_broker

# configure_lamp ACTION [KEY=VALUE;...]: of the button, settings of the output
configure_lamp() {
  configure <<END
inputs: ( { name = "wall"; line = "GPIO17"; debounce_ms = 5; } );
outputs: (
  { name = "lamp"; line = "GPIO27"; button = { input = "wall"; action = "$1"; }; ${2:-} },
  { name = "fence"; line = "GPIO5"; }
);
END
}

# start_alone ...: no broker far and near
start_alone() {
  free_port
  configure_lamp "$@"
  start_daemon
  expect_log ' 1 inputs, 2 outputs'
}

start_all() {
  start_broker
  start_listener
  configure_lamp "$@"
  start_online
}

# move_contact 0|1 WORD: and the daemon has seen it
move_contact() {
  local before
  before=$(grep -c "input wall: $2" "$daemon_log" || true)
  set_line GPIO17 "$1"
  until_true "$patience_s" seen_more_often "$2" "$before" || fail "the contact: no $2"
}

seen_more_often() {
  [ "$(grep -c "input wall: $1" "$daemon_log")" -gt "$2" ]
}

press() {
  move_contact 1 ON
}

release() {
  move_contact 0 OFF
}

a_button_works_with_the_network_down() {
  start_alone toggle
  press
  expect_line GPIO27 1
  release
  press
  expect_line GPIO27 0
}

on_and_off_say_what_they_do() {
  start_alone on
  press
  expect_line GPIO27 1
  release
  press
  line_is GPIO27 1
  sed -i 's/action = "on"/action = "off"/' "$dir/pinferry.conf"
  reload
  release
  press
  expect_line GPIO27 0
}

a_pulse_button_ends_by_itself() {
  local on_ns ms
  start_alone pulse 'pulse_ms = 2000;'
  press
  expect_line GPIO27 1
  on_ns=$(written_ns GPIO27)
  expect_line GPIO27 0
  ms=$(between_ms "$on_ns" "$(written_ns GPIO27)")
  [ "$ms" -ge 1990 ] || fail "a pulse of $ms ms"
}

a_button_that_is_held_at_start_does_nothing() {
  mkdir -p "$board/gpio"
  set_line GPIO17 1
  start_all on
  after_fence
  line_is GPIO27 0
  release
  press
  expect_line GPIO27 1
}

a_button_waits_for_min_on_s() {
  local on_ns
  start_alone toggle 'min_on_s = 1.5;'
  press
  expect_line GPIO27 1
  on_ns=$(written_ns GPIO27)
  release
  press
  expect_log 'output lamp: button wall: min_on_s: .* s left'
  expect_line GPIO27 0
  in_range "$(between_ms "$on_ns" "$(written_ns GPIO27)")" 1490 5000
}

a_button_replaces_a_pulse() {
  start_all on
  publish t/output/lamp/set_on_ms 1000
  expect '1 t/output/lamp ON'
  press
  publish t/output/fence/set_on_ms 1000
  expect '1 t/output/fence ON'
  expect '1 t/output/fence OFF'
  line_is GPIO27 1
}

a_button_waits_for_min_off_s() {
  start_alone on 'min_off_s = 2;'
  press
  expect_log 'output lamp: button wall: min_off_s: .* s left'
  line_is GPIO27 0
  expect_line GPIO27 1
}

what_a_button_switches_on_ends_with_max_on_s() {
  start_alone on 'max_on_s = 1;'
  press
  expect_line GPIO27 1
  expect_line GPIO27 0
}

a_button_obeys_the_interlock() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "wall"; line = "GPIO17"; debounce_ms = 5; } );
outputs: (
  { name = "up"; line = "GPIO27"; interlock = "blind";
    button = { input = "wall"; action = "on"; }; },
  { name = "down"; line = "GPIO22"; interlock = "blind"; }
);
interlocks: ( { name = "blind"; dead_time_ms = 500; } );
END
  start_online
  command_output down ON
  expect '1 t/output/down ON'
  press
  expect '1 t/output/down OFF'
  expect '1 t/output/up ON'
  line_is GPIO22 0
}

a_button_ends_the_failsafe() {
  start_alone toggle 'failsafe = { after_s = 1; };'
  expect_log 'failsafe: the broker is away'
  press
  expect_line GPIO27 1
  release
  # until the broker is lost anew
  start_broker
  start_listener
  saw '1 t/output/lamp ON'
  command_output fence ON
  saw '1 t/output/fence ON'
  line_is GPIO27 1
  kill -KILL "$broker"
  expect_line GPIO27 0
}

what_a_button_did_is_published() {
  start_all toggle
  press
  expect '1 t/output/lamp ON'
  saw '1 t/input/wall ON'
}

run_tests a_button_works_with_the_network_down on_and_off_say_what_they_do \
  a_pulse_button_ends_by_itself a_button_that_is_held_at_start_does_nothing \
  a_button_waits_for_min_off_s what_a_button_switches_on_ends_with_max_on_s \
  a_button_obeys_the_interlock a_button_ends_the_failsafe what_a_button_did_is_published \
  a_button_waits_for_min_on_s \
  a_button_replaces_a_pulse

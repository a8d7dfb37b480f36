#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Commands that come twice: stored ones with `accept_retained`, and those with an id. That stored
# ones are ignored without it is in command.sh.

. "$(dirname "$0")/lib.sh"
need_broker

# start_pump [KEY=VALUE;...]: settings of the other one
start_pump() {
  configure <<END
outputs: (
  { name = "pump"; line = "GPIO27"; accept_retained = true; },
  { name = "other"; line = "GPIO22"; $* },
  { name = "fence"; line = "GPIO5"; }
);
END
  start_online
}

# for_both_versions FUNCTION: of the protocol, each with a broker of its own
for_both_versions() {
  local version
  for version in 5 3.1.1; do
    note "MQTT $version"
    mqtt_options="version = \"$version\";"
    port=
    start_broker
    "$1"
    stop_daemon
    stop_listener
    stop_broker
  done
}

check_accepted() {
  publish t/output/pump/set ON -r
  publish t/output/other/set ON -r
  start_listener
  start_pump
  saw '1 t/output/pump ON'
  after_fence
  line_is GPIO27 1
  line_is GPIO22 0
}

accept_retained_carries_out_a_stored_on() {
  for_both_versions check_accepted
}

a_stored_off_is_carried_out_at_each_connect() {
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
  start_listener
  start_pump
  publish t/output/pump/set OFF -r
  command_output pump ON
  expect '1 t/output/pump ON'
  stop_listener
  stop_broker
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
  expect_line GPIO27 0
}

# check_refused PAYLOAD: stored on the command topic, it moves nothing and is answered
check_refused() {
  publish t/output/pump/set "$1" -r
  start_listener
  start_pump
  saw '0 t/output/pump/ack {*"result":"ignored"*"reason":"retained"*"state":"OFF"*}'
  after_fence
  mark=0
  never '1 t/output/pump ON'
  line_is GPIO27 0
}

check_toggle() {
  check_refused TOGGLE
}

check_timed() {
  check_refused '{"state":"ON","for_ms":500}'
}

a_stored_toggle_is_never_carried_out() {
  for_both_versions check_toggle
}

a_stored_pulse_is_never_carried_out() {
  for_both_versions check_timed
}

check_set_on_ms() {
  publish t/output/pump/set_on_ms 60000 -r
  publish t/output/pump/set_off_ms 60000 -r
  start_listener
  start_pump
  after_fence
  mark=0
  never '1 t/output/pump ON'
  line_is GPIO27 0
}

a_stored_set_on_ms_is_never_carried_out() {
  for_both_versions check_set_on_ms
}

start_all() {
  start_broker
  start_listener
  start_pump "$@"
}

with_id() {
  command_output pump "{\"state\":\"TOGGLE\",\"id\":\"$1\"}"
}

a_command_with_an_id_is_carried_out_once() {
  start_all
  with_id a
  expect '0 t/output/pump/ack {*"id":"a"*"result":"done"*"state":"ON"*}'
  with_id a
  expect '0 t/output/pump/ack {*"id":"a"*"result":"ignored"*"reason":"duplicate"*"state":"ON"*}'
  line_is GPIO27 1
}

the_last_32_ids_are_remembered() {
  local i
  start_all
  for i in $(seq 1 32); do
    printf '{"state":"TOGGLE","id":"%s"}\n' "$i"
  done | mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -l -q 1
  with_id 1
  expect '0 t/output/pump/ack {"id":"1","result":"ignored"*"duplicate"*}'
  # one more, and the oldest is forgotten
  with_id 33
  expect '0 t/output/pump/ack {"id":"33","result":"done"*}'
  with_id 1
  expect '0 t/output/pump/ack {"id":"1","result":"done"*}'
  with_id 3
  expect '0 t/output/pump/ack {"id":"3","result":"ignored"*}'
}

a_resend_of_what_waits_is_ignored() {
  start_all 'min_off_s = 2;'
  command_output other '{"state":"ON","id":"w"}'
  expect '0 t/output/other/ack {*"w"*"deferred"*}'
  command_output other '{"state":"ON","id":"w"}'
  expect '0 t/output/other/ack {*"w"*"ignored"*"duplicate"*}'
  expect '1 t/output/other ON'
}

without_an_id_a_resend_is_a_new_command() {
  start_all
  command_output pump TOGGLE
  expect '1 t/output/pump ON'
  command_output pump TOGGLE
  expect '1 t/output/pump OFF'
}

run_tests accept_retained_carries_out_a_stored_on a_stored_off_is_carried_out_at_each_connect \
  a_stored_toggle_is_never_carried_out a_stored_pulse_is_never_carried_out \
  a_stored_set_on_ms_is_never_carried_out a_command_with_an_id_is_carried_out_once \
  the_last_32_ids_are_remembered a_resend_of_what_waits_is_ignored \
  without_an_id_a_resend_is_a_new_command

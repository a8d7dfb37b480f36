#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What outlives the daemon: the record of its lines, `safe-state`, and starts after a crash.

. "$(dirname "$0")/lib.sh"
need_broker

configure_outputs() {
  configure <<'END'
outputs: (
  { name = "gate"; line = "GPIO5"; active_low = true; initial = "keep"; on_exit = "keep"; },
  { name = "lamp"; line = "GPIO22"; initial = "last"; },
  { name = "pump"; line = "GPIO27"; },
  { name = "valve"; line = "GPIO13"; initial = "keep"; on_exit = "keep"; },
  { name = "heater"; line = "GPIO6"; initial = "keep"; on_exit = "keep"; max_on_s = 5; }
);
END
}

# configure_lamp: nothing but the lamp
configure_lamp() {
  configure <<'END'
outputs: ( { name = "lamp"; line = "GPIO22"; } );
END
}

start_all() {
  start_broker
  start_listener
  configure_outputs
  start_online
}

# safe_state: sets $status; what it says goes to $dir/safe-state
safe_state() {
  local began
  began=$(now_ms)
  status=0
  pinferry safe-state -s "$board" >"$dir/safe-state" 2>&1 || status=$?
  note "safe-state ended with $status after $(($(now_ms) - began)) ms"
  cat "$dir/safe-state" >&2
}

record_has() {
  grep -q -e "$1" "$dir/state/record"
}

record_lacks() {
  ! record_has "$1"
}

# expect_record REGEX
expect_record() {
  until_true "$patience_s" record_has "$1" || fail "not in the record: $1"
}

crash() {
  kill -KILL "$daemon"
  wait_end "$daemon"
}

# crash_in_a_pulse: of the gate, with valve and pump on
crash_in_a_pulse() {
  command_output valve ON
  command_output pump ON
  expect '1 t/output/pump ON'
  publish t/output/gate/set_on_ms 60000
  expect '1 t/output/gate ON'
  expect_record '"unfinished":[[:space:]]*true'
  crash
  line_is GPIO5 0
}

a_crash_in_a_pulse_is_dealt_with_by_safe_state() {
  start_all
  crash_in_a_pulse
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO5 1
  line_is GPIO27 0
  line_is GPIO13 1
  grep -q '^output gate: off, end of a pulse$' "$dir/safe-state"
  grep -q '^output pump: off$' "$dir/safe-state"
  grep -q '^output valve: left as it is$' "$dir/safe-state"
}

a_crash_in_a_pulse_is_dealt_with_by_the_next_start() {
  start_all
  crash_in_a_pulse
  start_daemon
  expect_line GPIO5 1
  expect_line GPIO27 0
  line_is GPIO13 1
}

safe_state_obeys_the_record_although_the_configuration_was_edited() {
  start_all
  crash_in_a_pulse
  sed -i 's/GPIO27/GPIO20/; s/active_low = true;//' "$dir/pinferry.conf"
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO27 0
  line_is GPIO5 1
  [ ! -e "$board/gpio/GPIO20" ]
}

safe_state_obeys_the_record_although_the_configuration_is_broken() {
  start_all
  crash_in_a_pulse
  echo 'outputs: ( { ' >>"$dir/pinferry.conf"
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO27 0
  line_is GPIO5 1
}

safe_state_finds_the_record_although_an_include_that_names_it_is_broken() {
  start_all
  crash_in_a_pulse
  grep '^state_dir' "$dir/pinferry.conf" >"$dir/place.conf"
  echo 'outputs: ( { ' >>"$dir/place.conf"
  sed -i 's/^state_dir.*/@include "place.conf"/' "$dir/pinferry.conf"
  sed -i '1i /* once:\nstate_dir = "/nowhere";\n*/' "$dir/pinferry.conf"
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO27 0
  line_is GPIO5 1
}

safe_state_beside_a_live_daemon_changes_nothing() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  safe_state
  [ "$status" -eq 1 ]
  grep -q "as process $daemon" "$dir/safe-state"
  line_is GPIO27 1
}

safe_state_without_a_record_uses_the_configuration() {
  free_port
  configure_outputs
  echo 1 >"$board/gpio/GPIO27"
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO27 0
  [ ! -e "$board/gpio/GPIO13" ]
  echo 'outputs: 3;' >>"$dir/pinferry.conf"
  safe_state
  [ "$status" -eq 78 ]
}

last_is_restored_after_a_clean_end_and_after_a_crash() {
  start_all
  command_output lamp ON
  expect '1 t/output/lamp ON'
  stop_daemon
  line_is GPIO22 0
  mark_now
  start_online
  line_is GPIO22 1
  # a pulsed state is none to restore
  command_output lamp '{"state":"OFF","for_ms":60000}'
  expect '1 t/output/lamp OFF'
  expect_record '"unfinished":[[:space:]]*true'
  crash
  mark_now
  start_online
  line_is GPIO22 1
  command_output lamp OFF
  expect '1 t/output/lamp OFF'
  stop_daemon
  mark_now
  start_online
  line_is GPIO22 0
}

a_torn_record_means_off_and_one_warning() {
  start_all
  command_output lamp ON
  expect '1 t/output/lamp ON'
  stop_daemon
  truncate -s -20 "$dir/state/record"
  mark_now
  start_online
  line_is GPIO22 0
  [ "$(grep -c 'torn or garbled' "$daemon_log")" -eq 1 ]
}

passed() {
  [ "$(now_ms)" -ge "$1" ]
}

max_on_goes_on_counting_after_a_restart() {
  local began
  start_all
  began=$(now_ms)
  command_output heater ON
  expect '1 t/output/heater ON'
  until_true 5 passed $((began + 3000))
  stop_daemon
  line_is GPIO6 1
  start_daemon
  expect_line GPIO6 0
  note "on for $(($(now_ms) - began)) ms"
  # counted anew it would be 8 s
  ! passed $((began + 7900))
}

an_output_that_was_removed_goes_to_on_exit_at_the_next_start() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  expect_record '"level":[[:space:]]*true'
  crash
  line_is GPIO27 1
  configure_lamp
  mark_now
  start_online
  line_is GPIO27 0
  expect_log 'output pump is no longer configured: off'
  until_true "$patience_s" record_lacks '"pump"'
}

an_output_that_a_reload_removes_leaves_the_record() {
  start_all
  expect_record '"pump"'
  configure_lamp
  kill -HUP "$daemon"
  expect_log 'reloaded'
  until_true "$patience_s" record_lacks '"pump"'
  record_has '"lamp"'
}

# record_rests: it was not written for longer than the daemon collects changes
record_rests() {
  local was
  was=$(stat -c %i "$dir/state/record")
  nap 0.7
  [ "$(stat -c %i "$dir/state/record")" = "$was" ]
}

where_nothing_changes_nothing_is_written() {
  local before id
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  expect_record '"level":[[:space:]]*true'
  until_true "$patience_s" record_rests
  before=$(stat -c %i "$dir/state/record")
  for id in 1 2 3 4 5; do
    command_output pump "{\"state\":\"ON\",\"id\":\"$id\"}"
    expect "0 t/output/pump/ack {*\"$id\"*}"
  done
  [ "$(stat -c %i "$dir/state/record")" = "$before" ]
  # but the end is, when the pump goes off
  stop_daemon
  record_lacks '"level":[[:space:]]*true'
  [ "$(stat -c %i "$dir/state/record")" != "$before" ]
}

a_state_directory_that_is_gone_stops_no_relay() {
  start_all
  mv "$dir/state" "$dir/away"
  command_output pump ON
  expect '1 t/output/pump ON'
  expect_log 'cannot be written'
  command_output pump OFF
  expect '1 t/output/pump OFF'
  stop_daemon
  [ "$(grep -c 'cannot be written' "$daemon_log")" -eq 1 ]
}

run_tests a_crash_in_a_pulse_is_dealt_with_by_safe_state \
  a_crash_in_a_pulse_is_dealt_with_by_the_next_start \
  safe_state_obeys_the_record_although_the_configuration_was_edited \
  safe_state_obeys_the_record_although_the_configuration_is_broken \
  safe_state_finds_the_record_although_an_include_that_names_it_is_broken \
  safe_state_beside_a_live_daemon_changes_nothing \
  safe_state_without_a_record_uses_the_configuration \
  last_is_restored_after_a_clean_end_and_after_a_crash \
  a_torn_record_means_off_and_one_warning \
  max_on_goes_on_counting_after_a_restart \
  an_output_that_was_removed_goes_to_on_exit_at_the_next_start \
  an_output_that_a_reload_removes_leaves_the_record \
  where_nothing_changes_nothing_is_written \
  a_state_directory_that_is_gone_stops_no_relay

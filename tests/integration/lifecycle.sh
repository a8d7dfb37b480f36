#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Start and stop: their order, exit statuses, the lock, crashes, and the service manager.

. "$(dirname "$0")/lib.sh"
need_broker

configure_outputs() {
  configure <<'END'
outputs: (
  { name = "pump"; line = "GPIO27"; active_low = true; },
  { name = "lamp"; line = "GPIO22"; initial = "on"; on_exit = "keep"; },
  { name = "fan"; line = "GPIO6"; on_exit = "on"; },
  { name = "valve"; line = "GPIO13"; initial = "keep"; on_exit = "keep"; }
);
inputs: ( { name = "door"; line = "GPIO17"; } );
END
}

outputs_do_not_wait_for_the_network() {
  free_port
  configure_outputs
  start_daemon
  expect_line GPIO27 1
  expect_line GPIO22 1
  expect_line GPIO6 0
}

outputs_go_to_their_exit_state_at_the_end() {
  start_broker
  start_listener
  configure_outputs
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  command_output lamp OFF
  expect '1 t/output/lamp OFF'
  stop_daemon
  line_is GPIO27 1
  line_is GPIO22 0
  line_is GPIO6 1
  # and say so before the daemon says that it is gone
  expect '1 t/output/pump OFF'
  saw '1 t/status offline'
}

sigint_ends_like_sigterm() {
  start_broker
  start_listener
  configure_outputs
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  kill -INT "$daemon"
  wait_end "$daemon" 10
  [ "$status" -eq 0 ]
  line_is GPIO27 1
  expect '1 t/status offline'
}

a_frozen_broker_does_not_hold_up_the_end() {
  local began
  start_broker
  start_listener
  configure_outputs
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  kill -STOP "$broker"
  began=$(now_ms)
  kill -TERM "$daemon"
  expect_line GPIO27 1 2
  note "outputs after $(($(now_ms) - began)) ms"
  wait_end "$daemon" 6
  note "end after $(($(now_ms) - began)) ms, status $status"
  [ "$status" -eq 0 ]
}

a_dead_broker_does_not_hold_up_the_end() {
  local began
  start_broker
  start_listener
  configure_outputs
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  kill -KILL "$broker"
  wait_end "$broker"
  began=$(now_ms)
  kill -TERM "$daemon"
  expect_line GPIO27 1 2
  wait_end "$daemon" 6
  note "end after $(($(now_ms) - began)) ms, status $status"
  [ "$status" -eq 0 ]
}

after_kill_9_the_next_start_is_clean() {
  start_broker
  start_listener
  configure_outputs
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  kill -KILL "$daemon"
  wait_end "$daemon"
  expect '1 t/status offline'
  # the line stays as the crash left it, until the next start
  line_is GPIO27 0
  start_online
  line_is GPIO27 1
  command_output pump ON
  expect '1 t/output/pump ON'
}

keep_adopts_the_level_of_the_line() {
  start_broker
  start_listener
  configure_outputs
  start_online
  command_output valve ON
  expect '1 t/output/valve ON'
  stop_daemon
  line_is GPIO13 1
  start_online
  mark=0
  line_is GPIO13 1
  command_output fan ON
  expect '1 t/output/fan ON'
  [ "$(grep '^1 t/output/valve O' "$messages" | tail -n 1)" = '1 t/output/valve ON' ]
}

a_second_daemon_changes_nothing_and_names_the_first() {
  local second
  start_broker
  start_listener
  configure_outputs
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  mark_now
  "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" >"$dir/second" 2>&1 &
  second=$!
  pids+=("$second")
  wait_end "$second"
  [ "$status" -eq 1 ] || fail "the second ended with status $status"
  grep -q "\b$daemon\b" "$dir/second" || fail "it says: $(cat "$dir/second")"
  line_is GPIO27 0
  command_output pump OFF
  expect '1 t/output/pump OFF'
  mark=0
  never '1 t/status offline'
}

ten_mistakes_give_ten_lines() {
  local line
  port=1883
  cat >"$dir/pinferry.conf" <<'END'
mqtt: { broker = "mqtt://localhost"; colour = 1; };
outputs: (
  { name = "pump"; line = "GPIO27"; },
  { name = "pump"; line = "GPIO22"; },
  { name = "lamp"; line = "GPIO27"; },
  { name = "up"; line = "GPIO5"; initial = "of"; },
  { name = "down"; line = "GPIO6"; pulse_ms = -1; },
  { name = "far"; line = "GPIO13"; topic = "a/+/b"; },
  { name = "wide"; pin = 41; },
  { name = "text"; line = "GPIO19"; active_low = "yes"; }
);
sensors: (
  { name = "air"; driver = "bme820"; bus = "i2c-1"; address = 0x76; },
  { name = "tank"; driver = "ds18b20"; }
);
END
  start_daemon
  wait_end "$daemon"
  [ "$status" -eq 78 ] || fail "status $status"
  for line in 1 4 5 6 7 8 9 10 13 14; do
    grep -q "^\(pinferry: \)\?\(error: \)\?$dir/pinferry.conf:$line: " "$daemon_log" ||
      fail "no error for line $line"
  done
  [ "$(grep -c 'pinferry\.conf:[0-9]*: ' "$daemon_log")" -eq 10 ]
  # `check` says the same
  status=0
  pinferry check >"$dir/check" 2>&1 || status=$?
  [ "$status" -eq 78 ] || fail "check: status $status"
  [ "$(grep -c 'pinferry\.conf:[0-9]*: ' "$dir/check")" -eq 10 ]
}

a_missing_configuration_is_status_78() {
  start_daemon
  wait_end "$daemon"
  [ "$status" -eq 78 ] || fail "status $status"
  grep -q "$dir/pinferry.conf" "$daemon_log"
}

wrong_usage_is_status_64() {
  local words
  for words in '' 'fly' 'run --wings' 'run too many' 'run -c'; do
    status=0
    # shellcheck disable=SC2086 # words are words
    "$PINFERRY" $words >"$dir/out" 2>"$dir/err" || status=$?
    [ "$status" -eq 64 ] || fail "'$words': status $status"
    [ -s "$dir/err" ] || fail "'$words': no message"
    [ ! -s "$dir/out" ] || fail "'$words': text on standard output"
  done
}

help_and_version_are_no_errors() {
  "$PINFERRY" --help >"$dir/out"
  grep -q '^Usage: ' "$dir/out"
  "$PINFERRY" --version | grep -q '^pinferry [0-9]'
}

a_missing_simulated_board_is_an_error() {
  port=1883
  configure_outputs
  board=$dir/nowhere
  start_daemon
  wait_end "$daemon"
  [ "$status" -eq 1 ] || fail "status $status"
  grep -q nowhere "$daemon_log"
}

notified() {
  grep -q "$1" "$dir/notified"
}

watchdog_fed_often() {
  [ "$(grep -c '^WATCHDOG=1' "$dir/notified")" -ge 5 ]
}

the_service_manager_is_told() {
  [ -x "$build/tests/integration/notify_listen" ]
  "$build/tests/integration/notify_listen" "$dir/notify" >"$dir/notified" &
  pids+=("$!")
  until_true 5 notified listening
  start_broker
  start_listener
  configure_outputs
  export NOTIFY_SOCKET=$dir/notify WATCHDOG_USEC=400000
  start_online
  until_true 5 notified '^READY=1'
  until_true 5 notified '^WATCHDOG=1'
  lacks '^STOPPING=1' "$dir/notified"
  # again and again, in less than the time it has
  until_true 5 watchdog_fed_often
  stop_daemon
  notified '^STOPPING=1'
}

ready_does_not_wait_for_the_broker() {
  "$build/tests/integration/notify_listen" "$dir/notify" >"$dir/notified" &
  pids+=("$!")
  until_true 5 notified listening
  free_port
  configure_outputs
  export NOTIFY_SOCKET=$dir/notify
  start_daemon
  until_true 5 notified '^READY=1'
}

opens_nothing() {
  [ "$(readlink "/proc/$daemon/fd/$1")" = /dev/null ]
}

# what is meant for the log would end up in the first file that is opened
closed_standard_files_do_no_harm() {
  local fd
  start_broker
  start_listener
  configure_outputs
  "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" -v <&- >&- 2>&- &
  daemon=$!
  pids+=("$daemon")
  expect '1 t/status online'
  for fd in 0 1 2; do
    opens_nothing "$fd" || fail "descriptor $fd is $(readlink "/proc/$daemon/fd/$fd")"
  done
  ! grep -rqa 'pinferry: ' "$dir/state" || fail 'the log is in the state directory'
  stop_daemon
  ! grep -rqa 'pinferry: ' "$dir/state" || fail 'the log is in the state directory'
  # the other verbs, too
  status=0
  "$PINFERRY" check -c "$dir/pinferry.conf" -d "$DRIVER_DIR" <&- >&- 2>&- || status=$?
  [ "$status" -eq 0 ] || fail "check ended with status $status"
}

run_tests closed_standard_files_do_no_harm outputs_do_not_wait_for_the_network outputs_go_to_their_exit_state_at_the_end \
  sigint_ends_like_sigterm a_frozen_broker_does_not_hold_up_the_end \
  a_dead_broker_does_not_hold_up_the_end after_kill_9_the_next_start_is_clean \
  keep_adopts_the_level_of_the_line a_second_daemon_changes_nothing_and_names_the_first \
  ten_mistakes_give_ten_lines a_missing_configuration_is_status_78 wrong_usage_is_status_64 \
  help_and_version_are_no_errors a_missing_simulated_board_is_an_error \
  the_service_manager_is_told ready_does_not_wait_for_the_broker

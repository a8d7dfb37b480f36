#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# The life of the connection: online and offline, a broker that is late, gone, or new.

. "$(dirname "$0")/lib.sh"
need_broker

configure_board() {
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO17"; bias = "up"; active_low = true; } );
outputs: ( { name = "pump"; line = "GPIO27"; active_low = true; },
           { name = "fence"; line = "GPIO5"; } );
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3; } );
END
}

online_comes_after_all_states() {
  start_broker
  start_listener
  configure_board
  start_online
  head -n "$mark" "$messages" >"$dir/before"
  grep -q '^1 t/input/door OFF$' "$dir/before"
  grep -q '^1 t/output/pump OFF$' "$dir/before"
  grep -q '^1 t/output/fence OFF$' "$dir/before"
  grep -q '^1 t/input/door/availability online$' "$dir/before"
  grep -q '^1 t/output/pump/availability online$' "$dir/before"
}

commands_are_taken_as_soon_as_it_is_online() {
  start_broker
  start_listener
  configure_board
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  expect_line GPIO27 0
}

info_tells_version_and_counters() {
  start_broker
  start_listener
  configure_board
  start_daemon
  saw '1 t/info {*}'
  saw "1 t/info {*\"version\":\"$("$PINFERRY" --version | cut -d' ' -f2)\"*}"
  saw '1 t/info {*"reconnects":0*}'
}

the_will_says_offline_after_kill_9() {
  start_broker
  start_listener
  configure_board
  start_online
  kill -KILL "$daemon"
  expect '1 t/status offline'
}

a_clean_stop_says_offline_itself() {
  start_broker
  start_listener
  configure_board
  start_online
  stop_daemon
  expect '1 t/status offline'
  # sent by the daemon, not by the broker for it
  lacks 'pinferry-test.*closed its connection' "$broker_log"
  grep -q 'Received DISCONNECT from pinferry-test' "$broker_log"
}

the_broker_may_come_later() {
  free_port
  configure_board
  start_daemon
  expect_log 'connect'
  expect_line GPIO27 1
  start_broker_at "$port"
  start_listener
  saw '1 t/status online'
  saw '1 t/output/pump OFF'
  command_output pump ON
  expect '1 t/output/pump ON'
}

a_restarted_broker_gets_everything_again() {
  start_broker
  start_listener
  configure_board
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  expect '? t/sensor/board 30*'
  set_line GPIO17 0
  expect '1 t/input/door ON'

  stop_broker
  stop_listener
  # what changes while it is away counts, the newest only
  set_line GPIO17 1
  set_line GPIO17 0
  set_line GPIO17 1
  echo 35 >"$board/i2c-1/0x48/temperature"
  expect_log 'lost'
  start_broker
  start_listener
  saw '1 t/status online'
  saw '1 t/output/pump ON'
  saw '1 t/input/door OFF'
  saw '? t/sensor/board 35*'
  mark_now
  command_output pump OFF
  expect '1 t/output/pump OFF'
  expect_line GPIO27 1
}

a_broker_that_comes_and_goes_does_no_harm() {
  local round
  start_broker
  configure_board
  start_daemon
  for round in 1 2 3; do
    start_listener
    saw '1 t/status online'
    command_output pump TOGGLE
    if [ $((round % 2)) -eq 1 ]; then expect_line GPIO27 0; else expect_line GPIO27 1; fi
    stop_listener
    stop_broker
    start_broker
  done
  start_listener
  saw '1 t/status online'
  stop_daemon
}

a_frozen_broker_is_noticed_and_left() {
  mqtt_options='keepalive_s = 5;'
  start_broker
  start_listener
  configure_board
  start_online
  kill -STOP "$broker"
  expect_log 'lost' 30
  kill -CONT "$broker"
  stop_listener
  start_listener
  saw '1 t/status online' 30
  command_output pump ON
  expect '1 t/output/pump ON'
}

# speaks VERSION PROTOCOL: with `version` in the configuration, the broker sees that protocol
speaks() {
  mqtt_options="version = \"$1\";"
  start_broker
  start_listener
  configure_board
  start_online
  grep -q "as pinferry-test ($2," "$broker_log"
  command_output pump ON
  expect '1 t/output/pump ON'
  stop_daemon
}

mqtt_5_is_spoken_by_default() {
  speaks auto p5
}

mqtt_5_is_spoken_when_asked_for() {
  speaks 5 p5
}

mqtt_3_1_1_is_spoken_when_asked_for() {
  speaks 3.1.1 p2
}

run_tests online_comes_after_all_states commands_are_taken_as_soon_as_it_is_online \
  info_tells_version_and_counters the_will_says_offline_after_kill_9 \
  a_clean_stop_says_offline_itself the_broker_may_come_later \
  a_restarted_broker_gets_everything_again a_broker_that_comes_and_goes_does_no_harm \
  a_frozen_broker_is_noticed_and_left mqtt_5_is_spoken_by_default \
  mqtt_5_is_spoken_when_asked_for mqtt_3_1_1_is_spoken_when_asked_for

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What outputs do when nobody is there to command them.

. "$(dirname "$0")/lib.sh"
need_broker

# configure_heater AFTER_S [KEY=VALUE;... [KEY=VALUE;...]]: settings of the failsafe, of the output
configure_heater() {
  configure <<END
outputs: (
  { name = "heater"; line = "GPIO27"; active_low = true; ${3:-}
    failsafe = { after_s = $1; ${2:-} }; },
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

# goes_on: on command
goes_on() {
  command_output heater ON
  expect '1 t/output/heater ON'
}

kill_broker() {
  kill -KILL "$broker"
  wait_end "$broker"
  lost_ns=$(($(now_ms) * 1000000))
}

# came_after FROM_MS TO_MS: since $lost_ns the line was written in that time
came_after() {
  local ms
  ms=$(between_ms "$lost_ns" "$(written_ns GPIO27)")
  in_range "$ms" "$1" "$2"
}

# start_heard_broker: the listener is there before the daemon is, and hears what is not stored
start_heard_broker() {
  kill -STOP "$daemon"
  start_broker
  start_listener
  kill -CONT "$daemon"
}

the_failsafe_acts_while_the_broker_is_away_and_tells_when_it_is_back() {
  start_all 1
  goes_on
  stop_listener
  kill_broker
  expect_line GPIO27 1
  came_after 900 3000
  start_heard_broker
  saw '1 t/output/heater OFF'
  saw '0 t/output/heater/ack {*"reason":"failsafe: the broker is away"*"state":"OFF"*}'
}

the_failsafe_acts_if_the_broker_was_never_reached() {
  free_port
  configure_heater 1 '' 'initial = "on";'
  lost_ns=$(($(now_ms) * 1000000))
  start_daemon
  expect_line GPIO27 0
  expect_line GPIO27 1
  came_after 990 4000
  start_heard_broker
  saw '1 t/output/heater OFF'
  saw '0 t/output/heater/ack {*"failsafe: the broker is away"*}'
}

the_failsafe_acts_when_the_network_swallows_everything() {
  mqtt_options='keepalive_s = 5;'
  start_all 1
  goes_on
  lost_ns=$(($(now_ms) * 1000000))
  kill -STOP "$broker"
  expect_line GPIO27 1 20
  # after_s and 1.5 times keepalive_s are the worst case
  came_after 990 9500
}

a_broker_that_comes_back_in_time_changes_nothing() {
  start_all 4
  goes_on
  stop_listener
  kill_broker
  start_heard_broker
  saw '1 t/status online'
  mark_now
  publish t/output/fence/set_on_ms 4500
  expect '1 t/output/fence ON'
  expect '1 t/output/fence OFF'
  line_is GPIO27 0
}

the_failsafe_ends_with_the_next_command_not_with_the_reconnect() {
  start_all 1
  goes_on
  stop_listener
  kill_broker
  expect_line GPIO27 1
  start_broker
  start_listener
  expect '1 t/status online'
  after_fence
  line_is GPIO27 1
  goes_on
  line_is GPIO27 0
  # and is ready for the next time
  kill_broker
  expect_line GPIO27 1
}

a_command_that_is_refused_does_not_end_the_failsafe() {
  start_all 1 'heartbeat_topic = "controller/alive";'
  goes_on
  expect '1 t/output/heater OFF'
  command_output heater MAYBE
  expect '0 t/output/heater/ack {*"rejected"*}'
  line_is GPIO27 1
}

the_failsafe_cancels_pulses_and_what_waits() {
  start_all 1 '' 'min_off_s = 3;'
  publish t/output/heater/set_on_ms 60000
  expect '0 t/output/heater/ack {*"deferred"*}'
  kill_broker
  expect_log 'failsafe: the broker is away'
  start_heard_broker
  saw '1 t/status online'
  mark_now
  publish t/output/fence/set_on_ms 3000
  expect '1 t/output/fence ON'
  expect '1 t/output/fence OFF'
  line_is GPIO27 1
  lacks 'output heater: ON' "$daemon_log"
}

the_failsafe_does_not_wait_for_min_on_s() {
  start_all 1 '' 'min_on_s = 3600;'
  goes_on
  kill_broker
  expect_line GPIO27 1
  came_after 900 4000
}

the_failsafe_can_switch_on() {
  start_all 1 'state = "on";'
  kill_broker
  expect_line GPIO27 0
  came_after 900 4000
}

the_failsafe_on_ends_with_max_on_s() {
  start_all 1 'state = "on";' 'max_on_s = 1;'
  kill_broker
  expect_line GPIO27 0
  expect_line GPIO27 1
  start_heard_broker
  saw '0 t/output/heater/ack {*"max_on_s is over"*}'
}

the_failsafe_on_waits_for_min_off_s() {
  start_all 1 'state = "on";' 'min_off_s = 3;'
  goes_on
  command_output heater OFF
  expect '1 t/output/heater OFF'
  lost_ns=$(written_ns GPIO27)
  stop_listener
  kill -KILL "$broker"
  wait_end "$broker"
  expect_log 'failsafe: the broker is away'
  line_is GPIO27 1
  expect_line GPIO27 0
  came_after 2990 8000
  # that it waited does not hide why it went on
  start_heard_broker
  saw '0 t/output/heater/ack {*"failsafe: the broker is away"*}'
}

heartbeat() {
  publish controller/alive 1 "$@"
}

# beaten_for MS: after one more heartbeat, that much time has passed since $began
beaten_for() {
  heartbeat
  [ $(($(now_ms) - began)) -ge "$1" ]
}

a_missing_heartbeat_is_a_loss_although_the_broker_is_there() {
  start_all 1.5 'heartbeat_topic = "controller/alive";'
  goes_on
  began=$(now_ms)
  until_true 10 beaten_for 3000
  line_is GPIO27 0 || fail 'it acts in spite of heartbeats'
  lost_ns=$(($(now_ms) * 1000000))
  expect '1 t/output/heater OFF'
  came_after 1300 5000
  saw '0 t/output/heater/ack {*"reason":"failsafe: no heartbeat"*"state":"OFF"*}'
  # what comes back is the heartbeat, not the state
  heartbeat
  after_fence
  line_is GPIO27 1
  goes_on
}

a_command_counts_as_a_heartbeat() {
  start_all 1.5 'heartbeat_topic = "controller/alive";'
  began=$(now_ms)
  until_true 10 commanded_for 3000
  mark=0
  never '0 t/output/heater/ack {*failsafe*}'
}

commanded_for() {
  command_output heater ON
  [ $(($(now_ms) - began)) -ge "$1" ]
}

losing_the_broker_stops_the_heartbeat() {
  start_all 1 'heartbeat_topic = "controller/alive";'
  goes_on
  kill_broker
  expect_line GPIO27 1
}

# with 3.1.1 the broker sends it, with 5 it is told not to
a_stored_heartbeat_does_not_count() {
  local version
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
  heartbeat -r
  stop_broker
  for version in 5 3.1.1; do
    mqtt_options="version = \"$version\";"
    configure_heater 3 'heartbeat_topic = "controller/alive";' 'initial = "on";'
    began=$(now_ms)
    lost_ns=$((began * 1000000))
    start_daemon
    until_true 5 passed 1500
    start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
    expect_log "mqtt: connected to .*(MQTT $version)"
    expect_line GPIO27 1
    # had it counted, that would be 3 s after the connect
    came_after 2990 4400
    stop_daemon
    stop_broker
  done
}

passed() {
  [ $(($(now_ms) - began)) -ge "$1" ]
}

run_tests the_failsafe_acts_while_the_broker_is_away_and_tells_when_it_is_back \
  the_failsafe_acts_if_the_broker_was_never_reached \
  the_failsafe_acts_when_the_network_swallows_everything \
  a_broker_that_comes_back_in_time_changes_nothing \
  the_failsafe_ends_with_the_next_command_not_with_the_reconnect \
  a_command_that_is_refused_does_not_end_the_failsafe the_failsafe_cancels_pulses_and_what_waits \
  the_failsafe_does_not_wait_for_min_on_s the_failsafe_can_switch_on \
  the_failsafe_on_ends_with_max_on_s the_failsafe_on_waits_for_min_off_s \
  a_missing_heartbeat_is_a_loss_although_the_broker_is_there a_command_counts_as_a_heartbeat \
  losing_the_broker_stops_the_heartbeat a_stored_heartbeat_does_not_count

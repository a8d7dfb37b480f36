#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What keeps the daemon from its broker for longer: an outage, a broker that listens to its own
# machine only, names that cannot be looked up.

. "$(dirname "$0")/lib.sh"
need_broker
. "$(dirname "$0")/cable.sh"

# A longer outage: few attempts, little work, one line; what changed meanwhile counts once.
an_outage_costs_little_and_ends_by_itself() {
  local before tries
  mqtt_options='keepalive_s = 3;'
  start_both
  configure_board
  start_online
  pull_cable
  until_true 15 is_lost 1
  before=$(cpu_ms)
  tries=$(attempts)
  set_line GPIO17 1
  set_line GPIO17 0
  set_line GPIO17 1
  until_true 40 more_attempts_than $((tries + 2)) || fail 'it does not try again'
  note "$(($(cpu_ms) - before)) ms of CPU, $(attempts) attempts"
  [ $(($(cpu_ms) - before)) -lt 1500 ]
  [ "$(grep -c 'cannot connect' "$daemon_log")" -le 2 ]
  plug_in_cable
  mark_now
  saw '1 t/status online' 40
  expect '1 t/input/door ON'
  works
}

# mosquitto 2 without a configuration
a_broker_for_its_own_machine_only_says_which_lines_it_needs() {
  make_cable
  free_port
  broker_url=mqtt://$here:$port
  PATH=$PATH:/usr/sbin mosquitto -v -p "$port" >"$broker_log" 2>&1 &
  broker=$!
  pids+=("$broker")
  until_true "$patience_s" grep -q 'running' "$broker_log"
  grep -q 'local only mode' "$broker_log" || exit 77
  configure_board
  start_daemon
  expect_log "connection refused: no broker listens on port $port there.*\"listener $port\".*allow_an"
  stop_broker
  # and they are what it needs
  printf 'listener %s\nallow_anonymous true\n' "$port" >"$dir/two-lines.conf"
  [ "$(id -u)" -ne 0 ] || echo 'user root' >>"$dir/two-lines.conf"
  PATH=$PATH:/usr/sbin mosquitto -c "$dir/two-lines.conf" >"$broker_log" 2>&1 &
  pids+=("$!")
  expect_log 'connected to' 30
}

# Names come from files of ours: nobody answers for those that are not in them.
names_come_from() {
  touch "$dir/hosts"
  echo "options timeout:1 attempts:1
nameserver $1" >"$dir/resolv.conf"
  mount --bind "$dir/hosts" /etc/hosts && mount --bind "$dir/resolv.conf" /etc/resolv.conf || exit 77
}

# dead_name_server ADDRESS
dead_name_server() {
  local before
  start_both
  names_come_from "$1"
  broker_url=mqtt://broker.test:$port
  configure_board
  start_daemon
  expect_log 'cannot connect to .*the host name "broker.test" cannot be looked up (DNS)' 30
  expect_line GPIO27 1
  before=$(cpu_ms)
  until_true 30 more_attempts_than 2
  [ "$(grep -c 'cannot connect' "$daemon_log")" -eq 1 ]
  [ $(($(cpu_ms) - before)) -lt 1500 ]
  echo "$here broker.test" >>"$dir/hosts"
  expect '1 t/status online' 40
  works
  umount /etc/hosts /etc/resolv.conf
}

a_name_server_that_is_down_is_told_and_waited_for() {
  dead_name_server 127.0.0.1
}

a_name_server_that_swallows_everything_is_told_and_waited_for() {
  dead_name_server 10.97.0.9
}

# Nobody listens at the first two, the third is silent, and the last is the broker's.
each_address_of_the_name_is_tried() {
  start_both
  names_come_from 127.0.0.1
  printf '%s broker.test\n' 127.0.0.2 127.0.0.3 10.97.0.9 "$here" >"$dir/hosts"
  broker_url=mqtt://broker.test:$port
  configure_board
  start_daemon
  expect_log 'connected to .* (MQTT 5)' 20
  lacks 'cannot connect' "$daemon_log"
  works
  umount /etc/hosts /etc/resolv.conf
}

the_true_reason_of_each_address_is_told() {
  start_both
  names_come_from 127.0.0.1
  printf '%s broker.test\n' 127.0.0.2 127.0.0.3 >"$dir/hosts"
  broker_url=mqtt://broker.test:$port
  configure_board
  start_daemon
  expect_log "cannot connect to .*: connection refused: no broker listens on port $port"
  lacks 'trying MQTT 3.1.1\|closed the connection' "$daemon_log"
  echo "$here broker.test" >>"$dir/hosts"
  expect '1 t/status online' 40
  umount /etc/hosts /etc/resolv.conf
}

run_tests an_outage_costs_little_and_ends_by_itself \
  a_broker_for_its_own_machine_only_says_which_lines_it_needs \
  a_name_server_that_is_down_is_told_and_waited_for \
  a_name_server_that_swallows_everything_is_told_and_waited_for \
  each_address_of_the_name_is_tried the_true_reason_of_each_address_is_told

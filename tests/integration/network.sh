#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# A cable that is pulled, a network that comes late, a machine that loses its power.

. "$(dirname "$0")/lib.sh"
need_broker
. "$(dirname "$0")/cable.sh"

# pulled_cable VERSION idle|busy: noticed, and all is well when it is back
pulled_cable() {
  local began took
  note "MQTT $1, $2"
  mqtt_options="keepalive_s = 3; version = \"$1\";"
  start_both
  configure_board
  start_online
  began=$(now_ms)
  pull_cable
  [ "$2" = idle ] || set_line GPIO17 1
  until_true 15 is_lost 1 || fail 'the pulled cable is not noticed'
  took=$(($(now_ms) - began))
  note "noticed after $took ms"
  # 1.5 keepalive_s, and what a busy machine needs
  in_range "$took" 0 9000
  # the broker has heard nothing from us, either, and says so for us
  expect '1 t/status offline'
  plug_in_cable
  expect '1 t/status online' 30
  mark=0
  [ "$2" = idle ] || saw '1 t/input/door ON'
  saw '1 t/info {*"reconnects":1,*"dropped":0,*}'
  works
  lacks 'client_id' "$daemon_log"
  [ "$(grep -c 'is lost' "$daemon_log")" -eq 1 ]
  stop_daemon
}

a_pulled_cable_is_noticed() {
  pulled_cable 5 idle
}

# Everything that the broker has sent is acknowledged: else it sends it again, and the machine that
# has started anew says at once that it knows nothing of that connection.
nothing_is_on_its_way() {
  awk -v port="$(printf ':%04X' "$port")" \
    'index($2, port) && $5 !~ /^00000000/ { bad = 1 } END { exit bad }' /proc/net/tcp
}

# The other machine loses its power and starts again, and the broker still has its old connection.
our_own_old_connection_is_no_stranger() {
  start_both
  configure_board
  start_online
  until_true "$patience_s" nothing_is_on_its_way
  pull_cable
  kill -KILL "$daemon"
  wait_end "$daemon"
  kill -KILL "$far"
  wait_end "$far"
  make_cable
  mark_now
  start_daemon
  until_true 30 grep -q 'pinferry-test already connected' "$broker_log" ||
    fail 'the broker has not seen two connections'
  # the will of the old one may come, but `online` is the last word
  expect '1 t/output/pump/availability online' 30
  expect '1 t/status online' 30
  works
  lacks 'is lost\|client_id' "$daemon_log"
}

a_pulled_cable_is_noticed_with_a_message_on_its_way() {
  pulled_cable 5 busy
}

a_pulled_cable_is_noticed_in_3_1_1() {
  pulled_cable 3.1.1 busy
}

a_network_that_comes_after_the_daemon_is_waited_for() {
  start_both
  pull_cable
  configure_board
  start_daemon
  expect_log 'cannot connect to .*\(cannot be reached\|no answer\)' 30
  expect_line GPIO27 1
  plug_in_cable
  expect '1 t/status online' 40
  works
}

run_tests a_pulled_cable_is_noticed our_own_old_connection_is_no_stranger \
  a_pulled_cable_is_noticed_with_a_message_on_its_way a_pulled_cable_is_noticed_in_3_1_1 \
  a_network_that_comes_after_the_daemon_is_waited_for

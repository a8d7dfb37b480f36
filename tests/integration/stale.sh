#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Nothing said more than five seconds ago moves a relay, wherever it waited: in the daemon, in the
# network, in the broker.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
need_broker

silence_s=6.5 # the limit, and the two seconds between two questions do not add to it

# start_all: the daemon behind a network of its own
start_all() {
  start_broker
  start_net
  start_listener
  configure <<'END'
outputs: (
  { name = "pump"; line = "GPIO27"; },
  { name = "heater"; line = "GPIO22"; failsafe = { after_s = 8; heartbeat_topic = "alive"; }; },
  { name = "fence"; line = "GPIO5"; }
);
END
  start_online
  start_talker
  mark_now
}

# start_talker: a client that is connected before anything stands still
start_talker() {
  mkfifo "$dir/talk"
  mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t t/output/pump/set -l <"$dir/talk" &
  pids+=("$!")
  exec 9>"$dir/talk"
  say OFF
  expect '0 t/output/pump/ack {*"done"*}'
}

say() {
  echo "$1" >&9
}

# the pump is not moved by ON, and is by the next
is_stale() {
  expect '0 t/output/pump/ack {*"result":"ignored"*"stale"*}'
  never '1 t/output/pump ON'
  line_is GPIO27 0
  until_true 5 switches_on || fail 'no command is taken any more'
}

switches_on() {
  say ON
  line_is GPIO27 1
}

what_waited_in_the_network_is_stale() {
  start_all
  kill -STOP "$net"
  say ON
  sleep "$silence_s" # the silence itself, not a wait
  kill -CONT "$net"
  is_stale
  lacks 'is lost' "$daemon_log"
}

what_waited_in_the_broker_is_stale() {
  start_all
  kill -STOP "$broker"
  say ON
  sleep "$silence_s"
  kill -CONT "$broker"
  is_stale
  lacks 'is lost' "$daemon_log"
}

what_waited_in_the_daemon_is_stale() {
  start_all
  kill -STOP "$daemon"
  say ON
  sleep "$silence_s"
  kill -CONT "$daemon"
  is_stale
}

# more than a broker sends before it has heard that the first have come
all_of_many_that_waited_are_stale() {
  local i
  start_all
  kill -STOP "$net"
  for ((i = 0; i < 300; i++)); do say ON; done
  sleep "$silence_s"
  kill -CONT "$net"
  until_true "$patience_s" answered_at_least 300 || fail "$(grep -c '/ack ' "$messages") answers"
  [ "$(grep -c 'pump/ack.*"stale"' "$messages")" -eq 300 ] || fail 'not all are stale'
  never '1 t/output/pump ON'
  line_is GPIO27 0
}

answered_at_least() {
  [ "$(tail -n "+$((mark + 1))" "$messages" | grep -c 'pump/ack ')" -ge "$1" ]
}

# the failsafe counts from the last heartbeat that was one when it was said
a_heartbeat_that_waited_does_not_count() {
  start_all
  publish alive 1
  command_output heater ON
  expect '1 t/output/heater ON'
  kill -STOP "$net"
  publish alive 1
  sleep "$silence_s"
  kill -CONT "$net"
  expect '1 t/output/heater OFF' 6
}

what_comes_through_a_slow_network_is_obeyed() {
  local i
  start_all
  for i in 1 2 3; do
    kill -STOP "$net"
    say ON
    sleep 1.5
    kill -CONT "$net"
    expect '1 t/output/pump ON'
    say OFF
    expect '1 t/output/pump OFF'
  done
}

run_tests what_waited_in_the_network_is_stale what_waited_in_the_broker_is_stale \
  what_waited_in_the_daemon_is_stale all_of_many_that_waited_are_stale \
  a_heartbeat_that_waited_does_not_count what_comes_through_a_slow_network_is_obeyed

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Two brokers joined by a bridge. What is stored at the far one comes through it each time that one
# or the bridge starts, and is not a command that somebody gives now.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
need_broker

# start_far: a broker that keeps what it has stored, on a port of its own
start_far() {
  local conf=$dir/far.conf near=$port
  if [ -z "${far_port:-}" ]; then
    free_port
    far_port=$port
    port=$near
  fi
  {
    echo "listener $far_port 127.0.0.1"
    echo 'allow_anonymous true'
    echo 'persistence true'
    echo "persistence_location $dir/"
    [ "$(id -u)" -ne 0 ] || echo 'user root'
  } >"$conf"
  PATH=$PATH:/usr/sbin mosquitto -c "$conf" >"$dir/far.log" 2>&1 &
  far=$!
  pids+=("$far")
  until_true "$patience_s" port_answers "$far_port"
}

stop_far() {
  kill -TERM "$far"
  wait_end "$far"
}

# at_far PAYLOAD [OPTION...]: a command for the heater, given to the far broker
at_far() {
  local payload=$1
  shift
  mosquitto_pub -h 127.0.0.1 -p "$far_port" -q 1 -t t/output/heater/set -m "$payload" "$@"
}

arrived() {
  [ "$(grep -c '^. t/output/heater/set ON$' "$messages")" -ge "$1" ]
}

# start_bridged BRIDGE_PROTOCOL: the bridge is the near broker's, the daemon beside that
start_bridged() {
  port=
  far_port=
  : >"$daemon_log"
  rm -f "$dir"/*.db
  start_far
  at_far ON -r
  start_broker 'allow_anonymous true' 'connection house' "address 127.0.0.1:$far_port" \
    'topic # both 1' "bridge_protocol_version $1" 'restart_timeout 1' 'notifications false'
  start_listener
  configure <<'END'
outputs: (
  { name = "gate"; line = "GPIO27"; pulse_ms = 400; },
  { name = "heater"; line = "GPIO22"; },
  { name = "fence"; line = "GPIO5"; }
);
END
  start_online
  until_true "$patience_s" arrived 1
}

# what_is_stored_far_is_no_command BRIDGE_PROTOCOL
what_is_stored_far_is_no_command() {
  note "bridge: $1"
  start_bridged "$1"
  after_fence
  line_is GPIO22 0
  # what is given now goes through
  at_far ON
  expect '1 t/output/heater ON'
  command_output heater OFF
  expect '1 t/output/heater OFF'
  mark_now
  stop_far
  start_far
  # stored there, and told again; and who hears both knows when that is done
  expect '1 t/output/heater/set ON' 30
  after_fence
  line_is GPIO22 0
  mark=0
  saw '0 t/output/heater/ack {*"ignored"*"retained"*}'
  at_far ON
  expect_line GPIO22 1
  stop_daemon
  stop_listener
  stop_broker
  stop_far
}

what_is_stored_behind_a_bridge_is_no_command() {
  what_is_stored_far_is_no_command mqttv50
  what_is_stored_far_is_no_command mqttv311
}

run_tests what_is_stored_behind_a_bridge_is_no_command

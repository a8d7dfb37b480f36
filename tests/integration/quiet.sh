#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# A daemon that has nothing to do does nothing: how often its threads wake up.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/certificates.sh
. "$(dirname "$0")/certificates.sh"
need_broker

watched_s=5

# wake_ups: of all threads of the daemon so far
wake_ups() {
  cat /proc/"$daemon"/task/*/status | awk '$1 == "voluntary_ctxt_switches:" { n += $2 } END { print n }'
}

wake_ups_by_thread() {
  local task
  for task in /proc/"$daemon"/task/*; do
    printf '%s %s; ' "$(cat "$task/comm")" \
      "$(awk '$1 == "voluntary_ctxt_switches:" { print $2 }' "$task/status")"
  done
}

# is_idle: in this time it wakes at most twice a second. The time is what is measured, not a wait.
is_idle() {
  local before woke
  before=$(wake_ups)
  sleep "$watched_s"
  woke=$(($(wake_ups) - before))
  note "$woke wake-ups in $watched_s s: $(wake_ups_by_thread)"
  [ "$woke" -le $((2 * watched_s)) ]
}

# is_quiet URL: with this way to the broker
is_quiet() {
  note "$1 $mqtt_options"
  broker_url=$1
  : >"$daemon_log"
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO17"; } );
outputs: ( { name = "pump"; line = "GPIO27"; }, { name = "fence"; line = "GPIO5"; } );
END
  start_listener
  start_online
  # what the start has left to be written may still wake it
  is_idle || is_idle || fail 'it is not quiet'
  # and it is connected, asks the broker, and is not asleep
  grep -q 'Received PINGREQ from pinferry-test' "$broker_log"
  lacks 'is lost' "$daemon_log"
  command_output pump ON
  saw '1 t/output/pump ON'
  stop_daemon
  stop_listener
}

an_idle_daemon_wakes_less_than_twice_a_second() {
  start_broker
  is_quiet "mqtt://127.0.0.1:$port"
  mqtt_options='version = "3.1.1";'
  is_quiet "mqtt://127.0.0.1:$port"
}

# port_beside: another free one, for a second listener of the broker
port_beside() {
  local plain=$port
  free_port
  beside=$port
  port=$plain
}

so_it_does_with_tls() {
  need_openssl
  make_ca ca
  make_certificate ca server DNS:localhost
  port_beside
  start_broker 'allow_anonymous true' "listener $beside" "certfile $dir/server.crt" \
    "keyfile $dir/server.key"
  mqtt_options="ca_file = \"$dir/ca.crt\";"
  is_quiet "mqtts://localhost:$beside"
}

so_it_does_with_websockets() {
  port_beside
  start_broker 'allow_anonymous true' "listener $beside" 'protocol websockets' || true
  if grep -qi 'websockets support' "$broker_log"; then
    echo 'this mosquitto has no WebSockets'
    exit 77
  fi
  is_quiet "ws://127.0.0.1:$beside"
}

run_tests an_idle_daemon_wakes_less_than_twice_a_second so_it_does_with_tls \
  so_it_does_with_websockets

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# A daemon that has nothing to do does nothing: how often its threads wake up.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
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
  # and it is connected, and not asleep
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

run_tests an_idle_daemon_wakes_less_than_twice_a_second

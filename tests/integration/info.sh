#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# PREFIX/info: what it tells, when it is renewed, and that it stays small.

. "$(dirname "$0")/lib.sh"
need_broker

# of NAME: its number or text in the info that was seen last
of() {
  [[ $message =~ \"$1\":(\"([^\"]*)\"|[0-9]+) ]] || fail "no $1 in $message"
  echo "${BASH_REMATCH[2]:-${BASH_REMATCH[1]}}"
}

time_like='20[0-9][0-9]-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]\.[0-9]{3}Z'

infos() {
  tail -n "+$((mark + 1))" "$messages" | grep -c '^1 t/info ' || true
}

heard_times() {
  [ "$(tail -n "+$((mark + 1))" "$messages" | grep -c -e "$2")" -ge "$1" ]
}

it_has_everything_in_it() {
  local name
  start_broker
  start_listener
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; } );
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 1; } );
END
  start_online
  mark=0
  saw '1 t/info {*}'
  [ "$(of version)" = "$("$PINFERRY" --version | cut -d' ' -f2)" ]
  [[ $(of start) =~ ^$time_like$ ]]
  [[ $(of connected_since) =~ ^$time_like$ ]]
  [ "$(of uptime_s)" -le 20 ]
  for name in reconnects dropped buffered missed_edges swallowed_pulses errors; do
    [ "$(of "$name")" = 0 ] || fail "$name is $(of "$name")"
  done
  of sent >/dev/null
  of received >/dev/null
  [[ $message == *'"workers":{"i2c-1":"ok"}'* ]]
  [[ $message != *'"items"'* && $message != *'"clock"'* && $message != *'"reload"'* ]]
}

counters_go_on_after_a_reconnect() {
  start_broker
  start_listener
  echo unsynchronised >"$board/clock"
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; } );
END
  start_online
  mark=0
  saw '1 t/info {*"clock":"unsynchronised"*}'
  since=$(of connected_since)
  start=$(of start)
  command_output pump ON
  expect '0 t/output/pump/ack *'
  stop_listener
  stop_broker
  start_broker
  start_listener
  mark=0
  saw '1 t/info {*"reconnects":1*}'
  [ "$(of start)" = "$start" ]
  [[ $(of connected_since) > $since ]]
  [ "$(of received)" -ge 1 ]
  [ "$(of sent)" -ge 5 ]
}

a_fault_and_its_end_are_told_at_once() {
  start_broker
  start_listener
  configure <<'END'
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.5; } );
END
  start_daemon
  saw '1 t/status online'
  saw '1 t/sensor/board/availability online'
  mark_now
  echo nack >"$board/i2c-1/0x48/fault"
  expect '1 t/info {*"errors":1*"items":{"board":{"errors":1}}*}'
  rm "$board/i2c-1/0x48/fault"
  expect '1 t/sensor/board/availability online' 30
  expect '1 t/info {*"errors":1*}'
}

a_flapping_item_does_not_flood_it() {
  local i began took
  start_broker
  start_listener
  configure <<'END'
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3; } );
END
  start_daemon
  saw '1 t/status online'
  saw '1 t/sensor/board/availability online'
  mark_now
  fence=$mark
  began=$(now_ms)
  for i in 1 2 3 4 5 6; do
    echo nack >"$board/i2c-1/0x48/fault"
    expect '1 t/sensor/board/availability offline'
    rm "$board/i2c-1/0x48/fault"
    expect '1 t/sensor/board/availability online' 30
  done
  expect '1 t/info {*"items":{"board":{"errors":6}}*}'
  took=$(($(now_ms) - began))
  mark=$fence
  note "$(infos) infos in $took ms"
  [ "$(infos)" -le $((took / 5000 + 1)) ] || fail "$(infos) infos in $took ms"
}

while_nothing_happens_it_is_quiet() {
  start_broker
  start_listener
  configure <<'END'
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 1; } );
END
  start_daemon
  saw '1 t/status online'
  saw '1 t/sensor/board/availability online'
  mark_now
  until_true 60 heard_times 12 ' t/sensor/board 30' || fail 'no readings'
  never '1 t/info *'
}

with_a_thousand_faulty_items_it_stays_small() {
  local i
  start_broker
  start_listener
  {
    echo 'sensors: ('
    for ((i = 1; i <= 1000; i++)); do
      printf '{ name = "tank-with-a-long-name-%d"; driver = "ds18b20"; id = "28-%012x"; }%s\n' \
        "$i" "$i" "$([ "$i" -eq 1000 ] || echo ,)"
    done
    echo ');'
  } | configure
  start_online
  saw '1 t/info {*"errors":1000,*"items_left_out":968*}' 50
  [ "${#message}" -lt 2500 ] || fail "${#message} bytes"
}

run_tests it_has_everything_in_it counters_go_on_after_a_reconnect \
  a_fault_and_its_end_are_told_at_once a_flapping_item_does_not_flood_it \
  while_nothing_happens_it_is_quiet with_a_thousand_faulty_items_it_stays_small

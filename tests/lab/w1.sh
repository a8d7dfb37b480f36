#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# A DS18B20 on the kernel's 1-Wire bus: readings arrive, and only true ones. In virtual time where
# there is some, as the daemon's patience is part of it.
# lab: -c time-travel=inf-cpu
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

tank=28-0000012345ab
late=28-00000abcdef0

# another_try ID: waits until the sensor was asked once more
another_try() {
  w1_conversions "$1"
  tries_before=$w1_conversions
  until_true 90 tried_again "$1"
}

tried_again() {
  w1_conversions "$1"
  [ "$w1_conversions" -gt "$tries_before" ]
}

# bad_value FAULT: a fault makes the sensor unavailable, without a value, and it recovers
bad_value() {
  mark
  w1_fault $tank "$1"
  ok "$1: the item goes offline" message sensor/tank/availability offline 30
  ok "$1: after a reason" in_order sensor/tank/error '?*' sensor/tank/availability offline
  message sensor/tank/error '?*'
  note "error: $payload"
  mark
  another_try $tank && another_try $tank
  ok "$1: no value is published" no_message sensor/tank '*'
  mark
  w1_fault $tank none
  ok "$1: it recovers" message sensor/tank/availability online 90
  ok "$1: error emptied, then value, then online" in_order sensor/tank/error '' sensor/tank '[0-9-]*' \
    sensor/tank/availability online
}

test_reading() {
  w1_add $tank 21500
  ok 'the kernel finds the sensor' w1_seen $tank
  start_daemon
  ok 'a reading arrives' message sensor/tank '21.5*' 10
  mark
  w1_temp $tank -10125
  ok 'a negative one' message sensor/tank '-10.1*' 10
  w1_temp $tank 0
  ok 'zero degrees is a reading' message sensor/tank '0*' 10
}

test_power_on_value() {
  mark
  w1_temp $tank 84000
  ok 'a real 84 degrees is published' message sensor/tank '84*' 10
  ok 'no 85 was, ever' eval 'since=0; no_message sensor/tank "85*"'
}

test_late() {
  since=0
  ok 'an absent sensor is offline' message sensor/late/availability offline 10
  ok 'with a reason' message sensor/late/error '?*' 10
  note "error: $payload"
  mark
  w1_add $late 4000
  ok 'and read once it is there' message sensor/late '4*' 120
  ok 'and online' message sensor/late/availability online
}

test_removed() {
  mark
  w1_remove $late
  ok 'a removed sensor goes offline' message sensor/late/availability offline 60
  mark
  w1_add $late 5000
  ok 'and comes back' message sensor/late '5*' 120
  ok 'the other one never minded' no_message sensor/tank/availability offline
}

ok 'a broker starts' broker_start
ok 'a subscriber listens' listen
configure <<EOF
sensors: (
  { name = "tank"; driver = "ds18b20"; id = "$tank"; interval_s = 2; },
  { name = "late"; driver = "ds18b20"; id = "$late"; interval_s = 2; }
);
EOF
test_reading
bad_value crc
bad_value power
bad_value zero
bad_value ones
test_power_on_value
test_late
test_removed
stop_daemon
ok 'SIGTERM ends the daemon well' same "$daemon_status" 0
finish

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Long times in seconds, thanks to virtual time: intervals that do not drift, backoff that ends at
# its ceiling, long debounce windows.
# Plain time travel, not inf-cpu: each time the broker refuses, a thread of the MQTT library looks at
# the socket without a pause until another one wakes up, which would be never.
# lab: -c time-travel -t 300
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

tank=28-0000012345ab
day_s=86400

transfers() { # ADDRESS: in $transfers
  chips "$1" transfers
  transfers=$chips_answer
}

# Some time with a broker, where each reading can be counted as a message.
test_minutes() {
  start_daemon
  message sensor/tank '*' 70
  mark
  nap 1200
  collect
  count_since_mark "$prefix/sensor/tank" '*'
  ok '20 minutes have 20 readings of a sensor read every minute' between "$count" 20 20
  count_since_mark "$prefix/sensor/board" '*'
  ok 'and 40 of one read every 30 s' between "$count" 40 40
}

test_debounce() {
  mark
  pull 17 up
  nap 55
  pull 17 down
  pull 18 up
  ok 'a window of a minute: the later line settles' message input/later ON 70
  ok 'a level held for 55 s says nothing' no_message input/slow '*'
  mark
  now_ms
  local start=$now_ms
  pull 17 up
  ok 'one held for longer does' message input/slow ON 70
  ok 'after a minute' between $((message_ms - start)) 59900 61000
}

# A day without a broker and its clients (their wake-ups would make it long): readings go on, counted by the
# chips; a chip that fails is asked ever less, down to once a minute.
test_day() {
  unlisten
  broker_stop
  chips 0x49 fault nack
  nap 600 # the backoff has reached its ceiling
  w1_conversions $tank
  local before=$w1_conversions
  transfers 0x49
  local failing=$transfers
  nap $day_s
  w1_conversions $tank
  ok 'a day has 1440 readings, without a broker' between $((w1_conversions - before)) 1439 1441
  transfers 0x49
  ok 'a failing chip is asked once a minute' between $((transfers - failing)) 1300 1550
  ok 'the daemon runs' daemon_runs
  w1_temp $tank 4000
  mark
  broker_start
  listen
  ok 'after a day: the broker is found' message status online 4000
  ok 'and gets a fresh reading' message sensor/tank '4*' 65
  chips 0x49 fault works
  ok 'the failing chip recovers' message sensor/failing/availability online 75
}

ok 'a broker starts' broker_start
ok 'a subscriber listens' listen
w1_add $tank 21500
ok 'the kernel finds the sensor' w1_seen $tank
ok 'a bus with chips' chips_start lm75@0x48 lm75@0x49
# it asks for the broker three times an hour at last
configure 'reconnect_max_s = 1200;' <<EOF
inputs: (
  { name = "slow"; line = "GPIO17"; debounce_ms = 60000; },
  { name = "later"; line = "GPIO18"; debounce_ms = 60000; }
);
sensors: (
  { name = "tank"; driver = "ds18b20"; id = "$tank"; },
  { name = "board"; driver = "lm75"; bus = "$bus"; address = 0x48; interval_s = 30; },
  { name = "failing"; driver = "lm75"; bus = "$bus"; address = 0x49; interval_s = 1; }
);
EOF
test_minutes
test_debounce
test_day
stop_daemon
ok 'SIGTERM ends the daemon well' same "$daemon_status" 0
finish

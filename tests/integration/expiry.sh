#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Message expiry (MQTT 5): a retained reading of a dead daemon vanishes, that of a live one does not.

. "$(dirname "$0")/lib.sh"
need_broker

# stored TOPIC [FORMAT]: what the broker has retained, or nothing
stored() {
  mosquitto_sub -h 127.0.0.1 -p "$port" -V 5 -t "$1" -F "${2:-%p}" -W 3 -C 1 2>/dev/null || true
}

is_stored() {
  [ -n "$(stored "$1")" ]
}

is_forgotten() {
  [ -z "$(stored "$1")" ]
}

# heard_times COUNT PATTERN: so many messages that match came since the mark
heard_times() {
  [ "$(tail -n "+$((mark + 1))" "$messages" | grep -c -e "$2")" -ge "$1" ]
}

one_sensor() {
  configure <<'END'
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 1; } );
outputs: ( { name = "pump"; line = "GPIO27"; } );
inputs: ( { name = "door"; line = "GPIO17"; } );
END
}

a_dead_daemons_readings_vanish_and_its_states_stay() {
  start_broker
  start_listener
  one_sensor
  start_daemon
  saw '1 t/status online'
  saw '? t/sensor/board 30.0'
  kill -KILL "$daemon"
  wait_end "$daemon"
  is_stored t/sensor/board || fail 'the reading is not there to begin with'
  until_true "$patience_s" is_forgotten t/sensor/board || fail 'the reading is still there'
  saw '1 t/status offline'
  [ "$(stored t/output/pump)" = OFF ]
  [ "$(stored t/input/door)" = OFF ]
  [ "$(stored t/sensor/board/availability)" = online ]
}

# Longer than the life of one message, with a value that does not change.
a_live_daemons_readings_stay() {
  start_broker
  start_listener
  configure <<'END'
sensors: (
  { name = "steady"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.5;
    deadband = 5; },
  { name = "air"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 1;
    format = "json"; }
);
END
  start_daemon
  saw '1 t/status online'
  saw '? t/sensor/steady 30.0'
  saw '? t/sensor/air {*}'
  mark_now
  until_true 30 heard_times 6 ' t/sensor/air {' & # the second is asked meanwhile
  waiter=$!
  pids+=("$waiter")
  while alive "$waiter"; do
    is_stored t/sensor/steady || fail 'the unchanged reading was gone'
    is_stored t/sensor/air || fail 'the JSON object was gone'
  done
  wait "$waiter" || fail 'too few readings'
  # renewed, but not with each sample: 12 of them at least by now
  heard_times 4 ' t/sensor/steady 30'
  [ "$(tail -n "+$((mark + 1))" "$messages" | grep -c ' t/sensor/steady ')" -le \
    "$(tail -n "+$((mark + 1))" "$messages" | grep -c ' t/sensor/air {')" ]
}

# life_of TOPIC SECONDS: what is left of the retained message is that, or a little less
life_of() {
  local left
  left=$(stored "$1" '%E')
  in_range "${left:-0}" $(($2 - 15)) "$2"
}

a_reading_lives_three_times_as_long_as_it_may_take_to_renew_it() {
  start_broker
  start_listener
  configure <<'END'
sensors: (
  { name = "plain"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 60; },
  { name = "air"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 60;
    channels = { temperature = { deadband = 5; };
                 humidity = { deadband = 5; max_interval_s = 600; }; }; }
);
END
  start_daemon
  saw '1 t/status online'
  saw '? t/sensor/plain 30*'
  saw '? t/sensor/air/humidity *'
  life_of t/sensor/plain 180
  life_of t/sensor/air/temperature 360
  life_of t/sensor/air/humidity 1800
  life_of t/sensor/air/pressure 180
  [ -z "$(stored t/sensor/plain/availability '%E')" ]
}

has_long_life() {
  [ "$(sort -n "$dir/lives" | tail -n 1)" -ge 9 ]
}

# Else a reading would be gone before the next one can come.
on_a_slow_bus_readings_live_longer() {
  start_broker
  start_listener
  one_sensor
  mosquitto_sub -h 127.0.0.1 -p "$port" -V 5 -t t/sensor/board -F %E >"$dir/lives" 2>&1 &
  pids+=("$!")
  start_daemon
  until_true "$patience_s" test -s "$dir/lives" || fail 'no readings'
  ! has_long_life || fail 'it lives long before the bus is slow'
  echo hang >"$board/i2c-1/0x48/fault" # not long enough to be a fault
  until_true 9 is_past $(($(now_ms) + 5000))
  rm "$board/i2c-1/0x48/fault"
  # the one that hung belongs to its beginning; the next came late
  until_true "$patience_s" has_long_life || fail 'the lives were' "$(cat "$dir/lives")"
}

# The broker counts anew from when it gets the message.
a_reading_published_again_has_not_become_younger() {
  local left
  start_broker
  start_listener
  configure <<'END'
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 60; } );
END
  start_daemon
  saw '1 t/status online'
  saw '? t/sensor/board 30*'
  later_ms=$(($(now_ms) + 3000))
  stop_listener
  stop_broker
  # it takes its time, as the wait for the next attempt does
  expect_log 'cannot connect\|is lost'
  until_true 5 is_past "$later_ms"
  start_broker
  until_true "$patience_s" is_stored t/sensor/board || fail 'not published again'
  left=$(stored t/sensor/board '%E')
  in_range "$left" 100 177
}

a_reading_too_old_is_not_published_again() {
  start_broker
  start_listener
  one_sensor
  start_daemon
  saw '1 t/status online'
  saw '? t/sensor/board 30.0'
  # no new ones from now on
  echo hang >"$board/i2c-1/0x48/fault"
  stop_listener
  stop_broker
  expect_log 'bus i2c-1 hangs' 30
  start_broker
  start_listener
  expect '1 t/status online'
  mark=0
  saw '1 t/sensor/board/availability offline'
  never '? t/sensor/board [0-9]*'
  rm "$board/i2c-1/0x48/fault"
  saw '? t/sensor/board 30.0' 30
}

with_3_1_1_readings_are_published_without_it() {
  start_broker
  start_listener
  mqtt_options='version = "3.1.1";'
  one_sensor
  start_daemon
  saw '1 t/status online'
  saw '? t/sensor/board 30.0'
  [ -z "$(stored t/sensor/board '%E')" ]
  mark_now
  expect '? t/sensor/board 30.0'
}

run_tests a_dead_daemons_readings_vanish_and_its_states_stay a_live_daemons_readings_stay \
  a_reading_lives_three_times_as_long_as_it_may_take_to_renew_it \
  on_a_slow_bus_readings_live_longer a_reading_published_again_has_not_become_younger \
  a_reading_too_old_is_not_published_again with_3_1_1_readings_are_published_without_it

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# The time in JSON: when it happened, not when it was published; and whether the clock was set.

. "$(dirname "$0")/lib.sh"
need_broker

# time_ms: of the message that saw or expect found last
time_ms() {
  local time=${message#*\"time\":\"}
  time=${time%%\"*}
  [[ $time == 20??-??-??T??:??:??.???Z ]] || fail "not a time: $time"
  date -d "$time" +%s%3N
}

written_ms() {
  echo $(($(written_ns "$1") / 1000000))
}

# A contact that bounces for a while has moved at its first edge.
an_input_carries_the_time_of_its_first_edge() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO17"; format = "json"; debounce_ms = 1500; } );
END
  start_online
  mark_now
  set_line GPIO17 1
  moved=$(written_ms GPIO17)
  until_true 5 is_past $((moved + 700)) # bounces
  set_line GPIO17 0
  until_true 5 is_past $((moved + 1200))
  set_line GPIO17 1
  expect '1 t/input/door {"state":"ON",*'
  heard_ms=$(now_ms)
  in_range $(($(time_ms) - moved)) -1 600
  in_range $((heard_ms - moved)) 2600 60000
}

an_output_carries_the_time_of_its_write() {
  start_broker
  start_listener
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; format = "json"; } );
END
  start_online
  mark_now
  command_output pump ON
  expect '1 t/output/pump {"state":"ON",*'
  first=$(time_ms)
  in_range $((first - $(written_ms GPIO27))) -1 1000
  # told once more, the line has not moved
  command_output pump ON
  expect '1 t/output/pump {"state":"ON",*'
  [ "$(time_ms)" -le $((first + 1)) ] || fail 'a word is taken for a write'
}

# The bus holds the transfer up; what it brings belongs to its beginning.
a_sensor_carries_the_time_of_its_sample() {
  start_broker
  start_listener
  configure <<'END'
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3;
             format = "json"; } );
END
  start_online
  saw '? t/sensor/board {*'
  echo 41 >"$board/i2c-1/0x48/temperature.new"
  echo hang >"$board/i2c-1/0x48/fault"
  mv "$board/i2c-1/0x48/temperature.new" "$board/i2c-1/0x48/temperature"
  until_true 9 is_past $(($(now_ms) + 3000)) # the sample is under way by then
  mark_now
  rm "$board/i2c-1/0x48/fault"
  freed=$(now_ms)
  expect '? t/sensor/board {"temperature":41,*'
  in_range $((freed - $(time_ms))) 1000 3500
}

published_again_it_keeps_its_time() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO17"; format = "json"; } );
outputs: ( { name = "pump"; line = "GPIO27"; format = "json"; } );
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 3600;
             format = "json"; } );
END
  start_online
  mark=0
  for topic in t/input/door t/output/pump t/sensor/board; do
    saw "? $topic {*"
    echo "${message#* }"
  done >"$dir/before"
  stop_listener
  stop_broker
  start_broker
  start_listener
  mark=0
  saw '1 t/status online'
  while read -r line; do
    saw "? $line"
  done <"$dir/before"
}

times_are_marked_while_the_clock_is_not_set() {
  start_broker
  start_listener
  echo unsynchronised >"$board/clock"
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO17"; format = "json"; },
          { name = "plain"; line = "GPIO16"; } );
outputs: ( { name = "pump"; line = "GPIO27"; format = "json"; } );
sensors: ( { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.5;
             format = "json"; } );
END
  start_online
  mark=0
  saw '1 t/input/door {"state":"OFF","time":"20*Z","clock":"unsynchronised"}'
  saw '1 t/input/plain OFF'
  saw '1 t/output/pump {"state":"OFF","time":"20*Z","clock":"unsynchronised"}'
  saw '? t/sensor/board {"temperature":30,"time":"20*Z","clock":"unsynchronised"}'
  echo synchronised >"$board/clock.new"
  mv "$board/clock.new" "$board/clock"
  saw '? t/sensor/board {"temperature":30,"time":"20*Z"}'
  command_output pump ON
  saw '1 t/output/pump {"state":"ON","time":"20*Z"}'
  set_line GPIO17 1
  saw '1 t/input/door {"state":"ON","time":"20*Z"}'
}

run_tests an_input_carries_the_time_of_its_first_edge an_output_carries_the_time_of_its_write \
  a_sensor_carries_the_time_of_its_sample published_again_it_keeps_its_time \
  times_are_marked_while_the_clock_is_not_set

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What is published: inputs, outputs, sensors, in both formats, and where.

. "$(dirname "$0")/lib.sh"
need_broker

inputs_follow_their_line() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "plain"; line = "GPIO16"; },
          { name = "door"; line = "GPIO17"; bias = "up"; active_low = true;
            topic = "house/door"; payload_on = "open"; payload_off = "closed"; },
          { name = "pin"; pin = 15; } );
END
  start_online
  mark=0
  saw '1 t/input/plain OFF'
  saw '1 house/door closed'
  saw '1 house/door/availability online'
  saw '1 t/input/pin OFF'
  mark_now
  set_line GPIO16 1
  expect '1 t/input/plain ON'
  set_line GPIO17 0
  expect '1 house/door open'
  set_line GPIO17 1
  expect '1 house/door closed'
  set_line GPIO22 1
  expect '1 t/input/pin ON'
  set_line GPIO16 0
  expect '1 t/input/plain OFF'
}

# a meter would fill the journal; what a relay does is always told
states_of_inputs_are_told_at_v_only() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "plain"; line = "GPIO16"; } );
outputs: ( { name = "pump"; line = "GPIO5"; button = { input = "plain"; action = "on"; }; } );
END
  "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" 2>"$daemon_log" &
  daemon=$!
  pids+=("$daemon")
  expect '1 t/status online'
  set_line GPIO16 1
  # the button works before it is told
  expect '1 t/output/pump ON'
  expect '1 t/input/plain ON'
  expect_log 'output pump: ON'
  lacks 'input plain: ' "$daemon_log"
}

a_level_shorter_than_the_debounce_is_not_published() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "slow"; line = "GPIO16"; debounce_ms = 2000; },
          { name = "quick"; line = "GPIO17"; debounce_ms = 0; } );
END
  start_online
  set_line GPIO16 1
  set_line GPIO17 1
  expect '1 t/input/quick ON'
  set_line GPIO16 0
  set_line GPIO17 0
  expect '1 t/input/quick OFF'
  set_line GPIO16 1
  expect '1 t/input/slow ON'
  mark=0
  [ "$(grep -c '^1 t/input/slow ' "$messages")" -eq 2 ]
}

inputs_and_outputs_speak_json() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO17"; format = "json";
            payload_on = "open"; payload_off = "closed"; } );
outputs: ( { name = "pump"; line = "GPIO27"; format = "json"; } );
END
  start_online
  set_line GPIO17 1
  expect '1 t/input/door {"state":"open","time":"20??-??-??T??:??:??.???Z"}'
  command_output pump ON
  expect '1 t/output/pump {"state":"ON","time":"20??-??-??T??:??:??.???Z"}'
}

retain_and_topic_are_the_items_own() {
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "bell"; line = "GPIO17"; retain = false; } );
outputs: ( { name = "pump"; line = "GPIO27"; topic = "garden/pump"; },
           { name = "lamp"; line = "GPIO22"; command_topic = "do/lamp"; } );
END
  start_online
  set_line GPIO17 1
  expect '0 t/input/bell ON'
  publish garden/pump/set ON
  expect '1 garden/pump ON'
  publish do/lamp ON
  expect '1 t/output/lamp ON'
}

sensors_speak_plain() {
  start_broker
  start_listener
  configure <<'END'
sensors: (
  { name = "air"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 0.3;
    channels = { temperature = { decimals = 1; }; humidity = { decimals = 0; }; }; },
  { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3;
    decimals = 1; },
  { name = "tank"; driver = "ds18b20"; id = "28-0316a2795aff"; interval_s = 1; decimals = 2; }
);
END
  start_daemon
  saw '? t/sensor/air/temperature 21.5'
  saw '? t/sensor/air/humidity 48'
  saw '? t/sensor/air/pressure 1013.3'
  saw '? t/sensor/board 30.0'
  saw '? t/sensor/tank 21.50'
  saw '1 t/sensor/air/availability online'
  saw '1 t/sensor/board/availability online'
  saw '1 t/sensor/tank/availability online'
  # the value comes before the word that it can be used
  expect '? t/sensor/tank 21.50'
  expect '1 t/sensor/tank/availability online'
  mark_now
  echo -12.5 >"$board/i2c-1/0x48/temperature"
  expect '? t/sensor/board -12.5'
  tank_is '90 fe 4b 46 7f ff 0c 10 35'
  expect '? t/sensor/tank -23.00'
}

sensors_speak_json() {
  start_broker
  start_listener
  configure <<'END'
sensors: (
  { name = "air"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 0.3;
    format = "json"; channels = { temperature = { decimals = 1; }; humidity = { decimals = 0; };
      pressure = { decimals = 0; }; }; },
  { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3;
    format = "json"; decimals = 1; }
);
END
  start_daemon
  saw '? t/sensor/air {"temperature":21.5,"humidity":48,"pressure":1013,"time":"20*Z"}'
  saw '? t/sensor/board {"temperature":30*,"time":"20*Z"}'
  never '? t/sensor/air/temperature *'
}

calibration_is_applied() {
  start_broker
  start_listener
  configure <<'END'
sensors: (
  { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3;
    offset = -0.8; scale = 2; decimals = 1; topic = "cellar/heat"; }
);
END
  start_daemon
  saw '? cellar/heat 59.2'
  saw '1 cellar/heat/availability online'
}

a_deadband_holds_back_small_changes() {
  start_broker
  start_listener
  configure <<'END'
sensors: (
  { name = "calm"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3;
    decimals = 1; deadband = 1; max_interval_s = 3600; }
);
END
  start_daemon
  saw '? t/sensor/calm 30.0'
  mark_now
  echo 30.5 >"$board/i2c-1/0x48/temperature"
  echo 33 >"$board/i2c-1/0x48/temperature.new"
  mv "$board/i2c-1/0x48/temperature.new" "$board/i2c-1/0x48/temperature"
  expect '? t/sensor/calm 33.0'
  mark=0
  [ "$(grep -c ' t/sensor/calm [0-9]' "$messages")" -eq 2 ]
}

run_tests inputs_follow_their_line states_of_inputs_are_told_at_v_only a_level_shorter_than_the_debounce_is_not_published \
  inputs_and_outputs_speak_json retain_and_topic_are_the_items_own sensors_speak_plain \
  sensors_speak_json calibration_is_applied a_deadband_holds_back_small_changes

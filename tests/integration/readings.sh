#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Published readings are true: values that only the reading before can tell from nonsense, chips that
# are replaced, channels that fall silent alone, settings that cannot be had, single losses.

. "$(dirname "$0")/lib.sh"
need_broker

configure_tank() {
  configure <<END
outputs: ( { name = "fence"; line = "GPIO5"; } );
sensors: (
  { name = "tank"; driver = "ds18b20"; id = "28-0316a2795aff"; interval_s = 1; $* },
  { name = "board"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 0.3; }
);
END
}

configure_air() {
  configure <<END
outputs: ( { name = "fence"; line = "GPIO5"; } );
sensors: ( { name = "air"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 0.3; $* } );
END
}

# After 18.75 the power fails: a clone whose byte 6 at power-on is that of a conversion.
power_on_after_another_reading_is_never_published() {
  start_broker
  start_listener
  tank_is '2c 01 4b 46 7f ff 04 10 14'
  configure_tank
  start_daemon
  expect '? t/sensor/tank 18.75'
  tank_is '50 05 4b 46 7f ff 10 10 bd'
  expect '1 t/sensor/tank/error temperature is not believed: 85 °C, the value at power-on*' 30
  expect '1 t/sensor/tank/availability offline'
  tank_is '30 01 4b 46 7f ff 10 10 a8'
  expect '? t/sensor/tank 19*' 30
  lacks ' t/sensor/tank 85' "$messages"
}

# 84.5, then 85.0 of a clone whose byte 6 is always that of power-on, then 85.5.
a_true_85_is_published() {
  start_broker
  start_listener
  tank_is '48 05 4b 46 7f ff 0c 10 62'
  configure_tank
  start_daemon
  expect '? t/sensor/tank 84.5*'
  tank_is '50 05 4b 46 7f ff 0c 10 1c'
  expect '? t/sensor/tank 85*'
  tank_is '58 05 4b 46 7f ff 0c 10 36'
  expect '? t/sensor/tank 85.5*'
  lacks ' t/sensor/tank/error .' "$messages"
}

a_sensor_that_reads_85_from_the_start_is_not_believed_yet() {
  start_broker
  start_listener
  tank_is '50 05 4b 46 7f ff 0c 10 1c'
  configure_tank
  start_daemon
  expect '1 t/sensor/tank/error temperature is not believed*'
  tank_is '51 05 4b 46 7f ff 0c 10 5f'
  expect '? t/sensor/tank 85.06' 30
  tank_is '50 05 4b 46 7f ff 0c 10 1c'
  expect '? t/sensor/tank 85*'
}

# A BMP280 in place of a BME280, and back, while the daemon runs.
a_chip_that_is_replaced_is_seen_in_the_next_sample() {
  start_broker
  start_listener
  configure_air
  start_daemon
  expect '? t/sensor/air/humidity [1-9]*'
  expect '1 t/sensor/air/availability online'
  mark_now
  echo bmp280 >"$board/i2c-1/0x76/chip"
  expect '1 t/sensor/air/humidity '
  expect '? t/sensor/air/temperature 21.5*'
  expect_log 'sensor air: the chip has no humidity: nothing is published for it'
  mark_now
  echo bme280 >"$board/i2c-1/0x76/chip"
  expect '? t/sensor/air/humidity [1-9]*'
  lacks ' t/sensor/air/availability offline' "$messages"
  [ "$(grep -c 'the chip has no humidity' "$daemon_log")" -eq 1 ]
}

# What a run before has left at the broker does not stay beside `online`.
a_channel_that_the_chip_has_not_leaves_nothing_behind() {
  start_broker
  mosquitto_pub "${client_options[@]}" -p "$port" -r -t t/sensor/air/humidity -m 54.2
  start_listener
  expect '1 t/sensor/air/humidity 54.2'
  echo bmp280 >"$board/i2c-1/0x76/chip"
  configure_air
  start_daemon
  expect '1 t/sensor/air/humidity '
  saw '1 t/sensor/air/availability online'
  never '? t/sensor/air/humidity [0-9]*'
}

an_option_that_switches_a_channel_off_at_a_reload_clears_its_topic() {
  start_broker
  start_listener
  configure_air
  start_daemon
  expect '? t/sensor/air/humidity [1-9]*'
  mark_now
  configure_air 'oversampling_humidity = "off";'
  reload
  expect '1 t/sensor/air/humidity '
  expect '? t/sensor/air/temperature 21.5*'
  never '? t/sensor/air/humidity [0-9]*'
}

# In the packaged service the attribute is root's.
a_resolution_that_cannot_be_set_is_a_warning() {
  start_broker
  start_listener
  mkdir -p "$board/sys/bus/w1/devices/28-0316a2795aff/resolution"
  configure_tank 'resolution = "9-bit";'
  start_daemon
  expect '? t/sensor/tank 21.5*'
  saw '1 t/sensor/tank/availability online'
  expect_log 'sensor tank: cannot set the resolution, it stays'
  lacks ' t/sensor/tank/error .' "$messages"
}

# Two samples in a row: the first one that is lost is nobody's business.
a_sample_that_is_lost_is_not_a_fault() {
  local slave=$board/sys/bus/w1/devices/28-0316a2795aff
  start_broker
  start_listener
  configure_tank
  start_daemon -v
  expect '1 t/sensor/tank/availability online'
  : >"$slave/w1_slave"
  expect_log 'sensor tank: the sensor did not answer.*; a sample is missing'
  tank_is '60 01 4b 46 7f ff 0c 10 14'
  expect '? t/sensor/tank 22*'
  lacks ' t/sensor/tank/error .' "$messages"
  lacks ' t/sensor/tank/availability offline' "$messages"
}

run_tests power_on_after_another_reading_is_never_published a_true_85_is_published \
  a_sensor_that_reads_85_from_the_start_is_not_believed_yet \
  a_chip_that_is_replaced_is_seen_in_the_next_sample \
  a_channel_that_the_chip_has_not_leaves_nothing_behind \
  an_option_that_switches_a_channel_off_at_a_reload_clears_its_topic \
  a_resolution_that_cannot_be_set_is_a_warning a_sample_that_is_lost_is_not_a_fault

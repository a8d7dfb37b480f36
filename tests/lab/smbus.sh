#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# An adapter that makes no plain I2C transfers, only SMBus calls; and an address that a kernel
# driver already uses.
# lab: -c i2c-stub.chip_addr=0x48,0x49,0x76
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

stub=
for name in /sys/bus/i2c/devices/i2c-*/name; do
  read -r text <"$name"
  [[ $text != SMBus\ stub* ]] || stub=${name%/name} stub=${stub##*/i2c-}
done
[ -n "$stub" ] || skip_all 'this kernel has no i2c-stub'

# bytes ADDRESS REGISTER BYTE...: the stub answers with these from the register on
bytes() {
  local address=$1 register=$(($2)) byte
  shift 2
  for byte; do
    i2cset -y -f "$stub" "$address" "$register" "0x$byte" b || return
    register=$((register + 1))
  done
}

# a BME280 with the BMP280 datasheet's example (3.12), once the daemon has asked for a measurement
bme280_answers() {
  bytes 0x76 0x88 70 6b 43 67 18 fc 7d 8e 43 d6 d0 0b 27 0b 8c 00 f9 ff 8c 3c f8 c6 70 17 00 4b &&
    bytes 0x76 0xe1 72 01 00 13 29 03 1e && bytes 0x76 0xd0 60 &&
    bytes 0x76 0xf2 01 00 24 a0 00 65 5a c0 7e ed 00 6d 60
}

# the stub keeps words low byte first: 25.5 degrees are the bytes 19 80
lm75_answers() {
  i2cset -y -f "$stub" 0x48 0x00 0x8019 w && bytes 0x48 0x01 00
}

bind_kernel_driver() {
  echo lm75 0x49 >"/sys/bus/i2c/devices/i2c-$stub/new_device"
}

unbind_kernel_driver() {
  echo 0x49 >"/sys/bus/i2c/devices/i2c-$stub/delete_device"
}

ok 'a broker starts' broker_start
ok 'a subscriber listens' listen
ok 'the stub is a BME280' bme280_answers
ok 'and an LM75' lm75_answers
ok 'the kernel takes the third address' bind_kernel_driver
configure <<END
sensors: (
  { name = "air"; driver = "bme280"; bus = "i2c-$stub"; address = 0x76; interval_s = 1; },
  { name = "board"; driver = "lm75"; bus = "i2c-$stub"; address = 0x48; interval_s = 1; },
  { name = "busy"; driver = "lm75"; bus = "i2c-$stub"; address = 0x49; interval_s = 1; }
);
END
start_daemon
ok 'bme280: temperature' message sensor/air/temperature 25.08 10
ok 'bme280: pressure' message sensor/air/pressure 1006.5 10
ok 'bme280: humidity' message sensor/air/humidity 44.8 10
ok 'lm75: temperature' message sensor/board '25.5*' 10
ok 'the kernel driver is named' message sensor/busy/error '*kernel driver lm75*0x49*' 10
ok 'the item is offline' message sensor/busy/availability offline 10
mark
ok 'the kernel lets go' unbind_kernel_driver
ok 'the item recovers' message sensor/busy/availability online 75
stop_daemon
ok 'SIGTERM ends the daemon well' same "$daemon_status" 0
finish

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# `pinferry scan` on a kernel with lines, an I2C bus and a 1-Wire bus: it says what is there, and
# `pinferry check` takes all that it prints.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

says() { # PATTERN: a line of the scan
  grep -Eq -- "$1" "$tmp/scan"
}

chips_start bme280@0x76 lm75@0x48 lm75@0x4a
w1_add 28-0000012345ab 21500
until_true 10 w1_seen 28-0000012345ab
add_chip expander mcp23017 16
echo lm75 0x4a >/sys/bus/i2c/devices/"$bus"/new_device
hold_line 17

scan() {
  "$PINFERRY" scan -d "$PINFERRY_DRIVERS" >"$tmp/scan"
}

check() {
  "$PINFERRY" check -d "$PINFERRY_DRIVERS" -c "$tmp/scan" >"$tmp/check"
}

ok 'scan succeeds' scan
release_line
ok 'the chip of the header' says '^# GPIO chip gpiochip0, label pinctrl-bcm2711$'
ok 'a line with its pin' says '^# +27 +GPIO27 +13 +input +free$'
ok 'a busy line with its consumer' says '^# +17 +GPIO17 +11 +output +used by gpioset$'
ok 'another chip' says '^# GPIO chip gpiochip[0-9]+, label mcp23017$'
ok 'a chip that is known' says '^# +0x76 +bme280: '
ok 'a guess' says '^# +0x48 +lm75: '
ok 'an address that a driver of the kernel has' says '^# +0x4a +the kernel driver lm75 '
ok 'a chip that is not' says '^# +0x77 +something '
ok 'no other address' same "$(grep -c '^# *0x' "$tmp/scan")" 4
ok 'a 1-Wire sensor' says '^# +28-0000012345ab +ds18b20: '
ok 'a sensor of the kernel' says '^# /sys/class/hwmon/hwmon[0-9]+: lm75, '
ok 'check takes the output' check
ok 'an input that is free' says '^ *\{ name = "input-27"; line = "GPIO27"; '
ok 'a sensor on I2C' says "driver = \"bme280\"; bus = \"$bus\"; address = 0x76; "
ok 'a sensor on 1-Wire' says 'driver = "ds18b20"; id = "28-0000012345ab"; '
finish

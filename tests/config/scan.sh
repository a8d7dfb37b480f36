#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# `pinferry scan` tells what a simulated board has, and `pinferry check` takes what it prints. TAP.

set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0
failed=0
pinferry=$top_builddir/pinferry
drivers=$top_builddir/drivers/.libs

# ok NAME COMMAND...
ok() {
  local name=$1
  number=$((number + 1))
  shift
  if "$@"; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name"
    sed 's/^/# /' "$dir"/*.out
    failed=1
  fi
}

scan() { # BOARD
  "$pinferry" scan -d "$drivers" -s "$dir/$1" >"$dir/$1.out"
}

check() { # BOARD
  "$pinferry" check -d "$drivers" -c "$dir/$1.out" >"$dir/check" 2>&1
}

says() { # BOARD PATTERN
  grep -Eq -- "$2" "$dir/$1.out"
}

# a board of everything; three lines are taken, one chip is none that a driver knows
mkdir -p "$dir"/full/{gpio,i2c-1/0x76,i2c-1/0x49,sys/bus/w1/devices/28-0316a2795aff} \
  "$dir"/full/sys/class/hwmon/hwmon0 "$dir"/empty "$dir"/bare/gpio
echo bme280 >"$dir/full/i2c-1/0x76/chip"
echo tmp102 >"$dir/full/i2c-1/0x49/chip"
mkdir -p "$dir/full/i2c-1/0x4a"
echo lm75a >"$dir/full/i2c-1/0x4a/chip"
echo spi0 >"$dir/full/gpio/GPIO17.used-by"
echo cpu_thermal >"$dir/full/sys/class/hwmon/hwmon0/name"
touch "$dir/bare/gpio/unplugged"

echo 1..19
ok 'a full board' scan full
ok 'its lines' says full '^# +4 +GPIO4 +7 +input +free; usually 1-Wire$'
ok 'with their users' says full '^# +17 +GPIO17 +11 +input +used by spi0$'
ok 'its chips' says full '^# +0x76 +bme280: Bosch'
ok 'all that answer' says full '^# +0x49 '
ok 'its 1-Wire sensors' says full '^# +28-0316a2795aff +ds18b20: '
ok 'the sensors of the kernel' says full 'hwmon0: cpu_thermal, '
ok 'an input that is free' says full '^ +\{ name = "input-27"; line = "GPIO27"; .*\}$'
ok 'an output that is another' says full '^ +\{ name = "output-22"; line = "GPIO22"; .*\}$'
ok 'check takes it all' check full
ok 'with the sensor' grep -q '^sensor bme280-1-76: bme280 at i2c-1 0x76,' "$dir/check"
ok 'what was found out of a chip' says full '"lm75".* address = 0x49; variant = "tmp102"; \},$'
ok 'and of its relative' says full '"lm75".* address = 0x4a; variant = "lm75a"; \},$'
ok 'nothing that is so anyway' says full '"bme280".* address = 0x76; \},$'
ok 'an empty board' scan empty
ok 'check takes it' check empty
ok 'a board without chip' scan bare
ok 'which says so' says bare '^# GPIO chips: none$'
ok 'no board' eval '! scan missing 2>/dev/null'
exit $failed

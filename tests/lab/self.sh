#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# The lab's own test: the simulated hardware does what the other scripts rely on, shown with the
# usual tools and without the daemon.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"

sensor=28-0000012345ab

test_lines() {
  ok 'a chip with the header of a Raspberry Pi is there' \
    eval 'gpioinfo pinctrl-bcm2711 | grep -q "GPIO27"'
  gpiomon -n 2 -F '%e' pinctrl-bcm2711 17 >"$tmp/edges" &
  local monitor=$!
  # a line counts as used before its interrupt is there
  ok 'a line can be watched' until_true 5 grep -q gpiomon /proc/interrupts
  pull 17 up
  pull 17 down
  wait $monitor
  ok 'a pull makes edges' same "$(tr '\n' ' ' <"$tmp/edges")" '1 0 '

  ok 'line events can be traced' trace_start
  gpioset --mode=exit pinctrl-bcm2711 27=1
  traced 27
  ok 'the trace tells levels and directions' same "$traced" 'out=1 dir=out'
  note "trace: $traced"
}

test_plug() {
  plug 0
  ok 'the chip can be taken away' same "$(gpiodetect | grep -c pinctrl-bcm2711)" 0
  line_value 17
  ok 'its lines are gone then' same "$line_value" gone
  plug 1
  ok 'and brought back' until_true 5 eval 'gpiodetect | grep -q pinctrl-bcm2711'
  pull 17 up
  ok 'with its lines' line_is 17 1
  add_chip expander mcp23017 16
  on_chip "$added_chip" pull 3 up
  on_chip "$added_chip" line_value 3
  ok 'a second chip has lines of its own' same "$line_value" 1
  line_value 3
  ok 'the first one keeps its level' same "$line_value" 0
}

test_w1() {
  w1_add $sensor 21500
  ok 'the kernel finds the sensor' w1_seen $sensor
  ok 'a temperature' same "$(cat /sys/bus/w1/devices/$sensor/temperature)" 21500
  w1_temp $sensor -10125
  ok 'a negative temperature' same "$(cat /sys/bus/w1/devices/$sensor/temperature)" -10125
  w1_fault $sensor crc
  ok 'a lasting CRC error reads as nothing' same "$(cat /sys/bus/w1/devices/$sensor/temperature)" ''
  w1_fault $sensor none
  ok 'and ends' same "$(cat /sys/bus/w1/devices/$sensor/temperature)" -10125
}

i2c_bytes() { # COUNT REGISTER ADDRESS: some bytes, in $bytes
  bytes=$(i2ctransfer -y "${bus#i2c-}" "w1@$3" "$2" "r$1" 2>"$tmp/i2c-error")
}

test_i2c() {
  ok 'an I2C bus with chips' chips_start bme280@0x76 lm75@0x48
  note "the bus is $bus"
  i2c_bytes 1 0xd0 0x76
  ok 'bme280: id' same "$bytes" 0x60
  i2c_bytes 6 0x88 0x76
  ok 'bme280: calibration T1 to T3 (27504, 26435, -1000)' same "$bytes" \
    '0x70 0x6b 0x43 0x67 0x18 0xfc'
  i2c_bytes 3 0xfa 0x76
  ok 'bme280: no data before a measurement' same "$bytes" '0x80 0x00 0x00'
  i2ctransfer -y "${bus#i2c-}" w2@0x76 0xf2 0x01
  i2ctransfer -y "${bus#i2c-}" w2@0x76 0xf4 0x25
  ok 'bme280: a measurement ends' until_true 2 i2c_measured
  i2c_bytes 8 0xf7 0x76
  ok 'bme280: the raw values of the example' same "$bytes" \
    '0x65 0x5a 0xc0 0x7e 0xed 0x00 0x6c 0x98'
  chips 0x48 temp -10125
  i2c_bytes 2 0x00 0x48
  ok 'lm75: -10.125 degrees' same "$bytes" '0xf5 0xe0'
  chips 0x48 fault nack 1
  ok 'a missing acknowledge fails' not i2c_bytes 2 0x00 0x48
  ok 'once, as told' i2c_bytes 2 0x00 0x48
  chips 0x48 fault silent 1
  now_ms
  local start=$now_ms
  ok 'a silent bus fails' not i2c_bytes 2 0x00 0x48
  now_ms
  ok 'after a second' between $((now_ms - start)) 900 2000
  ok 'an address without a chip fails' not i2c_bytes 1 0x00 0x20
  chips 0x48 transfers
  ok 'transfers are counted' same "$chips_answer" 4
  chips_stop
  ok 'the bus goes with its player' not test -e "/sys/bus/i2c/devices/$bus"
}

i2c_measured() {
  i2c_bytes 1 0xf3 0x76 && [ "$bytes" = 0x00 ]
}

test_broker() {
  ok 'a broker starts' broker_start
  ok 'a subscriber listens' listen
  mark
  publish some/topic 'two words'
  ok 'a message arrives' message some/topic 'two words'
  ok 'and nothing else did' no_message 'other/*' '*'
  publish kept value -r
  stored_message kept
  ok 'a stored message is handed to a newcomer' same "$stored_message" value
  broker_stop
  ok 'a new broker starts' broker_start
  mark
  ok 'and the subscriber finds it' until_true 10 listen_probe
}

test_lines
test_plug
test_w1
test_i2c
test_broker
finish

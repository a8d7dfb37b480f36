#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Chips on an I2C bus: the datasheet's example arrives as messages, faults are told, and a bus that
# hangs delays no relay.
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

# humidity ADC: what a BME280 with the calibration of chips/bme280.c means by it at the example's
# temperature (t_fine 128422), after the datasheet's floating point formula (4.2.3, 8.1)
humidity() {
  awk -v adc="$1" 'BEGIN {
    h1 = 75; h2 = 370; h3 = 0; h4 = 313; h5 = 50; h6 = 30
    h = 128422 - 76800
    h = (adc - (h4 * 64 + h5 / 16384 * h)) * (h2 / 65536 * (1 + h6 / 67108864 * h * (1 + h3 / 67108864 * h)))
    h = h * (1 - h1 * h / 524288)
    printf "%.3f\n", (h < 0 ? 0 : (h > 100 ? 100 : h))
  }'
}

# value_near TOPIC EXPECTED TOLERANCE [SECONDS]: the next value on the topic
value_near() {
  message "$1" '*' "${4:-5}" && close_to "$payload" "$2" "$3"
}

test_readings() {
  ok 'bme280: temperature, 25.08 degrees in the datasheet' \
    value_near sensor/air/temperature 25.08 0.051
  ok 'bme280: pressure, 1006.53 hPa in the datasheet' value_near sensor/air/pressure 1006.53 0.051
  ok 'bme280: humidity, by the formula' value_near sensor/air/humidity "$(humidity 27800)" 0.51
  ok 'lm75: 20 degrees' value_near sensor/board 20 0.001
  mark
  chips 0x48 temp -10500
  ok 'lm75: a negative reading, half a degree' message sensor/board '-10.5*'
}

# breaks ITEM ADDRESS ORDER...: the order makes the item unavailable; no value comes until the
# chip works again, which it does after "fault works"
breaks() {
  local item=$1 address=$2
  shift 2
  chips "$address" "$@"
  mark
  ok "$*: the item goes offline" message "sensor/$item/availability" offline 10
  ok "$*: after a reason" in_order "sensor/$item/error" '?*' "sensor/$item/availability" offline
  message "sensor/$item/error" '?*'
  note "error: $payload"
}

recovers() { # ITEM WHAT
  mark
  ok "$2: it recovers" message "sensor/$1/availability" online 75
  ok "$2: error emptied before" in_order "sensor/$1/error" '' "sensor/$1/availability" online
}

test_faults() {
  breaks board 0x48 fault nack
  chips 0x48 fault works
  recovers board nack
  local fault
  for fault in nack zeros ones; do
    breaks air 0x76 fault $fault
    mark
    chips 0x76 transfers
    transfers_before=$chips_answer
    until_true 70 more_transfers 0x76
    ok "fault $fault: no value" no_message 'sensor/air/*' '[0-9-]*'
    chips 0x76 fault works
    recovers air "fault $fault"
  done
}

more_transfers() {
  chips "$1" transfers
  [ "$chips_answer" -gt "$transfers_before" ]
}

# a chip of another kind sits at the address, or is swapped in while the daemon runs
test_wrong_chip() {
  chips 0x76 id 0x55
  breaks air 0x76 fault nack 2
  mark
  ok 'wrong id: the reason says so' message sensor/air/error '*0x55*' 75
  ok 'wrong id: no value' no_message 'sensor/air/*' '[0-9-]*'
  chips 0x76 id 0x60
  recovers air 'wrong id'
}

# A bus that hangs keeps its worker waiting a second for each transfer; a relay must not notice.
test_silent_bus() {
  local i level=0 worst=0 all=''
  switch_keeper pump
  echo OFF >&"$switch"
  message output/pump OFF
  breaks board 0x48 fault silent
  chips 0x76 fault silent
  for ((i = 0; i < 20; i++)); do
    level=$((1 - level))
    now_ms
    local start=$now_ms
    if [ $level = 1 ]; then echo ON; else echo OFF; fi >&"$switch"
    until_true 5 line_is_now 27 $level || break
    now_ms
    all+=" $((now_ms - start))"
    [ $((now_ms - start)) -le $worst ] || worst=$((now_ms - start))
    nap 0.15
  done
  note "milliseconds from client to line while the bus hangs:$all"
  ok 'all commands were obeyed' same $i 20
  ok 'none waited for the bus' between $worst 0 500
  mark
  pull 17 up
  ok 'nor do edges' message input/door ON 1
  chips 0x48 fault works
  chips 0x76 fault works
  recovers board 'a silent bus'
}

ok 'a broker starts' broker_start
ok 'a subscriber listens' listen
ok 'a bus with chips' chips_start bme280@0x76 lm75@0x48
configure <<EOF
inputs: ( { name = "door"; line = "GPIO17"; } );
outputs: ( { name = "pump"; line = "GPIO27"; } );
sensors: (
  { name = "air"; driver = "bme280"; bus = "$bus"; address = 0x76; interval_s = 1; },
  { name = "board"; driver = "lm75"; bus = "$bus"; address = 0x48; interval_s = 1; }
);
EOF
start_daemon
test_readings
test_faults
test_wrong_chip
test_silent_bus
stop_daemon
ok 'SIGTERM ends the daemon well' same "$daemon_status" 0
finish

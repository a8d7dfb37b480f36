#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Lines of a real GPIO chip: edges become messages, commands move lines, and nothing else does.
# lab: -t 300
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

# GPIO20 is held by somebody else at the start; GPIO13 is header pin 33, GPIO16 is pin 36
configuration='
inputs: (
  { name = "door";   line = "GPIO17"; },
  { name = "button"; line = "GPIO22"; bias = "up"; active_low = true; },
  { name = "noisy";  line = "GPIO23"; debounce_ms = 100; },
  { name = "later";  line = "GPIO24"; debounce_ms = 100; },
  { name = "bypin";  pin = 33; },
  { name = "bychip"; chip = "pinctrl-bcm2711"; offset = 19; }
);
outputs: (
  { name = "pump";   line = "GPIO27"; },
  { name = "valve";  line = "GPIO5"; active_low = true; },
  { name = "fan";    pin = 36; },
  { name = "lamp";   chip = "pinctrl-bcm2711"; offset = 6; },
  { name = "heater"; line = "GPIO12"; initial = "on"; on_exit = "on"; },
  { name = "siren";  line = "GPIO25"; active_low = true; initial = "on"; on_exit = "off"; },
  { name = "keeper"; line = "GPIO26"; initial = "keep"; on_exit = "keep"; },
  { name = "stray";  line = "GPIO21"; initial = "keep"; on_exit = "keep"; },
  { name = "busy";   line = "GPIO20"; }
);'

test_start() {
  # keeper finds an output that is on; stray a line that nobody drives
  pull 26 up
  set_line 26 1
  pull 21 up
  hold_line 20
  trace_start || note 'no trace events in this kernel'
  start_daemon
  local line
  for line in '27 out=0' '5 out=1' '16 out=0' '6 out=0' '12 out=1' '25 out=0'; do
    traced "${line% *}"
    ok "GPIO${line% *} goes straight to its initial level" same "$traced" "${line#* } dir=out"
  done
  ok 'keep takes the level that it finds' line_is 26 1
  traced 26
  ok 'and never drives the other one' unlike "$traced" '*out=0*'
  ok 'keep takes a line that nobody drives for off' line_is 21 0
  ok 'states are published: off' message output/pump OFF
  ok 'states are published: on' message output/heater ON
  ok 'states are published: kept' message output/keeper ON
  ok 'an input starts with its level' message input/door OFF
  ok 'bias and active_low apply' message input/button OFF
}

# edges NAME LINE ACTIVE IDLE: both edges of an input arrive
edges() {
  mark
  pull "$2" "$3"
  ok "$1: the edge to active arrives" message "input/$1" ON
  pull "$2" "$4"
  ok "$1: the edge back arrives" message "input/$1" OFF
  ok "$1: and nothing but these" messages_are "input/$1" ON OFF
}

test_edges() {
  edges door 17 up down
  edges button 22 down up
  edges bypin 13 up down
  edges bychip 19 up down
}

# commands NAME LINE ON OFF: an output follows commands, and says so afterwards
commands() {
  mark
  switch "$1" ON
  ok "$1: ON makes the line $3" line_is "$2" "$3"
  ok "$1: and is published" message "output/$1" ON
  switch "$1" OFF
  ok "$1: OFF makes the line $4" line_is "$2" "$4"
  ok "$1: and is published" message "output/$1" OFF
}

test_commands() {
  commands pump 27 1 0
  commands valve 5 0 1
  commands fan 16 1 0
  commands lamp 6 1 0
  mark
  switch pump toggle
  ok 'TOGGLE, in any case' line_is 27 1
  switch pump '{"state":"OFF","id":"a1"}'
  ok 'a command in JSON' line_is 27 0
  ok 'is acknowledged with its id' message output/pump/ack '*"a1"*'
  trace_start
  switch pump '{"state":"ON","for_ms":200}'
  ok 'a pulse begins' message output/pump ON
  mark
  ok 'and ends by itself' message output/pump OFF
  traced 27
  ok 'it moved the line twice' same "$traced" 'out=1 out=0'
  mark
  switch pump nonsense
  ok 'an unknown word is rejected' message output/pump/ack '*rejected*'
  ok 'and moves nothing' line_is 27 0 1
}

test_debounce() {
  mark
  pull 23 up
  pull 23 down
  pull 24 up
  ok 'a line that settles is published' message input/later ON
  ok 'a glitch of 3 ms is not' no_message input/noisy '*'
  mark
  pull 24 down
  message input/later OFF
  mark
  local i
  for i in 1 2 3 4 5 6 7 8 9 10; do
    pull 23 up
    pull 23 down
  done
  pull 23 up
  pull 24 up
  ok 'a burst ends in its final state' message input/noisy ON
  message input/later ON
  ok 'with one message' messages_are input/noisy ON
  mark
  pull 23 down
  pull 24 down
  message input/later OFF && message input/noisy OFF
}

test_busy() {
  ok 'a busy line: the daemon runs, the other lines work' daemon_runs
  stored_message output/busy/availability
  ok 'its item is offline' same "$stored_message" offline
  stored_message output/busy/error
  ok 'with a reason that names the consumer' like "$stored_message" '*gpioset*'
  note "error: $stored_message"
  log_since=0
  ok 'which is in the log, too' logged 'busy.*gpioset|gpioset.*busy'
  mark
  release_line
  ok 'it recovers when the line is let go' message output/busy/availability online 75
  ok 'error emptied, then state, then online' in_order output/busy/error '' output/busy OFF \
    output/busy/availability online
  switch busy ON
  ok 'and obeys' line_is 20 1
}

test_unplug() {
  switch pump ON
  line_is 27 1
  mark
  plug 0
  ok 'chip unplugged: an input goes offline' message input/door/availability offline 30
  ok 'chip unplugged: an output goes offline' message output/pump/availability offline 30
  ok 'the daemon runs on' daemon_runs
  mark
  plug 1
  ok 'plugged in: the input comes back' message input/door/availability online 75
  ok 'plugged in: the output comes back' message output/pump/availability online 75
  mark
  pull 17 up
  ok 'edges arrive again' message input/door ON
  switch pump OFF
  ok 'commands work again (off)' line_is 27 0
  switch pump ON
  ok 'commands work again (on)' line_is 27 1
}

test_stop() {
  switch pump ON
  line_is 27 1
  mark
  trace_start
  stop_daemon
  ok 'SIGTERM ends the daemon well' same "$daemon_status" 0
  traced 27
  ok 'on_exit off' like "$traced" 'out=0*'
  traced 5
  ok 'on_exit off, active low' unlike "$traced" '*out=0*'
  traced 12
  ok 'on_exit on' unlike "$traced" '*out=0*'
  traced 25
  ok 'on_exit off, active low, was on' like "$traced" 'out=1*'
  traced 26
  ok 'on_exit keep' unlike "$traced" '*out=0*'
  ok 'states, then offline' in_order output/pump OFF status offline
}

ok 'a broker starts' broker_start
ok 'a subscriber listens' listen
configure <<<"$configuration"
test_start
test_edges
test_commands
test_debounce
test_busy
test_unplug
test_stop
finish

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# The broker goes away and comes back: outputs stay as they are, what changed meanwhile ends in the
# right retained state, and commands work without a restart.
# lab: -c time-travel -t 240
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

# stored TOPIC PAYLOAD: a newcomer gets it
stored() {
  stored_message "$1"
  same "$stored_message" "$2"
}

works() { # WHEN
  mark
  switch pump OFF
  line_is 27 0
  switch pump ON
  ok "$1: commands work" line_is 27 1
  pull 17 down
  message input/door OFF
  pull 17 up
  ok "$1: edges arrive" message input/door ON
}

test_late_broker() {
  launch_daemon
  ok 'without a broker: the lines are set' line_is 12 1 10
  nap 10
  ok 'without a broker: the daemon runs' daemon_runs
  ok 'a broker starts' broker_start
  ok 'a subscriber listens' listen
  ok 'the daemon finds it' message status online 75
  ok 'states came before' in_order output/heater ON status online
  works 'after a late broker'
}

test_outage() {
  mark
  broker_stop
  nap 10
  pull 17 down
  pull 17 up
  nap 10
  pull 17 down
  nap 10
  ok 'an outage of 30 s: the output stays' line_is 27 1 1
  ok 'an outage of 30 s: the daemon runs' daemon_runs
  ok 'a broker without a memory starts' broker_start
  ok 'the daemon is back' message status online 75
  ok 'with what is true now' stored input/door OFF
  ok 'for outputs, too' stored output/pump ON
  works 'after an outage'
}

# A broker that hangs keeps the connection, which is worse than one that is gone.
test_hung_broker() {
  mark
  kill -STOP "$broker_pid"
  nap 90
  pull 17 down
  ok 'a hung broker: the output stays' line_is 27 1 1
  ok 'a hung broker: the daemon runs' daemon_runs
  kill -CONT "$broker_pid"
  ok 'what changed meanwhile arrives' message input/door OFF 90
  works 'after a hung broker'
}

test_retained_command() {
  mark
  broker_stop
  ok 'a broker starts' broker_start
  switch pump ON # nobody is there yet or it is obeyed: then the state is on
  ok 'the daemon is back' message status online 75
  switch pump OFF
  line_is 27 0
  publish output/heater/set OFF -r
  ok 'a command with the retain flag is none' message output/heater/ack '*"ignored"*"retained"*'
  ok 'and moves nothing' line_is 12 1
  stop_daemon
  start_daemon
  switch pump ON
  ok 'later commands work' line_is 27 1
  ok 'a stored command did nothing' line_is 12 1
}

configure <<'EOF'
inputs: ( { name = "door"; line = "GPIO17"; } );
outputs: (
  { name = "pump"; line = "GPIO27"; },
  { name = "heater"; line = "GPIO12"; initial = "on"; }
);
EOF
test_late_broker
test_outage
test_hung_broker
test_retained_command
stop_daemon
ok 'SIGTERM ends the daemon well' same "$daemon_status" 0
finish

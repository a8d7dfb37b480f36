#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What goes wrong with a connection, and how it ends by itself: brokers that are full, old, deaf or
# silent, somebody else with our client_id. doc/faults.md has the table; connect.sh has what goes
# right, tls.sh certificates and passwords, network.sh what needs a network of its own.

. "$(dirname "$0")/lib.sh"
need_broker

configure_pump() {
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; active_low = true; },
           { name = "fence"; line = "GPIO5"; } );
END
}

connects() {
  grep -c '^connect' "$dir/fake.log" || true
}

connected_times() {
  [ "$(connects)" -ge "$1" ]
}

# await_connects NUMBER
await_connects() {
  until_true 40 connected_times "$1" || fail "only $(connects) attempts"
}

# version_of N: of the Nth connect; 5, or 4 for 3.1.1
version_of() {
  sed -n "s/^connect $1 version \([0-9]\).*/\1/p" "$dir/fake.log"
}

# told_times REGEX NUMBER: lines of the log, exactly
told_times() {
  local n
  n=$(grep -c -e "$1" "$daemon_log" || true)
  [ "$n" -eq "$2" ] || fail "$n times, expected $2: $1"
}

# is_calm: attempts in the log of the fake broker are not closer than half a second, but for the
# second one of a fallback
is_calm() {
  sed -n 's/^connect .* version \([0-9]\) at \([0-9]*\)$/\1 \2/p' "$dir/fake.log" |
    awk 'NR > 1 && !(last == 5 && $1 == 4) && $2 - at < 450 { bad = 1; print "after " $2 - at " ms" }
      { last = $1; at = $2 } END { exit bad }' || fail 'it tries without a pause'
}

# cpu_ms: what the daemon has used so far
cpu_ms() {
  awk '{ print ($14 + $15) * 10 }' "/proc/$daemon/stat"
}

# recovers: a good broker takes the place of the fake one
recovers() {
  stop_fake
  start_broker
  start_listener
  saw '1 t/status online' 30
  command_output pump ON
  expect '1 t/output/pump ON'
}

a_broker_of_3_1_1_is_spoken_to_in_3_1_1() {
  start_fake old
  configure_pump
  start_daemon
  expect_log 'connected to .* (MQTT 3.1.1)'
  [ "$(version_of 1)$(version_of 2)" = 54 ]
  told_times 'does not speak this MQTT version: trying MQTT 3.1.1' 1
  lacks 'cannot connect' "$daemon_log"
}

a_broker_that_answers_0x84_is_spoken_to_in_3_1_1() {
  start_fake v5:84 old
  configure_pump
  start_daemon
  expect_log 'connected to .* (MQTT 3.1.1)'
  [ "$(version_of 1)$(version_of 2)" = 54 ]
}

two_closes_without_an_answer_mean_3_1_1() {
  start_fake hang-up hang-up old
  configure_pump
  start_daemon
  expect_log 'connected to .* (MQTT 3.1.1)' 30
  [ "$(version_of 1)$(version_of 2)$(version_of 3)" = 554 ]
  told_times 'closed the connection without an answer' 2
}

a_broker_that_only_hangs_up_is_tried_with_both() {
  start_fake hang-up
  configure_pump
  start_daemon
  await_connects 7
  [ "$(version_of 1)$(version_of 2)$(version_of 3)$(version_of 4)$(version_of 5)" = 55455 ]
  told_times 'trying MQTT 3.1.1' 1
  told_times 'cannot connect' 1
  is_calm
  recovers
}

refusal_is_told() {
  local before
  note "$1"
  port=
  : >"$daemon_log"
  start_fake "$1"
  configure_pump
  start_daemon
  await_connects 2
  before=$(cpu_ms)
  await_connects 5
  told_times "cannot connect to .*: $2.*; trying again and again" 1
  told_times 'cannot connect' 1
  is_calm
  [ $(($(cpu_ms) - before)) -lt 1500 ] || fail "$(($(cpu_ms) - before)) ms of CPU for three tries"
  expect_line GPIO27 1
  recovers
  mark=0
  saw '1 t/info {*"reconnects":0,*"dropped":0,*}'
  stop_daemon
  stop_listener
  stop_broker
}

a_full_or_banning_broker_is_told_once_and_tried_again() {
  refusal_is_told v5:97 'a quota of the broker is exceeded'
  refusal_is_told v5:88 'the broker says it is not available (full, or just starting)'
  refusal_is_told v5:87 'not authorised .*No username is configured here.*allow_anonymous true'
}

an_old_broker_that_refuses_is_told_once_and_tried_again() {
  mqtt_options='version = "3.1.1";'
  refusal_is_told v3:03 'the broker says it is not available (full, or just starting)'
  refusal_is_told v3:02 'the broker refuses the client_id'
}

a_taken_over_client_id_is_told_in_words() {
  start_fake kick:8e
  configure_pump
  start_daemon
  expect_log 'is lost: another client connected with the same client_id'
  await_connects 6
  told_times 'warning: .* is lost: ' 3
  told_times 'from now on told once an hour' 1
  is_calm
  recovers
  mark=0
  # states that were on their way are not lost: they came again
  saw '1 t/info {*"reconnects":[5-9],*"dropped":0,*}' 30
}

a_broker_that_never_answers_is_told_and_left() {
  start_fake silent
  configure_pump
  start_daemon
  expect_log 'cannot connect to .*does not answer (hung, or no MQTT broker)' 30
  recovers
}

run_tests a_broker_of_3_1_1_is_spoken_to_in_3_1_1 \
  a_broker_that_answers_0x84_is_spoken_to_in_3_1_1 two_closes_without_an_answer_mean_3_1_1 \
  a_broker_that_only_hangs_up_is_tried_with_both \
  a_full_or_banning_broker_is_told_once_and_tried_again \
  an_old_broker_that_refuses_is_told_once_and_tried_again \
  a_taken_over_client_id_is_told_in_words a_broker_that_never_answers_is_told_and_left

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What becomes of messages that the broker does not take: for ever, or for now.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"
need_broker
need_ramp

# two buffered sensors: the readings of "air" are longer than those of "n"
configure_two() {
  configure <<'END'
buffer: { max_messages = 100; on_disk = true; };
sensors: (
  { name = "air"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 0.2; format = "json"; },
  { name = "n"; driver = "ramp"; interval_s = 0.2; format = "json"; }
);
END
}

# value_of NAME: the newest that the listener has
value_of() {
  sed -n "s,^[01] t/sensor/$1 {\"value\":\([0-9]*\)\,.*,\1,p" "$messages" | tail -n 1
}

comes_to() {
  [ "$(value_of n)" -ge "$1" ]
} 2>/dev/null

# told_of_air REASON: readings of "n" go on, also after a restart, and it is said of "air", once
told_of_air() {
  configure_two
  start_listener
  start_ramps
  saw "1 t/sensor/air/error not published on t/sensor/air: *$1*"
  saw '1 t/sensor/air/availability offline'
  until_true "$patience_s" comes_to 10 || fail "n comes to $(value_of n) only"
  saw '1 t/sensor/n/availability online'
  lacks '^[01] t/sensor/n/error .' "$messages"
  [ "$(grep -c "mqtt:.*t/sensor/air: .*$1" "$daemon_log")" -eq 1 ] || fail 'the log does not say it once'
  stop_daemon
  stop_listener
  start_listener
  start_ramps
  until_true "$patience_s" comes_to 5 || fail 'after the restart nothing comes'
  saw "1 t/sensor/air/error not published on t/sensor/air: *$1*"
}

# info names the item, too; it is too large itself in the test before
a_topic_that_is_not_allowed_holds_up_no_others() {
  printf 'topic readwrite #\ntopic deny t/sensor/air\n' >"$dir/acl"
  start_broker 'allow_anonymous true' "acl_file $dir/acl"
  told_of_air 'not authorised (username'
  saw '1 t/info {*"items":{"air":{"errors":1}}*'
  stop_daemon
  # who may publish again is usable again
  printf 'topic readwrite #\n' >"$dir/acl"
  kill -HUP "$broker"
  until_true "$patience_s" grep -q 'Reloading config' "$broker_log"
  start_ramps
  saw '1 t/sensor/air {"temperature"*'
  saw '1 t/sensor/air/error '
}

readings_that_are_too_large_hold_up_no_others() {
  echo 48.6 >"$board/i2c-1/0x76/humidity"
  echo -21.5 >"$board/i2c-1/0x76/temperature"
  start_broker 'allow_anonymous true' 'max_packet_size 118'
  told_of_air 'bytes, and the broker takes 118 at most'
}

# in_order FROM TO WORD: the fake broker has got these values of "n"
in_order() {
  local i expected='' got
  for ((i = $1; i <= $2; i++)); do expected+="$i "; done
  got=$(sed -n 's/^got t\/sensor\/n {"value":\([0-9]*\),.*/\1/p' "$dir/fake.log" | tr '\n' ' ')
  [[ $got == "$expected"* ]] || {
    note "got: $got"
    return 1
  }
}

got_at_least() {
  [ "$(grep -c '^got t/sensor/n ' "$dir/fake.log")" -ge "$1" ]
}

a_quota_that_passes_loses_nothing() {
  start_fake quota:1
  configure_two
  start_ramps
  until_true 30 got_at_least 60 || fail 'the readings do not come'
  grep -q '^refused t/sensor/n {"value":1,' "$dir/fake.log"
  in_order 1 60 || fail 'not in order'
  # the others did not wait for it
  awk '/^got t\/sensor\/air / { n++ } /^got t\/sensor\/n / { exit n < 20 }' "$dir/fake.log"
}

answers_to_nothing_do_no_harm() {
  start_fake noisy
  configure <<'END'
buffer: { max_messages = 1000; };
sensors: ( { name = "n"; driver = "ramp"; interval_s = 0.01; format = "json"; } );
END
  start_ramps
  until_true 30 got_at_least 300 || fail 'the readings do not come'
  in_order 1 300 || fail 'not in order'
  lacks 'is lost' "$daemon_log"
}

a_broker_that_confirms_nothing_is_told_of() {
  start_broker 'allow_anonymous true' 'max_qos 0'
  start_listener
  configure_two
  start_ramps
  until_true "$patience_s" comes_to 10 || fail "n comes to $(value_of n) only"
  expect_log 'the broker takes no QoS above 0 and confirms nothing'
  [ "$(grep -c 'confirms nothing' "$daemon_log")" -eq 1 ] || fail 'it is told more than once'
  lacks 'is lost' "$daemon_log"
}

run_tests a_broker_that_confirms_nothing_is_told_of a_topic_that_is_not_allowed_holds_up_no_others \
  readings_that_are_too_large_hold_up_no_others a_quota_that_passes_loses_nothing \
  answers_to_nothing_do_no_harm

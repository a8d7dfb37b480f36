#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Commands to outputs: what is understood, what is refused, and what is answered.

. "$(dirname "$0")/lib.sh"
need_broker

# a relay board as they are sold: a low line switches the relay on
start_all() {
  start_broker
  start_listener
  configure <<'END'
outputs: (
  { name = "pump"; line = "GPIO27"; active_low = true; },
  { name = "lamp"; line = "GPIO22"; payload_on = "an"; payload_off = "aus"; },
  { name = "gate"; line = "GPIO6"; pulse_ms = 200;
    failsafe = { after_s = 3600; state = "off"; heartbeat_topic = "alive"; }; },
  { name = "fence"; line = "GPIO5"; }
);
END
  start_online
  mark_now
}

on_off_and_toggle_work_in_any_case() {
  local word level
  start_all
  level=1
  for word in ON off oN Off TOGGLE toggle Toggle; do
    case ${word,,} in
    on) level=0 ;;
    off) level=1 ;;
    *) level=$((1 - level)) ;;
    esac
    command_output pump "$word"
    if [ "$level" -eq 0 ]; then expect '1 t/output/pump ON'; else expect '1 t/output/pump OFF'; fi
    line_is GPIO27 "$level"
  done
}

each_command_is_answered() {
  start_all
  command_output pump ON
  saw '1 t/output/pump ON'
  saw '0 t/output/pump/ack {*"result":"done"*"state":"ON"*}'
}

own_payloads_work_beside_the_words() {
  start_all
  command_output lamp an
  expect '1 t/output/lamp an'
  expect_line GPIO22 1
  command_output lamp aus
  expect '1 t/output/lamp aus'
  command_output lamp ON
  expect '1 t/output/lamp an'
  # exactly as written: another case is neither of them
  command_output lamp AUS
  expect '0 t/output/lamp/ack {*"result":"rejected"*}'
  line_is GPIO22 1
}

a_line_end_after_the_word_is_fine() {
  start_all
  publish t/output/pump/set $'ON\n'
  expect '1 t/output/pump ON'
  publish t/output/pump/set $'OFF\r\n'
  expect '1 t/output/pump OFF'
}

json_commands_carry_an_id() {
  start_all
  command_output pump '{"state":"ON","id":"a-1"}'
  expect '0 t/output/pump/ack {*"id":"a-1"*"result":"done"*"state":"ON"*}'
  line_is GPIO27 0
  # the same id again is not done twice
  command_output pump '{"state":"OFF","id":"a-1"}'
  expect '0 t/output/pump/ack {*"id":"a-1"*"result":"ignored"*"duplicate"*}'
  line_is GPIO27 0
}

for_ms_ends_by_itself() {
  start_all
  command_output pump '{"state":"ON","for_ms":300,"id":"p"}'
  expect '1 t/output/pump ON'
  expect '1 t/output/pump OFF'
  expect_line GPIO27 1
  mark=0
  saw '0 t/output/pump/ack {*"id":"p"*"result":"done"*}'
}

set_on_ms_and_set_off_ms_end_by_themselves() {
  start_all
  publish t/output/pump/set_on_ms 200
  expect '1 t/output/pump ON'
  expect '1 t/output/pump OFF'
  command_output pump ON
  expect '1 t/output/pump ON'
  publish t/output/pump/set_off_ms 200
  expect '1 t/output/pump OFF'
  expect '1 t/output/pump ON'
}

a_pulsed_output_ends_every_on() {
  start_all
  command_output gate ON
  expect '1 t/output/gate ON'
  expect '1 t/output/gate OFF'
  expect_line GPIO6 0
}

a_new_command_cancels_the_end_of_a_pulse() {
  start_all
  publish t/output/pump/set_on_ms 400
  expect '1 t/output/pump ON'
  command_output pump ON
  # another pulse of the same length, begun later, ends after it
  publish t/output/lamp/set_on_ms 800
  expect '1 t/output/lamp an'
  mark_now
  expect '1 t/output/lamp aus'
  line_is GPIO27 0
  mark=0
  [ "$(grep -c '^1 t/output/pump OFF$' "$messages")" -eq 1 ]
}

# refused TOPIC PAYLOAD: is answered with a reason and moves nothing
refused() {
  mark_now
  publish "$1" "$2"
  expect '0 t/output/pump/ack {*"result":"rejected"*"reason":"?*"*}'
  line_is GPIO27 1 || fail "moved by '$2' on $1"
}

milliseconds_are_strict() {
  local text
  start_all
  for text in 0 -5 +5 1.5 1e3 0x10 86400001 99999999999999999999 ON ' 5' '5 ' '5 5' '5x'; do
    refused t/output/pump/set_on_ms "$text"
    refused t/output/pump/set_off_ms "$text"
  done
  refused t/output/pump/set_on_ms ''
  publish t/output/pump/set_on_ms 86400000
  expect '1 t/output/pump ON'
}

what_is_not_understood_is_refused_with_a_reason() {
  local text
  start_all
  for text in '' on! ONN 1 true '"ON"' null '{}' '[]' '{"state":1}' '{"state":"UP"}' \
    '{"state":"ON"' '{"state":"ON"}x' '{"state":"ON","for_ms":0}' \
    '{"state":"ON","for_ms":"5"}' '{"state":"ON","for_ms":1.5}' '{"state":"ON","for_ms":-1}' \
    '{"state":"ON","for_ms":1e99}' '{"state":"ON","id":5}' '{"state":"ON","speed":5}' \
    '{"state":"ON","state":"ON"}' '{"for_ms":5}' ' ON' 'ON ' $'ON\n\n'; do
    refused t/output/pump/set "$text"
  done
  refused t/output/pump/set "{\"state\":\"ON\",\"id\":\"$(printf '%065d' 1)\"}"
}

long_and_binary_payloads_do_no_harm() {
  start_all
  head -c 200000 /dev/zero | tr '\0' 'x' >"$dir/long"
  mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -f "$dir/long"
  expect '0 t/output/pump/ack {*"result":"rejected"*}'
  printf 'ON\000OFF' >"$dir/nul"
  mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -f "$dir/nul"
  expect '0 t/output/pump/ack {*"result":"rejected"*}'
  printf '\377\376\001\200{"state":"ON"}' >"$dir/binary"
  mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -f "$dir/binary"
  expect '0 t/output/pump/ack {*"result":"rejected"*}'
  { printf '{"state":"ON","id":' && head -c 20000 /dev/zero | tr '\0' '['; } >"$dir/deep"
  mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -f "$dir/deep"
  expect '0 t/output/pump/ack {*"result":"rejected"*}'
  line_is GPIO27 1
  command_output pump ON
  expect '1 t/output/pump ON'
}

many_commands_are_all_served_in_order() {
  local i
  start_all
  for i in $(seq 1 100); do
    printf 'TOGGLE\n'
  done | mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -l -q 1
  after_fence
  [ "$(grep -c '^0 t/output/pump/ack .*"done"' "$messages")" -eq 100 ]
  line_is GPIO27 1
}

a_response_topic_is_answered_with_its_correlation_data() {
  start_all
  timeout "$patience_s" mosquitto_rr -h 127.0.0.1 -p "$port" -V 5 -t t/output/pump/set \
    -e test/answer -m ON -D publish correlation-data secret -W "$patience_s" -F '%D %p' \
    >"$dir/answer"
  grep -q '^secret {.*"result":"done".*}$' "$dir/answer"
  # instead of the usual answer
  after_fence
  never '0 t/output/pump/ack *'
}

a_response_topic_of_our_own_is_not_used() {
  start_all
  local topic
  for topic in t/output/lamp/set alive t/info t/status; do
    publish t/output/pump/set ON -V 5 -D publish response-topic "$topic"
    expect '0 t/output/pump/ack {*"done"*}'
  done
  after_fence
  mark=0
  never '0 t/output/lamp/set *'
  never '0 alive *'
  line_is GPIO22 0
}

stored_commands_are_ignored() {
  local version
  start_broker
  publish t/output/pump/set ON -r
  publish t/output/pump/set_on_ms 1000 -r
  for version in 5 3.1.1; do
    mqtt_options="version = \"$version\";"
    start_listener
    configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; active_low = true; },
           { name = "fence"; line = "GPIO5"; } );
END
    start_online
    after_fence
    line_is GPIO27 1
    mark=0
    never '1 t/output/pump ON'
    # one that is published now, with the flag: only MQTT 3.1.1 does not tell
    command_output pump OFF -r
    if [ "$version" = 5 ]; then
      expect '0 t/output/pump/ack {*"ignored"*"retained"*}'
    else
      expect '0 t/output/pump/ack {*"done"*}'
    fi
    command_output pump ON
    expect '1 t/output/pump ON'
    publish t/output/pump/set ON -r # for the next version
    stop_daemon
    stop_listener
  done
}

stored_commands_are_ignored_after_a_reconnect() {
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
  start_listener
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; active_low = true; },
           { name = "fence"; line = "GPIO5"; } );
END
  start_online
  command_output pump ON -r
  expect '0 t/output/pump/ack {*"ignored"*"retained"*}'
  command_output pump ON
  expect '1 t/output/pump ON'
  command_output pump OFF
  expect '1 t/output/pump OFF'
  stop_listener
  stop_broker
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/"
  start_listener
  saw '1 t/output/pump/set ON' # still stored
  # the word of before the restart is stored, too: wait for the new one to be subscribed
  until_true "$patience_s" grep -q 'Sending SUBACK to pinferry-test' "$broker_log"
  after_fence
  line_is GPIO27 1
}

switches_pump_on() {
  command_output pump ON
  line_is GPIO27 0
}

commands_that_waited_for_a_stalled_daemon_are_not_done() {
  start_all
  kill -STOP "$daemon"
  command_output pump ON
  sleep 7 # the stall itself, not a wait
  kill -CONT "$daemon"
  expect '0 t/output/pump/ack {*"result":"ignored"*"stale"*}'
  line_is GPIO27 1
  # a moment later commands are taken again
  until_true 5 switches_pump_on || fail 'no command is taken any more'
}

run_tests on_off_and_toggle_work_in_any_case each_command_is_answered \
  own_payloads_work_beside_the_words a_line_end_after_the_word_is_fine json_commands_carry_an_id \
  for_ms_ends_by_itself set_on_ms_and_set_off_ms_end_by_themselves a_pulsed_output_ends_every_on \
  a_new_command_cancels_the_end_of_a_pulse milliseconds_are_strict \
  what_is_not_understood_is_refused_with_a_reason long_and_binary_payloads_do_no_harm \
  many_commands_are_all_served_in_order a_response_topic_is_answered_with_its_correlation_data \
  a_response_topic_of_our_own_is_not_used stored_commands_are_ignored \
  stored_commands_are_ignored_after_a_reconnect \
  commands_that_waited_for_a_stalled_daemon_are_not_done

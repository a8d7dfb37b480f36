#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# ws:// and wss://, with a mosquitto that listens for WebSockets; other clients of it speak MQTT.

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/certificates.sh
. "$(dirname "$0")/certificates.sh"
need_broker
need_openssl

# start_web_broker [LINE...]: LINEs belong to the listener for WebSockets, on $web_port
start_web_broker() {
  local plain
  if [ -z "${web_port:-}" ]; then
    free_port
    web_port=$port
    port=
  fi
  plain=$port
  start_broker 'allow_anonymous true' "listener $web_port" 'protocol websockets' "$@" || true
  until_true "$patience_s" port_answers "$web_port" && return
  if grep -qi 'websockets support' "$broker_log"; then
    echo 'this mosquitto has no WebSockets'
    exit 77
  fi
  fail "nobody listens on $web_port beside ${plain:-$port}"
}

configure_pump() {
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; } );
END
}

works() {
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  expect '0 t/output/pump/ack {"result":"done","state":"ON"}'
}

websockets_work_with_and_without_a_path() {
  local path
  start_web_broker
  start_listener
  for path in '' / /mqtt /some/where; do
    broker_url=ws://127.0.0.1:$web_port$path
    configure_pump
    works
    log_has "connected to $broker_url (MQTT 5)"
    stop_daemon
    expect '1 t/status offline'
  done
}

websockets_take_mqtt_3_1_1() {
  start_web_broker
  start_listener
  broker_url=ws://127.0.0.1:$web_port/mqtt
  mqtt_options='version = "3.1.1";'
  configure_pump
  works
  stop_daemon
}

a_lost_websocket_comes_back() {
  start_web_broker
  start_listener
  broker_url=ws://127.0.0.1:$web_port/mqtt
  configure_pump
  works
  stop_broker
  expect_log 'is lost'
  start_web_broker
  start_listener
  expect '1 t/status online' 30
  command_output pump OFF
  expect '1 t/output/pump OFF'
  # and the last will, if the daemon is killed
  kill -KILL "$daemon"
  expect '1 t/status offline'
}

# many_come_through: frames of all sizes, many in one go
many_come_through() {
  local i
  command_output pump "$(head -c 200 /dev/zero | tr '\0' x)"
  expect '0 t/output/pump/ack {"result":"rejected",*'
  head -c 70000 /dev/zero | tr '\0' x >"$dir/large"
  mosquitto_pub -h 127.0.0.1 -p "$port" "${client_options[@]}" -q 1 -t t/output/pump/set -f "$dir/large"
  expect '0 t/output/pump/ack {"result":"rejected",*'
  for ((i = 1; i <= 200; i++)); do
    printf '{"state":"TOGGLE","id":"%d"}\n' "$i"
  done | mosquitto_pub -h 127.0.0.1 -p "$port" "${client_options[@]}" -q 1 -t t/output/pump/set -l
  expect '0 t/output/pump/ack {"id":"200","result":"done",*'
  [ "$(grep -c 't/output/pump/ack {"id":"[0-9]*","result":"done"' "$messages")" -eq 200 ] ||
    fail 'not each command was carried out'
  lacks 'is lost' "$daemon_log"
}

messages_of_all_sizes_come_through() {
  start_web_broker
  start_listener
  broker_url=ws://127.0.0.1:$web_port/mqtt
  configure_pump
  works
  many_come_through
  stop_daemon
}

a_frozen_broker_is_noticed() {
  start_web_broker
  start_listener
  broker_url=ws://127.0.0.1:$web_port/mqtt
  mqtt_options='keepalive_s = 5;'
  configure_pump
  works
  local from
  from=$(now_ms)
  kill -STOP "$broker"
  expect_log 'is lost' 30
  note "noticed after $(($(now_ms) - from)) ms"
  kill -CONT "$broker"
  in_range "$(($(now_ms) - from))" 0 10000
  mark_now
  expect '1 t/status online' 30
  stop_daemon
}

encrypted_websockets_verify_the_broker() {
  make_ca ca
  make_ca other
  make_certificate ca server DNS:localhost
  start_web_broker "certfile $dir/server.crt" "keyfile $dir/server.key"
  start_listener
  broker_url=wss://localhost:$web_port/mqtt
  mqtt_options="ca_file = \"$dir/ca.crt\";"
  configure_pump
  works
  many_come_through
  stop_daemon
  expect '1 t/status offline'

  broker_url=wss://127.0.0.1:$web_port/mqtt
  configure_pump
  start_daemon
  expect_log "cannot connect to $broker_url: TLS: the broker's certificate is not for \"127.0.0.1\""
  stop_daemon

  broker_url=wss://localhost:$web_port/mqtt
  mqtt_options="ca_file = \"$dir/other.crt\";"
  configure_pump
  start_daemon
  expect_log "cannot connect to $broker_url: TLS: the broker's certificate is from an unknown CA"
  stop_daemon

  # the ports mixed up
  broker_url=wss://localhost:$port
  configure_pump
  start_daemon
  expect_log "cannot connect to $broker_url: TLS: no agreement with the broker: it closed the connection (a port for mqtt:"
  stop_daemon
}

run_tests websockets_work_with_and_without_a_path websockets_take_mqtt_3_1_1 \
  a_lost_websocket_comes_back messages_of_all_sizes_come_through a_frozen_broker_is_noticed \
  encrypted_websockets_verify_the_broker

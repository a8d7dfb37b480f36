# shellcheck shell=bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What every broker has to do for Pinferry. A script for one broker sources this, defines
#
#   broker_begin   starts the broker, or starts it again with what it had stored, on $port and, for
#                   WebSockets, $web_port of 127.0.0.1; waits until it listens
#   broker_end     ends it as its users would
#   speaks=5       the newest version of MQTT that it speaks, or 3.1.1
#   web_path=/x    the path that its WebSockets are at
#   user=x         who logs in, with the password $user; empty: nobody has to
#   wildcards=no   if those who subscribe with wildcards get no stored messages; `maybe`: not known
#
# and ends with `run_broker [NAME...]`, NAMEs being behaviours of its own. All run on one broker, which
# is started once; topics are below the name of the test, so that what one has stored is not seen by
# the next. Output is TAP. See ../integration/lib.sh for the rest.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../integration/lib.sh"

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
modules=${INTEROP_MODULES:-} # folder with node_modules/: what package.json names
speaks=5
web_path=/mqtt
user=
wildcards=yes

# node_can PACKAGE: whether Node.js is here and has the package
node_can() {
  command -v node >/dev/null && [ -n "$modules" ] && [ -d "$modules/node_modules/$1" ]
}

# run_node FILE [ARGUMENT...]: a script of this folder; it finds its packages beside itself
run_node() {
  local file=$1
  shift
  cp "$here/$file" "$modules/$file.$$.js" && exec node "$modules/$file.$$.js" "$@"
}

two_free_ports() {
  free_port
  web_port=$port
  until free_port && [ "$port" != "$web_port" ]; do :; done
}

both_listen() {
  port_answers "$port" && port_answers "$web_port"
}

# serve NAME COMMAND...: starts a process that lasts longer than a test: nobody's child, known by
# $shared/NAME.pid. What it says is in $shared/NAME.log.
serve() {
  local name=$1
  shift
  ("$@" >"$shared/$name.log" 2>&1 </dev/null &
    echo $! >"$shared/$name.pid")
}

# end_served NAME SIGNAL: and waits for its end
end_served() {
  local pid
  pid=$(cat "$shared/$1.pid")
  kill "-$2" "$pid"
  until_true 60 is_gone "$pid" || fail "$1 does not end"
  rm "$shared/$1.pid"
}

# end_broker: all that still runs, at the end of the script
end_broker() {
  local file pid
  for file in "$shared"/*.pid; do
    pid=$(cat "$file") || continue
    # the leader of a group if timeout started it
    kill -KILL -- "-$pid" || kill -KILL "$pid"
  done
  rm -f "$modules"/*."$$".js
  rm -rf "$shared"
} 2>/dev/null

# ---- clients --------------------------------------------------------------------------------------

# listen TOPIC: begins anew to record what comes there and below, with what is stored first; as
# `RETAINED QOS TOPIC PAYLOAD` in $messages
listen() {
  [ -z "$listener" ] || stop_listener
  : >"$messages"
  mark=0
  mosquitto_sub -h 127.0.0.1 -p "$port" "${client_options[@]}" -q 1 -t "$1" -t test/ready \
    -F '%r %q %t %p' >>"$messages" 2>>"$dir/listener.log" &
  listener=$!
  pids+=("$listener")
  until_true "$patience_s" hears || fail 'the listener hears nothing'
}

hears() {
  publish test/ready 1
  grep -q ' test/ready 1$' "$messages"
}

# send PAYLOAD [OPTION...]: a command to the pump
send() {
  local payload=$1
  shift
  publish "$top/output/pump/set" "$payload" -q 1 "$@"
}

# stored TOPIC PAYLOAD: a new subscriber gets this from the broker
stored() {
  local line
  line=$(mosquitto_sub -h 127.0.0.1 -p "$port" "${client_options[@]}" -q 1 -t "$1" -C 1 \
    -W "$patience_s" -F '%r %p') || fail "nothing is stored at $1"
  [ "$line" = "1 $2" ] || fail "stored at $1: $line, expected 1 $2"
}

# ask URL VERSION PAYLOAD ANSWER-TOPIC [CORRELATION-DATA]: MQTT.js sends a command to the pump
ask() {
  node_can mqtt || {
    echo 'MQTT.js is not installed'
    exit 77
  }
  (MQTT_USER=$user MQTT_PASSWORD=$user run_node client.js "$1" "$2" "$top/output/pump/set" "$3" \
    "$4" "${@:5}") >"$dir/answer" 2>"$dir/client.log" ||
    fail "MQTT.js: $(cat "$dir/client.log" "$dir/answer")"
}

# answered TEXT: what MQTT.js got
answered() {
  [ "$(cat "$dir/answer")" = "$1" ] || fail "MQTT.js got $(cat "$dir/answer"), expected $1"
}

# ---- the daemon -----------------------------------------------------------------------------------

configure_pump() {
  {
    echo "mqtt: { broker = \"$1\"; prefix = \"$top\"; client_id = \"pinferry-$top\";"
    [ -z "$user" ] || echo "username = \"$user\"; password_file = \"$dir/password\";"
    echo "reconnect_max_s = 2; $mqtt_options };"
    echo "state_dir = \"$dir/state\";"
    echo 'outputs: ( { name = "pump"; line = "GPIO27"; } );'
    echo 'sensors: ( { name = "air"; driver = "lm75"; bus = "i2c-1"; address = 0x48;'
    echo '  interval_s = 1; } );'
  } >"$dir/pinferry.conf"
  (umask 077 && echo "$user" >"$dir/password")
}

# go_online [URL]: what the listener heard has `online` behind all states
go_online() {
  top=${FUNCNAME[1]}
  port=$shared_port
  client_options=()
  [ -z "$user" ] || client_options=(-u "$user" -P "$user")
  if [ "$speaks" = 5 ]; then client_options+=(-V 5); else client_options+=(-V mqttv311); fi
  configure_pump "${1:-mqtt://127.0.0.1:$port}"
  listen "$top/#"
  start_daemon
  # a broker that is busy with its start may answer late
  expect "? ? $top/status online" 30
}

# ---- behaviours -----------------------------------------------------------------------------------

connects_and_falls_back_if_it_must() {
  go_online
  log_has "connected to mqtt://127.0.0.1:$port (MQTT $speaks)" || fail "not with MQTT $speaks"
  if [ "$speaks" != 5 ]; then
    log_has 'trying MQTT 3.1.1 in place of 5' || fail 'no word of it'
    # some say so, some close the first two connections
    [ "$(grep -c 'next attempt' "$daemon_log")" -le 1 ] || fail 'it takes too long'
  fi
  mark=0
  expect "? ? $top/output/pump OFF"
  saw "? ? $top/output/pump/availability online"
  stop_daemon
  expect "? ? $top/status offline"
}

states_are_stored() {
  go_online
  expect "? ? $top/sensor/air 30.0"
  stored "$top/output/pump" OFF
  stored "$top/status" online
  send ON
  expect "? ? $top/output/pump ON"
  stored "$top/output/pump" ON
  stored "$top/sensor/air" 30.0
  listen "$top/#"
  if [ "$wildcards" = yes ]; then
    expect "1 ? $top/output/pump ON"
  elif [ "$wildcards" = no ]; then
    # as the README says
    send OFF
    expect "? ? $top/output/pump OFF"
    lacks "^1 . $top/" "$messages"
  fi
  stop_daemon
  stored "$top/status" offline
}

commands_are_carried_out_and_answered() {
  local i
  go_online
  send ON
  expect "? ? $top/output/pump ON"
  expect_line GPIO27 1
  expect "? ? $top/output/pump/ack {\"result\":\"done\",\"state\":\"ON\"}"
  publish "$top/output/pump/set_off_ms" 200 -q 1
  expect "? ? $top/output/pump OFF"
  expect "? ? $top/output/pump ON"
  # with QoS 1 each arrives, once and in order
  for i in 1 2 3 4 5; do
    send "{\"state\":\"TOGGLE\",\"id\":\"$i\"}"
  done
  for i in 1 2 3 4 5; do
    expect "? ? $top/output/pump/ack {\"id\":\"$i\",\"result\":\"done\",*"
  done
  expect_line GPIO27 0
  stop_daemon
}

messages_have_qos_1() {
  go_online
  send ON
  expect "? 1 $top/output/pump ON"
  expect "? 1 $top/output/pump/ack *"
  stop_daemon
  expect "? 1 $top/status offline"
}

stored_commands_do_nothing() {
  go_online
  stop_daemon
  send ON -r
  start_daemon
  expect "? ? $top/status offline"
  expect "? ? $top/status online" 30
  # this one comes after what was stored
  send '{"state":"OFF","id":"fence"}'
  expect "? ? $top/output/pump/ack {\"id\":\"fence\",*"
  lacks "$top/output/pump ON" "$messages"
  lacks 'output pump: ON' "$daemon_log"
  send '' -r
  stop_daemon
}

the_will_is_sent_after_kill_9() {
  go_online
  kill -KILL "$daemon"
  expect "? ? $top/status offline"
  stored "$top/status" offline
}

a_restarted_broker_gets_all_again() {
  go_online
  send ON
  expect "? ? $top/output/pump ON"
  broker_end
  expect_log 'is lost' 30
  broker_begin
  listen "$top/#"
  until_true 30 connected_twice || fail 'the daemon does not come back'
  until_true "$patience_s" answers || fail 'the subscriptions are lost'
  expect_line GPIO27 0
  stored "$top/output/pump" OFF
  stored "$top/status" online
  stop_daemon
}

connected_twice() {
  [ "$(grep -c 'connected.* to ' "$daemon_log")" -ge 2 ]
}

answers() {
  send OFF
  grep -q "$top/output/pump/ack " "$messages"
}

websockets_work() {
  go_online "ws://127.0.0.1:$web_port$web_path"
  log_has "connected to ws://127.0.0.1:$web_port$web_path (MQTT $speaks)"
  send ON
  expect "? ? $top/output/pump ON"
  kill -KILL "$daemon"
  expect "? ? $top/status offline"
}

mqtt_js_commands_and_is_answered() {
  go_online
  ask "mqtt://127.0.0.1:$port" 4 ON "$top/output/pump/ack"
  answered "$top/output/pump/ack {\"result\":\"done\",\"state\":\"ON\"}"
  ask "ws://127.0.0.1:$web_port$web_path" 4 '{"state":"OFF","id":"é"}' "$top/output/pump/ack"
  answered "$top/output/pump/ack {\"id\":\"é\",\"result\":\"done\",\"state\":\"OFF\"}"
  stop_daemon
}

# MQTT 5 only
mqtt_js_gives_a_response_topic() {
  go_online
  ask "mqtt://127.0.0.1:$port" 5 ON "$top-answer/1" request-7
  answered "$top-answer/1 {\"result\":\"done\",\"state\":\"ON\"} request-7"
  ask "ws://127.0.0.1:$web_port$web_path" 5 maybe "$top-answer/2" request-8
  grep -q "^$top-answer/2 {\"result\":\"rejected\",.* request-8\$" "$dir/answer" ||
    fail "$(cat "$dir/answer")"
  lacks "$top/output/pump/ack" "$messages"
  stop_daemon
}

# run_broker [NAME...]
run_broker() {
  shared=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-interop-XXXXXX")
  trap end_broker EXIT
  trap 'exit 143' TERM INT
  two_free_ports
  if ! (broker_begin) >"$shared/report" 2>&1; then
    echo '1..1'
    echo 'not ok 1 - the broker starts'
    tail -n 40 "$shared"/report "$shared"/*.log | sed 's/^/# /'
    exit
  fi
  shared_port=$port
  [ "$speaks" != 5 ] || set -- mqtt_js_gives_a_response_topic "$@"
  run_tests connects_and_falls_back_if_it_must states_are_stored \
    commands_are_carried_out_and_answered messages_have_qos_1 stored_commands_do_nothing \
    the_will_is_sent_after_kill_9 a_restarted_broker_gets_all_again websockets_work \
    mqtt_js_commands_and_is_answered "$@"
}

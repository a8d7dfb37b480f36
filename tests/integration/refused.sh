#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What a real mosquitto refuses: a client too many, clients without a name, a client_id that another
# one has, topics. doc/faults.md has the table.

. "$(dirname "$0")/lib.sh"
need_broker

configure_pump() {
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; active_low = true; },
           { name = "fence"; line = "GPIO5"; } );
END
}

# told_times REGEX NUMBER: lines of the log, exactly
told_times() {
  local n
  n=$(grep -c -e "$1" "$daemon_log" || true)
  [ "$n" -eq "$2" ] || fail "$n times, expected $2: $1"
}

mosquitto_with_all_its_places_taken_is_waited_for() {
  local other
  start_broker 'allow_anonymous true' 'max_connections 1'
  mosquitto_sub -h 127.0.0.1 -p "$port" -t nothing 2>/dev/null &
  other=$!
  pids+=("$other")
  until_true "$patience_s" grep -q 'New client connected' "$broker_log"
  configure_pump
  start_daemon
  expect_log 'cannot connect to .*closed the connection without an answer (full'
  kill -KILL "$other"
  expect_log 'connected to' 30
}

a_broker_without_anonymous_clients_says_which_lines_it_needs() {
  start_broker 'allow_anonymous false'
  configure_pump
  start_daemon
  # at times the library overlooks the refusal and waits for its time-out, 10 s
  expect_log 'cannot connect to .*not authorised.*allow_anonymous true' 30
  stop_broker
  start_broker
  expect_log 'connected to' 30
}

two_daemons_with_one_client_id_are_told() {
  local other
  mqtt_options="version = \"$1\";"
  start_broker
  configure_pump
  mkdir -p "$dir/other/state" "$dir/other/board/gpio"
  sed "s,$dir/state,$dir/other/state,; s,prefix = \"t\",prefix = \"u\"," "$dir/pinferry.conf" \
    >"$dir/other/pinferry.conf"
  start_daemon
  expect_log 'connected to'
  "$PINFERRY" run -c "$dir/other/pinferry.conf" -d "$DRIVER_DIR" -s "$dir/other/board" \
    >"$dir/other/log" 2>&1 &
  other=$!
  pids+=("$other")
  expect_log 'is lost: .*does another client use the same client_id' 30
  # the other one goes: all is well without a restart
  kill -TERM "$other"
  wait_end "$other"
  start_listener
  saw '1 t/status online' 30
  command_output pump ON
  expect '1 t/output/pump ON'
  stop_daemon
}

another_daemon_with_our_client_id_is_asked_about_in_5() {
  two_daemons_with_one_client_id_are_told 5
}

another_daemon_with_our_client_id_is_asked_about_in_3_1_1() {
  two_daemons_with_one_client_id_are_told 3.1.1
}

write_rules() {
  cat >"$dir/rules.json" <<END
{ "defaultACLAccess": { "publishClientSend": true, "publishClientReceive": true,
    "subscribe": true, "unsubscribe": true },
  "anonymousGroup": "all",
  "groups": [ { "groupname": "all", "roles": [ { "rolename": "all" } ] } ],
  "roles": [ { "rolename": "all", "acls": [
    { "acltype": "subscribeLiteral", "topic": "$2", "allow": $1, "priority": 1 } ] } ] }
END
}

start_ruled_broker() {
  local plugin
  plugin=$(find /usr/lib /usr/local/lib -name mosquitto_dynamic_security.so 2>/dev/null | head -n 1)
  if [ -z "$plugin" ]; then
    echo 'the plugin dynamic_security of mosquitto is not installed'
    exit 77
  fi
  start_broker 'allow_anonymous true' "plugin $plugin" "plugin_opt_config_file $dir/rules.json"
}

# how many times the daemon has emptied the error of the pump
emptied() {
  grep -c 'publish t/output/pump/error $' "$daemon_log" || true
}

emptied_more_than() {
  [ "$(emptied)" -gt "$1" ]
}

refused_topic_is_visible() {
  local topic=$1 before
  note "$topic, $mqtt_options"
  port=
  : >"$daemon_log"
  write_rules false "$topic"
  start_ruled_broker
  start_listener
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; failsafe = { after_s = 600;
             heartbeat_topic = "controller/alive"; }; },
           { name = "fence"; line = "GPIO5"; } );
END
  start_online
  told_times "warning: mqtt: the broker refuses the subscription to $topic: ." 1
  mark=0
  expect "1 t/output/pump/error the broker refuses the subscription to $topic: *"
  expect '1 t/output/pump/availability offline'
  # the state is true all the same, and the neighbour works
  saw '1 t/status online'
  mark=0
  never '1 t/output/pump/availability online'
  saw '1 t/output/pump OFF'
  saw '1 t/output/fence/availability online'
  command_output fence ON
  saw '1 t/output/fence ON'
  stop_listener
  before=$(emptied)
  stop_broker
  write_rules true "$topic"
  start_ruled_broker
  start_listener
  saw '1 t/status online' 30
  # emptied; who listens later than that is told nothing of it
  until_true "$patience_s" emptied_more_than "$before" || fail 'the error stays'
  saw '1 t/output/pump/availability online'
  command_output pump ON
  saw '1 t/output/pump ON'
  stop_daemon
  stop_listener
  stop_broker
}

# nothing but the end of the reason ends the fault
a_reload_does_not_hide_what_the_broker_refuses() {
  port=
  write_rules false t/output/pump/set
  start_ruled_broker
  start_listener
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; }, { name = "fence"; line = "GPIO5"; } );
END
  start_online
  mark=0
  saw '1 t/output/pump/availability offline'
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; format = "json"; },
           { name = "fence"; line = "GPIO5"; } );
END
  reload
  saw '1 t/output/pump {*"OFF"*}'
  after_fence
  never '1 t/output/pump/availability online'
  # what a new subscriber is told
  stop_listener
  start_listener
  mark=0
  saw '1 t/output/pump/error the broker refuses the subscription to t/output/pump/set: *'
  saw '1 t/output/pump/availability offline'
}

a_refused_command_topic_makes_the_output_unavailable() {
  local version
  for version in 5 3.1.1; do
    mqtt_options="version = \"$version\";"
    refused_topic_is_visible t/output/pump/set
  done
}

a_refused_heartbeat_makes_the_output_unavailable() {
  refused_topic_is_visible controller/alive
}

the_refusal_of_a_message_names_its_topic() {
  echo 'topic readwrite t/output/pump/#' >"$dir/acl"
  echo 'topic readwrite t/status' >>"$dir/acl"
  start_broker 'allow_anonymous true' "acl_file $dir/acl"
  configure_pump
  start_daemon
  expect_log 'the broker refuses a message on t/output/fence: not authorised'
  stop_daemon
  # not one line for each
  [ "$(grep -c 'refuses a message' "$daemon_log")" -le 5 ]
}

run_tests mosquitto_with_all_its_places_taken_is_waited_for \
  a_broker_without_anonymous_clients_says_which_lines_it_needs \
  another_daemon_with_our_client_id_is_asked_about_in_5 \
  another_daemon_with_our_client_id_is_asked_about_in_3_1_1 \
  a_reload_does_not_hide_what_the_broker_refuses \
  a_refused_command_topic_makes_the_output_unavailable \
  a_refused_heartbeat_makes_the_output_unavailable the_refusal_of_a_message_names_its_topic

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# SIGHUP: what is not mentioned in the difference does not move.

. "$(dirname "$0")/lib.sh"
need_broker

pump='{ name = "pump"; line = "GPIO27"; active_low = true; }'
lamp='{ name = "lamp"; line = "GPIO22"; }'
fence_item='{ name = "fence"; line = "GPIO5"; }'

# outputs_are ITEM...: and the fence
outputs_are() {
  local item
  {
    echo 'outputs: ('
    for item in "$@"; do echo "  $item,"; done
    echo "  $fence_item"
    echo ');'
  } | configure
}

# start_all ITEM...: and the pump is on
start_all() {
  start_broker
  start_listener
  outputs_are "$@"
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  pump_ns=$(written_ns GPIO27)
}

# reload_to ITEM...
reload_to() {
  outputs_are "$@"
  reload
}

# resubscribe_to ITEM...: their topics are others, and subscribed when this returns
resubscribe_to() {
  reload_to "$@"
  after_fence
}

# the connection is the first one, and nobody was told otherwise
the_link_has_stayed() {
  [ "$(grep -c 'mqtt: connected' "$daemon_log")" -eq 1 ] || fail 'it has connected again'
  lacks ' t/status offline' "$messages"
}

# the line has not even been written, and not been let go
the_pump_has_not_moved() {
  line_is GPIO27 0
  [ "$(written_ns GPIO27)" = "$pump_ns" ] || fail 'the line was written'
  [ "$(grep -c 'line GPIO27 held' "$daemon_log")" -eq 1 ] || fail 'the line was requested again'
}

# stored: what the broker has, as a new subscriber sees it
stored() {
  stop_listener
  start_listener
  grep '^1 ' "$messages" >"$dir/stored" || true
}

an_unchanged_output_does_not_move_and_keeps_its_line() {
  start_all "$pump" "$lamp"
  mark_now
  online=$mark
  reload
  resubscribe_to "$pump"
  resubscribe_to "$pump" "$lamp"
  after_fence
  the_pump_has_not_moved
  mark=$online
  never '1 t/output/pump OFF'
  never '1 t/output/pump/availability offline'
  stored
  grep -qx '1 t/output/pump ON' "$dir/stored"
}

a_renamed_output_keeps_its_level() {
  start_all "$pump"
  resubscribe_to "${pump/pump/well}"
  saw '1 t/output/well ON'
  expect '1 t/output/well/availability online'
  the_pump_has_not_moved
  command_output well OFF
  saw '1 t/output/well OFF'
  expect_line GPIO27 1
  # the old name is gone
  after_fence
  stored
  lacks ' t/output/pump' "$dir/stored"
}

two_names_that_change_places_take_their_states_along() {
  start_all "$pump" "$lamp"
  resubscribe_to "${pump/pump/lamp}" "${lamp/lamp/pump}"
  saw '1 t/output/lamp ON'
  saw '1 t/output/pump OFF'
  the_pump_has_not_moved
  line_is GPIO22 0
  after_fence
  stored
  grep -qx '1 t/output/lamp ON' "$dir/stored"
  grep -qx '1 t/output/pump OFF' "$dir/stored"
  grep -qx '1 t/output/lamp/availability online' "$dir/stored"
}

a_removed_output_goes_to_on_exit_and_its_topics_are_cleared() {
  start_all "$pump" "$lamp" '{ name = "kept"; line = "GPIO6"; on_exit = "keep"; }' \
    '{ name = "fan"; line = "GPIO13"; on_exit = "on"; }'
  command_output lamp ON
  expect '1 t/output/lamp ON'
  command_output kept ON
  expect '1 t/output/kept ON'
  resubscribe_to "$pump"
  line_is GPIO22 0
  line_is GPIO6 1
  line_is GPIO13 1
  the_pump_has_not_moved
  saw '1 t/output/lamp '
  after_fence
  stored
  lacks ' t/output/\(lamp\|kept\|fan\)' "$dir/stored"
  grep -qx '1 t/output/pump/availability online' "$dir/stored"
  # nobody has the line any more
  expect_log 'reloaded'
  command_output lamp ON
  after_fence
  line_is GPIO22 0
}

a_new_output_starts_with_initial() {
  start_all "$pump"
  reload_to "$pump" '{ name = "lamp"; line = "GPIO22"; initial = "on"; }'
  saw '1 t/output/lamp ON'
  line_is GPIO22 1
  the_pump_has_not_moved
  expect '1 t/output/lamp/availability online'
  after_fence
  command_output lamp OFF
  expect '1 t/output/lamp OFF'
}

initial_does_not_move_an_output_that_is_held() {
  start_all "$pump"
  reload_to "${pump/active_low/initial = \"off\"; on_exit = \"on\"; active_low}"
  after_fence
  the_pump_has_not_moved
}

changed_rules_apply_in_place() {
  start_all "$pump"
  # it has been on for a while: that counts
  reload_to "${pump/active_low/max_on_s = 1; active_low}"
  saw '1 t/output/pump OFF'
  saw '0 t/output/pump/ack {*"max_on_s is over"*}'
  line_is GPIO27 1
  [ "$(grep -c 'line GPIO27 held' "$daemon_log")" -eq 1 ]
  reload_to "${pump/active_low/min_on_s = 3600; active_low}"
  command_output pump ON
  expect '1 t/output/pump ON'
  command_output pump OFF
  expect '0 t/output/pump/ack {*"deferred"*"min_on_s: *}'
  # without the limit what waited is allowed
  reload_to "$pump"
  expect '1 t/output/pump OFF'
}

a_new_output_waits_for_min_off_s() {
  local began
  start_all "$pump"
  began=$(($(now_ms) * 1000000))
  reload_to "$pump" '{ name = "lamp"; line = "GPIO22"; initial = "on"; min_off_s = 1.5; }'
  expect_line GPIO22 1
  in_range "$(between_ms "$began" "$(written_ns GPIO22)")" 1490 6000
}

a_new_output_waits_for_the_interlock() {
  local grouped='interlock = "blind"; active_low'
  local group='interlocks: ( { name = "blind"; dead_time_ms = 300; } );'
  start_broker
  start_listener
  outputs_are "${pump/active_low/$grouped}"
  echo "$group" >>"$dir/pinferry.conf"
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  outputs_are "${pump/active_low/$grouped}" \
    '{ name = "lamp"; line = "GPIO22"; initial = "on"; interlock = "blind"; }'
  echo "$group" >>"$dir/pinferry.conf"
  reload
  after_fence
  line_is GPIO22 0
  line_is GPIO27 0
  # it is a member like any other
  command_output lamp ON
  saw '1 t/output/lamp ON'
  line_is GPIO27 1
}

a_removed_output_does_not_wait_for_min_on_s() {
  start_all "$pump" "${lamp/line/min_on_s = 3600; line}"
  command_output lamp ON
  expect '1 t/output/lamp ON'
  reload_to "$pump"
  line_is GPIO22 0
}

a_changed_line_is_a_new_output() {
  start_all "$pump"
  reload_to "${pump/GPIO27/GPIO13}"
  line_is GPIO27 1
  expect_line GPIO13 1
  expect '1 t/output/pump OFF'
  command_output pump ON
  expect '1 t/output/pump ON'
  line_is GPIO13 0
  after_fence
  stored
  grep -qx '1 t/output/pump ON' "$dir/stored"
  grep -qx '1 t/output/pump/availability online' "$dir/stored"
}

a_new_output_knows_that_the_broker_is_there() {
  local safe='failsafe = { after_s = 1; state = "on"; };'
  start_all "$pump" "{ name = \"lamp\"; line = \"GPIO22\"; $safe }"
  # the topics stay the same, so there is no reconnect
  reload_to "$pump" "{ name = \"lamp\"; line = \"GPIO13\"; $safe }"
  expect_line GPIO13 0
  publish t/output/fence/set_on_ms 1500
  expect '1 t/output/fence ON'
  expect '1 t/output/fence OFF'
  line_is GPIO13 0 || fail 'the failsafe acts although the broker is there'
  kill -KILL "$broker"
  expect_line GPIO13 1
}

a_pulse_goes_on_over_a_reload() {
  local ms
  start_all "$pump"
  publish t/output/pump/set_on_ms 1500
  expect '0 t/output/pump/ack {*"done"*}'
  pump_ns=$(($(now_ms) * 1000000))
  reload_to "$pump" "$lamp"
  expect '1 t/output/pump OFF'
  ms=$(between_ms "$pump_ns" "$(written_ns GPIO27)")
  in_range "$ms" 1000 4000
}

a_bad_configuration_changes_nothing_and_says_so() {
  start_all "$pump" "$lamp"
  reload_to "${pump/active_low/max_on_s = -1; active_low}"
  expect_log 'pinferry.conf:[0-9]*: .*max_on_s'
  expect_log 'reload: the configuration has errors'
  saw '1 t/info {*"reload":"the configuration has errors*nothing was changed"*}'
  the_pump_has_not_moved
  # even the one that is not in it any more
  command_output lamp ON
  expect '1 t/output/lamp ON'
  # a syntax error, an include that is a folder, no file at all
  echo 'outputs: (' >>"$dir/pinferry.conf"
  reload
  echo "@include \"$dir\"" >"$dir/pinferry.conf"
  reload
  rm "$dir/pinferry.conf"
  reload
  [ "$(grep -c 'reload: the configuration has errors' "$daemon_log")" -eq 4 ]
  the_pump_has_not_moved
  reload_to "$pump"
  saw '1 t/info {*"reload":"ok"*}'
  the_pump_has_not_moved
}

a_changed_prefix_moves_topics_but_no_output() {
  start_all "$pump"
  sed -i 's/prefix = "t"/prefix = "u"/' "$dir/pinferry.conf"
  reload
  expect '1 u/output/pump ON'
  expect '1 u/status online'
  the_pump_has_not_moved
  publish u/output/pump/set '{"state":"ON","id":"x"}'
  expect '0 u/output/pump/ack {*"x"*"done"*}'
  stored
  lacks ' t/' "$dir/stored"
}

two_changes_in_a_row_leave_nothing_behind() {
  start_all "$pump"
  sed -i 's/prefix = "t"/prefix = "u"/' "$dir/pinferry.conf"
  reload
  sed -i 's/prefix = "u"/prefix = "v"/' "$dir/pinferry.conf"
  reload
  expect '1 v/output/pump ON'
  expect '1 v/status online'
  stored
  lacks ' [tu]/' "$dir/stored"
  grep -q ' v/info ' "$dir/stored"
}

# the old connection is left behind, and what belongs to it is freed when the broker comes back
a_reload_while_the_broker_is_frozen_is_caught_up() {
  start_all "$pump"
  kill -STOP "$broker"
  sed -i 's/prefix = "t"/prefix = "u"/' "$dir/pinferry.conf"
  reload
  expect_log 'leaving anyway'
  kill -CONT "$broker"
  expect '1 u/status online'
  the_pump_has_not_moved
  stop_daemon
}

a_reload_while_stopping_is_refused() {
  start_all "$pump"
  kill -STOP "$broker"
  kill -TERM "$daemon"
  expect_log 'stopping'
  outputs_are "$pump" '{ name = "late"; line = "GPIO22"; initial = "on"; }'
  kill -HUP "$daemon"
  wait_end "$daemon"
  kill -CONT "$broker"
  [ "$status" -eq 0 ]
  line_is GPIO27 1
  [ ! -e "$board/gpio/GPIO22" ]
}

a_changed_broker_is_connected_to_without_moving_an_output() {
  local old=$broker_log
  start_all "$pump"
  stop_listener
  old=$broker
  port=
  broker_log=$dir/second.log
  start_broker
  start_listener
  reload_to "$pump"
  expect '1 t/output/pump ON'
  expect '1 t/status online'
  the_pump_has_not_moved
  kill -TERM "$old"
  wait_end "$old"
  after_fence
}

state_dir_cannot_change() {
  start_all "$pump" "$lamp"
  outputs_are "$pump"
  sed -i "s|^state_dir = .*|state_dir = \"$dir/other\";|" "$dir/pinferry.conf"
  reload
  expect_log 'reload: state_dir and driver_dir cannot change'
  saw '1 t/info {*"reload":"state_dir and driver_dir cannot change*"*}'
  the_pump_has_not_moved
  command_output lamp ON
  expect '1 t/output/lamp ON'
}

the_service_manager_is_told_of_a_bad_reload() {
  "$build/tests/integration/notify_listen" "$dir/notify" >"$dir/notified" &
  pids+=("$!")
  until_true 5 grep -q listening "$dir/notified"
  export NOTIFY_SOCKET=$dir/notify
  start_all "$pump"
  reload
  until_true 5 grep -q '^RELOADING=1' "$dir/notified"
  until_true 5 grep -q '^STATUS=Reload: ok' "$dir/notified"
  echo nonsense >>"$dir/pinferry.conf"
  reload
  until_true 5 grep -q '^STATUS=Reload: the configuration has errors' "$dir/notified"
  # systemd waits for the word after each RELOADING
  [ "$(grep -c '^RELOADING=1' "$dir/notified")" -eq 2 ]
  [ "$(sed -n '/^RELOADING=1/,$p' "$dir/notified" | grep -c '^READY=1')" -eq 2 ]
}

# the line is what the kernel says it is, whatever the configuration calls it
a_line_that_gets_another_name_does_not_move() {
  local place
  start_all "$pump" "$lamp"
  for place in 'chip = "gpiochip0"; offset = 27;' 'chip = "pinctrl-bcm2711"; offset = 27;' \
    'pin = 13;' 'line = "GPIO27";'; do
    note "$place"
    mark_now
    reload_to "{ name = \"pump\"; $place active_low = true; }" "$lamp"
    after_fence
    the_pump_has_not_moved
    never '1 t/output/pump OFF'
  done
  command_output pump OFF
  saw '1 t/output/pump OFF'
}

# a reload makes a new connection, and the end comes in between: at some moment or other
a_stop_during_a_reload_tells_what_became_of_the_outputs() {
  local wait_ms until_ms
  start_broker
  for wait_ms in 0 2 20 60; do
    note "$wait_ms ms"
    mqtt_options=
    outputs_are "$pump"
    start_listener
    start_daemon
    expect '1 t/output/pump/availability online'
    expect '1 t/status online'
    command_output pump ON
    expect '1 t/output/pump ON'
    mqtt_options='keepalive_s = 55;'
    outputs_are "$pump"
    kill -HUP "$daemon"
    until_ms=$(($(now_ms) + wait_ms))
    until is_past "$until_ms"; do :; done
    stop_daemon
    expect '1 t/output/pump OFF'
    saw '1 t/status offline'
    stop_listener
    start_listener
    # what a new subscriber is told
    mark=0
    saw '1 t/output/pump OFF'
    saw '1 t/status offline'
    stop_listener
  done
}

# talk: 50 commands a second to the pump, each with its number, from a client that stays connected
talk() {
  local i
  for ((i = 1; i <= n_said; i++)); do
    echo "{\"state\":\"TOGGLE\",\"id\":\"said-$i\"}"
    sleep 0.02
  done | mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t t/output/pump/set -l
}

all_said_is_answered() {
  [ "$(grep -c '/ack .*"said-' "$messages")" -ge "$n_said" ]
}

commands_to_an_unchanged_output_are_all_obeyed_over_reloads() {
  local round talker
  n_said=250
  start_all "$pump" "$lamp"
  talk &
  talker=$!
  pids+=("$talker")
  for ((round = 0; round < 5; round++)); do
    reload_to "$pump"
    reload_to "$pump" "$lamp" '{ name = "fan"; line = "GPIO13"; }'
    reload_to "$pump" "${lamp/lamp/light}" '{ name = "fan"; line = "GPIO13"; accept_retained = true; }'
    reload_to "$pump" "$lamp" '{ name = "vent"; line = "GPIO13"; }'
  done
  wait_end "$talker" 30
  until_true "$patience_s" all_said_is_answered || fail 'some are not answered'
  [ "$(grep '/ack ' "$messages" | grep -o '"said-[0-9]*"' | sort | uniq -c | awk '$1 != 1' | wc -l)" -eq 0 ] ||
    fail 'some are answered twice'
  [ "$(grep -c '"said-.*"result":"done"' "$messages")" -eq "$n_said" ] || fail 'not all are done'
  the_link_has_stayed
  # what is there now is heard, what is gone is not subscribed any more
  command_output vent ON
  expect_line GPIO13 1
  mark_now
  publish t/output/fan/set OFF
  publish t/output/light/set ON
  after_fence
  never '0 t/output/fan/ack *'
  line_is GPIO13 1
  line_is GPIO22 0
  grep -q 'Received UNSUBSCRIBE from pinferry-test' "$broker_log"
}

a_stored_command_is_not_given_again_by_a_reload() {
  start_broker
  start_listener
  publish t/output/pump/set ON -r
  outputs_are "${pump/active_low/accept_retained = true; active_low}"
  start_online
  expect_line GPIO27 0
  command_output pump OFF
  expect_line GPIO27 1
  resubscribe_to "${pump/active_low/accept_retained = true; active_low}" "$lamp"
  command_output lamp ON
  expect_line GPIO22 1
  line_is GPIO27 1
  the_link_has_stayed
}

a_topic_that_is_refused_at_a_reload_is_told_then() {
  start_fake deaf
  outputs_are "$lamp"
  start_daemon
  expect_log 'mqtt: connected'
  reload_to "$lamp" "$pump"
  expect_log 'publish t/output/pump/error the broker refuses the subscription to t/output/pump/set'
  expect_log 'publish t/output/pump/availability offline'
  lacks 'publish t/output/lamp/availability offline' "$daemon_log"
  # another topic is not refused
  reload_to "$lamp" "${pump/active_low/command_topic = \"all/ears\"; active_low}"
  expect_log 'publish t/output/pump/availability online'
  until_true "$patience_s" is_online_again || fail 'the pump stays offline'
  [ "$(grep -c '^connect ' "$dir/fake.log")" -eq 1 ]
}

is_online_again() {
  [ "$(grep 'publish t/output/pump/availability' "$daemon_log" | tail -n 1)" = \
    'pinferry: publish t/output/pump/availability online' ]
}

run_tests commands_to_an_unchanged_output_are_all_obeyed_over_reloads \
  a_stored_command_is_not_given_again_by_a_reload \
  a_topic_that_is_refused_at_a_reload_is_told_then \
  a_line_that_gets_another_name_does_not_move \
  a_stop_during_a_reload_tells_what_became_of_the_outputs \
  an_unchanged_output_does_not_move_and_keeps_its_line a_renamed_output_keeps_its_level \
  two_names_that_change_places_take_their_states_along \
  a_removed_output_goes_to_on_exit_and_its_topics_are_cleared a_new_output_starts_with_initial \
  initial_does_not_move_an_output_that_is_held changed_rules_apply_in_place \
  a_changed_line_is_a_new_output a_new_output_knows_that_the_broker_is_there \
  a_pulse_goes_on_over_a_reload a_bad_configuration_changes_nothing_and_says_so \
  a_changed_prefix_moves_topics_but_no_output two_changes_in_a_row_leave_nothing_behind \
  a_reload_while_the_broker_is_frozen_is_caught_up a_reload_while_stopping_is_refused \
  a_changed_broker_is_connected_to_without_moving_an_output state_dir_cannot_change \
  the_service_manager_is_told_of_a_bad_reload \
  a_new_output_waits_for_min_off_s \
  a_new_output_waits_for_the_interlock \
  a_removed_output_does_not_wait_for_min_on_s

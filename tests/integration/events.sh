#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What becomes of an output that is on, when something happens to the machine, the daemon or the
# network: the tables of pinferry.conf(5). One test per row; it looks at all columns.

. "$(dirname "$0")/lib.sh"
need_broker

# ---- machine and daemon ---------------------------------------------------------------------------

# start_and_switch_on: all six are on, three of them for a minute, and that is recorded
start_and_switch_on() {
  local name
  start_broker
  start_listener
  configure <<'END'
outputs: (
  { name = "plain"; line = "GPIO4"; },
  { name = "keep"; line = "GPIO5"; initial = "keep"; on_exit = "keep"; },
  { name = "last"; line = "GPIO6"; initial = "last"; },
  { name = "pulse"; line = "GPIO7"; },
  { name = "keep-pulse"; line = "GPIO8"; initial = "keep"; on_exit = "keep"; },
  { name = "last-pulse"; line = "GPIO9"; initial = "last"; },
  { name = "fence"; line = "GPIO27"; }
);
END
  start_online
  for name in plain keep last; do
    command_output "$name" ON
    saw "1 t/output/$name ON"
  done
  for name in pulse keep-pulse last-pulse; do
    publish "t/output/$name/set_on_ms" 60000
    saw "1 t/output/$name ON"
  done
  until_true "$patience_s" is_recorded || fail 'not recorded'
  mark_now
}

is_recorded() {
  [ "$(grep -o '"unfinished":true' "$dir"/run/*/held | wc -l)" -eq 3 ] &&
    grep -q '"name":"last"[^}]*"last":true' "$dir/state/record"
}

# levels_are LEVELS: of plain, keep, last, pulse, keep-pulse and last-pulse
levels_are() {
  local i levels=
  for i in 4 5 6 7 8 9; do
    levels+=$(cat "$board/gpio/GPIO$i")
  done
  [ "$levels" = "$1" ] || fail "levels of GPIO4 to GPIO9: $levels, expected $1"
}

crash() {
  kill -KILL "$daemon"
  wait_end "$daemon"
}

# after a reset all lines are inputs
reset_lines() {
  # nothing in memory outlives a boot
  rm -rf "${RUNTIME_DIRECTORY:?}"/*
  local i
  for i in 4 5 6 7 8 9; do
    rm "$board/gpio/.GPIO$i.line"
    set_line "GPIO$i" 0
  done
}

after_a_power_cut() {
  start_and_switch_on
  crash
  reset_lines
  start_online
  levels_are 001000
  # one that shall keep is told that there is nothing to keep
  expect_log 'warning: output keep: line GPIO5 was an input'
}

after_a_reboot() {
  start_and_switch_on
  stop_daemon
  levels_are 010000
  reset_lines
  start_online
  levels_are 001000
}

after_a_crash() {
  start_and_switch_on
  crash
  levels_are 111111
  # what the service does
  pinferry safe-state -s "$board"
  levels_are 010000
  start_online
  levels_are 011000
}

after_an_upgrade() {
  start_and_switch_on
  stop_daemon
  levels_are 010000
  start_online
  levels_are 011000
}

after_a_reload() {
  start_and_switch_on
  reload
  after_fence
  levels_are 111111
  grep -q '"unfinished":[[:space:]]*true' "$dir"/run/*/held
}

after_a_bad_command() {
  local name
  start_and_switch_on
  for name in plain keep last pulse keep-pulse last-pulse; do
    command_output "$name" 0FF
    saw "0 t/output/$name/ack {*\"rejected\"*\"reason\":\"?*\"state\":\"ON\"*}"
  done
  levels_are 111111
}

# ---- limits and safe-state ------------------------------------------------------------------------

# start_limited KEY=VALUE;...: two outputs, of which the second one is to be on at the end
start_limited() {
  configure <<END
outputs: (
  { name = "first"; line = "GPIO4"; $1 },
  { name = "second"; line = "GPIO5"; on_exit = "on"; $1 },
  { name = "fence"; line = "GPIO27"; }
);
interlocks: ( { name = "blind"; dead_time_ms = 1000; } );
END
  start_online
}

first_goes_on() {
  command_output first ON
  expect '1 t/output/first ON'
  until_true "$patience_s" grep -q '"level":[[:space:]]*true' "$dir"/run/*/held
}

safe_state_does_not_wait_for_min_on_s() {
  start_broker
  start_listener
  start_limited 'min_on_s = 3600;'
  first_goes_on
  crash
  pinferry safe-state -s "$board"
  line_is GPIO4 0
  line_is GPIO5 1
}

safe_state_leaves_off_what_may_not_be_on() {
  start_broker
  start_listener
  # off for less than the limit, so that on_exit cannot be
  start_limited 'min_off_s = 3600;'
  crash
  pinferry safe-state -s "$board"
  line_is GPIO5 0
  # was the other on a moment ago?
  start_limited 'interlock = "blind";'
  first_goes_on
  crash
  pinferry safe-state -s "$board"
  line_is GPIO4 0
  line_is GPIO5 0
}

# ---- network and controller -----------------------------------------------------------------------

# start_with_rules: all but the button are on; the controller lives as long as its heartbeats come
start_with_rules() {
  local name
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "wall"; line = "GPIO17"; debounce_ms = 5; } );
outputs: (
  { name = "none"; line = "GPIO4"; },
  { name = "broker"; line = "GPIO5"; failsafe = { after_s = 1.5; }; },
  { name = "heartbeat"; line = "GPIO6"; failsafe = { after_s = 1.5; heartbeat_topic = "alive"; }; },
  { name = "limit"; line = "GPIO7"; max_on_s = 2; },
  { name = "pulse"; line = "GPIO8"; },
  { name = "button"; line = "GPIO9"; button = { input = "wall"; }; },
  { name = "fence"; line = "GPIO27"; }
);
END
  start_online
  for name in none broker heartbeat limit; do
    command_output "$name" ON
    saw "1 t/output/$name ON"
  done
  publish t/output/pulse/set_on_ms 2000
  saw '1 t/output/pulse ON'
  mark_now
}

# comes_to LEVELS: of none, broker, heartbeat, limit and pulse, in the end
comes_to() {
  levels=${1}0
  until_true 20 has_levels || levels_are "$levels"
  # the wall switch works meanwhile
  set_line GPIO17 1
  expect_line GPIO9 1
}

has_levels() {
  (levels_are "$levels") 2>/dev/null
}

# comes_back_with LEVELS: the return of what was gone changes nothing, a command does
comes_back_with() {
  after_fence
  levels_are "${1}1"
  command_output heartbeat ON
  saw '1 t/output/heartbeat ON'
}

while_the_broker_is_gone() {
  start_with_rules
  stop_listener
  kill -KILL "$broker"
  wait_end "$broker"
  comes_to 10000
  start_broker
  start_listener
  saw '1 t/status online'
  comes_back_with 10000
}

while_the_controller_is_gone() {
  start_with_rules
  comes_to 11000
  publish alive 1
  comes_back_with 11000
}

while_the_network_is_gone() {
  mqtt_options='keepalive_s = 5;'
  start_with_rules
  # a broker that is frozen is as silent as a Wi-Fi that is gone
  kill -STOP "$broker"
  comes_to 10000
  kill -CONT "$broker"
  until_true "$patience_s" online_again || fail 'no reconnect'
  comes_back_with 10000
}

online_again() {
  [ "$(grep -c 'mqtt: connected' "$daemon_log")" -ge 2 ] && find_message '1 t/status online'
}

run_tests after_a_power_cut after_a_reboot after_a_crash after_an_upgrade after_a_reload \
  after_a_bad_command while_the_broker_is_gone while_the_controller_is_gone \
  while_the_network_is_gone \
  safe_state_does_not_wait_for_min_on_s \
  safe_state_leaves_off_what_may_not_be_on

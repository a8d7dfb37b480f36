#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Interlocks: never two outputs of a group on, and a pause between them.

. "$(dirname "$0")/lib.sh"
need_broker

dead_time_ms=300

# configure_blind [KEY=VALUE;...]: both directions have these settings
configure_blind() {
  configure <<END
outputs: (
  { name = "up"; line = "GPIO5"; interlock = "blind"; $* },
  { name = "down"; line = "GPIO6"; interlock = "blind"; $* },
  { name = "fence"; line = "GPIO27"; }
);
interlocks: ( { name = "blind"; dead_time_ms = $dead_time_ms; } );
END
}

start_all() {
  start_broker
  start_listener
  configure_blind "$@"
  start_online
}

# goes_on NAME: once it is allowed
goes_on() {
  command_output "$1" ON
  expect "1 t/output/$1 ON"
}

switching_over_turns_the_other_off_first_and_waits() {
  local off_ns ms
  start_all
  goes_on up
  command_output down ON
  expect '1 t/output/up OFF'
  off_ns=$(written_ns GPIO5)
  expect '1 t/output/down ON'
  ms=$(between_ms "$off_ns" "$(written_ns GPIO6)")
  [ "$ms" -ge $((dead_time_ms - 10)) ] || fail "a pause of $ms ms"
  mark=0
  saw '0 t/output/down/ack {*"deferred"*"reason":"interlock dead time: 0.* s left"*"state":"OFF"*}'
  line_is GPIO5 0
}

the_dead_time_runs_anew_at_start() {
  dead_time_ms=3000
  start_all
  command_output up ON
  expect '0 t/output/up/ack {*"deferred"*"interlock dead time: * s left"*}'
  expect '1 t/output/up ON'
}

switching_over_and_back_keeps_the_pause() {
  start_all
  goes_on up
  command_output down ON
  command_output up ON
  expect '1 t/output/up OFF'
  expect '1 t/output/up ON'
  after_fence
  mark=0
  never '1 t/output/down ON'
}

off_takes_back_what_waits() {
  # longer than two commands take on a busy machine
  dead_time_ms=3000
  start_all
  goes_on up
  command_output down ON
  expect '0 t/output/down/ack {*"deferred"*}'
  command_output down OFF
  expect '0 t/output/down/ack {*"done"*}'
  goes_on up
  mark=0
  never '1 t/output/down ON'
}

switching_over_waits_for_min_on_s_of_the_other() {
  local on_ns ms
  start_all 'min_on_s = 1;'
  goes_on up
  on_ns=$(written_ns GPIO5)
  command_output down ON
  expect '0 t/output/down/ack {*"deferred"*"interlock blind: up is on"*}'
  expect '1 t/output/up OFF'
  ms=$(between_ms "$on_ns" "$(written_ns GPIO5)")
  [ "$ms" -ge 990 ] || fail "was on for $ms ms"
  expect '1 t/output/down ON'
}

a_pulse_of_the_other_is_ended() {
  start_all
  goes_on up
  publish t/output/up/set_on_ms 1000
  command_output down ON
  expect '1 t/output/up OFF'
  expect '1 t/output/down ON'
  # and the end of an off-pulse does not bring it back
  publish t/output/down/set_off_ms 700
  expect '1 t/output/down OFF'
  command_output up ON
  expect '1 t/output/up ON'
  publish t/output/fence/set_on_ms 1000
  expect '1 t/output/fence ON'
  expect '1 t/output/fence OFF'
  line_is GPIO5 1
  line_is GPIO6 0
}

two_found_on_are_both_switched_off() {
  start_broker
  start_listener
  configure_blind 'initial = "keep"; on_exit = "keep";'
  # as another program left them
  mkdir -p "$board/gpio"
  echo 'output other' | tee "$board/gpio/.GPIO5.line" >"$board/gpio/.GPIO6.line"
  echo 1 | tee "$board/gpio/GPIO5" >"$board/gpio/GPIO6"
  start_online
  line_is GPIO5 0
  line_is GPIO6 0
  expect_log 'more than one output of interlock blind is on'
}

# watch_both: writes what the two lines have, whenever it changes, and a last line with how often
# it looked; without a process per look, so that it looks often
watch_both() {
  local a b began ended seen='' looks=0
  while [ ! -e "$dir/enough" ]; do
    began=${EPOCHREALTIME/[.,]/}
    read -r a <"$board/gpio/GPIO5"
    read -r b <"$board/gpio/GPIO6"
    ended=${EPOCHREALTIME/[.,]/}
    # in a look as long as the dead time, one may have gone off and the other on
    [ $((ended - began)) -lt $((dead_time_ms * 1000)) ] || continue
    looks=$((looks + 1))
    [ "$a$b" != "$seen" ] || continue
    seen=$a$b
    echo "$seen"
  done
  echo "looks $looks"
}

# in_log: the moves of both, in the order in which they were written
in_log() {
  sed -n 's/.*output \(up\|down\): \(ON\|OFF\)$/\1 \2/p' "$daemon_log"
}

# storm: 125 alternating commands for each of the two, at the same time
storm() {
  local commands other
  # shellcheck disable=SC2046 # words are words
  commands=$(printf 'ON\nOFF\nTOGGLE\nON\nTOGGLE\n%.0s' $(seq 1 25))
  mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/up/set -l -q 1 <<<"$commands" &
  other=$!
  pids+=("$other")
  mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/down/set -l -q 1 <<<"$commands"
  wait_end "$other"
  after_fence
}

a_storm_of_commands_never_has_both_on() {
  local i watcher on='' who what moves=0
  dead_time_ms=20
  start_all
  watch_both >"$dir/seen" &
  watcher=$!
  pids+=("$watcher")
  for i in 1 2 3 4; do
    storm
  done
  [ "$(grep -c '^0 t/output/\(up\|down\)/ack ' "$messages")" -eq 1000 ] ||
    fail 'not one answer for each command'
  # and slower, so that the dead time is over in between
  goes_on up
  for i in $(seq 1 15); do
    goes_on down
    goes_on up
  done
  touch "$dir/enough"
  wait_end "$watcher"
  note "$(tail -n 1 "$dir/seen"), $(wc -l <"$dir/seen") changes seen"
  [ "$(wc -l <"$dir/seen")" -ge 30 ] || fail 'the storm was not seen'
  lacks '^11$' "$dir/seen"
  while read -r who what; do
    moves=$((moves + 1))
    if [ "$what" = ON ]; then
      [ -z "$on" ] || fail "$who went on while $on was on"
      on=$who
    elif [ "$who" = "$on" ]; then
      on=
    fi
  done < <(in_log)
  [ "$moves" -ge 60 ] || fail "only $moves moves in the log"
}

# down_alone [KEY=VALUE;...]: up has left, and the group is called otherwise
down_alone() {
  configure <<END
outputs: (
  { name = "down"; line = "GPIO6"; interlock = "other"; $* },
  { name = "fence"; line = "GPIO27"; interlock = "other"; }
);
interlocks: ( { name = "other"; } );
END
}

# down_goes_on_after_up
down_goes_on_after_up() {
  local ms
  expect '1 t/output/down ON'
  line_is GPIO5 0
  ms=$(between_ms "$(written_ns GPIO5)" "$(written_ns GPIO6)")
  [ "$ms" -ge $((dead_time_ms - 10)) ] || fail "a pause of $ms ms"
}

a_reload_that_removes_one_keeps_its_dead_time() {
  dead_time_ms=2000
  start_all 'min_on_s = 60;'
  goes_on up
  command_output down ON
  expect '0 t/output/down/ack {*"deferred"*}'
  down_alone
  reload
  down_goes_on_after_up
}

up_is_recorded() {
  tr -d ' \n\t' <"$(echo "$dir"/run/*/held)" | grep -q '"name":"up"[^}]*"level":true'
}

a_crash_and_another_configuration_keep_the_dead_time() {
  dead_time_ms=2000
  start_all
  goes_on up
  until_true "$patience_s" up_is_recorded || fail 'not recorded'
  kill -KILL "$daemon"
  wait_end "$daemon"
  down_alone 'initial = "on";'
  mark_now
  start_online
  mark=$((mark - 2))
  down_goes_on_after_up
}

run_tests a_reload_that_removes_one_keeps_its_dead_time \
  a_crash_and_another_configuration_keep_the_dead_time \
  switching_over_turns_the_other_off_first_and_waits the_dead_time_runs_anew_at_start \
  switching_over_and_back_keeps_the_pause off_takes_back_what_waits \
  switching_over_waits_for_min_on_s_of_the_other a_pulse_of_the_other_is_ended \
  two_found_on_are_both_switched_off a_storm_of_commands_never_has_both_on

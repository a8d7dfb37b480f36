#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Lines of an expander, which sits behind a bus: they obey like others, and when the bus hangs,
# nothing but they waits for it.

. "$(dirname "$0")/lib.sh"
need_broker

# start_all [KEY=VALUE;...]: pump and fence on an expander on i2c-1, with these settings; the rest
# on the header
start_all() {
  mkdir -p "$board/gpio"
  echo 1-0020 >"$board/gpio/GPIO20.behind"
  echo 1-0020 >"$board/gpio/GPIO21.behind"
  echo 1-0020 >"$board/gpio/GPIO22.behind"
  start_broker
  start_listener
  configure <<END
interlocks: ( { name = "pair"; dead_time_ms = 200; } );
outputs: (
  { name = "pump"; line = "GPIO20"; $* },
  { name = "fence"; line = "GPIO21"; interlock = "pair"; },
  { name = "lamp"; line = "GPIO5"; interlock = "pair"; },
  { name = "bell"; line = "GPIO6"; }
);
inputs: ( { name = "door"; line = "GPIO22"; } );
END
  start_online
}

# fault LINE WORD: see src/sim/sim.h
fault() {
  mkdir -p "$board/gpio"
  echo "$2" >"$board/gpio/$1.fault"
}

hang() {
  fault "$1" hang
}

release() {
  rm "$board/gpio/$1.fault"
}

its_lines_obey_and_are_read() {
  start_all
  lacks 'ignore it' "$daemon_log"
  line_is GPIO20 0
  command_output pump ON
  expect '0 t/output/pump/ack {*"deferred"*"the line is being written"*}'
  expect '1 t/output/pump ON'
  line_is GPIO20 1
  command_output pump '{"state":"OFF","for_ms":300}'
  expect '1 t/output/pump OFF'
  expect '1 t/output/pump ON'
  set_line GPIO22 1
  expect '1 t/input/door ON'
  stop_daemon
  line_is GPIO20 0
  saw '1 t/output/pump OFF'
  saw '1 t/status offline'
}

a_bus_that_hangs_delays_only_its_own_lines() {
  local i start took worst=0
  start_all
  hang GPIO22
  set_line GPIO22 1
  hang GPIO20
  command_output pump ON
  expect '0 t/output/pump/ack {*"deferred"*}'
  for i in 1 2 3 4 5; do
    mark_now
    start=$(now_ms)
    command_output bell TOGGLE
    expect '0 t/output/bell/ack {*"done"*}' 5
    took=$(($(now_ms) - start))
    [ "$took" -le "$worst" ] || worst=$took
  done
  note "a command to another relay and its answer took $worst ms at most, with mosquitto_pub"
  # only the newest counts when it comes back
  command_output pump OFF
  command_output pump ON
  mark=0
  expect '1 t/output/pump/error bus i2c-1 hangs: a call does not come back' 40
  expect '1 t/output/pump/availability offline'
  expect '1 t/info *"i2c-1":"hangs"*' 40
  line_is GPIO20 0
  mark_now
  release GPIO22
  release GPIO20
  saw '1 t/input/door ON'
  expect '1 t/output/pump/error '
  expect '1 t/output/pump ON'
  expect '1 t/output/pump/availability online'
  line_is GPIO20 1
}

a_stop_does_not_wait_for_a_bus_that_hangs() {
  local start
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  command_output bell ON
  expect '1 t/output/bell ON'
  hang GPIO20
  start=$(now_ms)
  stop_daemon
  [ "$(($(now_ms) - start))" -lt 8000 ] || fail 'the stop took too long'
  line_is GPIO6 0
  line_is GPIO20 1
  saw '1 t/status offline'
  # what could not be done is done by the next who can
  release GPIO20
  pinferry safe-state -s "$board"
  line_is GPIO20 0
}

a_start_does_not_wait_for_a_bus_that_hangs() {
  mkdir -p "$board/gpio"
  hang GPIO20
  start_all
  command_output bell ON
  expect '1 t/output/bell ON'
  release GPIO20
  expect '1 t/output/pump OFF'
  expect '1 t/output/pump/availability online'
}

another_member_of_the_group_waits_until_the_line_is_known_to_be_off() {
  start_all
  command_output fence ON
  expect '1 t/output/fence ON'
  hang GPIO21
  command_output lamp ON
  expect '0 t/output/lamp/ack {*"deferred"*"interlock pair: fence is on"*}'
  command_output bell ON
  expect '1 t/output/bell ON'
  line_is GPIO5 0
  release GPIO21
  expect '1 t/output/lamp ON'
  line_is GPIO21 0
}

a_removed_output_is_brought_to_rest_when_its_bus_is_back() {
  start_all
  command_output fence ON
  expect '1 t/output/fence ON'
  hang GPIO21
  command_output fence OFF
  expect '0 t/output/fence/ack {*"the line is being written"*}'
  configure <<END
interlocks: ( { name = "pair"; dead_time_ms = 200; } );
outputs: ( { name = "lamp"; line = "GPIO5"; interlock = "pair"; } );
END
  reload
  expect '1 t/output/fence '
  command_output lamp ON
  expect '0 t/output/lamp/ack {*"deferred"*"interlock pair: fence is on"*}'
  line_is GPIO5 0
  release GPIO21
  expect '1 t/output/lamp ON'
  line_is GPIO21 0
}

# what_is_said NAME: the state last published, and whether it counts
what_is_said() {
  said=$(grep -a "^. t/output/$1 " "$messages" | tail -n 1)
  said="${said##* } $(grep -a "^. t/output/$1/availability " "$messages" | tail -n 1)"
}

said_and_so() {
  what_is_said pump
  [ "$said" = "$1 1 t/output/pump/availability online" ]
}

# when the daemon last requested a line, in ns: it writes down who holds it
requested_ns() {
  local time
  time=$(stat -c %.9Y "$board/gpio/.$1.line")
  echo "${time/[.,]/}"
}

# was_requested_since LINE NS
was_requested_since() {
  [ "$(requested_ns "$1")" -gt "$2" ]
}

# wait_for_tries LINE N: the daemon requests it N times, and has come back from all but the last
wait_for_tries() {
  local i before
  for ((i = 0; i < $2; i++)); do
    before=$(requested_ns "$1")
    until_true "$patience_s" was_requested_since "$1" "$before" || fail "$1 is not tried again"
  done
}

a_write_that_does_nothing_is_never_told() {
  local word
  start_all
  for word in deaf zero; do
    note "$word"
    mark_now
    fault GPIO20 "$word"
    command_output pump ON
    expect '1 t/output/pump/error line GPIO20 was set ON but reads OFF'
    expect '1 t/output/pump/availability offline'
    wait_for_tries GPIO20 2
    lacks 't/output/pump ON' "$messages"
    lacks 't/output/pump/ack .*"done"' "$messages"
    lacks 'pump: works again' "$daemon_log"
    line_is GPIO20 0
    release GPIO20
    expect '1 t/output/pump/error ' 6
    expect '1 t/output/pump/availability online' 6
    # whatever has become of the command: what is said is so
    command_output pump OFF
    until_true "$patience_s" said_and_so OFF || fail "said: $said"
    line_is GPIO20 0
    # the next round begins with nothing heard
    stop_listener
    start_listener
    : >"$daemon_log"
  done
}

a_line_that_cannot_be_had_as_it_is_to_be_is_not_available() {
  mkdir -p "$board/gpio"
  fault GPIO20 deaf
  start_all 'initial = "on"'
  mark=0
  expect '1 t/output/pump/error line GPIO20 was set ON but reads OFF'
  expect '1 t/output/pump/availability offline'
  lacks 't/output/pump ON' "$messages"
  lacks 't/output/pump/availability online' "$messages"
  release GPIO20
  expect '1 t/output/pump ON' 7
  expect '1 t/output/pump/availability online'
  line_is GPIO20 1
}

what_its_driver_cannot_do_is_said() {
  mkdir -p "$board/gpio"
  echo 1-0020 >"$board/gpio/GPIO22.behind"
  start_broker
  start_listener
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO22"; bias = "up"; },
          { name = "gate"; line = "GPIO17"; bias = "up"; } );
END
  start_online
  expect_log 'warning: input door: drivers of expanders in the kernel take bias'
  lacks 'input gate: drivers' "$daemon_log"
}

# the driver in the kernel believes that the chip still has what was written last
a_chip_that_lost_its_power_is_not_said_to_work_again() {
  fault GPIO20 cache
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  mark_now
  set_line GPIO20 0
  expect '1 t/output/pump/error line GPIO20 was set ON but reads OFF'
  expect '1 t/output/pump/availability offline'
  wait_for_tries GPIO20 2
  lacks 'pump: works again' "$daemon_log"
  never '1 t/output/pump ON'
  never '1 t/output/pump/availability online'
  # until somebody writes the level anew
  rm "$board/gpio/.GPIO20.cache"
  expect '1 t/output/pump ON' 7
  expect '1 t/output/pump/availability online'
  line_is GPIO20 1
}

a_limit_that_cannot_act_is_not_told_as_done() {
  start_all 'max_on_s = 2'
  command_output pump ON
  expect '1 t/output/pump ON'
  # the line cannot be reached when max_on_s ends
  touch "$board/gpio/unplugged"
  saw '1 t/output/pump/availability offline'
  expect '0 t/output/pump/ack {*"deferred"*"max_on_s is over; the line is not available"*null*}'
  lacks '"done".*max_on_s' "$messages"
  line_is GPIO20 1
  rm "$board/gpio/unplugged"
  expect '1 t/output/pump OFF' 7
  expect '0 t/output/pump/ack {*"done"*"max_on_s is over"*"OFF"*}'
  line_is GPIO20 0
}

# without_fence: the group is called otherwise, too
without_fence() {
  configure <<'END'
interlocks: ( { name = "other"; dead_time_ms = 200; } );
outputs: (
  { name = "lamp"; line = "GPIO5"; interlock = "other"; },
  { name = "bell"; line = "GPIO6"; interlock = "other"; }
);
END
}

# lamp_goes_on_after_fence: which nobody knows any more, and whose bus hangs
lamp_goes_on_after_fence() {
  local off_ns ms
  command_output lamp ON
  expect '0 t/output/lamp/ack {*"interlock pair: fence *"*}'
  command_output bell ON
  expect '0 t/output/bell/ack {*"interlock pair: fence *"*}'
  line_is GPIO5 0
  line_is GPIO21 1
  release GPIO21
  expect_line GPIO21 0
  off_ns=$(written_ns GPIO21)
  until_true "$patience_s" lamp_is_on || fail 'the lamp does not go on'
  ms=$(between_ms "$off_ns" "$(written_ns GPIO5)")
  [ "$ms" -ge 190 ] || fail "a pause of $ms ms"
}

lamp_is_on() {
  command_output lamp ON
  expect '0 t/output/lamp/ack *'
  line_is GPIO5 1
}

a_reload_that_renames_the_group_forgets_nobody_on_a_bus_that_hangs() {
  start_all
  command_output fence ON
  expect '1 t/output/fence ON'
  hang GPIO21
  without_fence
  reload
  expect '1 t/output/fence '
  lamp_goes_on_after_fence
}

fence_is_recorded() {
  tr -d ' \n\t' <"$(echo "$dir"/run/*/held)" | grep -q '"name":"fence"[^}]*"level":true'
}

a_crash_and_another_configuration_forget_nobody_on_a_bus_that_hangs() {
  start_all
  command_output fence ON
  expect '1 t/output/fence ON'
  until_true "$patience_s" fence_is_recorded || fail 'not recorded'
  hang GPIO21
  kill -KILL "$daemon"
  wait_end "$daemon"
  without_fence
  mark_now
  start_online
  lamp_goes_on_after_fence
}

run_tests \
  a_reload_that_renames_the_group_forgets_nobody_on_a_bus_that_hangs \
  a_crash_and_another_configuration_forget_nobody_on_a_bus_that_hangs \
  a_write_that_does_nothing_is_never_told \
  a_line_that_cannot_be_had_as_it_is_to_be_is_not_available \
  a_chip_that_lost_its_power_is_not_said_to_work_again \
  a_limit_that_cannot_act_is_not_told_as_done \
  what_its_driver_cannot_do_is_said \
  its_lines_obey_and_are_read \
  a_bus_that_hangs_delays_only_its_own_lines \
  a_stop_does_not_wait_for_a_bus_that_hangs \
  a_start_does_not_wait_for_a_bus_that_hangs \
  another_member_of_the_group_waits_until_the_line_is_known_to_be_off \
  a_removed_output_is_brought_to_rest_when_its_bus_is_back

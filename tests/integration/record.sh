#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What outlives the daemon: the record of its lines, `safe-state`, and starts after a crash.

. "$(dirname "$0")/lib.sh"
need_broker

configure_outputs() {
  configure <<'END'
outputs: (
  { name = "gate"; line = "GPIO5"; active_low = true; initial = "keep"; on_exit = "keep"; },
  { name = "lamp"; line = "GPIO22"; initial = "last"; },
  { name = "pump"; line = "GPIO27"; },
  { name = "valve"; line = "GPIO13"; initial = "keep"; on_exit = "keep"; },
  { name = "heater"; line = "GPIO6"; initial = "keep"; on_exit = "keep"; max_on_s = 5; }
);
END
}

# configure_lamp: nothing but the lamp
configure_lamp() {
  configure <<'END'
outputs: ( { name = "lamp"; line = "GPIO22"; } );
END
}

start_all() {
  start_broker
  start_listener
  configure_outputs
  start_online
}

# safe_state: sets $status; what it says goes to $dir/safe-state
safe_state() {
  local began
  began=$(now_ms)
  status=0
  pinferry safe-state -s "$board" >"$dir/safe-state" 2>&1 || status=$?
  note "safe-state ended with $status after $(($(now_ms) - began)) ms"
  cat "$dir/safe-state" >&2
}

# record_has REGEX: the record of what is held
record_has() {
  grep -q -e "$1" "$dir"/run/*/held
}

# disk_has REGEX: what outlives a boot
disk_has() {
  grep -q -e "$1" "$dir/state/record"
}

# forget_the_boot: nothing that is in memory outlives it, and all lines are inputs
forget_the_boot() {
  rm -rf "$dir"/run/* "$board"/gpio/.GPIO*
  rm -f "$board"/gpio/*
}

record_lacks() {
  ! record_has "$1"
}

# expect_record REGEX
expect_record() {
  until_true "$patience_s" record_has "$1" || fail "not in the record: $1"
}

crash() {
  kill -KILL "$daemon"
  wait_end "$daemon"
}

# crash_in_a_pulse: of the gate, with valve and pump on
crash_in_a_pulse() {
  command_output valve ON
  command_output pump ON
  expect '1 t/output/pump ON'
  publish t/output/gate/set_on_ms 60000
  expect '1 t/output/gate ON'
  expect_record '"unfinished":[[:space:]]*true'
  crash
  line_is GPIO5 0
}

a_crash_in_a_pulse_is_dealt_with_by_safe_state() {
  start_all
  crash_in_a_pulse
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO5 1
  line_is GPIO27 0
  line_is GPIO13 1
  grep -q '^output gate: off, end of a pulse$' "$dir/safe-state"
  grep -q '^output pump: off$' "$dir/safe-state"
  grep -q '^output valve: left as it is$' "$dir/safe-state"
}

a_crash_in_a_pulse_is_dealt_with_by_the_next_start() {
  start_all
  crash_in_a_pulse
  start_daemon
  expect_line GPIO5 1
  expect_line GPIO27 0
  line_is GPIO13 1
}

safe_state_obeys_the_record_although_the_configuration_was_edited() {
  start_all
  crash_in_a_pulse
  sed -i 's/GPIO27/GPIO20/; s/active_low = true;//' "$dir/pinferry.conf"
  safe_state
  line_is GPIO27 0
  line_is GPIO5 1
  # what nobody held is named and not touched
  [ "$status" -eq 1 ]
  grep -q 'output pump: line GPIO20 was not held by the daemon that ended' "$dir/safe-state"
  [ ! -e "$board/gpio/GPIO20" ]
}

safe_state_obeys_the_record_although_the_configuration_is_broken() {
  start_all
  crash_in_a_pulse
  echo 'outputs: ( { ' >>"$dir/pinferry.conf"
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO27 0
  line_is GPIO5 1
}

safe_state_finds_the_record_although_an_include_that_names_it_is_broken() {
  start_all
  crash_in_a_pulse
  grep '^state_dir' "$dir/pinferry.conf" >"$dir/place.conf"
  echo 'outputs: ( { ' >>"$dir/place.conf"
  sed -i 's/^state_dir.*/@include "place.conf"/' "$dir/pinferry.conf"
  sed -i '1i /* once:\nstate_dir = "/nowhere";\n*/' "$dir/pinferry.conf"
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO27 0
  line_is GPIO5 1
}

safe_state_beside_a_live_daemon_changes_nothing() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  safe_state
  [ "$status" -eq 1 ]
  grep -q "as process $daemon" "$dir/safe-state"
  line_is GPIO27 1
}

safe_state_without_a_record_uses_the_configuration() {
  free_port
  configure_outputs
  echo 1 >"$board/gpio/GPIO27"
  safe_state
  [ "$status" -eq 0 ]
  line_is GPIO27 0
  [ ! -e "$board/gpio/GPIO13" ]
  echo 'outputs: 3;' >>"$dir/pinferry.conf"
  safe_state
  [ "$status" -eq 78 ]
}

last_is_restored_after_a_clean_end_and_after_a_crash() {
  start_all
  command_output lamp ON
  expect '1 t/output/lamp ON'
  stop_daemon
  line_is GPIO22 0
  mark_now
  start_online
  line_is GPIO22 1
  # a pulsed state is none to restore
  command_output lamp '{"state":"OFF","for_ms":60000}'
  expect '1 t/output/lamp OFF'
  expect_record '"unfinished":[[:space:]]*true'
  crash
  mark_now
  start_online
  line_is GPIO22 1
  command_output lamp OFF
  expect '1 t/output/lamp OFF'
  stop_daemon
  mark_now
  start_online
  line_is GPIO22 0
}

a_torn_record_means_off_and_one_warning() {
  local file
  start_all
  command_output lamp ON
  expect '1 t/output/lamp ON'
  stop_daemon
  cp -r "$dir/run" "$dir/kept"
  for file in run/*/held state/record; do
    [ "$file" != state/record ] || rm -rf "$dir"/run/*
    # shellcheck disable=SC2086 # one of them is a pattern
    truncate -s -20 "$dir"/$file
    : >"$daemon_log"
    mark_now
    start_online
    line_is GPIO22 0
    [ "$(grep -c 'torn or garbled' "$daemon_log")" -eq 1 ]
    stop_daemon
  done
}

passed() {
  [ "$(now_ms)" -ge "$1" ]
}

max_on_goes_on_counting_after_a_restart() {
  local began
  start_all
  began=$(now_ms)
  command_output heater ON
  expect '1 t/output/heater ON'
  until_true 5 passed $((began + 3000))
  stop_daemon
  line_is GPIO6 1
  start_daemon
  expect_line GPIO6 0
  note "on for $(($(now_ms) - began)) ms"
  # counted anew it would be 8 s
  ! passed $((began + 7900))
}

an_output_that_was_removed_goes_to_on_exit_at_the_next_start() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  expect_record '"level":[[:space:]]*true'
  crash
  line_is GPIO27 1
  configure_lamp
  mark_now
  start_online
  line_is GPIO27 0
  expect_log 'output pump is no longer configured: off'
  until_true "$patience_s" record_lacks '"pump"'
}

an_output_that_a_reload_removes_leaves_the_record() {
  start_all
  expect_record '"pump"'
  configure_lamp
  kill -HUP "$daemon"
  expect_log 'reloaded'
  until_true "$patience_s" record_lacks '"pump"'
  record_has '"lamp"'
}

# record_rests: it was not written for longer than the daemon collects changes
record_rests() {
  local was
  was=$(stat -c %i "$dir/state/record")
  nap 0.7
  [ "$(stat -c %i "$dir/state/record")" = "$was" ]
}

where_nothing_lasting_changes_the_disk_is_not_written() {
  local before id
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  record_has '"level":true'
  until_true "$patience_s" disk_has '"name":"pump"[^}]*"last":true'
  until_true "$patience_s" record_rests
  before=$(stat -c %i "$dir/state/record")
  for id in 1 2 3 4 5; do
    command_output pump "{\"state\":\"ON\",\"id\":\"$id\"}"
    expect "0 t/output/pump/ack {*\"$id\"*}"
  done
  command_output gate '{"state":"ON","for_ms":20}'
  expect '1 t/output/gate ON'
  expect '1 t/output/gate OFF'
  # the end sets what is held, and nothing that outlives a boot
  stop_daemon
  record_lacks '"level":true'
  [ "$(stat -c %i "$dir/state/record")" = "$before" ]
}

a_state_directory_that_is_gone_stops_no_relay() {
  start_all
  mv "$dir/state" "$dir/away"
  command_output pump ON
  expect '1 t/output/pump ON'
  expect_log 'cannot be written'
  command_output pump OFF
  expect '1 t/output/pump OFF'
  stop_daemon
  [ "$(grep -c 'cannot be written' "$daemon_log")" -eq 1 ]
}

line_time() {
  stat -c %.9Y "$board/gpio/$1"
}

a_line_at_rest_that_is_no_longer_configured_is_not_touched() {
  local before
  start_all
  stop_daemon
  before=$(line_time GPIO27)
  configure_lamp
  mark_now
  start_online
  [ "$(line_time GPIO27)" = "$before" ]
  until_true "$patience_s" record_lacks '"pump"'
  crash
  safe_state
  [ "$(line_time GPIO27)" = "$before" ]
}

another_boot_leaves_nothing_but_the_last_state() {
  start_all
  command_output lamp ON
  expect '1 t/output/lamp ON'
  until_true "$patience_s" disk_has '"name":"lamp"[^}]*"last":true'
  crash_in_a_pulse
  forget_the_boot
  configure_lamp
  sed -i 's/GPIO22";/GPIO22"; initial = "last";/' "$dir/pinferry.conf"
  mark_now
  start_online
  line_is GPIO22 1
  # neither ended, nor brought to rest, nor looked at
  [ ! -e "$board/gpio/GPIO5" ]
  [ ! -e "$board/gpio/GPIO27" ]
}

the_last_state_of_another_machine_is_not_restored() {
  start_all
  command_output lamp ON
  expect '1 t/output/lamp ON'
  until_true "$patience_s" disk_has '"name":"lamp"[^}]*"last":true'
  stop_daemon
  forget_the_boot
  reseal 's/"machine":"[^"]*"/"machine":"another\/"/'
  mark_now
  start_online
  line_is GPIO22 0
  expect_log 'of another machine or board; outputs with initial = "last" start off'
}

# reseal SED: edits the record on the disk, and makes its checksum right
reseal() {
  sed -n '2,$p' "$dir/state/record" | tr -d '\n' | sed "$1" | tr -d '\n' >"$dir/body"
  {
    printf 'pinferry record 1 %s\n' "$(gzip -c "$dir/body" | tail -c 8 | head -c 4 |
      od -An -tx4 --endian=little | tr -d ' ')"
    cat "$dir/body"
  } >"$dir/state/record"
}

a_refused_reload_hides_nothing_from_safe_state() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  mkdir "$dir/elsewhere"
  sed -i "s|^state_dir.*|state_dir = \"$dir/elsewhere\";|; s/GPIO27/GPIO20/" "$dir/pinferry.conf"
  reload
  expect_log 'state_dir and driver_dir cannot change'
  # nor does it let anybody drive a line beside the daemon
  safe_state
  [ "$status" -eq 1 ]
  grep -q "as process $daemon" "$dir/safe-state"
  line_is GPIO27 1
  crash
  safe_state
  [ "$status" -eq 1 ]
  line_is GPIO27 0
  [ ! -e "$board/gpio/GPIO20" ]
}

a_line_is_known_by_what_it_is_not_by_the_name_of_its_output() {
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  crash
  sed -i 's/GPIO27/NOPE1/' "$dir/pinferry.conf"
  start_daemon
  expect_line GPIO27 0
  expect_log 'output pump is no longer configured: off'
}

a_line_that_is_only_named_in_another_way_is_kept() {
  start_broker
  start_listener
  configure <<'END'
outputs: ( { name = "lamp"; chip = "gpiochip0"; offset = 22; } );
END
  start_online
  command_output lamp ON
  expect '1 t/output/lamp ON'
  configure <<'END'
outputs: ( { name = "lamp"; chip = "pinctrl-bcm2711"; offset = 22; } );
END
  : >"$daemon_log"
  reload
  configure <<'END'
outputs: ( { name = "lamp"; line = "GPIO22"; } );
END
  reload
  line_is GPIO22 1
  lacks 'output lamp: OFF' "$daemon_log"
  lacks 'line .* held' "$daemon_log"
}

a_user_who_may_not_look_changes_nothing() {
  if [ "$(id -u)" -ne 0 ] || ! command -v setpriv >/dev/null; then
    echo 'needs root and setpriv'
    exit 77
  fi
  start_all
  command_output pump ON
  expect '1 t/output/pump ON'
  chmod 755 "$dir"
  chmod 644 "$dir/pinferry.conf"
  chmod -R a+rwX "$board"
  chmod 750 "$dir/state" "$dir"/run/*
  for _ in state run; do
    status=0
    setpriv --reuid=65534 --regid=65534 --clear-groups "$PINFERRY" safe-state \
      -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" >"$dir/safe-state" 2>&1 || status=$?
    cat "$dir/safe-state" >&2
    [ "$status" -eq 1 ]
    grep -q 'nothing was changed' "$dir/safe-state"
    line_is GPIO27 1
    # the state directory may be looked at now, the record of what is held not
    chmod 777 "$dir/state"
    rm -f "$dir/state/lock"
  done
}

a_command_is_carried_out_once_also_over_a_crash_and_another_polarity() {
  start_all
  command_output lamp '{"state":"ON","id":"once"}'
  expect '0 t/output/lamp/ack {*"once"*"done"*}'
  command_output lamp '{"state":"TOGGLE","id":"twice"}'
  expect '0 t/output/lamp/ack {*"twice"*"done"*}'
  crash
  mark_now
  start_online
  command_output lamp '{"state":"ON","id":"once"}'
  expect '0 t/output/lamp/ack {*"once"*"ignored"*"duplicate"*}'
  sed -i 's/GPIO22";/GPIO22"; active_low = true;/' "$dir/pinferry.conf"
  reload
  command_output lamp '{"state":"TOGGLE","id":"twice"}'
  expect '0 t/output/lamp/ack {*"twice"*"ignored"*"duplicate"*}'
  stop_daemon
  mark_now
  start_online
  command_output lamp '{"state":"TOGGLE","id":"twice"}'
  expect '0 t/output/lamp/ack {*"twice"*"ignored"*"duplicate"*}'
}

# slow_to_load: a configuration that takes a while, with the pump in it
slow_to_load() {
  {
    echo 'inputs: ('
    for ((i = 0; i < 3000; i++)); do
      printf '{ name = "i%d"; chip = "none"; offset = %d; },\n' "$i" "$i"
    done
    echo '{ name = "i"; line = "GPIO17"; } );'
    echo 'outputs: ( { name = "pump"; line = "GPIO27"; } );'
  } | configure
}

# SIGHUP is the first bit of that mask
holds_hang_up() {
  grep -q '^SigBlk:.*[13579bdf]$' "/proc/$daemon/status"
}

a_signal_before_the_start_is_over_does_not_end_it() {
  free_port
  slow_to_load
  start_daemon
  until_true 5 holds_hang_up || fail 'no signal waits for the start'
  kill -HUP "$daemon"
  expect_log 'reloaded'
  alive "$daemon"
  line_is GPIO27 0
}

without_a_runtime_directory_memory_is_used_all_the_same() {
  local held
  unset RUNTIME_DIRECTORY
  [ -w /dev/shm ] || {
    echo 'there is no /dev/shm'
    exit 77
  }
  start_all
  held=$(grep -l "\"state_dir\":\"$dir/state\"" /dev/shm/pinferry-*/held)
  note "$held"
  command_output pump ON
  expect '1 t/output/pump ON'
  grep -q '"level":true' "$held"
  crash
  safe_state
  line_is GPIO27 0
  [ "$status" -eq 0 ]
  rm -r "${held%/held}"
}

run_tests a_crash_in_a_pulse_is_dealt_with_by_safe_state \
  a_line_at_rest_that_is_no_longer_configured_is_not_touched \
  another_boot_leaves_nothing_but_the_last_state \
  the_last_state_of_another_machine_is_not_restored \
  a_refused_reload_hides_nothing_from_safe_state \
  a_line_is_known_by_what_it_is_not_by_the_name_of_its_output \
  a_line_that_is_only_named_in_another_way_is_kept \
  a_user_who_may_not_look_changes_nothing \
  a_command_is_carried_out_once_also_over_a_crash_and_another_polarity \
  a_signal_before_the_start_is_over_does_not_end_it \
  without_a_runtime_directory_memory_is_used_all_the_same \
  a_crash_in_a_pulse_is_dealt_with_by_the_next_start \
  safe_state_obeys_the_record_although_the_configuration_was_edited \
  safe_state_obeys_the_record_although_the_configuration_is_broken \
  safe_state_finds_the_record_although_an_include_that_names_it_is_broken \
  safe_state_beside_a_live_daemon_changes_nothing \
  safe_state_without_a_record_uses_the_configuration \
  last_is_restored_after_a_clean_end_and_after_a_crash \
  a_torn_record_means_off_and_one_warning \
  max_on_goes_on_counting_after_a_restart \
  an_output_that_was_removed_goes_to_on_exit_at_the_next_start \
  an_output_that_a_reload_removes_leaves_the_record \
  where_nothing_lasting_changes_the_disk_is_not_written \
  a_state_directory_that_is_gone_stops_no_relay

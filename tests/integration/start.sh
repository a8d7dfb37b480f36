#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# The state that outputs start with and are left in. That they do not wait for the network, and
# that a dead or frozen broker does not hold up the end, is in lifecycle.sh.

. "$(dirname "$0")/lib.sh"
need_broker

# all eight of initial off and on, on_exit off and on, with both polarities
configure_all() {
  configure <<'END'
outputs: (
  { name = "a"; line = "GPIO4"; initial = "off"; on_exit = "off"; },
  { name = "b"; line = "GPIO5"; initial = "off"; on_exit = "on"; },
  { name = "c"; line = "GPIO6"; initial = "on"; on_exit = "off"; },
  { name = "d"; line = "GPIO7"; initial = "on"; on_exit = "on"; },
  { name = "e"; line = "GPIO8"; initial = "off"; on_exit = "off"; active_low = true; },
  { name = "f"; line = "GPIO9"; initial = "off"; on_exit = "on"; active_low = true; },
  { name = "g"; line = "GPIO10"; initial = "on"; on_exit = "off"; active_low = true; },
  { name = "h"; line = "GPIO11"; initial = "on"; on_exit = "on"; active_low = true; }
);
END
}

# levels_are LEVELS: of GPIO4 to GPIO11
levels_are() {
  local i levels=
  for i in 4 5 6 7 8 9 10 11; do
    levels+=$(cat "$board/gpio/GPIO$i")
  done
  [ "$levels" = "$1" ] || fail "levels $levels, expected $1"
}

initial_and_on_exit_are_on_the_line() {
  free_port
  configure_all
  start_daemon
  expect_log ' 8 outputs'
  levels_are 00111100
  stop_daemon
  levels_are 01011010
}

the_state_is_published_when_the_broker_comes() {
  start_broker
  start_listener
  configure_all
  start_daemon
  saw '1 t/output/a OFF'
  saw '1 t/output/c ON'
  saw '1 t/output/e OFF'
  expect '1 t/output/h ON'
  expect '1 t/status online'
}

configure_keep() {
  configure <<'END'
outputs: ( { name = "valve"; line = "GPIO27"; initial = "keep"; on_exit = "keep";
  active_low = true; } );
END
}

keep_goes_on_over_a_restart_in_both_states() {
  start_broker
  start_listener
  configure_keep
  start_online
  command_output valve ON
  expect '1 t/output/valve ON'
  stop_daemon
  line_is GPIO27 0
  start_online
  line_is GPIO27 0
  [ "$(grep '^1 t/output/valve O' "$messages" | tail -n 1)" = '1 t/output/valve ON' ]
  command_output valve OFF
  expect '1 t/output/valve OFF'
  stop_daemon
  line_is GPIO27 1
  start_online
  line_is GPIO27 1
  mark=0
  [ "$(grep -c '^1 t/output/valve ON$' "$messages")" -eq 2 ]
}

keep_of_a_line_that_was_an_input_is_off_with_a_warning() {
  free_port
  configure_keep
  set_line GPIO27 0
  start_daemon
  expect_log 'warning: output valve: line GPIO27 was an input'
  expect_line GPIO27 1
}

a_crash_leaves_the_line_and_the_next_start_sets_initial() {
  start_broker
  start_listener
  configure_all
  start_online
  command_output a ON
  expect '1 t/output/a ON'
  kill -KILL "$daemon"
  wait_end "$daemon"
  [ "$(cat "$board/gpio/GPIO4")" = 1 ]
  start_online
  levels_are 00111100
}

an_upgrade_is_a_stop_and_a_start() {
  start_broker
  start_listener
  configure_all
  start_online
  command_output a ON
  expect '1 t/output/a ON'
  stop_daemon
  [ "$(cat "$board/gpio/GPIO4")" = 0 ]
  start_online
  levels_are 00111100
}

commands_are_refused_while_it_stops() {
  start_broker
  start_listener
  configure_all
  start_online
  # the daemon cannot say goodbye yet, and what it had been sent waits
  kill -STOP "$broker"
  kill -TERM "$daemon"
  expect_log 'stopping'
  publish t/output/a/set ON &
  pids+=("$!")
  kill -CONT "$broker"
  wait_end "$daemon" 10
  [ "$status" -eq 0 ]
  [ "$(cat "$board/gpio/GPIO4")" = 0 ]
}

# as root may do after the installation: the daemon is somebody else, who has to get at the files
what_root_makes_belongs_to_whom_the_directory_does() {
  [ "$(id -u)" -eq 0 ] || { note 'only root can give files away' && exit 77; }
  start_broker
  configure_all
  chown nobody "$dir/state"
  pinferry safe-state -s "$board"
  [ "$(stat -c %U "$dir/state/lock")" = nobody ] || fail "the lock is $(stat -c %U "$dir/state/lock")'s"
}

# a full disk is no reason to be without relays
it_starts_with_a_full_disk() {
  local own=$dir/own-mounts
  unshare --mount true 2>/dev/null || { note 'no mount namespace is allowed here' && exit 77; }
  start_broker
  start_listener
  configure_all
  cat >"$own" <<END
#!/bin/sh
mount -t tmpfs -o size=16k full "$dir/state" || exit 1
cat /dev/zero >"$dir/state/fill" 2>/dev/null
exec "$PINFERRY" "\$@"
END
  chmod 755 "$own"
  unshare --mount "$own" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" -v \
    2>>"$daemon_log" &
  daemon=$!
  pids+=("$daemon")
  expect '1 t/status online'
  command_output a ON
  expect '1 t/output/a ON'
  stop_daemon
}

run_tests initial_and_on_exit_are_on_the_line the_state_is_published_when_the_broker_comes \
  keep_goes_on_over_a_restart_in_both_states keep_of_a_line_that_was_an_input_is_off_with_a_warning \
  a_crash_leaves_the_line_and_the_next_start_sets_initial an_upgrade_is_a_stop_and_a_start \
  commands_are_refused_while_it_stops what_root_makes_belongs_to_whom_the_directory_does \
  it_starts_with_a_full_disk

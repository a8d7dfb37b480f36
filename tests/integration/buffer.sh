#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What becomes of the readings of sensors with a buffer while the broker is away. The sensors count
# (ramp.c), so each reading is known by its value.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

need_broker
need_ramp

# lost_at_least N: connections
lost_at_least() {
  [ "$(grep -c 'connection to .* is lost' "$daemon_log")" -ge "$1" ]
}

# ---- what is heard --------------------------------------------------------------------------------

# start_ears: records all readings. One line per message: RETAINED TOPIC PAYLOAD.
start_ears() {
  mosquitto_sub -h 127.0.0.1 -p "$port" -V 5 --retain-as-published -q 1 -t 't/sensor/+' -t test/ears -F '%r %t %p' >>"$dir/heard" 2>>"$dir/ears.log" &
  ears=$!
  pids+=("$ears")
  until_true "$patience_s" ears_ready || fail 'the ears hear nothing'
}

ears_ready() {
  publish test/ears 1
  grep -q 'test/ears 1$' "$dir/heard"
}

# values NAME: of a sensor as heard
values() {
  sed -n "s/^[01] t\/sensor\/$1 {\"value\":\([0-9]*\),\"time\":\"[^\"]*\".*}\$/\1/p" "$dir/heard"
}

heard_at_least() {
  [ "$(values "$1" | tail -n 1)" -ge "$2" ]
} 2>/dev/null

# expect_heard NAME VALUE [SECONDS]: or a higher one
expect_heard() {
  until_true "${3:-$patience_s}" heard_at_least "$1" "$2" ||
    fail "sensor $1: $2 is not heard, but $(values "$1" | tail -n 1)"
}

# is_complete NAME FIRST: every value from FIRST on, in order. QoS 1 may repeat what was on its way
# when the connection was lost: a step back has to be a small one and leads over known values only.
is_complete() {
  values "$1" | awk -v next_value="$2" -v name="$1" '
    BEGIN { expected = next_value }
    $1 == expected { top = $1 > top ? $1 : top; expected = $1 + 1; next }
    $1 < expected && top - $1 < 16 { back++; repeated += top - $1 + 1; expected = $1 + 1; next }
    { print "sensor " name ": " $1 " instead of " expected; bad = 1; exit }
    END { if (!bad) print "sensor " name ": complete to " top ", " back + 0 " times back"
          exit bad }' >&2
}

# times_rise NAME: each reading has one time, however often it came, and none is before that of the
# reading before; after a stall two may be of one millisecond
times_rise() {
  sed -n "s/^[01] t\/sensor\/$1 {\"value\":\([0-9]*\),\"time\":\"\([^\"]*\)\".*/\1 \2/p" \
    "$dir/heard" | sort -n -u | awk '
      $1 == value || $2 < time { print value " at " time ", " $1 " at " $2; bad = 1; exit }
      { value = $1; time = $2 }
      END { exit bad }' >&2 || fail "the times of $1 do not rise"
}

# ---- the daemon -----------------------------------------------------------------------------------

# a sensor is at a value when the log (-v: debug) says so
is_at() {
  [ "$(sed -n "s/.*sensor $1: {\"value\":\([0-9]*\),.*/\1/p" "$daemon_log" | tail -n 1)" -ge "$2" ]
} 2>/dev/null

expect_at() {
  until_true "${3:-$patience_s}" is_at "$1" "$2" || fail "sensor $1 does not come to $2"
}

# a broker that hands on all it gets, and ears there
start_world() {
  start_broker 'allow_anonymous true' 'max_queued_messages 0' 'max_inflight_messages 0'
  start_ears
  start_net
}

# ---- tests ----------------------------------------------------------------------------------------

an_outage_loses_nothing() {
  local newest
  start_world
  configure <<'END'
log: { level = "debug"; };
sensors: (
  { name = "a"; driver = "ramp"; interval_s = 0.1; format = "json";
    buffer = { max_messages = 500; }; },
  { name = "b"; driver = "ramp"; interval_s = 0.02; format = "json";
    buffer = { max_messages = 5000; }; }
);
END
  start_ramps
  expect_heard b 20
  cut_net
  expect_log 'connection to .* is lost'
  expect_at b 200
  start_net
  expect_heard a 40
  expect_heard b 250
  is_complete a 1
  is_complete b 1
  [ "$(grep -c '^0 t/sensor/b ' "$dir/heard")" -ge 100 ] || fail 'older readings are retained'
  # the one that is retained is the newest, and nothing waits any more
  start_listener
  saw '1 t/sensor/b {"value":*'
  newest=${message#*\"value\":}
  [ "${newest%%,*}" -ge 250 ] || fail "retained is $message"
  stop_daemon
  times_rise a
}

# in_info FIELD MINIMUM: what the newest info says of it, at least
in_info() {
  local newest
  newest=$(grep ' t/info ' "$messages" | tail -n 1)
  [[ $newest =~ \"$1\":([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -ge "$2" ]
}

what_does_not_fit_is_dropped_and_counted() {
  local kept
  start_world
  configure <<'END'
log: { level = "debug"; };
buffer: { max_messages = 20; };
sensors: ( { name = "a"; driver = "ramp"; interval_s = 0.1; format = "json"; } );
END
  start_ramps
  expect_heard a 10
  cut_net
  expect_log 'connection to .* is lost'
  expect_at a 60
  expect_log 'sensor a: 20 readings wait, more than that are not kept; dropping the oldest'
  [ "$(grep -c 'more than that are not kept' "$daemon_log")" -eq 1 ] || fail 'said more than once'
  start_net
  start_listener
  expect_heard a 85
  # a gap, and after it 20 and then the new ones
  kept=$(values a | awk '$1 > last + 1 && last { print $1 } { last = $1 }')
  [ "$(wc -w <<<"$kept")" -eq 1 ] || fail "gaps before: $kept"
  values a | awk -v from="$kept" '$1 >= from' | awk 'last && $1 != last + 1 { exit 1 } { last = $1 }' ||
    fail "not in order after $kept"
  expect_log 'sensor a: all that waited is sent; [0-9]* older readings were dropped'
  # info comes when the next connection is there, at the latest
  cut_net
  start_net
  until_true "$patience_s" in_info dropped 20 || fail 'info does not tell of the dropped'
  in_info buffered 0 || fail 'info does not tell of the buffered'
}

# ramp_config FIRST: one sensor with its buffer on the disk
ramp_config() {
  configure <<END
log: { level = "debug"; };
buffer: { max_messages = 20000; on_disk = true; };
sensors: (
  { name = "a"; driver = "ramp"; interval_s = 0.02; format = "json"; first = $1; }
);
END
}

# lines_in_file NUMBER: at least
lines_in_file() {
  [ -e "$dir/state/buffer/a" ] && [ "$(wc -l <"$dir/state/buffer/a")" -ge "$1" ]
}

file_is_gone() {
  [ ! -e "$dir/state/buffer/a" ]
}

kill_daemon() {
  kill -KILL "$daemon"
  wait_end "$daemon"
}

while_the_broker_has_all_nothing_is_written() {
  local before
  start_world
  ramp_config 1
  start_ramps
  # until the first connect there may have been one
  expect_heard a 20
  until_true "$patience_s" file_is_gone || fail 'the file stays'
  before=$(stat -c %y "$dir/state/buffer" 2>&1 || true)
  expect_heard a 150
  [ "$(stat -c %y "$dir/state/buffer" 2>&1 || true)" = "$before" ] || fail 'something is written'
  cut_net
  until_true "$patience_s" lines_in_file 100 || fail 'nothing is written'
  start_net
  expect_heard a 400
  until_true "$patience_s" file_is_gone || fail 'the file stays'
  is_complete a 1
  stop_daemon
}

# What was in the file when the process was killed, and what came afterwards.
a_kill_while_away_loses_nothing_written() {
  local last
  start_world
  ramp_config 1
  start_ramps
  expect_heard a 20
  cut_net
  until_true "$patience_s" lines_in_file 100
  kill_daemon
  last=$(sed -n 's/.*"value":\([0-9]*\),.*/\1/p' "$dir/state/buffer/a" | tail -n 1)
  # nothing is far behind: what was taken is written soon
  is_at a "$((last + 10))" && fail "only $last was written"
  # once more, so that a file is gone on with
  ramp_config 1001
  start_ramps
  until_true "$patience_s" lines_in_file 200
  kill_daemon
  ramp_config 2001
  start_ramps
  expect_log 'sensor a: [0-9]* readings of an earlier run are to be sent'
  start_net
  expect_heard a 2020
  values a | awk -v last="$last" '
    $1 > top + 1 && $1 != 1001 && $1 != 2001 { print "gap before " $1; bad = 1; exit }
    $1 == 1001 && top < last { print "nothing between " top " and " last; bad = 1; exit }
    $1 > top { top = $1 } END { exit bad }' >&2 || fail 'something was lost'
  until_true "$patience_s" file_is_gone || fail 'the file stays'
  # what is retained is of this run
  start_listener
  saw '1 t/sensor/a {"value":2*'
}

what_waits_at_a_stop_is_sent_after_the_next_start() {
  start_world
  ramp_config 1
  start_ramps
  expect_heard a 20
  cut_net
  expect_log 'connection to .* is lost'
  expect_at a 150
  stop_daemon
  ramp_config 100000
  start_ramps
  start_net
  expect_heard a 100020
  values a | awk '$1 > top + 1 && $1 != 100000 { exit 1 }
    $1 == 100000 && top < 150 { exit 1 } $1 > top { top = $1 }' || fail 'something was lost'
}

a_torn_file_costs_the_torn_readings_only() {
  start_world
  cut_net
  ramp_config 1
  start_ramps
  until_true "$patience_s" lines_in_file 50
  kill_daemon
  # the end is torn off, and a byte in line 10 is another one
  truncate -s -5 "$dir/state/buffer/a"
  sed -i '10s/value/valuE/' "$dir/state/buffer/a"
  start_net
  ramp_config 1000
  start_ramps
  expect_heard a 1010
  expect_log 'sensor a: 2 torn or garbled lines in .*/state/buffer/a are passed over'
  values a | awk '$1 != last + 1 && $1 != 11 && $1 != 1000 { exit 1 } { last = $1 }' ||
    fail 'more than the torn is missing'
  [ "$(values a | grep -cx 10)" -eq 0 ] || fail 'a garbled reading was sent'
}

a_sensor_that_is_gone_takes_its_file_along() {
  start_world
  cut_net
  ramp_config 1
  start_ramps
  until_true "$patience_s" lines_in_file 20
  kill_daemon
  touch "$dir/state/buffer/a.new"
  configure <<<'log: { level = "debug"; };'
  start_ramps
  expect_log 'sensor a: it has no buffer on the disk any more, the readings .* are dropped'
  [ ! -e "$dir/state/buffer" ] || fail 'there is still something'
  # at a reload, too
  ramp_config 1
  reload
  until_true "$patience_s" lines_in_file 20
  configure <<<'log: { level = "debug"; };'
  reload
  expect_log 'sensor a: it has no buffer any more, [0-9]* readings that waited are dropped'
  until_true "$patience_s" file_is_gone || fail 'the file stays'
  stop_daemon
}

a_disk_that_fails_is_told_once_and_the_memory_goes_on() {
  start_world
  ramp_config 1
  touch "$dir/state/buffer"
  start_ramps
  expect_heard a 10
  cut_net
  expect_log 'sensor a: .*/state/buffer/a cannot be written: .*; readings wait in memory only'
  expect_at a 150
  [ "$(grep -c 'cannot be written' "$daemon_log")" -eq 1 ] || fail 'told more than once'
  # and it recovers by itself
  rm "$dir/state/buffer"
  expect_log 'sensor a: .*/state/buffer/a is written again'
  until_true "$patience_s" lines_in_file 100 || fail 'the file is not complete'
  start_net
  expect_heard a 200
  is_complete a 1
}

# The network falls silent in the middle of it.
a_freeze_while_much_is_sent_loses_nothing() {
  mqtt_options='keepalive_s = 5;'
  start_world
  configure <<'END'
log: { level = "debug"; };
sensors: ( { name = "a"; driver = "ramp"; interval_s = 0.002; format = "json";
  buffer = { max_messages = 20000; }; } );
END
  start_ramps
  expect_heard a 20
  cut_net
  expect_at a 2500
  start_net
  expect_heard a 500
  kill -STOP "$net"
  note "frozen at $(values a | tail -n 1)"
  until_true 30 lost_at_least 2 || fail 'the freeze is not noticed'
  cut_net
  start_net
  expect_heard a 4500 30
  is_complete a 1
}

# acks_hear ID
acks_hear() {
  grep -q "\"$1\"" "$dir/acks"
}

# command_ms ID: sends a command through $commands, and sets $took to the time until it is answered
command_ms() {
  local start
  start=$(now_ms)
  echo "{\"state\":\"TOGGLE\",\"id\":\"$1\"}" >&"$commands"
  until_true "$patience_s" acks_hear "$1" || fail "no answer to command $1"
  took=$(($(now_ms) - start))
}

# Ten thousand readings wait; while they are sent commands are obeyed as ever: what that takes on this
# machine tell those that come when nothing waits.
much_that_waits_delays_no_command() {
  local n=0 i took worst=0 idle=0 commands
  start_world
  cut_net
  configure <<'END'
log: { level = "debug"; };
outputs: ( { name = "pump"; line = "GPIO27"; } );
sensors: ( { name = "a"; driver = "ramp"; interval_s = 0.001; format = "json";
  buffer = { max_messages = 100000; }; } );
END
  start_ramps
  expect_at a 10000 40
  start_net
  mosquitto_sub -h 127.0.0.1 -p "$port" -t t/output/pump/ack -t t/status >"$dir/acks" &
  pids+=("$!")
  # one program for all commands: the start of one for each would be what is measured
  mkfifo "$dir/commands"
  mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -l <"$dir/commands" &
  pids+=("$!")
  exec {commands}>"$dir/commands"
  until_true "$patience_s" grep -q online "$dir/acks" || fail 'not online'
  while ! heard_at_least a 10000; do
    n=$((n + 1))
    command_ms "c$n"
    [ "$took" -le "$worst" ] || worst=$took
  done
  for i in 1 2 3 4 5 6 7 8; do
    command_ms "idle$i"
    [ "$took" -le "$idle" ] || idle=$took
  done
  exec {commands}>&-
  note "the slowest of $n commands took $worst ms, of those when nothing waited $idle ms"
  [ "$n" -ge 2 ] || fail 'all was sent at once'
  [ "$worst" -lt $((1000 + 5 * idle)) ] || fail "a command took $worst ms"
  is_complete a 1
}

# break_something: the network or the daemon, at random; some time passes while it is away
break_something() {
  case $((RANDOM % 4)) in
  0 | 1)
    note 'the network is cut'
    cut_net
    sleep "0.$((RANDOM % 9))"
    start_net
    ;;
  2)
    note 'the network is silent for a while'
    kill -STOP "$net"
    sleep "0.$((RANDOM % 9))"
    kill -CONT "$net"
    ;;
  3)
    note 'the network is cut, and then the daemon is killed, and is back'
    cut_net
    sleep "0.$((1 + RANDOM % 8))"
    kill_daemon
    first=$((first + 100000))
    ramp_config "$first"
    start_ramps
    start_net
    ;;
  esac
}

# What was fed in is compared with what was heard: nothing is lost but what a killed daemon had not
# written yet, that is the last few it read; nothing comes too early, nothing again but what was on
# its way. The time is bounded, and what happens in it is not.
random_breaks_lose_nothing() {
  local end first=1 seed=${SEED:-$RANDOM}
  note "SEED=$seed"
  RANDOM=$seed
  start_world
  ramp_config 1
  start_ramps
  expect_heard a 10
  end=$(($(now_ms) + 15000))
  while [ "$(now_ms)" -lt "$end" ]; do
    break_something
    sleep "0.$((RANDOM % 9))"
  done
  expect_heard a "$((first + 50))" 30
  # what each run of the daemon had read last, by its log
  sed -n 's/.*sensor a: {"value":\([0-9]*\),.*/\1/p' "$daemon_log" >"$dir/fed"
  values a >"$dir/got"
  awk -v top_file="$dir/got" '
    function run(value) { return int(value / 100000) }
    FILENAME != top_file { fed[run($1)] = $1; next }
    $1 > top + 1 || top == 0 {
      if (run($1) == run(top) && top) { print $1 " follows " top; exit bad = 1 }
      if (top && fed[run(top)] - top > 25) {
        print "of one run " fed[run(top)] " were read, and " top " came"; exit bad = 1
      }
      if ($1 != 1 && $1 != run($1) * 100000 + 1) { print "a run begins with " $1; exit bad = 1 }
      top = $1; previous = $1; next
    }
    $1 <= top && $1 != previous + 1 && top - $1 > 8 && !back_ok($1) {
      print $1 " comes again after " top; exit bad = 1
    }
    { if ($1 > top) top = $1; previous = $1; n++ }
    function back_ok(value) { return after_kill(value) }
    # what was confirmed within 200 ms before a kill may be sent again: at 50 a second
    function after_kill(value) { return top - value < 60 }
    END { if (!bad) print n " readings in " run(top) + 1 " runs" }
  ' "$dir/fed" "$dir/got" >&2 || fail 'what was heard is not what was fed in'
  times_rise a
}

run_tests an_outage_loses_nothing what_does_not_fit_is_dropped_and_counted \
  while_the_broker_has_all_nothing_is_written a_kill_while_away_loses_nothing_written \
  what_waits_at_a_stop_is_sent_after_the_next_start a_torn_file_costs_the_torn_readings_only \
  a_sensor_that_is_gone_takes_its_file_along a_disk_that_fails_is_told_once_and_the_memory_goes_on \
  a_freeze_while_much_is_sent_loses_nothing much_that_waits_delays_no_command \
  random_breaks_lose_nothing

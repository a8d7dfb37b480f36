#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What becomes of the readings of sensors with a buffer while the broker is away. The sensors count
# (ramp.c), so each reading is known by its value.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/lib.sh"

need_broker
ramp=$build/tests/integration/.libs/ramp.so
[ -e "$ramp" ] || skip_all "$ramp is not built"

# ---- what is heard --------------------------------------------------------------------------------

# start_ears: records all readings, also those that come while nobody listens: the broker keeps the
# session. One line per message: RETAINED TOPIC PAYLOAD.
start_ears() {
  mosquitto_sub -h 127.0.0.1 -p "$port" -V 5 --retain-as-published -q 1 -c -i ears \
    -x 3600 -t 't/sensor/+' -t test/ears -F '%r %t %p' >>"$dir/heard" 2>>"$dir/ears.log" &
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

# times_rise NAME: each reading has a later time than the one before, however often it came
times_rise() {
  sed -n "s/^[01] t\/sensor\/$1 {\"value\":\([0-9]*\),\"time\":\"\([^\"]*\)\".*/\1 \2/p" \
    "$dir/heard" | sort -n -u | cut -d ' ' -f 2 | sort -c -u || fail "the times of $1 do not rise"
}

# ---- the daemon -----------------------------------------------------------------------------------

# start_ramps [OPTION...]: with the driver that counts
start_ramps() {
  ln -sf "$ramp" "$DRIVER_DIR"/*.so "$dir/drivers/"
  DRIVER_DIR=$dir/drivers start_daemon "$@"
}

# a sensor is at a value when the log (-v: debug) says so
is_at() {
  [ "$(sed -n "s/.*sensor $1: {\"value\":\([0-9]*\),.*/\1/p" "$daemon_log" | tail -n 1)" -ge "$2" ]
} 2>/dev/null

expect_at() {
  until_true "${3:-$patience_s}" is_at "$1" "$2" || fail "sensor $1 does not come to $2"
}

# a broker that remembers sessions, and sends on what it gets before it says that it has it
broker_keeps() {
  mkdir -p "$dir/broker"
  start_broker 'allow_anonymous true' 'persistence true' "persistence_location $dir/broker/" \
    'max_queued_messages 0' 'max_inflight_messages 0'
}

# ---- tests ----------------------------------------------------------------------------------------

an_outage_loses_nothing() {
  mkdir "$dir/drivers"
  broker_keeps
  configure <<'END'
log: { level = "debug"; };
sensors: (
  { name = "a"; driver = "ramp"; interval_s = 0.1; format = "json";
    buffer = { max_messages = 500; }; },
  { name = "b"; driver = "ramp"; interval_s = 0.02; format = "json";
    buffer = { max_messages = 5000; }; }
);
END
  start_ears
  start_ramps
  expect_heard b 20
  stop_broker
  expect_log 'connection to .* is lost'
  expect_at b 200
  broker_keeps
  expect_heard a 40
  expect_heard b 250
  is_complete a 1
  is_complete b 1
  # the one that is retained is the newest, and nothing waits any more
  start_listener
  saw '1 t/sensor/b {"value":*'
  [[ $message =~ \"value\":([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -gt 250 ] ||
    fail "retained is $message"
  stop_daemon
  times_rise a
}

run_tests an_outage_loses_nothing

# shellcheck shell=bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Integration tests: the shipped binary on a simulated board, with a real mosquitto on a free
# port of 127.0.0.1. A test file sources this, defines one function per behaviour, named as a
# sentence, and ends with `run_tests NAME...`. Output is TAP.
#
# Each test runs in a subshell of its own with `set -e`: the first command that fails ends it, and
# then the messages and logs are shown. What it started is ended by process id when it ends.
# Nothing here waits a fixed time: the functions poll for an event until a deadline.
#
# While a test runs:
#   $dir       its folder: pinferry.conf, board/, state/, run/, and what follows
#   $messages  what the listener heard, one line per message: `RETAINED TOPIC PAYLOAD`,
#              RETAINED being 1 or 0 as the sender said
#   $daemon_log, $broker_log
#   $port      of the broker

set -u
export LC_ALL=C.UTF-8

src=${top_srcdir:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
build=${top_builddir:-$src/build}
PINFERRY=${PINFERRY:-$build/pinferry}
DRIVER_DIR=${DRIVER_DIR:-$build/drivers/.libs}
patience_s=${PATIENCE_S:-30} # how long to wait for what has to come, on a machine that is busy

# ---- TAP ------------------------------------------------------------------------------------------

# skip_all REASON: nothing of this file can run here
skip_all() {
  echo "1..0 # SKIP $*"
  exit 0
}

# note TEXT: shown with a failure
note() {
  printf '%s\n' "$*" >&2
}

fail() {
  note "FAILED: $*"
  exit 1
}

# lacks REGEX FILE (`! grep` does not end a test under set -e)
lacks() {
  ! grep -q -e "$1" "$2" || fail "${2##*/} has: $(grep -m 1 -e "$1" "$2")"
}

# show_file FILE [LINES]
show_file() {
  [ -s "$1" ] || return 0
  echo "--- ${1##*/}"
  tail -n "${2:-60}" "$1"
}

# run_one FUNCTION: in a subshell; the folder is kept for the caller
run_one() {
  set -eu
  pids=()
  port=
  mark=0
  mqtt_options=
  broker_url=
  listener=
  messages=$dir/messages
  daemon_log=$dir/daemon.log
  broker_log=$dir/broker.log
  trap end_all EXIT
  mkdir -p "$dir/state" "$dir/board" "$dir/run"
  # what the daemon holds is recorded there
  export RUNTIME_DIRECTORY=$dir/run
  mkfifo "$dir/never"
  touch "$messages" "$daemon_log" "$broker_log"
  make_board
  "$1"
  # a sanitizer's finding counts even if the program went on
  if grep -E 'runtime error:|ERROR: (Address|Leak)Sanitizer|WARNING: ThreadSanitizer' \
    "$daemon_log"; then
    fail 'a sanitizer has found something'
  fi
}

# run_tests FUNCTION...: runs those named in $ONLY, or all
run_tests() {
  local name count=0 status
  for name in "$@"; do
    [ -z "${ONLY:-}" ] || [ "$ONLY" = "$name" ] || continue
    count=$((count + 1))
    dir=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-it-XXXXXX")
    (run_one "$name") >"$dir/report" 2>&1
    status=$?
    if [ "$status" -eq 77 ]; then
      echo "ok $count - ${name//_/ } # SKIP $(tail -n 1 "$dir/report")"
    elif [ "$status" -eq 0 ]; then
      echo "ok $count - ${name//_/ }"
    else
      echo "not ok $count - ${name//_/ }"
      {
        cat "$dir/report"
        show_file "$dir/pinferry.conf"
        show_file "$dir/messages"
        show_file "$dir/daemon.log"
        show_file "$dir/broker.log" 15
      } | tr -d '\000' | sed 's/^/# /'
    fi
    [ -n "${KEEP:-}" ] || rm -rf "$dir"
  done
  echo "1..$count"
}

# ---- processes ------------------------------------------------------------------------------------

# alive PID: runs, and is not just waiting to be collected
alive() {
  local status=''
  { read -r status <"/proc/$1/stat"; } 2>/dev/null || return 1
  # after its name, which may have anything in it
  [[ ${status##*) } == [!ZX]* ]]
}

# without a word on who was killed
end_all() {
  local pid
  for pid in "${pids[@]}"; do
    kill -KILL "$pid" || true
  done
  wait
} 2>/dev/null

now_ms() {
  local now=${EPOCHREALTIME/[.,]/}
  echo $((now / 1000))
}

# is_past MS: now_ms() has come so far
is_past() {
  [ "$(now_ms)" -ge "$1" ]
}

# nap SECONDS: between two looks. Without a program: with many tests at a time, starting programs only
# to wait is most of what the tests would cost.
nap() {
  if [ -p "${dir:-}/never" ]; then
    read -r -t "$1" <>"$dir/never" || true
  else
    sleep "$1"
  fi
}

# until_true SECONDS COMMAND...: polls until the command succeeds
until_true() {
  local deadline_us=$((${EPOCHREALTIME/[.,]/} + $1 * 1000000))
  shift
  until "$@"; do
    [ "${EPOCHREALTIME/[.,]/}" -lt "$deadline_us" ] || return 1
    nap 0.03
  done
}

is_gone() {
  ! alive "$1"
}

# wait_end PID [SECONDS]: sets $status
wait_end() {
  until_true "${2:-$patience_s}" is_gone "$1" || fail "process $1 goes on"
  status=0
  wait "$1" 2>/dev/null || status=$?
}

# ---- broker ---------------------------------------------------------------------------------------

need_broker() {
  local program
  for program in mosquitto mosquitto_pub mosquitto_sub mosquitto_rr; do
    command -v "$program" >/dev/null || [ -x "/usr/sbin/$program" ] ||
      skip_all "$program is not installed (Debian: mosquitto, mosquitto-clients)"
  done
  [ -x "$PINFERRY" ] || skip_all "$PINFERRY is not built"
}

port_answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

broker_settled() {
  is_gone "$broker" || grep -q ' running$' "$broker_log"
}

# start_broker_at PORT [LINE...]: false if it did not start
start_broker_at() {
  local at=$1
  shift
  broker_conf=$dir/mosquitto.conf
  {
    echo "listener $at 127.0.0.1"
    echo 'log_dest stderr'
    echo 'log_type all'
    [ "$(id -u)" -ne 0 ] || echo 'user root'
    if [ $# -gt 0 ]; then printf '%s\n' "$@"; else echo 'allow_anonymous true'; fi
  } >"$broker_conf"
  # here and not in the child, or it could be asked for what the last one has written
  : >"$broker_log"
  PATH=$PATH:/usr/sbin mosquitto -c "$broker_conf" >>"$broker_log" 2>&1 &
  broker=$!
  pids+=("$broker")
  until_true "$patience_s" broker_settled && alive "$broker"
}

# start_broker [LINE...]: on a free port, or again on the one it had; LINEs in place of
# `allow_anonymous true`. Sets $port and $broker.
start_broker() {
  local try
  if [ -n "$port" ]; then
    start_broker_at "$port" "$@" || fail 'the broker does not start again'
    return
  fi
  for try in 1 2 3 4 5 6 7 8; do
    port=$((20000 + RANDOM % 12000))
    if ! port_answers "$port" && start_broker_at "$port" "$@"; then
      return
    fi
  done
  fail "the broker does not start ($try tries)"
}

stop_broker() {
  kill -TERM "$broker"
  wait_end "$broker"
}

# free_port: chooses a port where nobody listens, for a broker that comes later
free_port() {
  until port=$((20000 + RANDOM % 12000)) && ! port_answers "$port"; do :; done
}

# what mosquitto_pub and _sub need to reach the broker
client_options=()

# publish TOPIC PAYLOAD [OPTION...]
publish() {
  local topic=$1 payload=$2
  shift 2
  mosquitto_pub -h 127.0.0.1 -p "$port" "${client_options[@]}" -t "$topic" -m "$payload" "$@"
}

# command NAME PAYLOAD [OPTION...]: to an output
command_output() {
  local name=$1 payload=$2
  shift 2
  publish "t/output/$name/set" "$payload" "$@"
}

listener_ready() {
  publish test/ready 1
  grep -q '^0 test/ready 1$' "$messages"
}

# start_listener: records everything from now on; what the broker has retained comes first
start_listener() {
  # here and not in the child, or what the last one heard could still be found
  : >"$messages"
  mosquitto_sub -h 127.0.0.1 -p "$port" "${client_options[@]}" -V 5 --retain-as-published \
    -t '#' -F '%r %t %p' >>"$messages" 2>>"$dir/listener.log" &
  listener=$!
  pids+=("$listener")
  mark=0
  until_true "$patience_s" listener_ready || fail 'the listener hears nothing'
}

stop_listener() {
  kill -KILL "$listener"
  wait_end "$listener"
}

# ---- the network ----------------------------------------------------------------------------------

# The broker and who listens there stay; what breaks is the network between it and the daemon: a
# relay. Killed, it is cut, so that what the broker has it also hands on, and nothing else.

# start_net: on a free port, or again on the one it had. Sets $net.
start_net() {
  local try
  for try in 1 2 3 4 5 6 7 8; do
    [ -n "${net_port:-}" ] || net_port=$((20000 + RANDOM % 12000))
    "$build/tests/integration/relay" "$net_port" "$port" 2>>"$dir/relay.log" &
    net=$!
    pids+=("$net")
    until_true 5 net_settled
    alive "$net" && break
    net_port=
  done
  alive "$net" || fail "no relay ($try tries)"
  broker_url=mqtt://127.0.0.1:$net_port
}

net_settled() {
  is_gone "$net" || port_answers "$net_port"
}

# cut_net: the connection is closed
cut_net() {
  kill -KILL "$net"
  wait_end "$net"
}

# ---- a broker that is not as it should be -----------------------------------------------------------

# start_fake WORD...: see fake_broker.c; on $port
start_fake() {
  [ -x "$build/tests/integration/fake_broker" ] || exit 77
  [ -n "$port" ] || free_port
  "$build/tests/integration/fake_broker" "$port" "$@" >"$dir/fake.log" 2>&1 &
  fake=$!
  pids+=("$fake")
  until_true "$patience_s" grep -q listens "$dir/fake.log" || fail 'the fake broker does not start'
}

stop_fake() {
  kill -KILL "$fake"
  wait_end "$fake"
}

# ---- messages -------------------------------------------------------------------------------------

# Patterns are those of [[ == ]]: * and ? stand for anything; quote [ and \ with a backslash.

# read_messages: takes all of $messages into $heard, if it may have changed since the last look of this
# shell: what is written in the moment of the look is as old as the look
read_messages() {
  local look=$dir/look.$BASHPID
  if [ "$messages" -ot "$look" ] && [ "${heard_from:-}" = "$messages" ]; then
    return
  fi
  : >"$look"
  heard_from=$messages
  mapfile -t heard < <(tr -d '\000' <"$messages")
}

# find_message PATTERN: the first line after $mark that matches; sets $found to its number
find_message() {
  local i
  read_messages
  for ((i = mark; i < ${#heard[@]}; i++)); do
    # shellcheck disable=SC2053 # a pattern is what is wanted
    if [[ ${heard[i]} == $1 ]]; then
      found=$((i + 1))
      message=${heard[i]}
      return 0
    fi
  done
  return 1
}

# expect PATTERN [SECONDS]: waits for the message, and goes on after it: calls in a row check the
# order, too
expect() {
  saw "$@"
  mark=$found
}

# saw PATTERN [SECONDS]: waits for the message; the next call looks from the same place
saw() {
  until_true "${2:-$patience_s}" find_message "$1" || fail "no message: $1 (after line $mark)"
}

# never PATTERN: no such message since the mark. Needs a later message as evidence that enough time
# has passed: expect something else first in a copy of the mark, see after_fence.
never() {
  ! find_message "$1" || fail "unwanted message: $message"
}

# mark_now: what came so far is done with
mark_now() {
  mark=$(wc -l <"$messages")
}

# after_fence: everything that the daemon had been sent before is dealt with when this returns.
# Needs the output "fence"; commands of one client are served in order.
after_fence() {
  fence=$((${fence:-0} + 1))
  command_output fence "{\"state\":\"ON\",\"id\":\"fence-$fence\"}"
  saw "0 t/output/fence/ack {*\"fence-$fence\"*}"
}

# ---- daemon ---------------------------------------------------------------------------------------

# make_board: lines, a bme280, an lm75 and a ds18b20
make_board() {
  board=$dir/board
  mkdir -p "$board"/gpio "$board"/i2c-1/{0x76,0x48}
  echo bme280 >"$board/i2c-1/0x76/chip"
  echo 21.5 >"$board/i2c-1/0x76/temperature"
  echo 48 >"$board/i2c-1/0x76/humidity"
  echo 1013.25 >"$board/i2c-1/0x76/pressure"
  echo lm75 >"$board/i2c-1/0x48/chip"
  echo 30 >"$board/i2c-1/0x48/temperature"
  tank_is '58 01 4b 46 7f ff 08 10 f9'
}

# tank_is BYTES: the scratchpad of the ds18b20, as the kernel shows it
tank_is() {
  local slave=$board/sys/bus/w1/devices/28-0316a2795aff
  mkdir -p "$slave"
  printf '%s : crc=%s YES\n%s t=0\n' "$1" "${1##* }" "$1" >"$slave/w1_slave.new"
  mv "$slave/w1_slave.new" "$slave/w1_slave"
}

# set_line NAME 0|1: the level of an input, as a voltmeter would see it
set_line() {
  printf '%s\n' "$2" >"$board/gpio/$1"
}

line_is() {
  local level=''
  { read -r level <"$board/gpio/$1"; } 2>/dev/null || true
  [ "$level" = "$2" ]
}

# expect_line NAME 0|1 [SECONDS]
expect_line() {
  until_true "${3:-$patience_s}" line_is "$1" "$2" ||
    fail "line $1 is '$(cat "$board/gpio/$1")', expected $2"
}

# written_ns LINE: when its level was written
written_ns() {
  local time
  time=$(stat -c %.9Y "$board/gpio/$1")
  echo "${time/[.,]/}"
}

# between_ms FROM_NS TO_NS
between_ms() {
  echo $((($2 - $1) / 1000000))
}

# in_range MS FROM_MS TO_MS
in_range() {
  if [ "$1" -lt "$2" ] || [ "$1" -gt "$3" ]; then fail "$1 ms, expected $2 to $3"; fi
}

# configure: the configuration after the part on broker and folders comes from standard input
configure() {
  {
    echo "mqtt: { broker = \"${broker_url:-mqtt://127.0.0.1:$port}\"; prefix = \"t\";"
    echo "  client_id = \"pinferry-test\"; reconnect_max_s = 1; $mqtt_options };"
    echo "state_dir = \"$dir/state\";"
    cat
  } >"$dir/pinferry.conf"
}

# pinferry VERB [OPTION...]: another call of the program, with the same configuration
pinferry() {
  "$PINFERRY" "$@" -c "$dir/pinferry.conf" -d "$DRIVER_DIR"
}

# start_daemon [OPTION...]: sets $daemon
start_daemon() {
  "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" -v "$@" \
    >>"$dir/daemon.out" 2>>"$daemon_log" &
  daemon=$!
  pids+=("$daemon")
}

# start_online [OPTION...]: and waits until it says so
start_online() {
  start_daemon "$@"
  expect '1 t/status online'
}

need_ramp() {
  [ -e "$build/tests/integration/.libs/ramp.so" ] || skip_all 'ramp.so is not built'
}

# start_ramps [OPTION...]: with the driver that counts: ramp.c
start_ramps() {
  mkdir -p "$dir/drivers"
  ln -sf "$build/tests/integration/.libs/ramp.so" "$DRIVER_DIR"/*.so "$dir/drivers/"
  DRIVER_DIR=$dir/drivers start_daemon "$@"
}

# stop_daemon: cleanly; sets $status, which has to be 0
stop_daemon() {
  kill -TERM "$daemon"
  wait_end "$daemon" 10
  [ "$status" -eq 0 ] || fail "the daemon ended with status $status"
}

log_has() {
  grep -q -e "$1" "$daemon_log"
}

# expect_log REGEX [SECONDS]
expect_log() {
  until_true "${2:-$patience_s}" log_has "$1" || fail "not in the log: $1"
}

reloads() {
  grep -c 'reloaded \|reload: ' "$daemon_log" || true
}

more_reloads_than() {
  [ "$(reloads)" -gt "$1" ]
}

# reload: has the daemon read the configuration again, good or bad
reload() {
  local before
  before=$(reloads)
  kill -HUP "$daemon"
  until_true "$patience_s" more_reloads_than "$before" || fail 'no reload'
}

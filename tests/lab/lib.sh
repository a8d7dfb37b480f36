# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # its variables are for the scripts
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Test library of the lab: sourced by the test scripts beside it, which run inside the lab kernel.
# README.md explains how to write one. Everything here waits for an event with a deadline, never
# for a fixed time, and avoids starting programs where bash alone will do: under User-Mode Linux a
# program costs 30 ms.
#
# From the environment: PINFERRY (the daemon), PINFERRY_DRIVERS (its driver folder).
set -u

tmp=$(mktemp -d)
prefix=lab # of all topics
port=1883  # the lab's loopback is its own: any port is free
passed=0 failed=0 skipped=0
daemon_pid='' broker_pid=''

# ---- time

# now_ms: milliseconds since some time; $now_ms afterwards, as $(...) would fork
now_ms() {
  now_ms=$((${EPOCHREALTIME/[.,]/} / 1000))
}

mkfifo "$tmp/never"
exec {never}<>"$tmp/never"

# nap SECONDS: sleeps without starting a program, for polling what cannot be waited for
nap() {
  read -r -t "$1" -u "$never" || true
}

# until_true SECONDS COMMAND...: polls until COMMAND succeeds; fails when it never did. The longer it
# has waited, the more rarely it looks: virtual hours should not cost a million looks.
until_true() {
  local start limit_ms=$(($1 * 1000)) waited
  shift
  now_ms
  start=$now_ms
  until "$@"; do
    now_ms
    waited=$((now_ms - start))
    [ "$waited" -lt "$limit_ms" ] || return 1
    if [ "$waited" -lt 3000 ]; then nap 0.01; elif [ "$waited" -lt 60000 ]; then nap 0.1; else nap 1; fi
  done
}

# ---- results

note() {
  printf '# %s\n' "$@"
}

# ok NAME COMMAND...: the test NAME passes if COMMAND succeeds
ok() {
  local name=$1
  shift
  if "$@"; then
    passed=$((passed + 1))
    echo "ok - $name"
  else
    failed=$((failed + 1))
    echo "not ok - $name"
    note "failed: $*"
    [ -z "$why" ] || note "$why"
    show_messages
  fi
  why=''
}
why='' # set by a check that knows more about its failure

# not COMMAND...: succeeds if COMMAND fails
not() {
  ! "$@"
}

# same GOT EXPECTED
same() {
  why="got '$1', expected '$2'"
  [ "$1" = "$2" ]
}

# like GOT PATTERN, unlike GOT PATTERN
like() {
  why="got '$1', expected $2"
  # shellcheck disable=SC2053 # a pattern is wanted
  [[ $1 == $2 ]]
}

unlike() {
  not like "$1" "$2"
}

# between GOT LOW HIGH (integers)
between() {
  why="got '$1', expected $2 to $3"
  [ "$1" -ge "$2" ] && [ "$1" -le "$3" ]
}

# close_to GOT EXPECTED TOLERANCE (decimal numbers)
close_to() {
  why="got '$1', expected $2 +- $3"
  awk -v got="$1" -v want="$2" -v tolerance="$3" 'BEGIN {
    d = got - want
    exit !(got ~ /^-?[0-9]+([.][0-9]+)?$/ && d <= tolerance && -d <= tolerance)
  }'
}

# skip_test NAME REASON
skip_test() {
  skipped=$((skipped + 1))
  echo "ok - $1 # SKIP $2"
}

# skip_all REASON: ends the script
skip_all() {
  echo "SKIP: $*"
  trap - EXIT
  exit 77
}

# finish: the last line of each script
finish() {
  trap - EXIT
  [ -z "$daemon_pid" ] || stop_daemon
  chips_stop
  if [ "$failed" -gt 0 ] && [ -s "$tmp/log" ]; then
    note "the daemon's log:"
    sed 's/^/#   /' "$tmp/log"
  fi
  broker_stop
  echo "${0##*/}: $passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ]
  exit
}
trap 'failed=$((failed + 1)); echo "not ok - ${0##*/} ended early, at line $LINENO"; finish' EXIT

# ---- GPIO lines: gpio-sim's side of the header

# line_dir N: the simulator's folder of line N in $line_dir; its path changes with each plugging in
line_dir() {
  local chip=${of_chip:-} paths
  [ -n "$chip" ] || read -r chip </sys/kernel/config/gpio-sim/lab/bank0/chip_name
  paths=(/sys/devices/platform/gpio-sim.*/"$chip/sim_gpio$1")
  line_dir=${paths[0]}
}

# pull N up|down: the world moves input N. The interrupt comes with the kernel's next tick, and two
# changes within one tick would be one edge, so it is waited for.
pull() {
  line_dir "$1"
  echo "pull-$2" >"$line_dir/pull"
  nap 0.03
}

# line_value N: the level on line N in $line_value, seen from outside
line_value() {
  line_dir "$1"
  line_value=gone
  { read -r line_value <"$line_dir/value"; } 2>/dev/null || true
}

line_is_now() {
  line_value "$1"
  [ "$line_value" = "$2" ]
}

# line_is N LEVEL [SECONDS]: waits for line N to have LEVEL
line_is() {
  until_true "${3:-5}" line_is_now "$1" "$2" && return
  why="line $1 is $line_value"
  return 1
}

# add_chip NAME LABEL LINES: plugs in another GPIO chip, without line names
add_chip() {
  local top=/sys/kernel/config/gpio-sim/$1
  mkdir -p "$top/bank0"
  echo "$3" >"$top/bank0/num_lines"
  echo "$2" >"$top/bank0/label"
  echo 1 >"$top/live"
  read -r added_chip <"$top/bank0/chip_name"
}

# on_chip CHIP COMMAND...: runs one of the functions above about a line of another chip
on_chip() {
  local of_chip=$1
  shift
  "$@"
}

# plug 0|1: takes the header's chip away, or brings it back
plug() {
  echo "$1" >/sys/kernel/config/gpio-sim/lab/live
}

# set_line N LEVEL: makes the line an output and leaves it, as a program would that has ended
set_line() {
  case $(gpioset --version) in
  *' v1.'*) gpioset --mode=exit pinctrl-bcm2711 "$1=$2" ;;
  *) gpioset -t 0 -c gpiochip0 "$1=$2" ;;
  esac
}

# hold_line N: has gpioset hold line N at 0, as a stranger would; release_line lets go
hold_line() {
  case $(gpioset --version) in
  *' v1.'*) gpioset --mode=signal pinctrl-bcm2711 "$1=0" & ;;
  *) gpioset -c gpiochip0 "$1=0" & ;;
  esac
  holder_pid=$!
  until_true 5 line_held "$1"
}

line_held() {
  gpioinfo | grep "GPIO$1\"* " | grep -q gpioset
}

release_line() {
  kill "$holder_pid"
  wait "$holder_pid" 2>/dev/null || true
}

# trace_start: records from here on all that the kernel does to lines
tracing=/sys/kernel/tracing
trace_start() {
  [ -e $tracing/events/gpio/enable ] || return 1
  echo 0 >$tracing/tracing_on
  : >$tracing/trace
  echo 1 >$tracing/events/gpio/enable
  echo 1 >$tracing/tracing_on
}

# traced N: what was done to line N since, in $traced, e.g. "out=1 dir=out out=0 dir=in"; levels
# are the physical ones. Reads ("in=") are left out.
traced() {
  local base label chip number event rest words
  for chip in /sys/class/gpio/gpiochip*; do
    read -r label <"$chip/label"
    [ "$label" != pinctrl-bcm2711 ] || read -r base <"$chip/base"
  done
  number=$((base + $1)) traced=''
  while read -r rest; do
    case $rest in
    *"gpio_value: $number set "*) traced+=" out=${rest##* }" ;;
    *"gpio_direction: $number "*)
      words=${rest#*"gpio_direction: $number"}
      read -r event _ <<<"$words"
      traced+=" dir=$event"
      ;;
    esac
  done <$tracing/trace
  traced=${traced# }
}

# ---- the 1-Wire bus

w1=/sys/devices/w1-sim

# w1_add ID [MILLIDEGREES]: puts a DS18B20 on the bus, e.g. 28-0000012345ab
w1_add() {
  echo "$1" >$w1/add
  [ $# -lt 2 ] || echo "$2" >"$w1/$1/temp"
}

# w1_remove ID
w1_remove() {
  echo "$1" >$w1/remove
}

# w1_temp ID MILLIDEGREES
w1_temp() {
  echo "$2" >"$w1/$1/temp"
}

# w1_fault ID none|crc|gone|power|zero|ones|slow [TIMES]
w1_fault() {
  echo "$2 ${3:-}" >"$w1/$1/fault"
}

# w1_seen ID: waits until the kernel has found the sensor (it searches once a second)
w1_seen() {
  until_true 20 test -e "/sys/bus/w1/devices/$1/temperature"
}

# w1_conversions ID: how many the sensor has made, in $w1_conversions
w1_conversions() {
  read -r _ w1_conversions _ <"$w1/$1/stat"
}

# ---- the I2C bus, played by i2c-chips

chips_pid='' bus=''

# chips_start MODEL@ADDRESS...: plays chips on a new bus, "i2c-N" in $bus
chips_start() {
  coproc CHIPS { exec i2c-chips "$@"; }
  # shellcheck disable=SC2153 # bash sets it
  chips_pid=$CHIPS_PID chips_in=${CHIPS[0]} chips_out=${CHIPS[1]}
  local word number
  read -r -t 10 -u "$chips_in" word number || return 1
  [ "$word" = bus ] && bus=i2c-$number
}

# chips ADDRESS ORDER...: gives an order (see chips/main.c); the answer in $chips_answer
chips() {
  echo "$*" >&"$chips_out"
  read -r -t 10 -u "$chips_in" chips_answer && [ "$chips_answer" != error ]
}

# chips_stop: takes the bus away; stop whoever has it open first
chips_stop() {
  [ -n "$chips_pid" ] || return 0
  exec {chips_out}>&-
  wait "$chips_pid" 2>/dev/null || true
  chips_pid=''
}

# ---- the broker, and a subscriber to everything

broker_answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

# broker_start: a mosquitto without a memory of earlier ones
broker_start() {
  printf '%s\n' "listener $port 127.0.0.1" 'allow_anonymous true' 'persistence false' \
    'user root' >"$tmp/mosquitto.conf"
  mosquitto -c "$tmp/mosquitto.conf" >>"$tmp/mosquitto.log" 2>&1 &
  broker_pid=$!
  until_true 10 broker_answers
}

broker_stop() {
  [ -n "$broker_pid" ] || return 0
  kill "$broker_pid"
  wait "$broker_pid" 2>/dev/null || true
  broker_pid=''
}

topics=() payloads=() stored=() times_ms=() # all messages seen so far
since=0                                     # the first one that counts

# listen: subscribes to everything; messages are then at hand for `message` and its kin
listen() {
  : >"$tmp/messages" # a file: bash reads a pipe byte by byte, one system call each
  exec {messages}<"$tmp/messages"
  mosquitto_sub -h 127.0.0.1 -p $port -q 1 -t '#' -F '%r %t %p' >>"$tmp/messages" 2>/dev/null &
  listener_pid=$!
  # known to be subscribed once a message comes through
  until_true 10 listen_probe
}

# unlisten: ends the subscriber, which would ask for a missing broker every second
unlisten() {
  kill "$listener_pid"
  wait "$listener_pid" 2>/dev/null || true
  exec {messages}<&-
  messages=''
}

listen_probe() {
  publish_raw lab-probe here
  nap 0.1
  collect
  count_since_mark lab-probe here
  [ "$count" -gt 0 ]
}

# next_message: takes in one message that has arrived already, or fails
next_message() {
  local line flag topic payload
  if ! IFS= read -r -u "$messages" line; then
    partial+=$line # it is being written
    return 1
  fi
  now_ms
  line=$partial$line partial=''
  flag=${line%% *} line=${line#* }
  topic=${line%% *} payload=${line#* }
  stored+=("$flag") topics+=("$topic") payloads+=("$payload") times_ms+=("$now_ms")
}
partial=''

# collect: takes in all that has arrived
collect() {
  [ -n "${messages:-}" ] || return 0
  while next_message; do :; done
}

# mark: forget the messages so far; what is expected must come from here on
mark() {
  collect
  since=${#topics[@]}
  log_since=0
  [ ! -s "$tmp/log" ] || log_since=$(stat -c %s "$tmp/log")
}
log_since=0

show_messages() {
  local i first=$since
  collect
  note "the last messages since the mark:"
  [ $((${#topics[@]} - first)) -le 16 ] || first=$((${#topics[@]} - 16))
  for ((i = first; i < ${#topics[@]}; i++)); do
    note "  ${topics[i]} = '${payloads[i]}'"
  done
}

# count_since_mark TOPIC PATTERN: matching messages since the mark, in $count; full topic
count_since_mark() {
  local i
  count=0 found=-1
  for ((i = since; i < ${#topics[@]}; i++)); do
    # shellcheck disable=SC2053 # a pattern is wanted
    if [[ ${topics[i]} == "$1" && ${payloads[i]} == $2 ]]; then
      count=$((count + 1))
      found=$i
    fi
  done
}

# message TOPIC PATTERN [SECONDS]: waits for a message on PREFIX/TOPIC whose payload matches the
# shell pattern; its payload in $payload, the time it was read in $message_ms
message() {
  next_to_see=$since
  until_true "${3:-5}" message_came "$1" "$2"
}

message_came() {
  local i
  collect
  for ((i = next_to_see; i < ${#topics[@]}; i++)); do
    # shellcheck disable=SC2053 # a pattern is wanted
    if [[ ${topics[i]} == "$prefix/$1" && ${payloads[i]} == $2 ]]; then
      payload=${payloads[i]} message_ms=${times_ms[i]}
      return 0
    fi
  done
  next_to_see=${#topics[@]}
  return 1
}

# no_message TOPIC PATTERN: none has come since the mark. Wait first for something that would
# have come later.
no_message() {
  collect
  count_since_mark "$prefix/$1" "$2"
  why="$count came"
  [ "$count" -eq 0 ]
}

# messages_are TOPIC PAYLOAD...: exactly these came on the topic since the mark, in this order
messages_are() {
  local i topic=$prefix/$1 got=()
  shift
  collect
  for ((i = since; i < ${#topics[@]}; i++)); do
    [[ ${topics[i]} != "$topic" ]] || got+=("${payloads[i]}")
  done
  why="got (${got[*]-}), expected ($*)"
  [ "${got[*]-}" = "$*" ]
}

# in_order TOPIC PATTERN [TOPIC PATTERN]...: messages that came since the mark in this order, with
# others in between or not
in_order() {
  local i=$since
  collect
  why=''
  while [ $# -gt 0 ]; do
    # shellcheck disable=SC2053 # a pattern is wanted
    while [ "$i" -lt ${#topics[@]} ] && ! [[ ${topics[i]} == "$prefix/$1" && ${payloads[i]} == $2 ]]
    do
      i=$((i + 1))
    done
    if [ "$i" -ge ${#topics[@]} ]; then
      why="missing: $1 '$2'"
      return 1
    fi
    i=$((i + 1))
    shift 2
  done
}

publish_raw() { # TOPIC PAYLOAD [OPTION...]
  local topic=$1 payload=$2
  shift 2
  mosquitto_pub -h 127.0.0.1 -p $port -q 1 "$@" -t "$topic" -m "$payload"
}

# publish TOPIC PAYLOAD [OPTION...]
publish() {
  local topic=$1
  shift
  publish_raw "$prefix/$topic" "$@"
}

# switch OUTPUT PAYLOAD: sends a command
switch() {
  publish "output/$1/set" "$2"
}

# switch_keeper OUTPUT: connects a client that sends each line written to fd $switch as a command to
# OUTPUT, without the time that starting a program takes
switch_keeper() {
  mkfifo "$tmp/switch-$1"
  exec {switch}<>"$tmp/switch-$1"
  mosquitto_pub -h 127.0.0.1 -p $port -q 1 -t "$prefix/output/$1/set" -l <"$tmp/switch-$1" \
    >/dev/null 2>&1 &
}

# stored_message TOPIC: what the broker gives a newcomer, in $stored_message
stored_message() {
  stored_message=$(mosquitto_sub -h 127.0.0.1 -p $port -t "$prefix/$1" -C 1 -W 3 2>/dev/null)
}

# ---- the daemon

need_daemon() {
  if [ -z "${PINFERRY:-}" ] || [ ! -x "$PINFERRY" ]; then
    skip_all "no daemon: PINFERRY is '${PINFERRY:-}'"
  fi
}

# configure [MQTT-SETTING...] <<EOF: writes the configuration, with broker and folders put in front
configure() {
  mkdir -p "$tmp/state" "$tmp/run"
  export RUNTIME_DIRECTORY=$tmp/run
  {
    echo "mqtt: { broker = \"mqtt://127.0.0.1:$port\"; prefix = \"$prefix\"; client_id = \"lab\"; $* };"
    echo "state_dir = \"$tmp/state\";"
    cat
  } >"$tmp/pinferry.conf"
}

# launch_daemon: starts it, and waits for nothing
launch_daemon() {
  "$PINFERRY" run -c "$tmp/pinferry.conf" --driver-dir "${PINFERRY_DRIVERS:-}" \
    2>>"$tmp/log" >>"$tmp/log" &
  daemon_pid=$!
}

# start_daemon: starts it and waits until it is online
start_daemon() {
  mark
  launch_daemon
  ok "the daemon comes online" message status online 15
}

daemon_runs() {
  [ -n "$daemon_pid" ] && ! daemon_ended
}

# bash may not have noticed yet: ask the kernel
daemon_ended() {
  local stat
  { read -r stat <"/proc/$daemon_pid/stat"; } 2>/dev/null || return 0
  [[ $stat == *') Z '* ]]
}

# stop_daemon [SIGNAL]: ends it; its exit status in $daemon_status, "hung" if it had to be killed
stop_daemon() {
  kill "-${1:-TERM}" "$daemon_pid" 2>/dev/null || true
  daemon_status=''
  if ! until_true 10 daemon_ended; then
    kill -KILL "$daemon_pid"
    daemon_status=hung
  fi
  wait "$daemon_pid" 2>/dev/null
  daemon_status=${daemon_status:-$?}
  daemon_pid=''
}

log_has() {
  tail -c "+$((log_since + 1))" "$tmp/log" 2>/dev/null | grep -Eq -- "$1"
}

# logged REGEX [SECONDS]: waits for a line in the daemon's log, since the mark
logged() {
  until_true "${2:-5}" log_has "$1"
}

# log_count REGEX: how many lines match since the mark, in $log_count
log_count() {
  log_count=$(tail -c "+$((log_since + 1))" "$tmp/log" | grep -Ec -- "$1") || true
}

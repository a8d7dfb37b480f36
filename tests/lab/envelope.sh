#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# The safety envelope of outputs, judged by what the kernel was asked to do to real lines.
# lab: -t 300
# shellcheck disable=SC1091,SC2034,SC2154,SC2317 # it shares variables with lib.sh
. "$(dirname "$0")/lib.sh"
need_daemon

dead_time_ms=40
commands=1000
configuration="
outputs: (
  { name = \"valve\";  line = \"GPIO12\"; active_low = true; initial = \"off\"; },
  { name = \"keeper\"; line = \"GPIO26\"; initial = \"keep\"; on_exit = \"keep\"; },
  { name = \"heater\"; line = \"GPIO16\"; max_on_s = 1; },
  { name = \"up\";     line = \"GPIO5\"; interlock = \"blind\"; },
  { name = \"down\";   line = \"GPIO6\"; interlock = \"blind\"; },
  { name = \"pump\";   line = \"GPIO27\"; failsafe = { after_s = 1; state = \"off\"; }; },
  { name = \"gate\";   line = \"GPIO25\"; initial = \"keep\"; on_exit = \"keep\"; }
);
interlocks: ( { name = \"blind\"; dead_time_ms = $dead_time_ms; } );"

# kernel_number N: what the trace calls line N of the header, in $kernel_number
kernel_number() {
  local chip label base=0
  for chip in /sys/class/gpio/gpiochip*; do
    read -r label <"$chip/label"
    [ "$label" != pinctrl-bcm2711 ] || read -r base <"$chip/base"
  done
  kernel_number=$((base + $1))
}

# levels LINE...: "MICROSECONDS LINE LEVEL" for each level the kernel set on these lines, in order
levels() {
  local line wanted=''
  for line; do
    kernel_number "$line"
    wanted+=" $kernel_number=$line"
  done
  awk -v wanted="$wanted" '
    BEGIN {
      n = split(wanted, pairs, " ")
      for (i = 1; i <= n; i++) { split(pairs[i], p, "="); names[p[1]] = p[2] }
    }
    {
      for (i = 2; i <= NF - 3; i++)
        if ($i == "gpio_value:" && $(i + 2) == "set" && ($(i + 1) in names))
          printf "%.0f %s %s\n", $(i - 1) * 1000000, names[$(i + 1)], $(i + 3)
    }' $tracing/trace
}

test_start() {
  # as on a relay board that is on at 0: its resistor keeps it off while nobody drives the line
  pull 12 up
  trace_start
  start_daemon
  traced 12
  ok 'active low, initial off: straight to off, value before direction' same "$traced" 'out=1 dir=out'
  ok 'and the line is off' line_is 12 1
  ok 'which is published' message output/valve OFF
  mark
  switch valve ON
  ok 'ON is 0 on its line' line_is 12 0
  switch valve OFF
  ok 'OFF is 1' line_is 12 1
}

test_keep() {
  switch keeper ON
  ok 'keep: the output is on' line_is 26 1
  # the simulated line falls back to its pull when it is released; a real one stays
  pull 26 up
  trace_start
  stop_daemon
  ok 'keep: the daemon ends well' same "$daemon_status" 0
  ok 'keep: the line stays on without a daemon' line_is 26 1
  start_daemon
  ok 'keep: ON is published after the restart' message output/keeper ON
  ok 'keep: the line is on' line_is 26 1
  traced 26
  ok 'keep: it was never off in between' unlike "$traced" '*out=0*'
  ok 'keep: nor an input' unlike "$traced" '*dir=in*'
}

test_limit() {
  mark
  trace_start
  switch heater ON
  ok 'max_on_s: the output is on' line_is 16 1
  switch heater ON
  ok 'max_on_s: the line goes off' line_is 16 0
  ok 'max_on_s: which is published' message output/heater OFF
  traced 16
  ok 'max_on_s: on once, off once' like "$traced" 'out=1*( out=1) out=0'
  levels 16 >"$tmp/levels"
  local on_us off_us
  on_us=$(awk '$3 == 1 { print $1; exit }' "$tmp/levels")
  off_us=$(awk '$3 == 0 { print $1; exit }' "$tmp/levels")
  ok 'max_on_s: after a second, not prolonged by the second ON' \
    between $(((off_us - on_us) / 1000)) 900 1500
}

acks_are_in() {
  local in_all
  collect
  count_since_mark "$prefix/output/up/ack" '*'
  in_all=$count
  count_since_mark "$prefix/output/down/ack" '*'
  in_all=$((in_all + count))
  why="$in_all answers"
  [ "$in_all" -ge "$commands" ]
}

# storm: alternating ON commands, faster than the dead time, over two connections
storm() {
  local i to_up to_down
  switch_keeper up
  to_up=$switch
  switch_keeper down
  to_down=$switch
  for ((i = 0; i < commands; i += 2)); do
    echo ON >&"$to_up"
    nap 0.003
    echo ON >&"$to_down"
    # now and then a rest, in which the one that is to be on comes on
    if ((i % 20 == 0)); then nap 0.08; else nap 0.003; fi
  done
}

# judge: counts, from the levels of the two lines, how often each went on, how often both were on,
# and how often one went on within the dead time after the other's end; and the shortest pause
judge() {
  levels 5 6 | awk -v dead_us=$((dead_time_ms * 1000)) '
    {
      other = 11 - $2
      if ($3 == 1 && !on[$2]) {
        begun[$2]++
        if (on[other]) both++
        if (other in ended) {
          pause = $1 - ended[other]
          if (pause < dead_us) early++
          if (shortest == "" || pause < shortest) shortest = pause
        }
      }
      if ($3 == 0 && on[$2]) ended[$2] = $1
      on[$2] = $3
    }
    END { print begun[5] + 0, begun[6] + 0, both + 0, early + 0, shortest + 0 }'
}

test_interlock() {
  local ups downs both early shortest
  mark
  trace_start
  storm
  ok "interlock: each of $commands commands is answered" until_true 30 acks_are_in
  judge >"$tmp/judged"
  read -r ups downs both early shortest <"$tmp/judged"
  note "up came on $ups times, down $downs times; shortest pause $shortest us"
  ok 'interlock: the first line came on again and again' between "$ups" 5 $commands
  ok 'interlock: the second one, too' between "$downs" 5 $commands
  ok 'interlock: never both on' same "$both" 0
  ok "interlock: never on within the dead time" same "$early" 0
}

test_failsafe() {
  switch pump ON
  ok 'failsafe: the output is on' line_is 27 1
  mark
  trace_start
  broker_stop
  ok 'failsafe: the line goes off without a broker' line_is 27 0 20
  ok 'failsafe: the daemon runs on' daemon_runs
  traced 27
  ok 'failsafe: it moved the line once' same "$traced" out=0
  broker_start
  ok 'failsafe: OFF is published when the broker is back' message output/pump OFF 30
  ok 'failsafe: the line stays off' line_is 27 0
}

recorded() {
  grep -Eqs '"unfinished":[[:space:]]*true' "$tmp"/run/*/held
}

test_crash() {
  ok 'crash: keeper is on' line_is 26 1
  mark
  switch gate '{"state":"ON","for_ms":60000}'
  ok 'crash: a pulse begins' message output/gate ON
  ok 'crash: which is in the record' until_true 5 recorded
  pull 25 up # as on a Raspberry Pi, the level stays when the process dies
  trace_start
  stop_daemon KILL
  ok 'crash: kill -9 leaves the line on' line_is 25 1
  traced 25
  ok 'crash: nobody moved it' same "$traced" ''
  broker_stop
  now_ms
  local began=$now_ms status=0
  "$PINFERRY" safe-state -c "$tmp/pinferry.conf" -d "${PINFERRY_DRIVERS:-}" 2>>"$tmp/log" || status=$?
  now_ms
  ok 'safe-state: succeeds without a broker' same "$status" 0
  ok 'safe-state: takes less than a second' between $((now_ms - began)) 0 1000
  traced 25
  ok 'safe-state: the pulse is brought to its end' same "$traced" 'out=0 dir=out'
  traced 26
  ok 'safe-state: what keeps its state is left alone' same "$traced" ''
}

[ -e $tracing/events/gpio/enable ] || skip_all 'no trace events in this kernel'
echo mono >$tracing/trace_clock # the clock that is kept at start counts in ticks
shopt -s extglob
ok 'a broker starts' broker_start
ok 'a subscriber listens' listen
configure <<<"$configuration"
test_start
test_keep
test_limit
test_interlock
test_failsafe
test_crash
finish

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# soak.sh [-t SECONDS] [-s SEED]: the daemon on a simulated board, while the broker restarts (with
# and without its memory), freezes or dies, and the network between them is cut or swallows
# everything; in an order that the seed decides (it is printed; -s repeats it). Inputs, sensor values
# and commands are fed in all the time. In the end a judge, which knows nothing but files and what a
# subscriber heard, compares:
#
#   readings  with a buffer: none missing, in order, each with a value that was there at its time
#   states    of inputs and outputs, as retained by the broker: what the lines have
#   commands  those sent in calm times are answered once
#   memory, descriptors, threads: not more than after the first tenth
#
# SOAK_BREAK=buffer|state|reading breaks something on purpose: the judge has to notice.
# Stops by itself. Prints TAP and figures.

# shellcheck source=tests/integration/lib.sh
. "$(dirname "$0")/../integration/lib.sh"

seconds=600
seed=$$
while getopts t:s: option; do
  case $option in
  t) seconds=$OPTARG ;;
  s) seed=$OPTARG ;;
  *) exit 64 ;;
  esac
done
need_broker
RELAY=${RELAY:-$build/tests/soak/relay}
[ -x "$RELAY" ] || skip_all "$RELAY is not built"
figures=$(mktemp)
trap 'rm -f "$figures"' EXIT

figure() {
  printf '# %s\n' "$*" | tee -a "$figures"
}

# chance N: true once in N times
chance() {
  [ $((RANDOM % $1)) -eq 0 ]
}

# pick FROM TO: sets $picked (a subshell would have random numbers of its own)
pick() {
  picked=$(($1 + RANDOM % ($2 - $1 + 1)))
}

# ---- the world --------------------------------------------------------------------------------------

broker_lines=()

begin_broker() {
  start_broker "${broker_lines[@]}"
}

order() {
  echo "$1" >&"$relay_in"
}

start_relay() {
  local at
  mkfifo "$dir/relay"
  until at=$((20000 + RANDOM % 12000)) && ! port_answers "$at"; do :; done
  "$RELAY" "$at" "$port" <"$dir/relay" &
  pids+=("$!")
  exec {relay_in}>"$dir/relay"
  until_true "$patience_s" port_answers "$at"
  broker_url=mqtt://127.0.0.1:$at
}

# the observer is a client of its own, past the relay; the broker forgets or keeps what it missed
observer_listens() {
  grep -q 'Sending SUBACK to observer' "$broker_log"
}

start_observer() {
  mosquitto_sub -h 127.0.0.1 -p "$port" -i observer -c -q 1 -t 't/#' -F '%U %t %p' \
    >>"$dir/heard" 2>>"$dir/observer.log" &
  pids+=("$!")
  until_true "$patience_s" observer_listens
}

start_world() {
  broker_lines=('allow_anonymous true' 'max_queued_messages 0' 'persistence true'
    "persistence_location $dir/" 'autosave_on_changes true' 'autosave_interval 1')
  begin_broker
  start_relay
  start_observer
  : >"$dir/values"
  feed_value
  mqtt_options='keepalive_s = 3;'
  local buffer='buffer = { max_messages = 5000; };' disk='buffer = { max_messages = 5000; on_disk = true; };'
  [ "${SOAK_BREAK:-}" != buffer ] || buffer='' disk=''
  configure <<END
inputs: (
  { name = "door"; line = "GPIO17"; debounce_ms = 5; },
  { name = "wall"; line = "GPIO18"; debounce_ms = 5; format = "json"; }
);
outputs: (
  { name = "pump"; line = "GPIO27"; },
  { name = "valve"; line = "GPIO22"; min_on_s = 1; max_on_s = 5; },
  { name = "fence"; line = "GPIO5"; }
);
sensors: (
  { name = "air"; driver = "lm75"; bus = "i2c-1"; address = 0x48; interval_s = 1;
    format = "json"; $buffer },
  { name = "store"; driver = "lm75"; bus = "i2c-1"; address = 0x49; interval_s = 1;
    format = "json"; $disk },
  { name = "plain"; driver = "bme280"; bus = "i2c-1"; address = 0x76; interval_s = 2; }
);
END
  export RUNTIME_DIRECTORY=$dir/run
  mkdir -p "$dir/run"
  "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" 2>>"$daemon_log" &
  daemon=$!
  pids+=("$daemon")
  until_true "$patience_s" heard_online
}

heard_online() {
  grep -q ' t/status online$' "$dir/heard"
}

# ---- what is fed in ---------------------------------------------------------------------------------

value=0

# feed_value: the next temperature for both chips; `FROM TO VALUE` says when it began to be there
feed_value() {
  local from=$EPOCHREALTIME address
  value=$(((value + 1) % 200))
  for address in 0x48 0x49; do
    mkdir -p "$board/i2c-1/$address"
    [ -e "$board/i2c-1/$address/chip" ] || echo lm75 >"$board/i2c-1/$address/chip"
    echo "$((value / 2)).$((value % 2 * 5))" >"$board/i2c-1/$address/new"
    mv "$board/i2c-1/$address/new" "$board/i2c-1/$address/temperature"
  done
  echo "$from $EPOCHREALTIME $((value / 2)).$((value % 2 * 5))" >>"$dir/values"
}

commands=0
calm_commands=0

# Commands get lost with a connection: only in calm times must an answer come.
feed_command() {
  local word=ON id=c$((++commands))
  ! chance 2 || word=OFF
  if [ "$calm" -gt 4 ]; then
    calm_commands=$((calm_commands + 1))
    id=calm$calm_commands
  fi
  timeout 2 mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 \
    -t "t/output/$([ $((RANDOM % 2)) -eq 0 ] && echo pump || echo valve)/set" \
    -m "{\"state\":\"$word\",\"id\":\"$id\"}" 2>/dev/null || true
}

feed() {
  ! chance 2 || set_line GPIO17 $((RANDOM % 2))
  ! chance 2 || set_line GPIO18 $((RANDOM % 2))
  feed_value
  [ "$frozen" = yes ] || ! chance 2 || feed_command
}

# ---- what goes wrong --------------------------------------------------------------------------------

declare -A faults=()
frozen=no

# pause TICKS: time goes by, and everything is fed on
pause() {
  local tick
  for ((tick = 0; tick < $1; tick++)); do
    feed
    measure
    sleep 0.4
  done
}

# The daemon may only come back when the observer is there to hear it.
restart_broker() {
  order refuse
  kill "-$1" "$broker"
  wait_end "$broker"
  frozen=yes
  pick 1 10
  pause "$picked"
  [ "$2" = remembers ] || rm -f "$dir/mosquitto.db"
  begin_broker
  until_true "$patience_s" observer_listens || fail 'the observer does not come back'
  frozen=no
  order forward
}

freeze_broker() {
  frozen=yes
  kill -STOP "$broker"
  pick 2 25
  pause "$picked"
  kill -CONT "$broker"
  frozen=no
}

swallow() {
  order hole
  pick 2 25
  pause "$picked"
  order forward
}

break_something() {
  local fault
  case $((RANDOM % 6)) in
  0) fault=restart && restart_broker TERM remembers ;;
  1) fault='restart without memory' && restart_broker TERM forgets ;;
  2) fault='kill -9 of the broker' && restart_broker KILL forgets ;;
  3) fault=freeze && freeze_broker ;;
  4) fault='cut' && order cut ;;
  5) fault='black hole' && swallow ;;
  esac
  faults[$fault]=$((${faults[$fault]:-0} + 1))
}

# ---- what is measured -------------------------------------------------------------------------------

measured_ms=0

measure() {
  local now_rss now_threads now_fds now
  now=$(now_ms)
  [ $((now - measured_ms)) -ge 2000 ] || return 0
  measured_ms=$now
  alive "$daemon" || fail 'the daemon is gone'
  now_rss=$(sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status")
  now_threads=$(sed -n 's/^Threads:[^0-9]*//p' "/proc/$daemon/status")
  now_fds=("/proc/$daemon/fd"/*)
  echo "$now_rss $now_threads ${#now_fds[@]}" >>"$dir/measures"
}

is_sanitized() {
  grep -qa -e __asan_init -e __tsan_init "/proc/$daemon/exe"
}

# Memory when all is calm, early and late; a buffer that was filled leaves holes behind.
judge_measures() {
  local ticks
  ticks=$(sed 's/.*) //' "/proc/$daemon/stat" | awk '{ print $12 + $13 }')
  figure "CPU: $((ticks * 1000 / $(getconf CLK_TCK))) ms in $seconds s"
  figure "VmRSS in KiB, 12 of the run: $(awk '{ rss[NR] = $1 }
    END { for (i = 1; i <= 12; i++) printf "%d ", rss[int(1 + (NR - 1) * (i - 1) / 11)] }' \
    "$dir/measures")"
  figure "threads and descriptors, early: $early_threads $early_fds, in the end: $threads $fds"
  figure "VmRSS early: $early_rss KiB, in the end: $rss KiB"
  [ "$threads" -le "$early_threads" ] || fail 'threads leak'
  [ "$fds" -le "$early_fds" ] || fail 'descriptors leak'
  is_sanitized || [ $((rss - early_rss)) -le 1536 ] || fail 'the memory grows'
}

# calm_measure: sets $rss, $threads, $fds
calm_measure() {
  measured_ms=0
  measure
  read -r rss threads fds < <(tail -n 1 "$dir/measures")
}

# json_value: the temperature fed last, as a number in JSON: it has no .0
json_value() {
  local half=''
  [ $((value % 2)) -eq 0 ] || half=.5
  echo "$((value / 2))$half"
}

# ---- the judge --------------------------------------------------------------------------------------

# judge_readings NAME: from the first to the last, by their own times
judge_readings() {
  awk -v name="$1" -v values="$dir/values" '
    function seconds(text, part) {
      split(text, part, /[-T:Z]/)
      return part[3] * 86400 + part[4] * 3600 + part[5] * 60 + part[6]
    }
    function wrong(text) {
      if (bad++ < 5)
        print name ": " text
    }
    BEGIN {
      # times of day are enough, counted from the first midnight
      while ((getline line < values) > 0) {
        split(line, field, " ")
        n++
        from[n] = field[1]
        to[n] = field[2]
        fed[n] = field[3]
      }
    }
    $2 == "t/sensor/" name {
      if (!match($0, /"time":"[^"]*"/))
        next
      time = substr($0, RSTART + 8, RLENGTH - 9)
      if (time in seen) {
        repeated++
        next
      }
      seen[time] = 1
      at = seconds(time)
      if (count++ == 0)
        offset = int(($1 - at) / 3600 + 0.5) * 3600
      else if (at < last)
        wrong("out of order: " time)
      else if (at - last > 1.9)
        wrong("missing: " at - last - 1 " s before " time)
      else if (at - last > longest)
        longest = at - last
      last = at
      match($0, /"temperature":[-0-9.]*/)
      value = substr($0, RSTART + 14, RLENGTH - 14)
      epoch = at + offset
      while (first < n && to[first + 1] < epoch - 60)
        first++
      true_value = 0
      for (i = first ? first : 1; i <= n && from[i] <= epoch + 0.1; i++)
        # there until the next was, and a second more while it is converted and fetched
        if (fed[i] + 0 == value + 0 && (i == n || to[i + 1] + 1 >= epoch))
          true_value = 1
      if (!true_value)
        wrong(value " at " time " was not fed in")
    }
    END {
      printf "readings of %s: %d, repeated %d, longest interval %.2f s\n", name, count, repeated, longest
      exit bad || count < 5
    }' "$dir/heard"
}

# what the broker has retained, from a subscriber that has just come
retained() {
  timeout "$patience_s" mosquitto_sub -h 127.0.0.1 -p "$port" -t "$1" -C 1
}

# retains TOPIC PATTERN
retains() {
  local payload
  payload=$(retained "$1")
  # shellcheck disable=SC2053 # a pattern is what is wanted
  [[ $payload == $2 ]]
}

retained_is() {
  until_true "$patience_s" retains "$1" "$2" || fail "$1 is '$(retained "$1")', expected $2"
}

judge_states() {
  local door=OFF wall=OFF item
  [ "$(cat "$board/gpio/GPIO17")" = 0 ] || door=ON
  [ "$(cat "$board/gpio/GPIO18")" = 0 ] || wall=ON
  [ "${SOAK_BREAK:-}" != state ] || publish t/input/door maybe -r
  retained_is t/status online
  retained_is t/input/door "$door"
  retained_is t/input/wall "{*\"$wall\"*}"
  retained_is t/output/pump ON
  retained_is t/output/valve OFF
  line_is GPIO27 1
  line_is GPIO22 0
  retained_is t/sensor/air "*:$(json_value),*"
  for item in input/door input/wall output/pump output/valve sensor/air sensor/store \
    sensor/plain; do
    retained_is "t/$item/availability" online
  done
}

judge_commands() {
  local answers once
  answers=$(grep -E '^[0-9.]+ t/output/(pump|valve)/ack ' "$dir/heard" |
    grep -oE '"calm[0-9]+"' || true)
  once=$(sort -u <<<"$answers" | grep -c . || true)
  figure "commands: $commands, in calm times $calm_commands, of these answered $once"
  [ "$(grep -c . <<<"$answers")" -eq "$once" ] || fail 'a command was answered twice'
  [ "$once" -eq "$calm_commands" ] || fail 'commands were not answered'
}

# What is new joins the end: when it has come, so has all that was kept.
newest_is_heard() {
  local name
  for name in air store; do
    tail -n 40 "$dir/heard" | grep -q "t/sensor/$name .*:$(json_value)," || return 1
  done
}

come_to_rest() {
  local word
  order forward
  feed_value
  command_output valve '{"state":"OFF","id":"last-valve"}' -q 1
  command_output pump '{"state":"ON","id":"last-pump"}' -q 1
  for word in valve pump; do
    until_true 30 grep -q "\"last-$word\",\"result\":\"d" "$dir/heard" ||
      fail "no answer from $word"
  done
  until_true 30 newest_is_heard || fail 'the newest readings do not come'
}

# in the first tenth all is well, then something breaks every few seconds
soak() {
  local until_ms calm=0 i fault
  RANDOM=$seed
  start_world
  figure "seed $seed, $seconds s"
  until_ms=$(($(now_ms) + seconds * 1000))
  calm=1
  while [ "$(now_ms)" -lt $((until_ms - seconds * 900)) ]; do
    calm=$((calm + 1))
    pause 1
  done
  calm=0
  pause 2
  order cut
  pause 10
  calm_measure
  early_rss=$rss early_threads=$threads early_fds=$fds
  while [ "$(now_ms)" -lt "$until_ms" ]; do
    # an answer on its way would get lost
    calm=0
    pause 2
    break_something
    until_true 60 has_come_back || fail 'the daemon does not come back'
    pick 2 14
    for ((i = 0; i < picked; i++)); do
      calm=$((calm + 1))
      pause 1
    done
  done
  until_true 60 has_come_back
  come_to_rest
  [ "${SOAK_BREAK:-}" != reading ] || sed -i '/t\/sensor\/store .*:1[0-9]\.5,/d' "$dir/heard"
  for fault in "${!faults[@]}"; do
    figure "$fault: ${faults[$fault]}"
  done
  figure "info: $(retained t/info)"
  calm_measure
  judge_measures
  judge_readings air >"$dir/judged" || { cat "$dir/judged" && fail 'readings of air'; }
  judge_readings store >>"$dir/judged" || { cat "$dir/judged" && fail 'readings of store'; }
  while read -r line; do figure "$line"; done <"$dir/judged"
  judge_states
  judge_commands
}

# a round trip through the daemon, whatever it heard before
trips=0
has_come_back() {
  local try
  trips=$((trips + 1))
  timeout 2 mosquitto_pub -h 127.0.0.1 -p "$port" -q 1 -t t/output/fence/set \
    -m "{\"state\":\"ON\",\"id\":\"trip-$trips\"}" 2>/dev/null || return 1
  for try in 1 2 3 4 5; do
    ! grep -q "\"trip-$trips\"" "$dir/heard" || return 0
    feed_value
    sleep 0.2
  done
  return 1
}

run_tests soak
cat "$figures"

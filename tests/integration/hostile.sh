#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Clients and configurations that mean harm, or are broken: floods, and things too large, too deep
# or not text at all. Nothing falls over or grows, and who behaves is served.

. "$(dirname "$0")/lib.sh"
need_broker

# start_plain: as it is shipped, without -v
start_plain() {
  "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board" 2>>"$daemon_log" &
  daemon=$!
  pids+=("$daemon")
  expect_log 'connected to'
}

# so that no command gets lost before it reaches the daemon
start_patient_broker() {
  start_broker 'allow_anonymous true' 'max_queued_messages 0'
}

# hear TOPIC FILE: what is published there
hear() {
  local before
  before=$(grep -c 'Sending SUBACK to auto' "$broker_log" || true)
  mosquitto_sub -h 127.0.0.1 -p "$port" -q 1 -t "$1" >"$2" &
  pids+=("$!")
  until_true "$patience_s" more_listen_than "$before"
}

more_listen_than() {
  [ "$(grep -c 'Sending SUBACK to auto' "$broker_log")" -gt "$1" ]
}

rss_kib() {
  sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/$daemon/status"
}

# grew_little FROM_KIB; a sanitizer keeps what was freed
grew_little() {
  local now
  now=$(rss_kib)
  note "memory: $1 KiB before, $now KiB after"
  if grep -qa -e __asan_init -e __tsan_init "/proc/$daemon/exe"; then return; fi
  [ $((now - $1)) -le 2048 ] || fail 'the memory grew'
}

# answered: how many commands have an answer of their own, or are counted in one for several
answered() {
  awk '/"overload: [0-9]+ commands/ { sub(/.*"overload: /, ""); n += $1; next }
    { n++ }
    END { print n + 0 }' "$dir/heard"
}

has_answered() {
  [ "$(answered)" -ge "$1" ]
}

# flood TOPIC PAYLOAD BATCHES BATCH PAUSE_S [OPTION...]: of many batches at most 40 are ahead of the
# answers, for mosquitto loses what waits for one client beyond 65535 messages, the number of their ids
flood() {
  local topic=$1 payload=$2 batches=$3 batch=$4 pause_s=$5 i lines before
  shift 5
  before=$(answered)
  lines=$(for ((i = 0; i < batch; i++)); do echo "$payload"; done)
  for ((i = 0; i < batches; i++)); do
    printf '%s\n' "$lines"
    sleep "$pause_s"
    ((i % 10)) || until_true 60 has_answered $((before + (i - 40) * batch))
  done | mosquitto_pub -h 127.0.0.1 -p "$port" -t "$topic" -l "$@"
}

lamp_answers() {
  grep -q "\"$1\"" "$dir/lamp"
}

# The rules hold by the times in the states themselves; the first of each change counts. A state
# that waited to be sent may have been replaced by its repetition, so some time is allowed for.
keeps_limits() {
  awk -v min_ms=1000 -v slack_ms=300 '
    match($0, /T[0-9:.]+Z/) {
      split(substr($0, RSTART + 1, RLENGTH - 2), part, ":")
      now_ms = (part[1] * 3600 + part[2] * 60 + part[3]) * 1000
      state = /"ON"/ ? "ON" : "OFF"
      if (state == last)
        next
      if (last != "" && now_ms >= since_ms && changes++ > 0 &&
        now_ms - since_ms < min_ms - slack_ms) {
        print last " for " now_ms - since_ms " ms only"
        bad = 1
      }
      last = state
      since_ms = now_ms
    }
    END {
      print changes + 0 " changes"
      exit bad || changes < 3
    }' "$dir/states"
}

# 10 s of 10 000 commands a second
a_flood_leaves_room_for_others() {
  local before i flooder
  start_patient_broker
  configure <<'END'
outputs: (
  { name = "pump"; line = "GPIO27"; min_on_s = 1; min_off_s = 1; format = "json"; },
  { name = "lamp"; line = "GPIO22"; }
);
END
  start_plain
  hear t/output/pump/ack "$dir/heard"
  hear t/output/lamp/ack "$dir/lamp"
  hear t/output/pump "$dir/states"
  # what it needs for that at all
  flood t/output/pump/set TOGGLE 1 2000 0 -q 1
  until_true "$patience_s" has_answered 2000
  before=$(rss_kib)
  flood t/output/pump/set TOGGLE 100 1000 0.1 -q 1 &
  flooder=$!
  for i in 1 2 3 4 5 6 7 8; do
    command_output lamp "{\"state\":\"TOGGLE\",\"id\":\"lamp-$i\"}" -q 1
    until_true "$patience_s" lamp_answers "lamp-$i" || fail "lamp-$i is not answered"
    sleep 1 # a command a second
  done
  wait "$flooder"
  until_true 120 has_answered 102000 || fail "only $(answered) of 102000 are answered"
  note "$(answered) answered, $(grep -c overload "$dir/heard") times for several"
  [ "$(answered)" -eq 102000 ]
  [ "$(grep -c '"done"' "$dir/lamp")" -eq 8 ]
  keeps_limits
  grew_little "$before"
  [ "$(wc -l <"$daemon_log")" -lt 700 ] || fail 'the log is flooded'
}

# More than all queues hold, at once: each command is answered, or counted in an answer.
# burst VERSION
burst() {
  local until_ms flooders
  mqtt_options="version = \"$1\";"
  start_patient_broker
  configure <<'END'
outputs: (
  { name = "up"; line = "GPIO27"; interlock = "blind"; },
  { name = "down"; line = "GPIO22"; interlock = "blind"; }
);
interlocks: ( { name = "blind"; dead_time_ms = 300; } );
END
  start_plain
  hear 't/output/+/ack' "$dir/heard"
  flood t/output/up/set ON 1 10000 0 -q 1 &
  flooders=("$!")
  flood t/output/down/set ON 1 10000 0 -q 1 &
  flooders+=("$!")
  until_ms=$(($(now_ms) + 60000))
  until has_answered 20000; do
    if line_is GPIO27 1 && line_is GPIO22 1; then fail 'both are on'; fi
    [ "$(now_ms)" -lt "$until_ms" ] || fail "only $(answered) are answered"
  done
  wait "${flooders[@]}"
  [ "$(answered)" -eq 20000 ]
}

each_command_of_a_burst_is_answered_or_counted() {
  burst 5
}

each_command_of_a_burst_is_answered_or_counted_with_311() {
  burst 3.1.1
}

# harmless_payloads VERSION
harmless_payloads() {
  local before i file
  mqtt_options="version = \"$1\";"
  start_patient_broker
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; }, { name = "fence"; line = "GPIO5"; } );
END
  start_plain
  # not the payloads themselves
  hear 't/output/+/ack' "$dir/heard"
  hear t/output/pump "$dir/states"
  head -c 1048576 /dev/zero >"$dir/nul"
  head -c 1048576 /dev/zero | tr '\0' '[' >"$dir/deep"
  { printf '{"state":"ON","id":"' && head -c 1048576 /dev/zero | tr '\0' '\377'; } >"$dir/binary"
  { printf '{"id":' && head -c 4000 /dev/zero | tr '\0' '{'; } >"$dir/deeper"
  printf '{"state":"ON","id":"\355\240\200\300\200"}' >"$dir/utf8"
  before=
  for i in 1 2 3 4 5 6 7 8 9 10; do
    for file in nul deep binary deeper utf8; do
      mosquitto_pub -h 127.0.0.1 -p "$port" -t t/output/pump/set -f "$dir/$file"
    done
    command_output fence "{\"state\":\"ON\",\"id\":\"round-$i\"}"
    until_true "$patience_s" grep -q "\"round-$i\",\"result\":\"done\"" "$dir/heard"
    before=${before:-$(rss_kib)}
  done
  grew_little "$before"
  [ "$(grep -c '"rejected"' "$dir/heard")" -ge 20 ]
  lacks ON "$dir/states"
  line_is GPIO27 0
  lacks '[^[:print:][:space:]]' "$daemon_log"
}

huge_and_binary_payloads_do_no_harm() {
  harmless_payloads 5
}

huge_and_binary_payloads_do_no_harm_with_311() {
  harmless_payloads 3.1.1
}

# What cannot be answered there is answered here.
bad_response_topics_are_not_used() {
  local long data topic
  start_broker
  start_listener
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; } );
END
  start_online
  long=$(head -c 60000 /dev/zero | tr '\0' 'x')
  data=$(head -c 2000 /dev/zero | tr '\0' 'y')
  for topic in "$long" "${long:0:1001}" "\$SYS/x"; do
    publish t/output/pump/set ON -V 5 -D publish response-topic "$topic"
    expect '0 t/output/pump/ack {*"done"*}'
  done
  publish t/output/pump/set ON -V 5 -D publish response-topic fine \
    -D publish correlation-data "$data"
  expect '0 t/output/pump/ack {*"done"*}'
  publish t/output/pump/set ON -V 5 -D publish response-topic "${long:0:1000}"
  expect '0 xxxx* {*"done"*}'
  lacks 'is lost' "$daemon_log"
}

thousand_sensors() {
  local i
  echo 'sensors: ('
  for ((i = 0; i < 1000; i++)); do
    [ "$i" -eq 0 ] || echo ','
    printf '{ name = "sensor-%d"; driver = "ds18b20"; id = "28-%012x"; interval_s = 3600; }' \
      "$i" "$i"
  done
  echo ');'
}

a_huge_configuration_works() {
  local size
  start_broker
  # up to a megabyte
  { thousand_sensors && head -c 900000 /dev/zero | tr '\0' '\n'; } | configure
  size=$(stat -c %s "$dir/pinferry.conf")
  if [ "$size" -lt 970000 ] || [ "$size" -gt 1048576 ]; then fail "the file has $size bytes"; fi
  pinferry check >"$dir/map"
  [ "$(grep -c 'sensor-' "$dir/map")" -ge 1000 ]
  start_listener
  start_online
  expect '1 t/sensor/sensor-999/error *' 60
  head -c 200000 /dev/zero | tr '\0' '\n' >>"$dir/pinferry.conf"
  status=0
  pinferry check >"$dir/map" 2>"$dir/errors" || status=$?
  [ "$status" -eq 78 ]
  grep -q 'too large' "$dir/errors"
  # a reload finds the same, and goes on with what it has
  reload
  expect_log 'too large'
  alive "$daemon"
}

huge_names_and_values_are_refused() {
  local long
  free_port
  long=$(head -c 100000 /dev/zero | tr '\0' 'n')
  configure <<END
inputs: (
  { name = "$long"; line = "GPIO1"; },
  { name = "a"; line = "$long"; },
  { name = "b"; line = "GPIO2"; topic = "$long"; },
  { name = "c"; line = "GPIO3"; payload_on = "$long"; $long = 1; }
);
END
  status=0
  pinferry check >"$dir/map" 2>"$dir/errors" || status=$?
  [ "$status" -eq 78 ]
  [ "$(wc -l <"$dir/errors")" -ge 4 ]
  # nobody wants to scroll through that
  [ "$(wc -c <"$dir/errors")" -lt 20000 ] || fail 'the messages are as long as what they are about'
}

run_tests a_flood_leaves_room_for_others each_command_of_a_burst_is_answered_or_counted \
  each_command_of_a_burst_is_answered_or_counted_with_311 huge_and_binary_payloads_do_no_harm \
  huge_and_binary_payloads_do_no_harm_with_311 bad_response_topics_are_not_used \
  a_huge_configuration_works huge_names_and_values_are_refused

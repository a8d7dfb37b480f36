#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# demo.sh BUILD: scripts/demo shows readings, the two lines it tells a person to type do what it
# says, and after Ctrl-C nothing is left.

set -euo pipefail
top=$(cd "$(dirname "$0")/.." && pwd)
output=$(mktemp)
demo=
trap '[ -z "$demo" ] || kill -TERM "$demo" 2>/dev/null || true; rm -f "$output"' EXIT

fail() {
  echo "FAILED: $*"
  cat "$output"
  exit 1
}

# wait_for REGEX SECONDS: in what the demo says
wait_for() {
  local end=$((SECONDS + $2))
  until grep -qE -e "$1" "$output"; do
    [ "$SECONDS" -lt "$end" ] || fail "the demo does not say: $1"
    sleep 0.05
  done
}

# background commands of a script ignore SIGINT, and what is ignored cannot be trapped
env --default-signal=INT "$top/scripts/demo" --build "$1" >"$output" 2>&1 &
demo=$!
wait_for '^  mosquitto_pub ' 60
wait_for '^  echo 0 > ' 10
wait_for '/status  online$' 30
wait_for 'sensor/air/temperature  2[0-9]\.' 30
wait_for 'sensor/tank  .*21\.' 30
wait_for 'sensor/board  31\.' 30

# what a person types
relay=$(sed -n 's/^  \(mosquitto_pub .*\)/\1/p' "$output" | head -n 1)
button=$(sed -n 's/^  \(echo 0 > .*\)/\1/p' "$output" | head -n 1)
folder=$(sed -n 's|^Pinferry runs on a simulated board in \(.*\)/board\.$|\1|p' "$output")
[ -d "$folder" ] || fail "no folder '$folder'"
bash -c "$relay"
wait_for 'output/pump  ON$' 10
[ "$(cat "$folder/board/gpio/GPIO27")" = 0 ] || fail 'the line of the relay did not move'
bash -c "$button"
wait_for 'input/button  ON$' 10

# they are never further away than a terminal has lines
end=$((SECONDS + 120))
until [ "$(grep -c '^  mosquitto_pub ' "$output")" -ge 3 ]; do
  [ "$SECONDS" -lt "$end" ] || fail 'the commands are not told again'
  sleep 0.2
done
[ "$(awk '/^  mosquitto_pub / { n = 0 } { n++; if (n > most) most = n } END { print most }' "$output")" -lt 30 ] ||
  fail 'the commands are too far away'

kill -INT "$demo"
status=0
wait "$demo" || status=$?
demo=
[ "$status" -eq 0 ] || fail "status $status after Ctrl-C"
[ ! -e "$folder" ] || fail "$folder is left"
for file in /proc/[0-9]*/cmdline; do
  words=()
  { mapfile -d '' words <"$file"; } 2>/dev/null || true
  [[ ${words[*]-} != *"$folder"* ]] || fail "a process is left: ${words[*]}"
done

# and by itself
"$top/scripts/demo" --build "$1" --for 1 >"$output" 2>&1 || fail "status $? with --for"
wait_for 'Ctrl-C ends the demo' 0
echo 'the demo is fine'

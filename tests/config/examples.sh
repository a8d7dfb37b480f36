#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# `pinferry check` takes every configuration that is shipped, and the default one also when all that
# is commented out counts. TAP.

set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0
failed=0

# all_printed TEXT...
all_printed() {
  local text
  for text in "$@"; do
    grep -qF -- "$text" "$dir/out" || { echo "not printed: $text" >>"$dir/err" && return 1; }
  done
}

# takes NAME FILE TEXT...: check says ok, prints each TEXT, and warns of nothing but missing files
# and the single output of the sample
takes() {
  local name=$1 file=$2 status=0
  shift 2
  number=$((number + 1))
  "$top_builddir/pinferry" check -d "$top_builddir/drivers/.libs" -c "$file" \
    >"$dir/out" 2>"$dir/err" || status=$?
  if [ "$status" -eq 0 ] && tail -n 1 "$dir/out" | grep -q ': ok$' && all_printed "$@" &&
    ! grep -v -e 'does not exist (yet)$' -e 'motor: does nothing with one output' "$dir/err" >&2; then
    echo "ok $number - $name"
  else
    echo "not ok $number - $name (status $status)"
    sed 's/^/# /' "$dir/err" "$dir/out"
    failed=1
  fi
}

# the items of the default file, with their comment signs taken away
sed '/^[a-z]*: ($/,/^);/ s/^\t# /\t/' "$top_srcdir/conf/pinferry.conf" >"$dir/all.conf"

# what check tells about the rules of an output
cat >"$dir/rules.conf" <<'END'
mqtt: { keepalive_s = 20; };
inputs: ( { name = "wall"; line = "GPIO17"; } );
outputs: (
  { name = "heater"; line = "GPIO27"; max_on_s = 0.5; min_on_s = 0.25; min_off_s = 10;
    failsafe = { after_s = 60; state = "on"; }; accept_retained = true; on_exit = "on";
    button = { input = "wall"; action = "on"; }; },
  { name = "valve"; line = "GPIO22"; initial = "last"; on_exit = "keep";
    failsafe = { after_s = 60; heartbeat_topic = "house/alive"; }; },
  { name = "up"; line = "GPIO5"; interlock = "blind"; },
  { name = "down"; line = "GPIO6"; interlock = "blind"; }
);
interlocks: ( { name = "blind"; dead_time_ms = 250; } );
END

echo 1..8
takes 'the default' "$top_srcdir/conf/pinferry.conf" 'broker mqtt://localhost:1883'
takes 'the default, with its items' "$dir/all.conf" 'sensor tank: ds18b20 at 28-0316a2795aff' \
  'interlock motor, 500 ms in between: one on at most of pump' \
  'failsafe: off 60 s after the broker is lost; at worst 105 s after it fell silent'
takes 'the rules of outputs' "$dir/rules.conf" \
  'starts off, left on; on at most 0.5 s; on at least 0.25 s; off at least 10 s; a stored ON or OFF' \
  'failsafe: on 60 s after the broker is lost; at worst 90 s after it fell silent' \
  'button: input wall switches it on' 'starts in its last state, left as it is' \
  'failsafe: off 60 s after the last message on house/alive, with or without the broker' \
  'interlock blind, 250 ms in between: one on at most of up down'
takes 'the demo' "$top_srcdir/conf/demo.conf" 'gpio=27=op,dh'
takes 'relay board' "$top_srcdir/conf/examples/relay-board.conf" 'shed/relay/light/set'
takes 'greenhouse' "$top_srcdir/conf/examples/greenhouse.conf" 'mqtts://broker.example:8883' \
  'on at most 3600 s' 'failsafe: off 600 s after the last message on garden/alive'
takes 'garage door' "$top_srcdir/conf/examples/garage-door.conf" 'line GPIO16 (pin 36), pulse 400 ms'
takes 'blind' "$top_srcdir/conf/examples/blind.conf" 'one on at most of up down' \
  'button: input button-up toggles it'
exit $failed

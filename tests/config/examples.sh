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

# takes NAME FILE [TEXT]: check says ok, prints TEXT, and warns of nothing but missing files
takes() {
  local status=0
  number=$((number + 1))
  "$top_builddir/pinferry" check -d "$top_builddir/drivers/.libs" -c "$2" \
    >"$dir/out" 2>"$dir/err" || status=$?
  if [ "$status" -eq 0 ] && tail -n 1 "$dir/out" | grep -q ': ok$' &&
    grep -qF -- "${3-ok}" "$dir/out" && ! grep -v 'does not exist (yet)$' "$dir/err" >&2; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1 (status $status)"
    sed 's/^/# /' "$dir/err" "$dir/out"
    failed=1
  fi
}

# the items of the default file, with their comment signs taken away
sed '/^[a-z]*: ($/,/^);/ s/^\t# /\t/' "$top_srcdir/conf/pinferry.conf" >"$dir/all.conf"

echo 1..6
takes 'the default' "$top_srcdir/conf/pinferry.conf" 'broker mqtt://localhost:1883'
takes 'the default, with its items' "$dir/all.conf" 'sensor tank: ds18b20 at 28-0316a2795aff'
takes 'the demo' "$top_srcdir/conf/demo.conf" 'gpio=27=op,dh'
takes 'relay board' "$top_srcdir/conf/examples/relay-board.conf" 'shed/relay/light/set'
takes 'greenhouse' "$top_srcdir/conf/examples/greenhouse.conf" 'mqtts://broker.example:8883'
takes 'garage door' "$top_srcdir/conf/examples/garage-door.conf" 'line GPIO16 (pin 36), pulse 400 ms'
exit $failed

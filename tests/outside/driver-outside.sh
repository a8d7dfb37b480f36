#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# A driver can be written from the installed header alone: installs into a folder, builds
# doc/example-driver.c there, and reads a value of it from the broker. TAP.

set -euo pipefail
: "${top_srcdir:?}" "${top_builddir:?}"
dir=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-outside-XXXXXX")
pids=()
number=0

end() {
  local pid
  for pid in "${pids[@]}"; do
    kill -TERM "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null || true
  done
  rm -rf "$dir"
}
trap end EXIT

# ok NAME COMMAND...: the rest makes no sense after a failure
ok() {
  local name=$1
  number=$((number + 1))
  shift
  if "$@" >"$dir/out" 2>&1; then
    echo "ok $number - $name"
    return
  fi
  echo "not ok $number - $name"
  for file in "$dir"/out "$dir"/*.log; do
    [ ! -e "$file" ] || sed "s|^|# ${file##*/}: |" "$file"
  done
  exit
}

install_tree() {
  # of the make that runs this test nothing is wanted but what it built
  env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL make -C "$top_builddir" install DESTDIR="$dir/root"
}

find_pkgconfig() {
  pkgconfig=$(dirname "$(find "$dir/root" -name pinferry.pc)")
  [ "$pkgconfig" != . ]
}

flags() {
  env PKG_CONFIG_PATH="$pkgconfig" PKG_CONFIG_SYSROOT_DIR="$dir/root" \
    PKG_CONFIG_ALLOW_SYSTEM_CFLAGS=1 pkg-config --cflags pinferry
}

build() {
  cp "$top_srcdir/doc/example-driver.c" "$dir/"
  mkdir -p "$dir/drivers"
  # in that folder, so that no file of the tree is in reach; flags() is a list of words
  # shellcheck disable=SC2046
  (cd "$dir" && "${CC:-cc}" -std=c11 -Wall -Wextra -Werror -fPIC -shared -o drivers/example.so \
    example-driver.c $(flags))
}

exports_one_symbol() {
  [ "$(nm -D --defined-only "$dir/drivers/example.so" | awk '{print $3}')" = pf_driver_descriptor ]
}

# the path itself: a function in the background would be another process, which has the daemon as a
# child that outlives it
installed_program() {
  find "$dir/root" -path '*bin/pinferry'
}

describes() {
  "$(installed_program)" drivers -d "$dir/drivers" example >"$dir/example.txt"
  grep -q 'factor = 1 ' "$dir/example.txt" && grep -q 'temperature .*°C' "$dir/example.txt"
}

port_answers() {
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

start_broker() {
  local try tick
  for ((try = 0; try < 10; try++)); do
    port=$((20000 + RANDOM % 12000))
    ! port_answers "$port" || continue
    {
      printf 'listener %d 127.0.0.1\nallow_anonymous true\n' "$port"
      [ "$(id -u)" -ne 0 ] || echo 'user root'
    } >"$dir/mosquitto.conf"
    PATH=$PATH:/usr/sbin mosquitto -c "$dir/mosquitto.conf" >"$dir/mosquitto.log" 2>&1 &
    pids+=("$!")
    for ((tick = 0; tick < 100; tick++)); do
      ! port_answers "$port" || return 0
      kill -0 "${pids[-1]}" 2>/dev/null || break
      sleep 0.05
    done
  done
  return 1
}

start_daemon() {
  mkdir -p "$dir/board/i2c-1/0x48"
  echo lm75 >"$dir/board/i2c-1/0x48/chip"
  echo 21.5 >"$dir/board/i2c-1/0x48/temperature"
  cat >"$dir/outside.conf" <<END
mqtt: { broker = "mqtt://127.0.0.1:$port"; prefix = "outside"; };
state_dir = "$dir/state";
sensors: ( { name = "desk"; driver = "example"; bus = "i2c-1"; address = 0x48; factor = 2;
             interval_s = 0.3; } );
END
  local program
  program=$(installed_program)
  export RUNTIME_DIRECTORY=$dir/run
  mkdir -p "$dir/run"
  "$program" run -c "$dir/outside.conf" -d "$dir/drivers" -s "$dir/board" >"$dir/daemon.log" 2>&1 &
  pids+=("$!")
  kill -0 "$!"
}

# value_arrives VALUE: at the sensor's topic, before the deadline
value_arrives() {
  local deadline=$((SECONDS + 30))
  until grep -q -x -- "$1" "$dir/values.log"; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.05
  done
}

changed_value_arrives() {
  echo -10 >"$dir/board/i2c-1/0x48/temperature"
  value_arrives -20.0
}

echo 1..8
ok 'make install DESTDIR=...' install_tree
ok 'the pkg-config file is installed' find_pkgconfig
ok 'a driver builds against the installed header' build
ok 'it exports the descriptor and nothing else' exports_one_symbol
ok 'the installed program describes it' describes
if ! PATH=$PATH:/usr/sbin command -v mosquitto >/dev/null || ! command -v mosquitto_sub >/dev/null; then
  for name in broker value changed; do
    number=$((number + 1))
    echo "ok $number - $name # SKIP no mosquitto"
  done
  exit
fi
ok 'a broker starts' start_broker
mosquitto_sub -p "$port" -t outside/sensor/desk >"$dir/values.log" &
pids+=("$!")
start_daemon
ok 'a value arrives at the broker' value_arrives 43.0
ok 'and the next one' changed_value_arrives

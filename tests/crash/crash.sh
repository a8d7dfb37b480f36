#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# crash.sh [-n RUNS] [-t SECONDS] [-s SEED] [-j JOBS]: the daemon is killed right before the calls
# by which it changes what outlives it (crash.c, stop.c). Without options a fair sample of them, for
# `make check`; `make crash` tries them all. Prints TAP.

set -u

src=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${top_builddir:-$src/build}
program=$build/pinferry
preload=$build/tests/crash/.libs/stop.so
runs=300
seconds=40
seed=${CRASH_SEED:-$((RANDOM * 32768 + RANDOM))}
jobs=$(($(nproc) * 8))

skip_all() {
  echo "1..0 # SKIP $*"
  exit 0
}

while getopts n:t:s:j: option; do
  case $option in
  n) runs=$OPTARG ;;
  t) seconds=$OPTARG ;;
  s) seed=$OPTARG ;;
  j) jobs=$OPTARG ;;
  *) exit 64 ;;
  esac
done

for file in "$program" "$preload" "$build/tests/crash/crash"; do
  [ -x "$file" ] || skip_all "$file is not built"
done
# what a sanitizer puts in front of the C library does not go with what is preloaded
! ldd "$program" | grep -qE 'lib[a-z]*san\.so' || skip_all 'a sanitizer is in the way'

exec "$build/tests/crash/crash" -n "$runs" -t "$seconds" -s "$seed" -j "$jobs" "$program" \
  "$build/drivers/.libs" "$preload"

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# run-all.sh [-k uml|qemu] [-b BUILD] [SCRIPT...]
#
# Runs the lab's test scripts (all of them, or those named), each in a kernel of its own, against
# the daemon in the build folder BUILD (default: $top_builddir, else the working directory). A
# script may ask for options of `lab` in a line "# lab: OPTIONS".
#
# Without -k it takes User-Mode Linux, or QEMU if the daemon was built with a sanitizer, which
# User-Mode Linux has no room for. The last line is "lab: N passed, N failed, N skipped", counted
# over all scripts; exit status 0, 1 if something failed, 77 if nothing could run.
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
build=${top_builddir:-$PWD} kind=''
while getopts k:b:h option; do
  case $option in
  k) kind=$OPTARG ;;
  b) build=$OPTARG ;;
  h) sed -n '/^# run-all/,/^[^#]/{s/^# \{0,1\}//p}' "$0"; exit 0 ;;
  *) exit 64 ;;
  esac
done
shift $((OPTIND - 1))
build=$(readlink -f "$build")
scripts=("$@")
[ ${#scripts[@]} -gt 0 ] || scripts=(self lines scan gpio envelope w1 i2c smbus broker time)

# libtool may put a wrapper script where the program is expected
daemon=$build/pinferry
[ ! -x "$build/.libs/pinferry" ] || daemon=$build/.libs/pinferry
if [ -z "$kind" ]; then
  kind=uml
  if ldd "$daemon" 2>/dev/null | grep -Eq 'lib[at]san'; then kind=qemu; fi
fi

output=$(mktemp)
trap 'rm -f "$output"' EXIT
passed=0 failed=0 skipped=0

run_script() { # NAME
  local name=${1%.sh} status=0 options=() counts start=$SECONDS
  local script=$here/$name.sh
  read -r -a options < <(sed -n 's/^# lab: //p' "$script") || true
  if [ "$kind" = qemu ] && [[ "${options[*]-}" == *time-travel* ]]; then
    echo "SKIP: $name: QEMU has no virtual time"
    skipped=$((skipped + 1))
    return
  fi
  echo "== $name"
  "$here/lab" -k "$kind" -d "$build" -d "$top" "${options[@]}" \
    env PINFERRY="$daemon" PINFERRY_DRIVERS="$build/drivers/.libs" LD_LIBRARY_PATH="$build/.libs" \
    "$script" | tee "$output" || status=${PIPESTATUS[0]}
  counts=$(sed -nE 's/^.*: ([0-9]+) passed, ([0-9]+) failed, ([0-9]+) skipped$/\1 \2 \3/p' \
    "$output" | tail -n 1)
  if [ "$status" -eq 77 ]; then
    skipped=$((skipped + 1))
  elif [ -z "$counts" ]; then
    echo "not ok - $name ended without a result (status $status)"
    failed=$((failed + 1))
  else
    read -r p f s <<<"$counts"
    passed=$((passed + p)) failed=$((failed + f)) skipped=$((skipped + s))
  fi
  echo "== $name: $((SECONDS - start)) s"
}

# A script that failed is tried once more, to tell a fault from a deadline that passed on a busy
# machine; it is named, and scripts/test lists it at its end.
again=()
for script in "${scripts[@]}"; do
  before=("$passed" "$failed" "$skipped")
  run_script "$(basename "$script")"
  if [ "$failed" -gt "${before[1]}" ]; then
    again+=("$script")
    passed=${before[0]} failed=${before[1]} skipped=${before[2]}
    run_script "$(basename "$script")"
  fi
done
[ ${#again[@]} -eq 0 ] || printf 'AGAIN: %s\n' "${again[@]}"
echo "lab: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77

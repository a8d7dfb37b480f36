#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# check-faults.sh [TOP]: each row of doc/faults.md is complete, and the tests it names exist and are
# run. TAP.

set -euo pipefail

top=${1:-${top_srcdir:-$(dirname "$0")/..}}
table=$top/doc/faults.md
wrong=()

# is_run FILE NAME: a test of that name is defined in the file, and in its list
is_run() {
  local file
  file=$(find "$top/tests" -name "$1" | head -n 1)
  [ -n "$file" ] || return 1
  case $1 in
  *.sh)
    grep -q "^$2() {" "$file" && sed -n '/^run_\(tests\|broker\) /,$p' "$file" | grep -qw "$2"
    ;;
  *) grep -q "^static void $2(void)" "$file" && grep -q "T($2)" "$file" ;;
  esac
}

# is_whole NAME: a fuzz target or a script of this name is built or run
is_whole() {
  grep -rq --include='*.am' -e "$1" "$top/tests"
}

rows=0
named=0
while IFS= read -r row; do
  rows=$((rows + 1))
  if [ "$(tr -cd '|' <<<"$row")" != '|||||' ]; then
    wrong+=("not four columns: $row")
    continue
  fi
  # shellcheck disable=SC2016 # these are what code is written between
  tests=$(awk -F '|' '{ print $5 }' <<<"$row" | grep -oE '`([A-Za-z0-9_.-]+: [a-z0-9_]+|fuzz_[a-z]+|[a-z-]+\.sh)`' |
    tr -d '`' || true)
  [ -n "$tests" ] || wrong+=("no test: $row")
  while read -r file name; do
    [ -n "$file" ] || continue
    named=$((named + 1))
    if [ -z "$name" ]; then
      is_whole "$file" || wrong+=("no such test: $file")
      continue
    fi
    is_run "${file%:}" "$name" || wrong+=("no such test: $file $name")
  done <<<"$tests"
done < <(grep '^|' "$table" | grep -v '^|---' | grep -v '^| fault |')

echo 1..1
if [ ${#wrong[@]} -eq 0 ] && [ "$rows" -gt 0 ]; then
  echo "ok 1 - the $named tests that doc/faults.md names exist"
else
  echo 'not ok 1 - the tests that doc/faults.md names exist'
  printf '# %s\n' "${wrong[@]}"
  exit 1
fi

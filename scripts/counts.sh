# shellcheck shell=bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# shellcheck disable=SC2154 # its variables are those of scripts/test

# What scripts/test knows of its results: how many tests passed, failed and were skipped, what needed a
# second try, and what each stage took.

passed=0
failed=0
skipped=0
again=()  # what failed at first and passed when it was tried again
table=()  # a line of each stage
stage_before=()

# skip STAGE REASON
skip() {
  say "SKIP: $1: $2"
  skipped=$((skipped + 1))
}

# try TITLE LOG COMMAND...: one test that passes or fails; what it said goes to LOG
try() {
  local title=$1 log=$2
  shift 2
  if "$@" >"$log" 2>&1 </dev/null; then
    say "ok - $title"
    passed=$((passed + 1))
  else
    say "not ok - $title: the end of $log:"
    tail -n 40 "$log"
    failed=$((failed + 1))
    return 1
  fi
}

# sum LOG NAME: the number that make check gave for NAME
sum() {
  sed -n "s/^# $2: *//p" "$1" | awk '{ n += $1 } END { print n + 0 }'
}

# count_check STAGE LOG STATUS: takes over the counts of make check
count_check() {
  local stage=$1 log=$2 status=$3 good bad
  good=$(sum "$log" PASS)
  bad=$(($(sum "$log" FAIL) + $(sum "$log" ERROR) + $(sum "$log" XPASS)))
  passed=$((passed + good))
  failed=$((failed + bad))
  skipped=$((skipped + $(sum "$log" SKIP)))
  sed -n 's/^SKIP: /SKIP: '"$stage"': /p' "$log"
  if [ "$bad" -gt 0 ]; then
    say "not ok - $stage: $good passed, $bad failed:"
    grep -E '^(FAIL|ERROR|XPASS): ' "$log"
  elif [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; then
    say "not ok - $stage: the end of $log:"
    tail -n 40 "$log"
    failed=$((failed + 1))
  else
    say "ok - $stage: $good passed"
    return 0
  fi
  return 1
}

# take_counts STAGE LOG STATUS: of a program whose summary is "N passed, N failed[, N skipped]"
take_counts() {
  local stage=$1 log=$2 status=$3 counts good bad left line
  counts=$(sed -nE 's/^(.*: )?([0-9]+) passed, ([0-9]+) failed(, ([0-9]+) skipped)?$/\2 \3 0\5/p' \
    "$log" | tail -n 1)
  if [ "$status" -eq 77 ]; then
    skip "$stage" "$(sed -n 's/^.*SKIP: *//p' "$log" | tail -n 1)"
    return
  fi
  grep -E '^(SKIP|not ok)' "$log"
  while IFS= read -r line; do
    needed_again "$stage" "$line"
  done < <(sed -n 's/^AGAIN: //p' "$log" | sort -u)
  read -r good bad left <<<"${counts:-0 0 0}"
  passed=$((passed + good))
  failed=$((failed + bad))
  skipped=$((skipped + 10#$left))
  if [ "$bad" -eq 0 ] && { [ "$status" -ne 0 ] || [ "$good" -eq 0 ]; }; then
    failed=$((failed + 1))
    bad=1
  fi
  if [ "$bad" -gt 0 ]; then
    say "not ok - $stage (status $status), the end of $log:"
    tail -n 60 "$log"
    return 1
  fi
  say "ok - $stage: $good passed"
}

# needed_again STAGE WHAT: a test that passes only at the second try is a defect: it is told at once
# and at the end
needed_again() {
  say "AGAIN: $1: $2"
  again+=("$1: $2")
}

# cpu_s: sets $cpu_s to the seconds of processor time of all programs that have ended
cpu_s() {
  times >"$logs/times"
  cpu_s=$(awk 'NR == 2 { gsub(/[ms]/, " "); print int($1 * 60 + $2 + $3 * 60 + $4 + 0.5) }' "$logs/times")
}

stage_begins() {
  cpu_s
  stage_before=("$SECONDS" "$cpu_s" "$passed" "$failed" "$skipped")
}

# stage_ends STAGE
stage_ends() {
  local before=("${stage_before[@]}")
  cpu_s
  table+=("$(printf '%-10s %7d %7d %7d %7d %7d' "$1" $((SECONDS - before[0])) \
    $((cpu_s - before[1])) $((passed - before[2])) $((failed - before[3])) \
    $((skipped - before[4])))")
  say "== $1: $((SECONDS - before[0])) s"
}

# print_table SECONDS
print_table() {
  cpu_s
  printf '%-10s %7s %7s %7s %7s %7s\n' stage seconds cpu-s passed failed skipped
  printf '%s\n' "${table[@]}"
  printf '%-10s %7d %7d %7d %7d %7d\n' all "$1" "$cpu_s" "$passed" "$failed" "$skipped"
  if [ ${#again[@]} -gt 0 ]; then
    echo 'These passed only at the second try, which is a defect of theirs:'
    printf '  %s\n' "${again[@]}"
  fi
}

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# run.sh [-t SECONDS] [-k FOLDER] [-j JOBS] BUILD [NAME...]: lets libFuzzer look for input that
# breaks a target, each for SECONDS (default 20), in a build folder configured with --enable-fuzzer;
# JOBS of them (default 1) side by side. Begins
# with the corpus in the tree; -k keeps what was found new in FOLDER/NAME. The input of a crash is
# left in BUILD/tests/fuzz. The last line is "N passed, N failed".

set -uo pipefail

src=$(cd "$(dirname "$0")/../.." && pwd)
seconds=20
keep=
jobs=1

usage() {
  echo "usage: ${0##*/} [-t SECONDS] [-k FOLDER] [-j JOBS] BUILD [NAME...]" >&2
  exit 64
}

while getopts t:k:j: option; do
  case $option in
  t) seconds=$OPTARG ;;
  k) keep=$OPTARG ;;
  j) jobs=$OPTARG ;;
  *) usage ;;
  esac
done
shift $((OPTIND - 1))
[ $# -ge 1 ] || usage
build=$(cd "$1" && pwd) || exit 64
shift

export top_builddir=$build top_srcdir=$src
scratch=$(mktemp -d "${TMPDIR:-/tmp}/pinferry-fuzz-XXXXXX")
trap 'rm -rf "$scratch"' EXIT

names=("$@")
if [ $# -eq 0 ]; then
  for program in "$build"/tests/fuzz/fuzz_*; do
    [[ ! -f $program || ! -x $program || ${program##*/} == *.* ]] ||
      names+=("${program##*/fuzz_}")
  done
fi

# run NAME: one target; what there is to say goes to $scratch/NAME.said
run() {
  local name=$1 found=${keep:-$scratch}/$1 log=$scratch/$1.log
  mkdir -p "$found"
  # -timeout: one input that takes 10 s is a finding; nobody has that much patience
  if "$build/tests/fuzz/fuzz_$name" "$found" "$src/tests/fuzz/corpus/$name" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=1024 -close_fd_mask=1 -print_final_stats=1 \
    -artifact_prefix="$build/tests/fuzz/$name-" >"$log" 2>&1; then
    echo "ok - fuzz: $name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$log") inputs"
  else
    echo "not ok - fuzz: $name"
    tail -n 60 "$log" | tr -cd '\11\12\40-\176'
  fi >"$scratch/$name.said"
}

for name in "${names[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
    wait -n
  done
  run "$name" &
done
wait
for name in "${names[@]}"; do
  cat "$scratch/$name.said"
done >"$scratch/all"
cat "$scratch/all"
passed=$(grep -c '^ok - fuzz: ' "$scratch/all")
failed=$(grep -c '^not ok - fuzz: ' "$scratch/all")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

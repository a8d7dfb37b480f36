#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# check-style.sh [ROOT]: the budgets of a reader's eye. Functions have at most 80 lines, files at
# most 400, nothing is left to do, and no test is forgotten. Prints TAP about the source tree ROOT,
# or about this one; with ROOT the exit status tells, too.

set -euo pipefail

function_lines_max=80
file_lines_max=400

cd "${1:-$(dirname "$0")/..}"

sources() {
  find src drivers include -name '*.[ch]' | LC_ALL=C sort
}

long_files() {
  sources | while read -r file; do
    awk -v max="$file_lines_max" 'END {
      if (NR > max)
        printf "%s: %d lines, at most %d\n", FILENAME, NR, max
    }' "$file"
  done
}

# the code style puts both braces of a function into the first column
long_functions() {
  sources | while read -r file; do
    awk -v max="$function_lines_max" '
    /^[A-Za-z_]/ && !body {
      if (!first)
        first = FNR
      name = $0
    }
    /^$|;$/ && !body { first = 0 }
    /^{/ { body = 1 }
    /^}/ {
      if (body && FNR - first + 1 > max)
        printf "%s:%d: %d lines, at most %d: %s\n",
          FILENAME, first, FNR - first + 1, max, name
      body = first = 0
    }' "$file"
  done
}

# written apart, so that this script does not find itself
left_to_do() {
  grep -rnE --include='*.[ch]' --include='*.sh' --include='*.am' --include='*.ac' \
    "\\b(TO""DO|FIX""ME|X""XX)\\b" src drivers include tests scripts ./*.am ./*.ac || true
}

# without an SPDX line nobody knows whether a file may be used
no_licence() {
  find src drivers include tests scripts -type f \
    \( -name '*.[ch]' -o -name '*.sh' -o -name '*.am' \) -exec \
    grep -L 'SPDX-License-Identifier: ' {} + | LC_ALL=C sort
}

# what no fragment names is neither run nor in the tarball
nowhere() {
  find tests -name '*.sh' | LC_ALL=C sort | while read -r file; do
    grep -rqF --include='*.am' "${file##*/}" tests || echo "$file: in no *.am"
  done
}

# The oldest Raspberry Pi has no atomic access to 64 bits: there it is a call into a library that we do
# not link. On other machines the compiler finds nothing wrong.
wide_atomics() {
  grep -rnE --include='*.[ch]' '_Atomic +[a-z_ ]*(int64_t|long long|double|time_t)|_Atomic\(.*64|atomic_u?llong|__atomic_.*_8' \
    src drivers include || true
}

count=0
failed=0
# verdict TITLE BREACHES
verdict() {
  count=$((count + 1))
  if [ -z "$2" ]; then
    printf 'ok %d - %s\n' "$count" "$1"
  else
    printf 'not ok %d - %s\n' "$count" "$1"
    printf '%s\n' "$2" | sed 's/^/# /'
    failed=1
  fi
}

echo '1..6'
verdict "files have at most $file_lines_max lines" "$(long_files)"
verdict "functions have at most $function_lines_max lines" "$(long_functions)"
verdict 'nothing is marked as left to do' "$(left_to_do)"
verdict 'each file names its licence' "$(no_licence)"
verdict 'each script of the tests is named in a fragment' "$(nowhere)"
verdict 'nothing asks for atomic access to 64 bits' "$(wide_atomics)"
# automake reads the verdict from the lines above and would count a bad status once more
[ $# -eq 0 ] || exit "$failed"

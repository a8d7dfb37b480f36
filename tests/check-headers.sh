#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# check-headers.sh [ROOT]: each header begins with its purpose, and each function declared in it
# has a comment right above. Prints TAP about the source tree ROOT, or about this one; with ROOT
# the exit status tells, too.

set -euo pipefail

cd "${1:-$(dirname "$0")/..}"

# FILE:LINE: what is wrong, for one header
check_header() {
  awk -v file="$1" '
  function breach(line, text) {
    printf "%s:%d: %s\n", file, line, text
  }
  # ends the statement that began in line `first`
  function end_statement() {
    if (statement ~ /\(/ && statement !~ /^(typedef|_Static_assert)/ && !(documented))
      breach(first, "no comment right above this function")
    statement = ""
  }
  FNR <= 2 {
    if ($0 !~ /SPDX-(FileCopyrightText|License-Identifier)/)
      breach(FNR, "not an SPDX line")
    next
  }
  # comments; the last line of one documents what comes right below it
  in_comment || /^[ \t]*\/\*/ {
    if (!purpose_seen && !guard_seen)
      purpose_seen = 1
    in_comment = $0 !~ /\*\//
    if (!in_comment && $0 ~ /\*\/[ \t]*$/)
      comment_end = FNR
    next
  }
  # preprocessor lines with their continuations
  in_directive || /^[ \t]*#/ {
    guard_seen = 1
    in_directive = $0 ~ /\\$/
    next
  }
  /^[ \t]*$/ {
    next
  }
  {
    text = $0
    gsub(/"([^"\\]|\\.)*"/, "\"\"", text)
    gsub(/\/\*.*\*\//, "", text)
    if (statement == "" && depth == 0) {
      first = FNR
      documented = comment_end == FNR - 1
    }
    for (i = 1; i <= length(text); i++) {
      c = substr(text, i, 1)
      if (c == "{") {
        depth++
        braces = 1
      } else if (c == "}") {
        depth--
        # the end of a function body; a struct ends with the next semicolon
        if (depth == 0 && statement ~ /\)[ \t]*$/) {
          statement = ""
          braces = 0
        }
      } else if (depth == 0 && c == ";") {
        if (!braces)
          end_statement()
        statement = ""
        braces = 0
      } else if (depth == 0) {
        statement = statement c
      }
    }
    if (statement != "")
      statement = statement " "
  }
  END {
    if (!purpose_seen)
      breach(1, "does not begin with a comment on its purpose")
  }' "$1"
}

breaches=
count=0
while read -r header; do
  count=$((count + 1))
  breaches+=$(check_header "$header")
  breaches+=${breaches:+$'\n'}
done < <(find include src drivers -name '*.h' | LC_ALL=C sort)
[ "$count" -gt 0 ] || breaches='no headers found'

echo '1..1'
failed=0
if [ -z "${breaches//$'\n'/}" ]; then
  echo "ok 1 - headers say what they are for ($count headers)"
else
  echo 'not ok 1 - headers say what they are for'
  printf '%s\n' "$breaches" | sed '/^$/d; s/^/# /'
  failed=1
fi
# automake reads the verdict from the lines above and would count a bad status once more
[ $# -eq 0 ] || exit "$failed"

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# check-layers.sh [ROOT]: includes obey src/LAYERS, no files include each other in a circle, and no
# folder of src/ outgrows what src/LAYERS gives it. Prints TAP about the source tree ROOT, or about this one; with ROOT the exit status tells, too.

set -euo pipefail

cd "${1:-$(dirname "$0")/..}"

# FILE LINE QUOTE TARGET for each include in the tree; QUOTE is < or "
list_includes() {
  grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]*[<"]' \
    src drivers include | LC_ALL=C sort |
    sed -E 's/^([^:]*):([0-9]*):[^<"]*([<"])([^>"]*).*/\1 \2 \3 \4/'
}

# resolved as FILE LINE KIND TARGET: KIND own (TARGET is a file of the tree), other or missing
resolve_includes() {
  local file line quote target folder found
  while read -r file line quote target; do
    found=
    for folder in "${file%/*}" src include drivers; do
      if [ -f "$folder/$target" ]; then
        found=$folder/$target
        break
      fi
    done
    if [ -n "$found" ]; then
      printf '%s %s own %s\n' "$file" "$line" "$found"
    elif [ "$quote" = '<' ] || [ "$target" = config.h ]; then
      printf '%s %s other %s\n' "$file" "$line" "$target"
    else
      printf '%s %s missing %s\n' "$file" "$line" "$target"
    fi
  done
}

# the rules of src/LAYERS, applied to resolved includes; prints one line per breach
check_rules() {
  awk '
  FNR == NR {
    if (/^[[:space:]]*(#|$)/)
      next
    if (match($0, /^[^ ]+:/)) {
      folder = substr($1, 1, length($1) - 1)
      known[folder] = 1
      for (i = 2; i <= NF; i++)
        may[folder, $i] = 1
    } else if ($2 == "=") {
      confined[$1] = 1
      for (i = 3; i <= NF; i++)
        may_have[$1, $i] = 1
    } else if (!(NF == 3 && $2 == "<=" && $3 ~ /^[0-9]+$/)) {
      printf "src/LAYERS:%d: not understood: %s\n", FNR, $0
    }
    next
  }
  # the longest folder of the rules that holds the file; src stands for its own files only
  function layer_of(file,    folder, direct) {
    folder = file
    for (direct = 1; sub(/\/[^\/]*$/, "", folder); direct = 0)
      if ((folder in known && (folder != "src" || direct)) || folder == "include")
        return folder
    return ""
  }
  {
    from = layer_of($1)
    if (from == "")
      printf "%s:%d: its folder is not in src/LAYERS\n", $1, $2
    else if ($3 == "missing")
      printf "%s:%d: \"%s\" is not in the tree\n", $1, $2, $4
    else if ($3 == "own") {
      to = layer_of($4)
      if (from != to && !((from, to) in may))
        printf "%s:%d: %s may not include %s (%s)\n", $1, $2, from, to, $4
    } else if ($4 in confined && !(($4, $1) in may_have))
      printf "%s:%d: <%s> has its place elsewhere\n", $1, $2, $4
  }' src/LAYERS -
}

# modules (file names without ending) that include each other in a circle
check_circles() {
  awk '$3 == "own" {
    from = $1; to = $4
    sub(/\.[ch]$/, "", from); sub(/\.[ch]$/, "", to)
    if (from != to)
      print from, to
  }' | LC_ALL=C sort -u | { tsort 2>&1 >/dev/null || true; } |
    sed -n 's/^tsort: \([^-].*[^:]\)$/\1/p' | sed 's/$/: part of an include circle/'
}

# folders of src/ with more lines than src/LAYERS gives them; what lies deeper counts, too
check_sizes() {
  local folder
  for folder in src/*/; do
    printf '%s %d\n' "${folder%/}" "$(find "$folder" -name '*.[ch]' -exec cat {} + | wc -l)"
  done | awk '
  FNR == NR {
    if ($2 == "<=")
      most[$1] = $3
    next
  }
  {
    of = $1 in most ? $1 : "src/*"
    if (!(of in most))
      printf "%s: src/LAYERS gives it no number of lines\n", $1
    else if ($2 > most[of] + 0)
      printf "%s: %d lines, at most %d\n", $1, $2, most[of]
  }' src/LAYERS -
}

# verdict NUMBER TITLE BREACHES
verdict() {
  if [ -z "$3" ]; then
    printf 'ok %d - %s\n' "$1" "$2"
  else
    printf 'not ok %d - %s\n' "$1" "$2"
    printf '%s\n' "$3" | sed 's/^/# /'
    failed=1
  fi
}

failed=0
resolved=$(list_includes | resolve_includes)
echo '1..4'
verdict 1 'the tree has includes to check' "$([ -n "$resolved" ] || echo none found)"
verdict 2 'includes obey src/LAYERS' "$(printf '%s\n' "$resolved" | check_rules)"
verdict 3 'no include circles' "$(printf '%s\n' "$resolved" | check_circles)"
verdict 4 'no folder outgrows its size in src/LAYERS' "$(check_sizes)"
# automake reads the verdict from the lines above and would count a bad status once more
[ $# -eq 0 ] || exit "$failed"

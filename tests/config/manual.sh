#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# pinferry.conf(5) is well-formed, its example is accepted, and each cell of its tables on
# what moves a relay has a test. TAP.

set -eu
: "${top_srcdir:?}" "${top_builddir:?}"
manual=$top_srcdir/doc/pinferry.conf.5
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0
failed=0

# verdict STATUS NAME: what $dir/why says explains a failure
verdict() {
  number=$((number + 1))
  if [ "$1" -eq 0 ]; then
    echo "ok $number - $2"
  else
    echo "not ok $number - $2"
    sed 's/^/# /' "$dir/why"
    failed=1
  fi
}

echo 1..3

status=0
if command -v mandoc >/dev/null; then
  # which manuals are installed here is not the manual's fault
  mandoc -Tlint "$manual" 2>/dev/null | grep -v 'referenced manual not found' >"$dir/why" &&
    status=1
  verdict $status 'mandoc has nothing to say against it'
else
  verdict 0 'mandoc has nothing to say against it # SKIP no mandoc'
fi

sed -n '/^mqtt: {/,/^\.Ed/p' "$manual" | sed '/^\.Ed/d' >"$dir/example.conf"
status=0
"$top_builddir/pinferry" check -d "$top_builddir/drivers/.libs" -c "$dir/example.conf" \
  >"$dir/why" 2>&1 || status=$?
grep -q 'output gate: line GPIO16' "$dir/why" || status=1
verdict $status 'its example is accepted'

# The names of tests stand in comments behind a row: `.\" COLUMN: TEST...`, or `all` for all columns.
# A cell with a dash says nothing.
awk '
function end_row(  i) {
  for (i = 2; i <= n; i++)
    if (cell[i] != "\\&-" && !(head[i] in seen) && !("all" in seen))
      print "no test for " row " / " head[i]
  split("", seen)
  row = ""
}
/^\.Sh / { inside = /WHAT MOVES A RELAY/ }
!inside { next }
/^\.(It|El)/ && row { end_row() }
/^\.Bl -column/ { n = 0; tables++ }
/^\.It Sy / { n = split(substr($0, 5), head, / Ta /); for (i in head) sub(/^Sy /, "", head[i]); next }
/^\.It / && n { split(substr($0, 5), cell, / Ta /); row = cell[1]; rows++ }
/^\.\\" [^:]*: / {
  column = $0
  sub(/^\.\\" /, "", column)
  sub(/:.*/, "", column)
  seen[column] = 1
  tests = $0
  sub(/^[^:]*: /, "", tests)
  gsub(/ /, "\ntest ", tests)
  print "test " tests
}
/^\.El/ { n = 0 }
END { print "tables", tables, "rows", rows }' "$manual" >"$dir/table"
sed -n '/^run_tests/,$p' "$top_srcdir"/tests/integration/*.sh | tr ' ' '\n' >"$dir/tests"
grep -ohE 'T\([a-z0-9_]+\)' "$top_srcdir"/tests/unit/*.c | sed 's/T(\(.*\))/\1/' >>"$dir/tests"
{
  sed -n '/^no test/p' "$dir/table"
  sed -n 's/^test //p' "$dir/table" | sort -u | grep -vxF -f "$dir/tests" | sed 's/^/no such test: /'
  grep -qx 'tables 3 rows 19' "$dir/table" || tail -n 1 "$dir/table"
} >"$dir/why" || true
status=0
[ ! -s "$dir/why" ] || status=1
verdict $status 'each cell of its tables on what moves a relay has a test'
exit $failed

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# pinferry.conf(5) has every key and no other, is well-formed, and its example is accepted. TAP.

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

# keys in the tables: names in rows that are not of the type for what is not there yet
cat "$top_srcdir"/src/config/load*.c | tr '\n' ' ' |
  grep -oE '(PF_KEY_OF|MQTT|PART)\([[:space:]]*"[a-z_]+"|\.name = "[a-z_]+", \.type = PF_KEY_[A-Z]+' |
  grep -v PF_KEY_LATER | grep -oE '"[a-z_]+"' | tr -d '"' | sort -u >"$dir/keys"
sed -nE 's/^\.It Ic ([a-z_]+.*)/\1/p' "$manual" | sed -E 's/ = [^,]*//g' | tr -d ' ' | tr ',' '\n' |
  grep -E '^[a-z_]+$' | sort -u >"$dir/documented"
status=0
diff "$dir/keys" "$dir/documented" >"$dir/why" || status=1
[ -s "$dir/keys" ] || status=1
verdict $status 'every key is in pinferry.conf(5), and no other'

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
exit $failed

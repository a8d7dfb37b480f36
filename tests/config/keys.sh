#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Every row of the keys is in pinferry.conf(5), with what it takes and its default, and every entry
# there is a row; the sample configuration has every key, too. The completion has what the usage
# has. TAP.

set -euo pipefail
: "${top_srcdir:?}" "${top_builddir:?}"
here=$top_srcdir/tests/config
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
number=0
failed=0

# verdict NAME: what $dir/why says is wrong
verdict() {
  number=$((number + 1))
  if [ ! -s "$dir/why" ]; then
    echo "ok $number - $1"
  else
    echo "not ok $number - $1"
    sed 's/^/# /' "$dir/why"
    failed=1
  fi
}

# compare ROWS MANUAL SAMPLE
compare() {
  awk -f "$here/manual.awk" "$2" >"$dir/entries"
  awk -f "$here/keys.awk" "$dir/entries" "$3" "$1" | sort -u
}

# notices NAME TEXT FILE SED: after that change of a file (rows, manual or sample), TEXT is said
notices() {
  local rows=$dir/rows manual=$top_srcdir/doc/pinferry.conf.5 sample=$top_srcdir/conf/pinferry.conf
  sed -E "$4" "${!3}" >"$dir/changed"
  printf -v "$3" %s "$dir/changed"
  compare "$rows" "$manual" "$sample" >"$dir/said"
  if grep -qF -- "$2" "$dir/said"; then
    : >"$dir/why"
  else
    { echo 'this is said:' && cat "$dir/said"; } >"$dir/why"
  fi
  verdict "$1"
}

echo 1..11
# which folder state_dir is, configure decides
"$top_builddir/tests/config/keys" | sed -E 's|\t[^\t]*/lib/pinferry\t|\t/var/lib/pinferry\t|' >"$dir/rows"
compare "$dir/rows" "$top_srcdir/doc/pinferry.conf.5" "$top_srcdir/conf/pinferry.conf" >"$dir/why"
verdict 'manual and sample have every key as its row says, and no other'

# the buffer stands in two places
cut -f 1,2 "$dir/rows" | sort | uniq -d | grep -v '^buffer' >"$dir/why" || true
verdict 'no key has two rows'

# words of the usage that the completion lacks, and the reverse
"$top_builddir/pinferry" --help |
  sed -nE 's/^  (-[a-zA-Z], )?(--[a-z-]+|[a-z-]+)( .*|$)/\2/p' | sort >"$dir/usage"
sed -nE 's/.*_pinferry_words "(--config|run) (.*)" .*/\1 \2/p' "$top_srcdir/conf/completions/pinferry" |
  tr ' ' '\n' | sort >"$dir/completed"
diff "$dir/usage" "$dir/completed" >"$dir/why" || true
verdict 'the completion has every verb and option, and no other'

# what it would say
notices 'a row that the manual lacks' 'mqtt.keepalives: is not in the manual' \
  rows 's/keepalive_s/keepalives/'
notices 'an entry without a row' 'keepalive_s: is in the manual under Broker, and no row has it' \
  rows '/keepalive_s/d'
notices 'another range' 'mqtt.keepalive_s: the manual does not say its range, 3 to 360' \
  rows '/keepalive_s/s/3600/360/'
notices 'another default' 'mqtt.keepalive_s: the manual does not say its default, 3' \
  rows '/keepalive_s/s/30\t/3\t/'
notices 'another word' 'input.bias: the manual does not say that it may be middle' \
  rows '/bias/s/down/middle/'
notices 'another size' 'output.payload_on: the manual does not say its size, at most 25' \
  rows '/payload_on/s/256/25/'
notices 'a key that the sample lacks' 'output.drive: is not in the sample' sample '/drive = /d'
notices 'a default that the sample does not have' \
  'mqtt.keepalive_s: the sample gives 31' sample 's/keepalive_s = 30/keepalive_s = 31/'
exit $failed

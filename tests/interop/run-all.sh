#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Pinferry with brokers and clients of others, on 127.0.0.1: tests/interop/run-all.sh BUILD-FOLDER
#
# Gets the packages for Node.js that package.json names into a cache folder, once; what is not there
# and cannot be got is skipped with the reason. TAP of each broker, and at the end
# "N passed, N failed, N skipped".

set -uo pipefail
here=$(cd "$(dirname "$0")" && pwd)
top_srcdir=$(cd "$here/../.." && pwd)
top_builddir=$(cd "${1:?usage: run-all.sh BUILD-FOLDER}" && pwd)
export top_srcdir top_builddir

# node_reason: why there is no Node.js to use, or nothing
node_reason() {
  local version
  if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    echo 'node and npm are not installed (Debian: nodejs, npm)'
    return
  fi
  version=$(node -p 'process.versions.node.split(".")[0]' 2>/dev/null)
  [ "${version:-0}" -ge 18 ] || echo "node is too old: $version, needs 18"
}

# get_modules: sets INTEROP_MODULES to a folder with node_modules; false, with the reason told
get_modules() {
  local cache sum reason
  reason=$(node_reason)
  if [ -n "$reason" ]; then
    echo "SKIP: MQTT.js and Aedes: $reason"
    return 1
  fi
  sum=$(cat "$here"/package*.json | sha256sum | head -c 16)
  cache=${XDG_CACHE_HOME:-$HOME/.cache}/pinferry/npm/$sum
  if [ ! -d "$cache/node_modules/mqtt" ]; then
    mkdir -p "${cache%/*}"
    local new
    new=$(mktemp -d "$cache.XXXXXX")
    cp "$here"/package*.json "$new"
    if ! (cd "$new" && timeout 150 npm ci --ignore-scripts --no-audit --no-fund) \
      >"$new/npm.log" 2>&1 </dev/null; then
      echo "SKIP: MQTT.js and Aedes: npm: $(grep -m 1 -i 'error' "$new/npm.log")"
      rm -rf "$new"
      return 1
    fi
    # another run may have been faster
    mv -T "$new" "$cache" 2>/dev/null || rm -rf "$new"
  fi
  export INTEROP_MODULES=$cache
}

get_modules || skipped_modules=1
all=$(mktemp)
trap 'rm -f "$all"' EXIT
failed_scripts=0
for broker in mosquitto rabbitmq aedes; do
  echo "# $broker"
  timeout --signal=TERM --kill-after=20 "${INTEROP_LIMIT_S:-150}" "$here/$broker.sh" >"$all.$broker"
  status=$?
  sed -n "s/^1\.\.0 # SKIP/SKIP: $broker:/p; s/^ok [0-9]* - \(.*\) # SKIP/SKIP: $broker: \1:/p
    s/^\(not ok\|ok\) [0-9]* - /\1 - $broker: /p; /^#/p" "$all.$broker"
  cat "$all.$broker" >>"$all"
  rm -f "$all.$broker"
  if [ $status -ne 0 ]; then
    echo "not ok - $broker: ended with status $status"
    failed_scripts=$((failed_scripts + 1))
  fi
done
skipped=$(($(grep -cE '^(ok .* # SKIP|1\.\.0 # SKIP)' "$all") + ${skipped_modules:-0}))
failed=$(($(grep -c '^not ok' "$all") + failed_scripts))
passed=$(($(grep -c '^ok ' "$all") - $(grep -c '^ok .* # SKIP' "$all")))
echo "$passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] || exit 1
[ "$passed" -gt 0 ] || exit 77

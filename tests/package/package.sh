#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# tests/package/package.sh [RELEASE...]: is the Debian package right on each RELEASE (default:
# bookworm trixie)? Builds it in a clean system of that release, lets lintian read it, and installs,
# uses and purges it in others that have nothing but what the package asks for; then once more in one
# with systemd, under the lab's kernel (tests/lab). Prints one line per check and "N passed, N failed"
# at the end. Exit status: 0, 1, or 77 where it cannot run (needs root).
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# stage TITLE SCRIPT [OPTION...]: runs SCRIPT of this folder in a system of its own, its checks to
# $out/results; it ends early with a check that failed if it could not run to its end
stage() {
  local title=$1 script=$2 status=0
  shift 2
  echo "# $release: $title"
  "$top/scripts/chroot" --source --bind "$out:/out" "$@" "$release" \
    bash "tests/package/$script" >"$out/stage" 2>"$out/errors" || status=$?
  sed "s/^\(not \)\?ok - /&$release: /" "$out/stage" | tee -a "$out/results"
  if [ "$status" -eq 77 ]; then
    cat "$out/errors"
    exit 77
  elif [ "$status" -ne 0 ]; then
    tail -n 40 "$out/errors" | sed 's/^/# /'
    echo "not ok - $release: $title: ended with status $status" | tee -a "$out/results"
  fi
}

# service: the last stage, under systemd on a kernel with a GPIO chip, where the lab can start
service() {
  local status=0
  echo "# $release: the service on a real line"
  "$top/tests/lab/unit.sh" "$release" "$out/pinferry.deb" >"$out/stage" 2>&1 || status=$?
  if [ "$status" -eq 77 ]; then
    grep '^SKIP' "$out/stage"
    return
  fi
  sed "s/^\(not \)\?ok - /&$release: /" "$out/stage" | tee -a "$out/results"
  [ "$status" -eq 0 ] || grep -q '^not ok' "$out/stage" ||
    echo "not ok - $release: the service: ended with status $status" | tee -a "$out/results"
}

# all stages that $release can go through
stages() {
  rm -f "$out"/*.deb
  stage "build and lintian" build.sh --build-deps --packages lintian
  [ -e "$out/pinferry.deb" ] || return
  stage "install, use, purge" install.sh
  stage "a driver of one's own" driver.sh --packages "gcc libc6-dev pkgconf"
  stage "autopkgtest" autopkgtest.sh --packages "mosquitto mosquitto-clients"
  service
}

: >"$out/results"
[ $# -gt 0 ] || set -- bookworm trixie
for release; do
  stages
done
passed=$(grep -c '^ok ' "$out/results")
failed=$(grep -c '^not ok ' "$out/results")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

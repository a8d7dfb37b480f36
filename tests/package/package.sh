#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# tests/package/package.sh [--prepare] [RELEASE...]: is the Debian package right on each RELEASE
# (default: bookworm trixie)? Builds it in a clean system of that release, lets lintian read it, and installs,
# uses and purges it in others that have nothing but what the package asks for; then once more in one
# with systemd, under the lab's kernel (tests/lab). Prints one line per check and "N passed, N failed"
# at the end. The releases go side by side: most of it is unpacking and waiting. --prepare only makes
# the systems. Exit status: 0, 1, or 77 where it cannot run (needs root).
set -uo pipefail

top=$(cd "$(dirname "$0")/../.." && pwd)
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT

# stage TITLE SCRIPT [OPTION...]: runs SCRIPT of this folder in a system of its own, its checks to
# $here/results; it ends early with a check that failed if it could not run to its end
stage() {
  local title=$1 script=$2 status=0
  shift 2
  if [ -n "$prepare" ]; then
    "$top/scripts/chroot" "$@" "$release" true
    return
  fi
  echo "# $release: $title" >>"$here/results"
  "$top/scripts/chroot" --source --bind "$here:/out" "$@" "$release" \
    bash "tests/package/$script" >"$here/stage" 2>"$here/errors" || status=$?
  sed "s/^\(not \)\?ok - /&$release: /" "$here/stage" >>"$here/results"
  if [ "$status" -eq 77 ]; then
    cat "$here/errors" >>"$here/results"
    exit 77
  elif [ "$status" -ne 0 ]; then
    {
      tail -n 40 "$here/errors" | sed 's/^/# /'
      echo "not ok - $release: $title: ended with status $status"
    } >>"$here/results"
  fi
}

# service: the last stage, under systemd on a kernel with a GPIO chip, where the lab can start
service() {
  local status=0
  [ -z "$prepare" ] || return 0
  echo "# $release: the service on a real line" >>"$here/results"
  "$top/tests/lab/unit.sh" "$release" "$here/pinferry.deb" >"$here/stage" 2>&1 || status=$?
  if [ "$status" -eq 77 ]; then
    grep '^SKIP' "$here/stage" >>"$here/results"
    return
  fi
  sed "s/^\(not \)\?ok - /&$release: /" "$here/stage" >>"$here/results"
  [ "$status" -eq 0 ] || grep -q '^not ok' "$here/stage" ||
    echo "not ok - $release: the service: ended with status $status" >>"$here/results"
}

# all stages that $release can go through
stages() {
  stage "build and lintian" build.sh --build-deps --packages "lintian iproute2"
  [ -n "$prepare" ] || [ -e "$here/pinferry.deb" ] || return 0
  stage "install, use, purge" install.sh
  stage "a driver of one's own" driver.sh --packages "gcc libc6-dev pkgconf"
  stage "autopkgtest" autopkgtest.sh --packages "mosquitto mosquitto-clients"
  service
}

prepare=
if [ "${1:-}" = --prepare ]; then
  prepare=yes
  shift
fi
[ $# -gt 0 ] || set -- bookworm trixie
pids=()
for release; do
  here=$out/$release
  mkdir "$here"
  : >"$here/results"
  stages &
  pids+=("$!")
done
status=0
for pid in "${pids[@]}"; do
  wait "$pid" || status=$?
done
for release; do
  cat "$out/$release/results"
done >"$out/results"
cat "$out/results"
if [ -n "$prepare" ] || [ "$status" -eq 77 ]; then
  exit "$status"
fi
passed=$(grep -c '^ok ' "$out/results")
failed=$(grep -c '^not ok ' "$out/results")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

# shellcheck shell=bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# What scripts/demo and scripts/test share: the packages that are needed, and how to get them.
# The names are those of Debian 12 and 13 and of Raspberry Pi OS.

# shellcheck disable=SC2034 # used by those who source this
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

build_packages=(autoconf automake libtool make gcc libc6-dev pkgconf libgpiod-dev
  libpaho-mqtt-dev libssl-dev libconfig-dev libev-dev libcjson-dev libcunit1-dev)
broker_packages=(mosquitto mosquitto-clients)

say() {
  printf '%s\n' "$*"
}

complain() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
}

# missing_packages PACKAGE...: those that are not installed
missing_packages() {
  local package
  for package in "$@"; do
    # shellcheck disable=SC2016 # a field of dpkg, not ours
    [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] ||
      printf '%s\n' "$package"
  done
}

# as_root COMMAND...
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif [ -t 0 ]; then
    sudo "$@"
  else
    sudo -n "$@"
  fi
}

# apt_get ARGUMENT...: without questions, and patient when another one is at work
apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -y -q -o DPkg::Lock::Timeout=300 "$@"
}

# need_packages PACKAGE...: installs what is missing. Where that is not allowed it says how to, and
# fails. What apt-get says goes to standard error.
need_packages() {
  local missing
  mapfile -t missing < <(missing_packages "$@")
  [ ${#missing[@]} -gt 0 ] || return 0
  if ! command -v apt-get >/dev/null; then
    complain "these Debian packages are needed, and there is no apt-get: ${missing[*]}"
    return 1
  fi
  if [ "$(id -u)" -ne 0 ] && ! command -v sudo >/dev/null; then
    complain "please run as root: apt-get install --no-install-recommends ${missing[*]}"
    return 1
  fi
  say "installing ${missing[*]}"
  # the lists may be missing or old: fetch them when the first try fails
  {
    apt_get install --no-install-recommends "${missing[@]}" 2>/dev/null ||
      { apt_get update && apt_get install --no-install-recommends "${missing[@]}"; }
  } >&2 || {
    complain "please run: sudo apt-get install --no-install-recommends ${missing[*]}"
    return 1
  }
}

# need_stopped_packages PACKAGE...: the same, and no service of theirs is started, now or at boot
need_stopped_packages() {
  local policy=/usr/sbin/policy-rc.d made='' status=0 package
  [ -n "$(missing_packages "$@")" ] || return 0
  if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null || return 1
    made=1
    as_root chmod 755 "$policy"
  fi
  need_packages "$@" || status=$?
  [ -z "$made" ] || as_root rm -f "$policy"
  if command -v systemctl >/dev/null; then
    for package in "$@"; do
      as_root systemctl --quiet disable "$package" 2>/dev/null
    done
  fi
  return "$status"
}

# configure_in FOLDER [OPTION...]: makes configure if it is missing or old, and runs it out of tree
configure_in() {
  local folder=$1
  shift
  if [ ! -e "$top/configure" ] || [ -n "$(find "$top" \( -name configure.ac -o -name '*.am' \) \
    -not -path '*/build*' -newer "$top/configure" -print -quit)" ]; then
    (cd "$top" && autoreconf -fi)
  fi
  if [ -e "$top/config.status" ]; then
    complain "$top is configured in place: run 'make distclean' there first"
    return 1
  fi
  mkdir -p "$folder"
  (cd "$folder" && "$top/configure" -q "$@")
}

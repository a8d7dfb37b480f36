# shellcheck shell=bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# What the stages of package.sh share; they run in the clean system, /out holds the packages.
set -eu

# ok NAME COMMAND...: the check NAME passes if COMMAND succeeds
ok() {
  local name=$1
  shift
  if "$@" >/tmp/ok.log 2>&1; then
    echo "ok - $name"
  else
    echo "not ok - $name"
    tail -n 60 /tmp/ok.log | sed 's/^/# /'
  fi
}

# same NAME EXPECTED FOUND
same() {
  if [ "$2" = "$3" ]; then
    echo "ok - $1"
  else
    echo "not ok - $1"
    diff <(echo "$2") <(echo "$3") | sed 's/^/# /' || true
  fi
}

# install FILE...: packages and what they depend on
install_packages() {
  apt-get -qq update
  apt-get -qq install -y --no-install-recommends "$@" </dev/null >&2
}

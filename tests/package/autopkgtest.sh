#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Fourth stage of package.sh: the package's own tests (debian/tests), as a Debian archive runs them.
. "$(dirname "$0")/lib.sh"

install_packages /out/pinferry.deb
while read -r name; do
  AUTOPKGTEST_TMP=$(mktemp -d)
  export AUTOPKGTEST_TMP
  ok "debian/tests/$name" "debian/tests/$name"
done < <(awk '/^Tests:/ { for (i = 2; i <= NF; i++) print $i }' debian/tests/control)

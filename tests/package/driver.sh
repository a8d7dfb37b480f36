#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Third stage of package.sh: builds a driver with nothing but what pinferry-dev brings, and asks the
# installed program about it.
. "$(dirname "$0")/lib.sh"

# the tree itself is not to be of any help
cp tests/package/dice.c /tmp/
cd /tmp
install_packages /out/pinferry.deb /out/pinferry-dev.deb

build() {
  # shellcheck disable=SC2046 # a list of words
  gcc -std=gnu11 -Wall -Wextra -Werror -fPIC -shared $(pkg-config --cflags pinferry) dice.c -o dice.so
}

driverdir=$(pkg-config --variable=driverdir pinferry)
ok "pkg-config names the folder of the drivers" test -e "$driverdir/gpio.so"
ok "a driver builds against the installed header" build
cp dice.so "$driverdir/"
ok "pinferry lists it" sh -c 'pinferry drivers | grep dice'
ok "pinferry describes it" sh -c 'pinferry drivers dice | grep -i eyes'

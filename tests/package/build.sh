#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# First stage of package.sh: builds the packages and reads them with lintian. The tests, which a
# build runs otherwise, are stages of scripts/test.
. "$(dirname "$0")/lib.sh"

build() {
  DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc -b >/tmp/build.log 2>&1 ||
    { tail -n 60 /tmp/build.log; return 1; }
}

# what a distribution's flags make the compiler see
no_warnings() {
  ! grep -E -A 5 '\.[ch]:[0-9]+:[0-9]+: warning: ' /tmp/build.log
}

lint() {
  lintian --allow-root --fail-on error,warning --info ../*.changes
}

hardened() {
  local file
  for file in debian/pinferry/usr/bin/pinferry debian/pinferry/usr/lib/*/pinferry/drivers/*.so; do
    readelf -dW "$file" | grep -q 'BIND_NOW' || { echo "$file: no immediate binding"; return 1; }
    readelf -lW "$file" | grep -q 'GNU_RELRO' || { echo "$file: relocations stay writable"; return 1; }
  done
  readelf -hW debian/pinferry/usr/bin/pinferry | grep -q 'Type: *DYN'
}

no_links_to_nowhere() {
  ! find debian/pinferry debian/pinferry-dev -xtype l | grep .
}

ok "dpkg-buildpackage" build
compgen -G "../pinferry_*.deb" >/dev/null || exit 0
ok "no file is compiled with a warning" no_warnings
ok "lintian has no error and no warning" lint
ok "program and drivers are hardened" hardened
ok "no link leads nowhere" no_links_to_nowhere
same "no libtool archive is shipped" "" "$(find debian/pinferry debian/pinferry-dev -name '*.la')"
cp ../pinferry_*.deb /out/pinferry.deb
cp ../pinferry-dev_*.deb /out/pinferry-dev.deb
chmod 644 /out/*.deb

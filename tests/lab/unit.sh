#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# unit.sh [RELEASE [DEB]]: the installed package under systemd, on a real kernel with a GPIO chip.
#
# Unlike the other scripts here this one runs on the host. It takes a system of Debian RELEASE
# (bookworm) with systemd from scripts/chroot, boots it under QEMU, where the sandbox of the unit is
# enforced, and runs unit-inside.sh there, which installs DEB (built first, if not given) and uses the
# service. Exit status: 0, 1, or 77 with "SKIP: REASON" (needs root).
set -euo pipefail
here=$(dirname "$(readlink -f "$0")")
top=$(readlink -f "$here/../..")
release=${1:-bookworm}
deb=${2:-}

# /tmp is no good: the system that boots empties its own, and the folder would be in there
work=$(mktemp -d /var/tmp/pinferry-unit.XXXXXX)
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT TERM HUP
mkdir "$work/share" "$work/root"

"$here/lab" -k qemu -b

if [ -z "$deb" ]; then
  deb=$work/pinferry.deb
  "$top/scripts/chroot" --source --build-deps --bind "$work:/out" "$release" sh -ec '
    DEB_BUILD_OPTIONS=nocheck dpkg-buildpackage -us -uc -b >/tmp/log 2>&1 ||
      { tail -n 40 /tmp/log; exit 1; }
    cp ../pinferry_*.deb /out/pinferry.deb'
fi
cp "$deb" "$work/share/pinferry.deb"
cp "$here/lib.sh" "$here/unit-inside.sh" "$work/share/"

# what the package depends on is there already: the lab has no network
# shellcheck disable=SC2016 # for the inner shell
"$top/scripts/chroot" --bind "$work:/out" \
  --packages "systemd systemd-sysv udev dbus kmod mosquitto mosquitto-clients" "$release" sh -ec '
    apt-get -qq update
    depends=$(dpkg-deb -f /out/share/pinferry.deb Depends)
    apt-get -qq satisfy -y --no-install-recommends "$depends" >/tmp/log 2>&1 || { cat /tmp/log; exit 1; }
    rm -f /usr/sbin/policy-rc.d /tmp/log
    systemctl disable mosquitto >/dev/null 2>&1
    tar -C / --one-file-system -c . | tar -C /out/root -x'

"$here/lab" -k qemu -s -t 600 -m 1024 -r "$work/root" -d "$work/share" bash ./unit-inside.sh

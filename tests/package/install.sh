#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# Second stage of package.sh: installs the package in a system that has only what it depends on,
# looks at what is there, uses it, and purges it.
. "$(dirname "$0")/lib.sh"

# Every file there is with owner and mode, and all users and groups; but for what any installation
# of a package changes
state() {
  find / -xdev \( -path /proc -o -path /dev -o -path /src -o -path /out -o -path /tmp -o -path /run \
    -o -path /var/log -o -path /var/cache -o -path /var/lib/apt -o -path '/var/lib/dpkg/*-old' \
    -o -path '/etc/*-' \) -prune -o -printf '%p %u:%g %m\n' |
    grep -v '^/var/lib/dpkg/info/format' | sort
  sort /etc/passwd
  sort /etc/group
}

dependencies() {
  dpkg-deb -f /out/pinferry.deb Depends
}

user=(setpriv --reuid pinferry --regid pinferry --clear-groups)

modes() {
  local file
  for file in "$@"; do
    stat -c '%n %U:%G %a' "$file"
  done
}

# runs the daemon as its user on a machine that has neither chip nor broker, until it has said what
# it misses, and ends it
runs_and_stops() {
  local pid status=0 i
  install -d -o pinferry -g pinferry -m 750 /var/lib/pinferry
  echo 'outputs: ( { name = "pump"; line = "GPIO27"; } );' >/tmp/pump.conf
  "${user[@]}" pinferry run -c /tmp/pump.conf >/tmp/run.log 2>&1 &
  pid=$!
  for ((i = 0; i < 100; i++)); do
    grep -q 'output pump: this machine has no GPIO chip' /tmp/run.log && grep -q 'mqtt: ' /tmp/run.log && break
    sleep 0.1
  done
  kill -TERM "$pid"
  wait "$pid" || status=$?
  cat /tmp/run.log
  [ "$status" -eq 0 ] && [ "$i" -lt 100 ]
}

fails_with() {
  local expected=$1 status=0
  shift
  "$@" || status=$?
  echo "status $status"
  [ "$status" -eq "$expected" ]
}

# fake_udev: a udev that only notes what it is told and whether the package's rules are there then
fake_udev() {
  mkdir -p /run/udev
  perl -MSocket -e 'socket my $s, AF_UNIX, SOCK_STREAM, 0; bind $s, sockaddr_un("/run/udev/control") or die'
  cat >/usr/local/bin/udevadm <<'END'
#!/bin/sh
rules=without
[ ! -e /lib/udev/rules.d/60-pinferry.rules ] || rules=with
echo "$* $rules" >>/tmp/udevadm.log
END
  chmod 755 /usr/local/bin/udevadm
}

end_fake_udev() {
  rm -rf /run/udev /usr/local/bin/udevadm /tmp/udevadm.log
}

owner() {
  stat -c %U:%G "$1"
}

apt-get -qq update
apt-get -qq satisfy -y --no-install-recommends "$(dependencies)" >&2
before=$(state)

ok "installs with its dependencies alone" dpkg -i /out/pinferry.deb
same "dpkg is content with it" "" "$(dpkg --audit)"
same "nothing of it differs from the package" "" "$(dpkg --verify pinferry)"
same "owners and modes" "/etc/pinferry root:root 755
/etc/pinferry/pinferry.conf root:root 644
/usr/bin/pinferry root:root 755" "$(modes /etc/pinferry /etc/pinferry/pinferry.conf /usr/bin/pinferry)"
same "nothing is set-user-id or writable to others" "" \
  "$(dpkg -L pinferry | xargs -d '\n' -I {} find {} -maxdepth 0 ! -type l -perm /7022)"
same "the configuration is a conffile" /etc/pinferry/pinferry.conf \
  "$(dpkg-query -W -f '${Conffiles}\n' pinferry | awk 'NF { print $1 }')"
same "the user has no password, no shell, no other group" "pinferry /var/lib/pinferry /usr/sbin/nologin pinferry" \
  "$(getent passwd pinferry | cut -d : -f 1,6,7 | tr : ' ') $(id -nG pinferry)"
ok "it is a system user" test "$(id -u pinferry)" -lt 1000
ok "group gpio" getent group gpio
ok "group i2c" getent group i2c

same "pinferry --version" "pinferry $(dpkg-query -W -f '${Version}' pinferry)" "$(pinferry --version)"
ok "pinferry check accepts the default configuration" "${user[@]}" pinferry check
ok "pinferry drivers" pinferry drivers
for driver in gpio ds18b20 bme280 lm75; do
  ok "pinferry drivers $driver" pinferry drivers "$driver"
done
ok "pinferry scan on a machine that has nothing" pinferry scan
ok "pinferry run as its user, without chip and broker, until SIGTERM" runs_and_stops
ok "wrong usage is status 64" fails_with 64 pinferry fly
echo 'outputs: (' >/tmp/bad.conf
ok "a bad configuration is status 78" fails_with 78 pinferry run -c /tmp/bad.conf

ok "an upgrade" dpkg -i /out/pinferry.deb
echo '# mine' >>/etc/pinferry/pinferry.conf
echo secret >/etc/pinferry/mqtt.password
ok "remove" dpkg -r pinferry
ok "remove keeps the configuration" grep -q '# mine' /etc/pinferry/pinferry.conf
same "remove takes the program and the drivers" "" \
  "$(find /usr -xdev -path /usr/share/doc -prune -o -name '*pinferry*' -print)"
ok "purge" dpkg -P pinferry
same "purge leaves the system as it was" "$before" "$(state)"

# ---- what was there before, and what others have come to use

groupadd --system gpio
adduser --quiet --system --no-create-home pinferry
with_user=$(state)
ok "installs where user pinferry and group gpio are there" dpkg -i /out/pinferry.deb
ok "and again" dpkg -i /out/pinferry.deb
ok "purge again" dpkg -P pinferry
same "purge leaves a user and a group that were there" "$with_user" "$(state)"
deluser --quiet pinferry
groupdel gpio

ok "installs once more" dpkg -i /out/pinferry.deb
usermod -a -G i2c nobody
ok "purge once more" dpkg -P pinferry
ok "purge leaves a group that has got members" getent group i2c
same "purge leaves no user" "" "$(getent passwd pinferry)"
gpasswd -d nobody i2c >&2
groupdel i2c

ok "installs a fourth time" dpkg -i /out/pinferry.deb
adduser --quiet --system --no-create-home --ingroup gpio plumber
touch /dev/i2c-9 /dev/gpiochip9
chgrp i2c /dev/i2c-9
chgrp gpio /dev/gpiochip9
ok "remove, and install again" eval 'dpkg -r pinferry && dpkg -i /out/pinferry.deb'
ok "purge a fourth time" dpkg -P pinferry
ok "purge leaves a group that is somebody's first one" getent group gpio
same "it keeps its devices" root:gpio "$(owner /dev/gpiochip9)"
same "purge takes what it made before it was removed" "" "$(getent passwd pinferry)$(getent group i2c)"
same "no device is left for the next group of that number" root:root "$(owner /dev/i2c-9)"
rm /dev/i2c-9 /dev/gpiochip9
deluser --quiet plumber
groupdel gpio

# ---- udev

fake_udev
ok "installs where udev runs" dpkg -i /out/pinferry.deb
same "udev reads the rules before it applies them" "control --reload with
trigger --settle --action=change --subsystem-match=gpio --subsystem-match=i2c-dev --subsystem-match=w1 with" \
  "$(cat /tmp/udevadm.log)"
end_fake_udev

# ---- state where a file system of its own is

mkdir -p /var/lib/pinferry
mount -t tmpfs state /var/lib/pinferry
touch /var/lib/pinferry/record
ok "purge with the state on a file system of its own" dpkg -P pinferry
same "it is empty" "" "$(ls -A /var/lib/pinferry)"
umount /var/lib/pinferry
rmdir /var/lib/pinferry
same "all this leaves the system as it was" "$before" "$(state)"

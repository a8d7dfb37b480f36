#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT
#
# The part of unit.sh that runs in the lab, as root under systemd, beside the package.
. "$(dirname "$0")/lib.sh"
export DEBIAN_FRONTEND=noninteractive

conf=/etc/pinferry/pinferry.conf
here=$(dirname "$(readlink -f "$0")")
sensor=28-0000012345ab

quietly() {
  "$@" >/dev/null
}

# show PROPERTY: of the unit
show() {
  systemctl show pinferry -P "$1"
}

# state EXPECTED [SECONDS]: waits for the unit to be ActiveState/SubState
state() {
  until_true "${2:-10}" state_now "$1" && return
  why="it is $(show ActiveState)/$(show SubState)"
  return 1
}

state_now() {
  [ "$(show ActiveState)/$(show SubState)" = "$1" ]
}

# journal REGEX [SECONDS]: waits for a line of the daemon
journal() {
  until_true "${2:-10}" journal_has "$1"
}

journal_has() {
  journalctl -q -u pinferry -o cat | grep -Eq -- "$1"
}

# status FIELD: of the daemon in /proc, in $status
status() {
  status=$(sed -n "s/^$1:[[:space:]]*//p" "/proc/$(show MainPID)/status")
}

status_is() {
  status "$1"
  same "$status" "$2"
}

in_group() {
  status Groups
  like " $status " "* $(getent group "$1" | cut -d : -f 3) *"
}

# in_cgroup COMMAND...: where the rules about devices for the service hold
in_cgroup() (
  echo "$BASHPID" >"/sys/fs/cgroup$(show ControlGroup)/cgroup.procs" && "$@"
)

can_read() {
  # shellcheck disable=SC2188 # only opening is of interest
  <"$1"
} 2>/dev/null

# in_mounts COMMAND...: as root, where the service sees its file system
in_mounts() {
  nsenter --target "$(show MainPID)" --mount "$@" 2>/dev/null
}

# as_service COMMAND...: with its user, its groups and its view of the file system
as_service() {
  in_mounts setpriv --reuid pinferry --regid pinferry --groups gpio,i2c "$@"
}

config() {
  {
    echo "mqtt: { broker = \"mqtt://127.0.0.1:$port\"; prefix = \"$prefix\"; };"
    cat
  } >"$conf"
}

# the default configuration's topics begin with the host's name
default_online() {
  collect 0.1
  count_since_mark "pinferry/$(hostname)/status" online
  [ "$count" -gt 0 ]
}

another_pid() {
  local now
  now=$(show MainPID)
  [ "$now" -gt 0 ] && [ "$now" != "$1" ]
}

broker_start
listen

# ---- as the package leaves it

# udev has just looked for rules, and would not look again so soon by itself
udevadm trigger --settle --action=change --subsystem-match=gpio
ok 'the package installs' quietly dpkg -i "$here/pinferry.deb"
ok 'the service runs' state active/running
ok 'it will run at the next start, too' systemctl -q is-enabled pinferry
ok 'with the default configuration it is online' until_true 20 default_online
ok 'the device belongs to group gpio' same "$(stat -c '%G %a' /dev/gpiochip0)" 'gpio 660'
ok 'so does an I2C bus to i2c' same "$(stat -c '%G %a' /dev/i2c-0)" 'i2c 660'

# ---- least privilege

ok 'it runs as user pinferry' same "$(stat -c %U "/proc/$(show MainPID)")" pinferry
ok 'in group gpio' in_group gpio
ok 'in group i2c' in_group i2c
ok 'without capabilities' status_is CapEff 0000000000000000
ok 'that it could get none of' status_is CapBnd 0000000000000000
ok 'without new privileges' status_is NoNewPrivs 1
ok 'with a filter of system calls' status_is Seccomp 2
ok 'a GPIO chip is within reach' in_cgroup can_read /dev/gpiochip0
ok 'an I2C bus is within reach' in_cgroup can_read /dev/i2c-0
ok 'the kernel log is there for root' can_read /dev/kmsg
ok 'but not for the service' not in_cgroup can_read /dev/kmsg
ok '/etc is read-only' not in_mounts touch /etc/pinferry/x
ok '/usr is read-only' not in_mounts touch /usr/x
ok 'the state directory is writable' in_mounts touch /var/lib/pinferry/x
ok 'the state directory is its own' same "$(stat -c '%U:%G %a' /var/lib/pinferry)" \
  'pinferry:pinferry 750'
ok 'so is a directory for what a crash needs' in_mounts touch /run/pinferry/x
ok 'which is its own, too' same "$(stat -c '%U:%G %a' /run/pinferry)" 'pinferry:pinferry 750'
w1_add $sensor 21500
ok 'a 1-Wire sensor comes' w1_seen $sensor
# shellcheck disable=SC2016 # for the inner shell
ok 'the service may set its resolution' until_true 5 as_service \
  sh -c 'echo 10 >/sys/bus/w1/devices/'$sensor'/resolution'
ok 'and start all of its bus' until_true 5 as_service \
  sh -c 'echo trigger >/sys/bus/w1/devices/w1_bus_master1/therm_bulk_read'
ok 'what else the sensor has is not its own' not as_service \
  sh -c 'echo 50 >/sys/bus/w1/devices/'$sensor'/conv_time'
ok "the kernel's settings are read-only, even for root" not in_mounts \
  sh -c 'echo 1 >/proc/sys/kernel/printk'
ok 'those of its modules are not for the service' not as_service \
  sh -c 'echo 1 >/sys/module/printk/parameters/time'
ok 'it leaves no core files' same "$(show LimitCORE)" 0
ok 'the watchdog is on' same "$(show WatchdogUSec)" 30s

# ---- lines

config <<'END'
inputs: ( { name = "door"; line = "GPIO17"; } );
outputs: ( { name = "pump"; line = "GPIO27"; } );
END
mark
ok 'it restarts with lines' systemctl restart pinferry
ok 'it is ready' state active/running
ok 'it is online' message status online 20
ok 'its input has a state' message input/door OFF 20
mark
pull 17 up
ok 'a rising line publishes ON' message input/door ON
ok 'the line of the output is low' line_is 27 0
switch pump ON
ok 'a command switches the line' line_is 27 1
ok 'and the state is published' message output/pump ON

# ---- trouble

pid=$(show MainPID)
note_file=/run/pinferry/of-this-run
in_mounts touch $note_file
config <<'END'
inputs: ( { name = "door"; line = "GPIO17"; } );
outputs: ( { name = "pump"; line = "GPIO27"; }, { name = "lamp"; line = "GPIO22"; } );
END
mark
ok 'a changed configuration is reloaded' systemctl reload pinferry
ok 'the unit runs on' state active/running
ok 'what is new is there' message output/lamp OFF
ok 'what was on is on' line_is 27 1
switch lamp ON
ok 'what is new can be switched' line_is 22 1
ok 'it is the same process' same "$(show MainPID)" "$pid"

mark
kill -KILL "$pid"
ok 'after SIGKILL there is another process' until_true 20 another_pid "$pid"
ok 'which is online' message status online 20
ok 'what the one before left in memory is still there' test -e $note_file

mkdir -p /run/systemd/system/pinferry.service.d
printf '[Service]\nWatchdogSec=4\nTimeoutAbortSec=2\n' >/run/systemd/system/pinferry.service.d/test.conf
systemctl daemon-reload
systemctl restart pinferry
ok 'with a short watchdog it runs' state active/running
pid=$(show MainPID)
kill -STOP "$pid"
ok 'the watchdog ends a daemon that stands still' until_true 30 another_pid "$pid"
ok 'and starts another' state active/running 20
rm -r /run/systemd/system/pinferry.service.d
systemctl daemon-reload

echo 'inputs: ( { name = "door"; lime = "GPIO17"; } );' >"$conf"
ok 'a bad configuration does not start' not systemctl restart pinferry
ok 'and is not tried again' state failed/failed
ok 'its status is 78' same "$(show ExecMainStatus)" 78
ok 'the journal says where' journal "$conf:1: "

# ---- no chip at all

plug 0
config <<'END'
inputs: ( { name = "door"; line = "GPIO17"; } );
END
mark
ok 'it starts without any GPIO chip' systemctl restart pinferry
ok 'and runs' state active/running
ok 'it is online, too' message status online 20
ok 'the journal says why it has no line' journal 'input door: .*no GPIO chip'
ok 'the topic says it, too' message input/door/error '*no GPIO chip*'
plug 1
ok 'once there is a chip the line is served' message input/door '*' 90

# ---- the end

mark
ok 'it stops' systemctl stop pinferry
ok 'it says so' message status offline
ok 'without an error' same "$(show Result)" success
note "$(systemd-analyze security pinferry --no-pager | tail -n 1)"
ok 'the package is purged' quietly dpkg -P pinferry
ok 'no state is left' not test -e /var/lib/pinferry -o -e /run/pinferry
ok 'no configuration is left' not test -e /etc/pinferry
ok 'no unit is left' not systemctl cat pinferry
if [ "$failed" -gt 0 ]; then
  journalctl -q -u pinferry -o short-monotonic | tail -n 80 | sed 's/^/# /'
fi
finish

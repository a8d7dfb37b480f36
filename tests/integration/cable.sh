# shellcheck shell=bash disable=SC2154,SC2034 # variables of lib.sh, and for it
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Two networks made for a test, with a cable between them: here the broker and those who listen to
# it, far away the daemon. The network of the machine is not touched; where no network can be made,
# nothing of this can run. To be sourced after lib.sh.

if [ "${OWN_NETWORK:-}" != yes ]; then
  for tool in ip unshare nsenter mount; do
    command -v "$tool" >/dev/null || skip_all "$tool is not installed (Debian: iproute2, util-linux)"
  done
  as_root=()
  [ "$(id -u)" -eq 0 ] || as_root=(--map-root-user)
  unshare "${as_root[@]}" --net --mount ip link add near type veth peer name end 2>/dev/null ||
    skip_all 'no network of its own can be made here'
  OWN_NETWORK=yes exec unshare "${as_root[@]}" --net --mount bash "$0"
fi
ip link set lo up

here=10.97.0.1

in_another_network() {
  [ "$(readlink "/proc/$1/ns/net")" != "$(readlink /proc/self/ns/net)" ]
}

# make_cable: sets $far, a process in the other network; the cable's ends are `near` and `end`
make_cable() {
  # that of the last test goes with its network, but not at once
  ip link delete near 2>/dev/null || true
  unshare --net sleep infinity &
  far=$!
  pids+=("$far")
  until_true "$patience_s" in_another_network "$far" || fail 'no second network'
  ip link add near type veth peer name end netns "$far"
  ip address add "$here/24" dev near
  ip link set near up
  far_away ip address add 10.97.0.2/24 dev end
  far_away ip link set end up
  far_away ip link set lo up
}

far_away() {
  nsenter --target "$far" --net "$@"
}

pull_cable() {
  ip link set near down
}

plug_in_cable() {
  ip link set near up
}

# start_daemon [OPTION...]: far away
start_daemon() {
  nsenter --target "$far" --net "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" \
    -s "$board" -v "$@" >>"$dir/daemon.out" 2>>"$daemon_log" &
  daemon=$!
  pids+=("$daemon")
}

# start_broker: on the cable, too
start_both() {
  make_cable
  free_port
  start_broker_at "$port" 'allow_anonymous true' "listener $port $here"
  start_listener
  broker_url=mqtt://$here:$port
}

configure_board() {
  configure <<'END'
inputs: ( { name = "door"; line = "GPIO17"; } );
outputs: ( { name = "pump"; line = "GPIO27"; active_low = true; },
           { name = "fence"; line = "GPIO5"; } );
END
}

works() {
  command_output pump ON
  expect '1 t/output/pump ON'
  expect_line GPIO27 0
}

attempts() {
  grep -c 'next attempt in' "$daemon_log" || true
}

more_attempts_than() {
  [ "$(attempts)" -gt "$1" ]
}

# cpu_ms: what the daemon has used so far
cpu_ms() {
  awk '{ print ($14 + $15) * 10 }' "/proc/$daemon/stat"
}

is_lost() {
  [ "$(grep -c 'is lost' "$daemon_log")" -ge "$1" ]
}

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# mosquitto, which keeps what is stored over a restart.

. "$(dirname "$0")/lib.sh"
need_broker

broker_begin() {
  mkdir -p "$shared/stored"
  cat >"$shared/mosquitto.conf" <<END
listener $port 127.0.0.1
allow_anonymous true
persistence true
persistence_location $shared/stored/
log_dest stderr
$([ "$(id -u)" -ne 0 ] || echo 'user root')
listener $web_port 127.0.0.1
protocol websockets
END
  PATH=$PATH:/usr/sbin serve mosquitto mosquitto -c "$shared/mosquitto.conf"
  until_true 30 both_listen || fail "mosquitto does not listen: $(cat "$shared/mosquitto.log")"
}

broker_end() {
  end_served mosquitto TERM
}

run_broker

#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Aedes, a broker for Node.js: MQTT 3.1.1 only, and with an empty memory after each start.

. "$(dirname "$0")/lib.sh"
need_broker
node_can aedes || skip_all 'Node.js, or its package aedes, is not installed'
speaks=3.1.1

broker_begin() {
  serve aedes run_node aedes.js "$port" "$web_port"
  until_true 30 both_listen || fail "Aedes does not listen: $(cat "$shared/aedes.log")"
}

broker_end() {
  end_served aedes TERM
}

run_broker

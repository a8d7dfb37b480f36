#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# RabbitMQ with its plugins for MQTT and for MQTT over WebSockets. Debian 12 has 3.10, which speaks
# 3.1.1 only; from 3.13 on it speaks 5. It is run beside a service that may be there, with files,
# ports and a name of its own; a limit of time ends it should this script be killed.

. "$(dirname "$0")/lib.sh"
need_broker
server=/usr/lib/rabbitmq/bin/rabbitmq-server
[ -x "$server" ] || skip_all 'RabbitMQ is not installed (Debian: rabbitmq-server)'
version=$(printf '%s\n' /usr/lib/rabbitmq/lib/rabbitmq_server-*/plugins/rabbitmq_mqtt-* |
  sed -n 's/.*rabbitmq_mqtt-\([0-9.]*[0-9]\).*/\1/p' | tail -n 1)
[ -n "$version" ] || skip_all 'this RabbitMQ has no plugin for MQTT'
web_path=/ws
user=guest # whom RabbitMQ knows, and lets in from this machine
wildcards=maybe
if [ "$(printf '%s\n' 3.13 "$version" | sort -V | head -n 1)" != 3.13 ]; then
  speaks=3.1.1
  wildcards=no
fi

broker_begin() {
  local plain=$port web=$web_port
  if [ ! -e "$shared/ports" ]; then
    two_free_ports
    printf '%s %s' "$port" "$web_port" >"$shared/ports"
    port=$plain web_port=$web
  fi
  local epmd_port dist_port
  read -r epmd_port dist_port <"$shared/ports" || true
  mkdir -p "$shared/rabbitmq"
  echo '[rabbitmq_mqtt,rabbitmq_web_mqtt].' >"$shared/rabbitmq/enabled_plugins"
  cat >"$shared/rabbitmq/rabbitmq.conf" <<END
listeners.tcp = none
mqtt.listeners.tcp.1 = 127.0.0.1:$port
web_mqtt.tcp.ip = 127.0.0.1
web_mqtt.tcp.port = $web_port
END
  export HOME=$shared/rabbitmq ERL_EPMD_PORT=$epmd_port ERL_EPMD_ADDRESS=127.0.0.1
  # else the first of them starts one that nobody ends
  [ -e "$shared/epmd.pid" ] || serve epmd timeout -k 5 300 epmd -port "$epmd_port" \
    -address 127.0.0.1
  serve rabbitmq env RABBITMQ_NODENAME="pinferry-$port@localhost" RABBITMQ_BASE="$HOME" \
    RABBITMQ_MNESIA_BASE="$HOME/mnesia" RABBITMQ_LOG_BASE="$HOME/log" RABBITMQ_LOGS=- \
    RABBITMQ_CONF_ENV_FILE=/dev/null RABBITMQ_CONFIG_FILE="$HOME/rabbitmq.conf" \
    RABBITMQ_ENABLED_PLUGINS_FILE="$HOME/enabled_plugins" RABBITMQ_PID_FILE="$HOME/pid" \
    RABBITMQ_DIST_PORT="$dist_port" \
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS='-kernel inet_dist_use_interface {127,0,0,1}' \
    timeout -k 5 300 "$server"
  until_true 90 both_listen || fail "RabbitMQ does not listen: $(tail "$shared/rabbitmq.log")"
}

broker_end() {
  end_served rabbitmq TERM
}

# which is why the README advises against them
dots_in_topics_become_slashes() {
  go_online
  publish "$top.x/set" ON -q 1
  expect "? 1 $top/x/set ON"
  stop_daemon
}

run_broker dots_in_topics_become_slashes

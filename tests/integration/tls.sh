#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# The connection when the broker wants more: TLS with a certificate that is checked, a password.

. "$(dirname "$0")/lib.sh"
need_broker
command -v openssl >/dev/null || skip_all 'openssl is not installed (Debian: openssl)'

# make_ca NAME, make_certificate CA NAME SUBJECT-ALT-NAMES: in $dir
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.crt" 2>>"$dir/openssl.log"
}

make_certificate() {
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" \
    -keyout "$dir/$2.key" -out "$dir/$2.csr" 2>>"$dir/openssl.log"
  openssl x509 -req -in "$dir/$2.csr" -CA "$dir/$1.crt" -CAkey "$dir/$1.key" -CAcreateserial \
    -days 2 -extfile <(echo "subjectAltName=$3") -out "$dir/$2.crt" 2>>"$dir/openssl.log"
}

# start_tls_broker CERTIFICATE [LINE...]
start_tls_broker() {
  local name=$1
  shift
  start_broker 'allow_anonymous true' "certfile $dir/$name.crt" "keyfile $dir/$name.key" "$@"
  client_options=(--cafile "$dir/ca.crt" --insecure)
}

configure_pump() {
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; } );
END
}

works() {
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  stop_daemon
}

# refuses REGEX: the daemon does not connect and says why; outputs work all the same
refuses() {
  start_daemon
  expect_log "$1"
  lacks 'New client connected.* as pinferry-test' "$broker_log"
  expect_line GPIO27 0
  stop_daemon
}

tls_works_with_a_certificate_that_is_right() {
  make_ca ca
  make_certificate ca server DNS:localhost,IP:127.0.0.1
  start_tls_broker server
  start_listener
  broker_url=mqtts://localhost:$port
  mqtt_options="ca_file = \"$dir/ca.crt\";"
  configure_pump
  works
}

an_unknown_authority_is_refused() {
  make_ca ca
  make_ca other
  make_certificate ca server DNS:localhost,IP:127.0.0.1
  start_tls_broker server
  broker_url=mqtts://localhost:$port
  mqtt_options="ca_file = \"$dir/other.crt\";"
  configure_pump
  refuses 'certificate\|TLS\|SSL'
}

the_systems_authorities_are_the_default() {
  make_ca ca
  make_certificate ca server DNS:localhost,IP:127.0.0.1
  start_tls_broker server
  broker_url=mqtts://localhost:$port
  configure_pump
  refuses 'certificate\|TLS\|SSL'
}

another_host_name_is_refused() {
  make_ca ca
  make_certificate ca server DNS:elsewhere.example
  start_tls_broker server
  broker_url=mqtts://localhost:$port
  mqtt_options="ca_file = \"$dir/ca.crt\";"
  configure_pump
  refuses 'certificate\|TLS\|SSL'
}

a_client_certificate_is_shown() {
  make_ca ca
  make_certificate ca server DNS:localhost,IP:127.0.0.1
  make_certificate ca client DNS:client
  start_tls_broker server "cafile $dir/ca.crt" 'require_certificate true'
  client_options+=(--cert "$dir/client.crt" --key "$dir/client.key")
  start_listener
  broker_url=mqtts://localhost:$port
  mqtt_options="ca_file = \"$dir/ca.crt\"; cert_file = \"$dir/client.crt\";
    key_file = \"$dir/client.key\";"
  configure_pump
  works
}

# start_password_broker: user shed, password secret
start_password_broker() {
  command -v mosquitto_passwd >/dev/null || exit 77
  touch "$dir/passwords"
  chmod 600 "$dir/passwords"
  mosquitto_passwd -b "$dir/passwords" shed secret
  start_broker 'allow_anonymous false' "password_file $dir/passwords"
  client_options=(-u shed -P secret)
}

a_password_comes_from_its_file() {
  start_password_broker
  start_listener
  echo secret >"$dir/password"
  mqtt_options="username = \"shed\"; password_file = \"$dir/password\";"
  configure_pump
  works
  # and appears nowhere else
  lacks secret "$daemon_log"
}

a_wrong_password_is_told_and_a_right_one_taken_without_a_restart() {
  start_password_broker
  start_listener
  echo wrong >"$dir/password"
  mqtt_options="username = \"shed\"; password_file = \"$dir/password\";"
  configure_pump
  start_daemon
  # at times the library overlooks the refusal and waits for its time-out, 10 s
  expect_log 'password\|authori[sz]ed' 30
  lacks 'wrong' "$daemon_log"
  echo secret >"$dir/password"
  expect '1 t/status online' 30
  stop_daemon
}

run_tests tls_works_with_a_certificate_that_is_right an_unknown_authority_is_refused \
  the_systems_authorities_are_the_default another_host_name_is_refused \
  a_client_certificate_is_shown a_password_comes_from_its_file \
  a_wrong_password_is_told_and_a_right_one_taken_without_a_restart

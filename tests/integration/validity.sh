#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Certificates and the clock. A Pi has none that runs while it is off: until the network has told it
# the time, a good certificate looks as if it were not valid yet.

. "$(dirname "$0")/lib.sh"
. "$(dirname "$0")/certificates.sh"
need_broker
need_openssl

# in_seconds N: the time N seconds from now, as in a certificate
in_seconds() {
  date -u -d "@$(($(date +%s) + $1))" +%Y%m%d%H%M%SZ
}

# make_certificate_for CA NAME FROM TO: valid for localhost between these times
make_certificate_for() {
  local ca=$dir/signing
  mkdir -p "$ca"
  : >"$ca/index"
  cat >"$ca/conf" <<END
[ca]
default_ca = this
[this]
database = $ca/index
new_certs_dir = $ca
rand_serial = yes
default_md = sha256
policy = anything
x509_extensions = host
[anything]
commonName = supplied
[host]
subjectAltName = DNS:localhost
END
  openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj "/CN=$2" \
    -keyout "$dir/$2.key" -out "$dir/$2.csr" 2>>"$dir/openssl.log"
  openssl ca -batch -notext -config "$ca/conf" -cert "$dir/$1.crt" -keyfile "$dir/$1.key" \
    -startdate "$3" -enddate "$4" -in "$dir/$2.csr" -out "$dir/$2.crt" 2>>"$dir/openssl.log"
}

# start_with_certificate FROM TO
start_with_certificate() {
  make_ca ca
  make_certificate_for ca server "$1" "$2"
  start_broker 'allow_anonymous true' "certfile $dir/server.crt" "keyfile $dir/server.key"
  client_options=(--cafile "$dir/ca.crt" --insecure)
  broker_url=mqtts://localhost:$port
  mqtt_options="ca_file = \"$dir/ca.crt\";"
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; active_low = true; } );
END
  start_daemon
  expect_line GPIO27 1
}

# For the daemon that is the same as a clock that is behind and then set.
a_certificate_that_is_not_valid_yet_is_waited_for() {
  start_with_certificate "$(in_seconds 5)" "$(in_seconds 86400)"
  expect_log 'cannot connect .*is not valid yet: this machine.s clock says 20..-..-.. (is it set?)'
  expect_log 'connected to' 30
  [ "$(grep -c 'cannot connect' "$daemon_log")" -eq 1 ]
  # mosquitto_sub checks the time, too
  start_listener
  saw '1 t/status online'
  stop_daemon
}

an_expired_certificate_is_told_and_a_new_one_taken_without_a_restart() {
  start_with_certificate "$(in_seconds -86400)" "$(in_seconds -3600)"
  expect_log 'cannot connect .*certificate has expired (this machine.s clock says 20..-..-..)'
  stop_broker
  make_certificate_for ca server "$(in_seconds -3600)" "$(in_seconds 86400)"
  start_broker 'allow_anonymous true' "certfile $dir/server.crt" "keyfile $dir/server.key"
  expect_log 'connected to' 30
  start_listener
  saw '1 t/status online'
  stop_daemon
}

run_tests a_certificate_that_is_not_valid_yet_is_waited_for \
  an_expired_certificate_is_told_and_a_new_one_taken_without_a_restart

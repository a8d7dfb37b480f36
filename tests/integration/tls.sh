#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# The connection when the broker wants more: TLS with a certificate that is checked, a password.

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/certificates.sh
. "$(dirname "$0")/certificates.sh"
need_broker
need_openssl

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
  # which is where OpenSSL is told to look
  start_listener
  export SSL_CERT_FILE=$dir/ca.crt
  works
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

# start_client_broker: asks for a client's certificate; configures the daemon with OPTION...
start_client_broker() {
  make_ca ca
  make_certificate ca server DNS:localhost,IP:127.0.0.1
  make_certificate ca client DNS:client
  start_tls_broker server "cafile $dir/ca.crt" 'require_certificate true'
  client_options+=(--cert "$dir/client.crt" --key "$dir/client.key")
  start_listener
  broker_url=mqtts://localhost:$port
}

# check_warns PATTERN: `check` is content, but warns
check_warns() {
  pinferry check >"$dir/check.out" 2>"$dir/check.err" || fail "check ended with status $?"
  grep -q -e "^$dir/pinferry.conf:[0-9]*: warning: mqtt: $1" "$dir/check.err" ||
    fail "check does not say: $1, but $(cat "$dir/check.err")"
}

an_encrypted_key_is_opened_with_its_password_file() {
  start_client_broker
  make_encrypted_key client geheim
  local key=$dir/client.locked.key password=$dir/key.password
  mqtt_options="ca_file = \"$dir/ca.crt\"; cert_file = \"$dir/client.crt\"; key_file = \"$key\";"
  configure_pump
  # nobody is asked on the terminal
  check_warns "key_file $key is encrypted, and there is no key_password_file\$"
  refuses "cannot connect.*: key_file $key is encrypted, and there is no key_password_file"
  lacks PEM "$daemon_log"

  (umask 077 && echo wrong >"$password")
  mqtt_options+=" key_password_file = \"$password\";"
  configure_pump
  check_warns "key_file $key cannot be decrypted with the password in key_password_file $password\$"
  start_daemon
  expect_log "key_file $key cannot be decrypted with the password in key_password_file $password"
  echo geheim >"$password"
  expect '1 t/status online' 30
  command_output pump ON
  expect '1 t/output/pump ON'
  stop_daemon
  pinferry check >"$dir/check.out" 2>"$dir/check.err"
  [ ! -s "$dir/check.err" ] || fail "check says $(cat "$dir/check.err")"
}

# bad_file KEY FILE WORDS WORDS-OF-CHECK: is told by check and at run time, and a good one, copied
# from FILE.good, is taken without a restart
bad_file() {
  check_warns "$4"
  : >"$daemon_log"
  start_daemon
  expect_log "cannot connect to $broker_url: $1 $2 $3; trying"
  cp "$2.good" "$2.new"
  mv "$2.new" "$2"
  expect '1 t/status online' 30
  stop_daemon
  expect '1 t/status offline'
}

files_that_are_wrong_are_named() {
  start_client_broker
  local name
  make_certificate ca other DNS:other
  for name in ca.crt client.crt client.key; do
    cp "$dir/$name" "$dir/$name.good"
  done
  mqtt_options="ca_file = \"$dir/ca.crt\"; cert_file = \"$dir/client.crt\";
    key_file = \"$dir/client.key\";"
  configure_pump
  for name in ca.crt:ca_file client.crt:cert_file; do
    local key=${name#*:} file=$dir/${name%:*}
    echo nonsense >"$file"
    bad_file "$key" "$file" 'holds no certificate (PEM) that can be used: .*' \
      "$key $file holds no certificate (PEM) that can be used: [^ ]"
  done
  local key=$dir/client.key
  echo nonsense >"$key"
  bad_file key_file "$key" 'holds no private key (PEM) that can be used: .*' \
    "key_file $key holds no private key (PEM) that can be used: [^ ]"
  cp "$dir/other.key" "$key"
  bad_file key_file "$key" "is not the key of cert_file $dir/client.crt" \
    "key_file $key is not the key of cert_file $dir/client.crt\$"
}

files_that_cannot_be_read_are_named() {
  start_client_broker
  local file=$dir/client.crt
  mv "$file" "$file.good"
  mqtt_options="ca_file = \"$dir/ca.crt\"; cert_file = \"$file\";
    key_file = \"$dir/client.key\";"
  configure_pump
  bad_file cert_file "$file" 'cannot be read: No such file or directory' \
    "cert_file: \"$file\" does not exist (yet)\$"
  # a folder or a FIFO hangs nobody
  rm "$file"
  mkfifo "$file"
  bad_file cert_file "$file" 'cannot be read: no regular file' \
    "cert_file: \"$file\" is no regular file\$"
  if [ "$(id -u)" -ne 0 ]; then
    chmod 0 "$file"
    bad_file cert_file "$file" 'cannot be read: Permission denied' \
      "cert_file: \"$file\" cannot be read by this user: Permission denied\$"
  fi
}

# openssl_settings NAME LINE...: a configuration for OpenSSL in $dir
openssl_settings() {
  local name=$1
  shift
  printf '%s\n' 'openssl_conf = all' '[all]' 'ssl_conf = ssl' '[ssl]' 'system_default = tls' \
    '[tls]' "$@" >"$dir/$name.cnf"
}

# tls_client OPTION...: whether OpenSSL's own client shakes hands with the broker
tls_client() {
  OPENSSL_CONF=$dir/weak.cnf openssl s_client -connect "127.0.0.1:$port" "$@" \
    </dev/null >"$dir/s_client.out" 2>&1
}

# even where the administrator of both machines has allowed it
tls_1_1_is_refused() {
  make_ca ca
  # with key exchange by RSA nothing is signed, which OpenSSL 3 refuses with old hashes by itself
  key_type=rsa:2048 make_certificate ca server DNS:localhost
  openssl_settings weak 'MinProtocol = TLSv1' 'CipherString = DEFAULT@SECLEVEL=0'
  openssl_settings broker 'MinProtocol = TLSv1' 'MaxProtocol = TLSv1.1'
  OPENSSL_CONF=$dir/broker.cnf start_tls_broker server 'tls_version tlsv1.1' \
    'ciphers kRSA@SECLEVEL=0'
  if ! tls_client -tls1_1; then
    echo 'there is no TLS 1.1 here'
    exit 77
  fi
  broker_url=mqtts://localhost:$port
  mqtt_options="ca_file = \"$dir/ca.crt\";"
  configure_pump
  OPENSSL_CONF=$dir/weak.cnf start_daemon
  expect_log 'cannot connect to .*: it takes only versions of TLS that are older than 1\.2; trying'
  lacks 'New client connected.* as pinferry-test' "$broker_log"
  stop_daemon
}

# uses_tls NEWEST: the daemon works with a broker that speaks this version and none that is newer
uses_tls() {
  make_ca ca
  make_certificate ca server DNS:localhost,IP:127.0.0.1
  openssl_settings weak
  openssl_settings broker "MaxProtocol = TLSv$1"
  OPENSSL_CONF=$dir/broker.cnf start_tls_broker server
  start_listener
  broker_url=mqtts://localhost:$port
  mqtt_options="ca_file = \"$dir/ca.crt\";"
  configure_pump
  works
}

tls_1_2_is_enough() {
  uses_tls 1.2
  tls_client -tls1_2
  ! tls_client -tls1_3 || fail 'the broker speaks more than TLS 1.2'
}

tls_1_3_is_used() {
  uses_tls 1.3
  tls_client -tls1_3
  grep -q 'New, TLSv1\.3' "$dir/s_client.out"
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
  a_client_certificate_is_shown an_encrypted_key_is_opened_with_its_password_file \
  files_that_are_wrong_are_named files_that_cannot_be_read_are_named \
  tls_1_1_is_refused tls_1_2_is_enough tls_1_3_is_used a_password_comes_from_its_file \
  a_wrong_password_is_told_and_a_right_one_taken_without_a_restart

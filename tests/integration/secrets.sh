#!/bin/bash
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# The password of the broker and that of the client's key stay where they are: in their files.

. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/integration/certificates.sh
. "$(dirname "$0")/certificates.sh"
need_broker
need_openssl
command -v mosquitto_passwd >/dev/null || skip_all 'mosquitto_passwd is not installed'

password=correct-horse-battery
key_password=staple-of-the-key

start_strict_broker() {
  start_broker 'allow_anonymous false' "password_file $dir/passwords" \
    "certfile $dir/server.crt" "keyfile $dir/server.key" "cafile $dir/ca.crt" \
    'require_certificate true'
}

# start_secret_broker: wants user, password and certificate; all files of the daemon are private
start_secret_broker() {
  local key
  umask 077
  make_ca ca
  make_certificate ca server DNS:localhost,IP:127.0.0.1
  make_certificate ca client DNS:client
  make_encrypted_key client "$key_password"
  echo "$password" >"$dir/password"
  echo "$key_password" >"$dir/key.password"
  touch "$dir/passwords"
  mosquitto_passwd -b "$dir/passwords" shed "$password"
  start_strict_broker
  client_options=(--cafile "$dir/ca.crt" --insecure --cert "$dir/client.crt"
    --key "$dir/client.key" -u shed -P "$password")
  start_listener
  broker_url=mqtts://localhost:$port
  mqtt_options="username = \"shed\"; ca_file = \"$dir/ca.crt\"; cert_file = \"$dir/client.crt\";"
  for key in password_file:password key_file:client.locked.key key_password_file:key.password; do
    mqtt_options+=" ${key%:*} = \"$dir/${key#*:}\";"
  done
  configure <<'END'
outputs: ( { name = "pump"; line = "GPIO27"; } );
END
}

# hold_no_secret FILE...: neither as it is nor in base64; binary files, too
hold_no_secret() {
  local secret file
  for secret in "$password" "$key_password" "$(base64 <<<"$password" | head -c 26)"; do
    for file in "$@"; do
      ! grep -aqF -e "$secret" "$file" || fail "$file has $secret"
    done
  done
}

secrets_are_in_no_log_no_message_and_no_process_list() {
  start_secret_broker
  # with all that our log and the library's own trace can tell
  export MQTT_C_CLIENT_TRACE=ON MQTT_C_CLIENT_TRACE_LEVEL=MAXIMUM
  start_online
  command_output pump ON
  expect '1 t/output/pump ON'
  hold_no_secret "/proc/$daemon/cmdline" "/proc/$daemon/environ"
  # and all about being refused
  mosquitto_passwd -b "$dir/passwords" shed another
  stop_broker
  start_strict_broker
  expect_log 'cannot connect.*password' 30
  stop_daemon
  grep -q MQTTClient_connect "$dir/daemon.out" || fail 'the library left no trace'
  grep -q 't/info {' "$messages" || fail 'no info'
  hold_no_secret "$daemon_log" "$dir/daemon.out" "$messages" "$dir"/state/*
  pinferry check -v >"$dir/check.out" 2>&1
  hold_no_secret "$dir/check.out"
}

# warnings FILE: how many there are of files that others can read
warnings() {
  grep -c 'this machine' "$1" || true
}

# lose_connection: and waits until the daemon is back
lose_connection() {
  stop_broker
  start_strict_broker
  until_true 30 grep -q 'New client connected .* as pinferry-test' "$broker_log" ||
    fail 'the daemon does not come back'
}

# told KEY FILE: how check says that others can read it
told() {
  grep -q "^$dir/pinferry.conf:[0-9]*: warning: mqtt: $1: everyone on this machine may read \"$2\"\$" \
    "$dir/check.err" || fail "check does not tell of $1: $(cat "$dir/check.err")"
}

files_that_others_can_read_are_told_once() {
  local file
  start_secret_broker
  pinferry check >"$dir/check.out" 2>"$dir/check.err"
  [ ! -s "$dir/check.err" ] || fail "check says $(cat "$dir/check.err")"
  chmod o+r "$dir/password" "$dir/client.locked.key" "$dir/key.password"
  pinferry check >"$dir/check.out" 2>"$dir/check.err"
  told password_file "$dir/password"
  told key_file "$dir/client.locked.key"
  told key_password_file "$dir/key.password"
  start_online
  [ "$(warnings "$daemon_log")" -eq 3 ] || fail 'not one warning per file'
  lose_connection
  stop_daemon
  [ "$(warnings "$daemon_log")" -eq 3 ] || fail 'told again'

  # one that becomes so while the daemon runs
  : >"$daemon_log"
  for file in password client.locked.key key.password; do
    chmod o-r "$dir/$file"
  done
  start_daemon
  expect_log 'connected to'
  [ "$(warnings "$daemon_log")" -eq 0 ] || fail 'a warning without a reason'
  chmod o+r "$dir/key.password"
  lose_connection
  lose_connection
  stop_daemon
  [ "$(warnings "$daemon_log")" -eq 1 ] || fail 'not one warning'
  log_has "every user of this machine can read key_password_file $dir/key.password"
}

# crash_in FOLDER COMMAND...: sends SIGABRT to the command as soon as it is `ready`; what the shell
# says of its end is in FOLDER.end. Cores are allowed.
crash_in() {
  local folder=$1
  shift
  mkdir "$folder"
  # shellcheck disable=SC2016 # it is the inner shell that expands
  bash -c 'cd "$1" && shift && ulimit -c unlimited || exit 77
    "$@" & echo $! >pid; wait $!' _ "$folder" "$@" 2>"$folder.end" &
  pids+=("$!")
  until_true "$patience_s" test -s "$folder/pid" || return 77
  crashed=$(cat "$folder/pid")
  pids+=("$crashed")
  until_true "$patience_s" ready || fail 'it does not get ready'
  kill -ABRT "$crashed"
  until_true "$patience_s" test -s "$folder.end" || fail 'no end'
}

# left_core FOLDER
left_core() {
  grep -q 'core dumped' "$1.end" || compgen -G "$1/core*" >/dev/null
}

a_crash_leaves_no_core() {
  ready() { [ "$(cat "/proc/$crashed/comm")" = sleep ]; }
  crash_in "$dir/other" sleep 60 || exit 77
  if ! left_core "$dir/other"; then
    echo 'no program leaves a core here'
    exit 77
  fi
  start_secret_broker
  ready() { grep -q '^1 t/status online$' "$messages"; }
  crash_in "$dir/crash" "$PINFERRY" run -c "$dir/pinferry.conf" -d "$DRIVER_DIR" -s "$board"
  expect '1 t/status offline'
  ! left_core "$dir/crash" || fail "a core: $(cat "$dir/crash.end"; ls "$dir/crash")"
}

# a password where the path of its file belongs, and others: at start, in check and at a reload
mistaken_secrets_are_not_repeated() {
  local setting
  start_secret_broker
  start_online
  for setting in "password_file = \"$password\";" "password_file = $password;" \
    "password = \"$password\";" "broker = \"mqtt://shed:$password@localhost\";" \
    "password_file = \"/$password\"; ca_file = \"/a\";" "key_file = \"$password" "$password"; do
    configure <<<"outputs: ( { name = \"a\"; line = \"GPIO5\"; $setting } );"
    sed -i "s|^mqtt: {.*|& $setting|" "$dir/pinferry.conf"
    reload
    ! pinferry check >"$dir/check.out" 2>&1 || fail "check takes $setting"
    ! pinferry run >>"$dir/daemon.out" 2>>"$daemon_log" || fail "run takes $setting"
    hold_no_secret "$dir/check.out" "$daemon_log" "$messages"
  done
  stop_daemon
  grep -q 'the configuration has errors' "$daemon_log" || fail 'no reload was refused'
  hold_no_secret "$daemon_log" "$dir/daemon.out" "$messages"
}

run_tests mistaken_secrets_are_not_repeated secrets_are_in_no_log_no_message_and_no_process_list \
  files_that_others_can_read_are_told_once a_crash_leaves_no_core

# shellcheck shell=bash disable=SC2154 # $dir is lib.sh's
# SPDX-FileCopyrightText: The Pinferry authors
# SPDX-License-Identifier: MIT

# Authorities and certificates for the tests, in $dir.

need_openssl() {
  command -v openssl >/dev/null || skip_all 'openssl is not installed (Debian: openssl)'
}

# make_ca NAME: NAME.crt and NAME.key
make_ca() {
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
    -subj "/CN=$1" -keyout "$dir/$1.key" -out "$dir/$1.crt" 2>>"$dir/openssl.log"
}

# make_certificate CA NAME SUBJECT-ALT-NAMES: NAME.crt and NAME.key
make_certificate() {
  local type=(ec -pkeyopt ec_paramgen_curve:prime256v1)
  [ -z "${key_type:-}" ] || type=("$key_type")
  openssl req -newkey "${type[@]}" -nodes -subj "/CN=$2" \
    -keyout "$dir/$2.key" -out "$dir/$2.csr" 2>>"$dir/openssl.log"
  openssl x509 -req -in "$dir/$2.csr" -CA "$dir/$1.crt" -CAkey "$dir/$1.key" -CAcreateserial \
    -days 2 -extfile <(echo "subjectAltName=$3") -out "$dir/$2.crt" 2>>"$dir/openssl.log"
}

# make_encrypted_key NAME PASSWORD: NAME.locked.key of NAME.key, for its owner alone
make_encrypted_key() {
  (umask 077 && openssl ec -in "$dir/$1.key" -aes256 -passout "pass:$2" \
    -out "$dir/$1.locked.key" 2>>"$dir/openssl.log")
}

#!/bin/bash
# certificates.sh DIR: makes in DIR, for tests, a certificate authority and certificates that are sound and not sound.
#
# ca: the authority. server: sound, by the ca, for every name and address below. self-signed: the same names, by nobody.
# wrong-name: by the ca, for other.example only. expired: by the ca, with the names of server, over since a day.
# client: by the ca, for gateway.example as a client.
# Each is a pair of DIR/NAME.pem and DIR/NAME.key (P-256, mode 0600). What was there is replaced. Silent unless
# something fails.
set -euo pipefail

names=DNS:localhost,IP:127.0.0.1,DNS:mx.recipient.example,DNS:mta-sts.recipient.example,DNS:mta-sts.other.example

fail() {
  echo "certificates.sh: $*" >&2
  exit 1
}

quietly() {
  "$@" >"$work/output" 2>&1 </dev/null && return
  tail -n 10 "$work/output" >&2
  fail "openssl failed, as above"
}

make_key() { (umask 077 && quietly openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/$1.key"); }

# self_sign NAME COMMON_NAME EXTENSION...
self_sign() {
  local name=$1 common=$2 extension options=()
  shift 2
  for extension in "$@"; do options+=(-addext "$extension"); done
  make_key "$name"
  quietly openssl req -x509 -config "$work/config" -key "$work/$name.key" -subj "/CN=$common" -days 3650 -sha256 \
    "${options[@]}" -out "$work/$name.pem"
}

# by_the_ca NAME COMMON_NAME SUBJECT_ALTERNATIVE_NAMES FROM UNTIL [USE]
by_the_ca() {
  local name=$1 common=$2 alternatives=$3 from=$4 until=$5 use=${6:-serverAuth}
  make_key "$name"
  quietly openssl req -new -config "$work/config" -key "$work/$name.key" -subj "/CN=$common" -out "$work/$name.csr"
  cat >"$work/extensions" <<END
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = $use
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = $alternatives
END
  # Not `openssl x509 -req`: before OpenSSL 3.4 that cannot make a certificate that is over.
  quietly openssl ca -batch -config "$work/config" -in "$work/$name.csr" -cert "$work/ca.pem" -keyfile "$work/ca.key" \
    -extfile "$work/extensions" -startdate "$from" -enddate "$until" -notext -out "$work/$name.pem"
}

(($# == 1)) || {
  sed -n '2s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}
command -v openssl >/dev/null || fail "openssl is not installed; see install.sh"
mkdir -p "$1"
dir=$(cd "$1" && pwd)
work=$(mktemp -d "$dir/.making.XXXXXX")
trap 'rm -rf "$work"' EXIT
cat >"$work/config" <<END
[req]
distinguished_name = nothing
[nothing]
[ca]
default_ca = tests
[tests]
new_certs_dir = $work
database = $work/database
rand_serial = yes
default_md = sha256
unique_subject = no
policy = any
[any]
commonName = supplied
END
: >"$work/database"

day() { date -u -d "$1" +%Y%m%d%H%M%SZ; }
self_sign ca "Waypost test authority" basicConstraints=critical,CA:TRUE,pathlen:0 keyUsage=critical,keyCertSign,cRLSign \
  subjectKeyIdentifier=hash
self_sign self-signed localhost basicConstraints=critical,CA:FALSE keyUsage=critical,digitalSignature \
  extendedKeyUsage=serverAuth subjectKeyIdentifier=hash "subjectAltName=$names"
by_the_ca server localhost "$names" "$(day '1 day ago')" "$(day '10 years')"
by_the_ca wrong-name other.example DNS:other.example "$(day '1 day ago')" "$(day '10 years')"
by_the_ca expired localhost "$names" "$(day '30 days ago')" "$(day '1 day ago')"
by_the_ca client gateway.example DNS:gateway.example "$(day '1 day ago')" "$(day '10 years')" clientAuth
for name in ca self-signed server wrong-name expired client; do
  mv -f "$work/$name.pem" "$work/$name.key" "$dir/"
done

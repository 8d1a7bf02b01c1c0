#!/usr/bin/env bash
# smime_authority.sh DIR: makes a small certificate authority for S/MIME tests in DIR, with openssl alone.
# Each is NAME.pem with NAME.key (keys 0600):
#   authority    the anchor; stranger another one; issuing an intermediate under authority
#   rsa, ec      good recipients rsa@ and ec@recipient.example; deep one under issuing; utf8 and subject ones whose
#                address is an SmtpUTF8Mailbox or stands in the subject alone
#   expired, wrong-name, revoked, untrusted, tls-only, weak (RSA 1024), sha1: recipients not to be used
#   sender-rsa, sender-ec: signing identities waypost@waypost.example; locked.key is the latter's with a passphrase
# revoked.crl is authority's list, revoked-issuing.crl one that names issuing too, stale.crl one that was due for
# renewal in 2020.
set -euo pipefail
umask 077
mkdir -p "$1"
cd "$1"
trap 'status=$?; [ "$status" -eq 0 ] || cat log >&2; exit "$status"' EXIT

cat > authority.cnf <<'END'
[ca]
default_ca = mail
[mail]
database = index.txt
serial = serial
crlnumber = crlnumber
new_certs_dir = .
certificate = authority.pem
private_key = authority.key
default_md = sha256
policy = any
unique_subject = no
copy_extensions = none
[any]
commonName = supplied
organizationName = optional
emailAddress = optional
[req]
distinguished_name = name
prompt = no
[name]
CN = to be replaced
[root]
basicConstraints = critical, CA:true
keyUsage = critical, keyCertSign, cRLSign
subjectKeyIdentifier = hash
[rsa_mail]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::ADDRESS}
[ec_mail]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyAgreement
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::ADDRESS}
[sender]
basicConstraints = CA:false
keyUsage = critical, digitalSignature
extendedKeyUsage = emailProtection
subjectAltName = email:${ENV::ADDRESS}
[utf8_mail]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyAgreement
extendedKeyUsage = emailProtection
subjectAltName = @utf8_names
[utf8_names]
otherName = 1.3.6.1.5.5.7.8.9;FORMAT:UTF8,UTF8:${ENV::ADDRESS}
[plain_mail]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyAgreement
[tls]
basicConstraints = CA:false
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth
subjectAltName = email:${ENV::ADDRESS}
END
export ADDRESS=nobody@recipient.example
: > index.txt
echo 1000 > serial
echo 01 > crlnumber

# key NAME KIND: rsa:BITS or a curve.
key() {
  case "$2" in
    rsa:*) openssl genrsa -out "$1.key" "${2#rsa:}" 2> log ;;
    *) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:$2" -out "$1.key" ;;
  esac
}

# certify NAME EXTENSIONS [ca options]: NAME.pem for NAME.key.
certify() {
  local name="$1" extensions="$2"
  shift 2
  openssl req -new -config authority.cnf -key "$name.key" -subj "${SUBJECT:-/O=Waypost tests/CN=$name}" \
    -out "$name.csr"
  openssl ca -batch -notext -config authority.cnf -extensions "$extensions" \
    -startdate 20250101000000Z -enddate 20440101000000Z "$@" -in "$name.csr" -out "$name.pem" 2> log
}

# issue NAME KIND EXTENSIONS ADDRESS [ca options]: key and certificate.
issue() {
  local name="$1" kind="$2" extensions="$3"
  export ADDRESS="$4"
  shift 4
  key "$name" "$kind"
  certify "$name" "$extensions" "$@"
}

# Fixed dates, so that a test may name its own instant: all but two are good from 2025 to 2043.
issue authority P-256 root "" -selfsign -keyfile authority.key -startdate 20200101000000Z
issue stranger P-256 root "" -selfsign -keyfile stranger.key -startdate 20200101000000Z
issue rsa rsa:2048 rsa_mail rsa@recipient.example
issue ec P-256 ec_mail ec@recipient.example
issue weak rsa:1024 rsa_mail weak@recipient.example
issue expired P-256 ec_mail ec@recipient.example -startdate 20200101000000Z -enddate 20210101000000Z
issue wrong-name P-256 ec_mail other@recipient.example
issue revoked P-256 ec_mail ec@recipient.example
issue tls-only rsa:2048 tls rsa@recipient.example
issue untrusted P-256 ec_mail ec@recipient.example -cert stranger.pem -keyfile stranger.key
issue utf8 P-256 utf8_mail jürgen@recipient.example
SUBJECT="/CN=subject/emailAddress=subject@recipient.example" issue subject P-256 plain_mail subject@recipient.example
issue sha1 P-256 ec_mail ec@recipient.example -md sha1
issue issuing P-256 root nobody@recipient.example
issue deep P-256 ec_mail ec@recipient.example -cert issuing.pem -keyfile issuing.key
issue sender-rsa rsa:3072 sender waypost@waypost.example
issue sender-ec P-256 sender waypost@waypost.example

list() { openssl ca -config authority.cnf -gencrl -crl_lastupdate "$2" -crl_nextupdate "$3" -out "$1" 2> log; }
list stale.crl 20200101000000Z 20200201000000Z
openssl ca -config authority.cnf -revoke revoked.pem 2> log
list revoked.crl 20250101000000Z 20440101000000Z
openssl ca -config authority.cnf -revoke issuing.pem 2> log
list revoked-issuing.crl 20250101000000Z 20440101000000Z
openssl pkey -in sender-ec.key -aes256 -passout pass:waypost -out locked.key
rm -f ./*.csr ./*.old ./*.attr ./10*.pem log
chmod 0600 ./*.key
chmod 0644 ./*.pem ./*.crl

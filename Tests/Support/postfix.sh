#!/bin/bash
# postfix.sh start DIR PORT CERT KEY [HOSTNAME]: a Postfix of our own on 127.0.0.1:PORT, apart from the system's.
# postfix.sh stop DIR: stops it; what it delivered and queued stays in DIR.
#
# It asks for STARTTLS, takes mail for any address and delivers it to the Maildir DIR/mail, except to nobody-here@
# any domain, which is refused with 550 5.1.1. Postfix's own reports (delivery status notifications) go to the Maildir
# DIR/reports. The log is DIR/postfix.log. A start after a stop goes on with the queue. Silent unless something fails.
set -euo pipefail

fail() {
  echo "postfix.sh: $*" >&2
  exit 1
}

is_running() { [[ -d "$dir/etc" ]] && postfix -c "$dir/etc" status >/dev/null 2>&1; }

answers() {
  local greeting
  # A subshell, since a failing redirection of exec ends the shell.
  greeting=$( (exec 3<>"/dev/tcp/127.0.0.1/$port" && IFS= read -r -t 5 line <&3 && echo "$line" && printf 'QUIT\r\n' >&3) 2>/dev/null) || return 1
  [[ "$greeting" == 220* ]]
}

configure() {
  local owner=${SUDO_UID:-65534} group=${SUDO_GID:-65534} box
  mkdir -p "$dir"/{etc,queue,data}
  chmod 755 "$dir/etc" "$dir/queue"
  chown postfix "$dir/data"
  for box in mail reports; do
    mkdir -p "$dir/$box"/{new,cur,tmp}
    chown "$owner:$group" "$dir/$box" "$dir/$box"/{new,cur,tmp}
  done

  cat >"$dir/etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $dir/queue
data_directory = $dir/data
maillog_file = $dir/postfix.log
maillog_file_prefixes = $dir
myhostname = $host
mydestination =
mynetworks = 127.0.0.0/8
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
alias_maps =
alias_database =
biff = no

smtpd_relay_restrictions = permit_mynetworks, reject
smtpd_tls_security_level = encrypt
smtpd_tls_cert_file = $cert
smtpd_tls_key_file = $key
smtpd_tls_loglevel = 1
# As strict as relays on the open network: neither bare line feeds nor pipelining before it is offered.
smtpd_forbid_bare_newline = reject
smtpd_forbid_bare_newline_exclusions =
smtpd_forbid_unauth_pipelining = yes
# Headers stay as they were sent: nothing missing is added.
local_header_rewrite_clients =
append_dot_mydomain = no

virtual_mailbox_domains = static:all
virtual_mailbox_base = $dir
virtual_mailbox_maps = regexp:$dir/etc/mailboxes
virtual_mailbox_limit = 0
virtual_uid_maps = static:$owner
virtual_gid_maps = static:$group
internal_mail_filter_classes = bounce
header_checks = regexp:$dir/etc/header_checks
END

  cat >"$dir/etc/mailboxes" <<'END'
/^postfix-reports@/ reports/
if !/^nobody-here@/
/@/ mail/
endif
END

  cat >"$dir/etc/header_checks" <<'END'
/^From: .*MAILER-DAEMON/ REDIRECT postfix-reports@localhost
END

  # service type private unprivileged chroot wakeup limit command
  cat >"$dir/etc/master.cf" <<END
127.0.0.1:$port inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
proxywrite unix - - n - 1 proxymap
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
END
}

start() {
  ((EUID == 0)) || fail "Postfix needs root"
  command -v postfix >/dev/null || fail "Postfix is not installed; see install.sh"
  [[ -r "$cert" ]] || fail "no certificate at $cert"
  [[ -r "$key" ]] || fail "no key at $key"
  if is_running; then fail "already running in $dir"; fi
  # Postfix shares a listening port with another Postfix without a word, so look before.
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then fail "127.0.0.1:$port is taken"; fi
  chmod go+x "$dir"
  setpriv --reuid postfix --regid postfix --clear-groups test -x "$dir/." ||
    fail "the user postfix cannot reach $dir: a directory above it is closed to others"
  configure
  local output
  output=$(postfix -c "$dir/etc" start 2>&1) || {
    [[ ! -f "$dir/postfix.log" ]] || tail -n 10 "$dir/postfix.log" >&2
    fail "did not start: $output"
  }
  for _ in {1..100}; do
    # An answer alone may come from somebody else on that port, while ours has just given up.
    is_running || break
    if answers && is_running; then return; fi
    sleep 0.1
  done
  tail -n 10 "$dir/postfix.log" >&2 || true
  postfix -c "$dir/etc" stop >/dev/null 2>&1 || true
  fail "127.0.0.1:$port is not answered by this Postfix"
}

stop() {
  is_running || return 0
  local output
  output=$(postfix -c "$dir/etc" stop 2>&1) || fail "did not stop: $output"
}

usage() {
  sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

case "${1:-} $#" in
"start "[56])
  mkdir -p "$2"
  dir=$(cd "$2" && pwd) port=$3 cert=$(realpath "$4") key=$(realpath "$5") host=${6:-localhost}
  start
  ;;
"stop 2")
  [[ -d "$2" ]] || exit 0
  dir=$(cd "$2" && pwd)
  stop
  ;;
*) usage ;;
esac

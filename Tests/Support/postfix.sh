#!/bin/bash
# postfix.sh start DIR PORT CERT KEY [HOSTNAME [REPORTS_HOST]]: a Postfix of our own on 127.0.0.1:PORT.
# postfix.sh stop DIR: stops it; what it delivered and queued stays in DIR.
#
# It is apart from the system's. It asks for STARTTLS, takes mail for any address and delivers it to the Maildir
# DIR/mail, except to nobody-here@ any domain, which is refused with 550 5.1.1. Postfix's own reports (delivery status
# notifications) go to the Maildir DIR/reports. The log is DIR/postfix.log. A start after a stop goes on with the queue.
# Silent unless something fails.
#
# With REPORTS_HOST, or POSTFIX_REPORTS_HOST in the environment, it is also what the open network has in store. Mail to
# any address of that host (bounce+..., answer+..., receipt+...) goes to the Maildir DIR/answers, and so do Postfix's
# own reports about mail that came from such an address. Of any domain,
#   late-failure@  is accepted and then bounces with 5.1.1;
#   slow@          is accepted and then deferred with 4.2.0 by the next hop, which is reported within seconds; it stays
#                  in the queue;
#   greylisted@    is always refused with 450 4.2.0;
#   relayed@       is handed on to a server without DSN (ours, on 127.0.0.2:PORT) and from there to DIR/mail.
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

# DIR, or a link to it while Postfix runs: it names a socket by its full path, which cannot have more than 107 bytes.
short_way() {
  local way=$dir
  if ((${#dir} > 80)); then
    way=$(mktemp -d /tmp/postfix.XXXXXX)
    chmod 755 "$way"
    ln -s "$dir" "$way/dir"
    way+=/dir
  fi
  echo "$way"
}

drop_short_way() {
  local way
  way=$(sed -n 's|^queue_directory = \(/tmp/postfix\.[A-Za-z0-9]\{6\}\)/dir/queue$|\1|p' "$dir/etc/main.cf" 2>/dev/null) || return 0
  [[ "$way" && "$(readlink "$way/dir")" == "$dir" ]] || return 0
  rm "$way/dir"
  rmdir "$way"
}

configure() {
  local owner=${SUDO_UID:-65534} group=${SUDO_GID:-65534} box
  local checks=regexp:$dir/etc/header_checks reports_by=
  if [[ "$reports_host" ]]; then
    # Reports that others send are mail like any other; Postfix's own are told apart by where they come from.
    checks=
    reports_by=" -o cleanup_service_name=cleanup-reports"
  fi
  mkdir -p "$dir"/{etc,queue,data}
  chmod 755 "$dir/etc" "$dir/queue"
  chown postfix "$dir/data"
  for box in mail reports ${reports_host:+answers}; do
    mkdir -p "$dir/$box"/{new,cur,tmp}
    chown "$owner:$group" "$dir/$box" "$dir/$box"/{new,cur,tmp}
  done

  cat >"$dir/etc/main.cf" <<END
compatibility_level = 3.6
queue_directory = $(short_way)/queue
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
header_checks = $checks
END

  cat >"$dir/etc/mailboxes" <<END
/^postfix-reports@/ reports/
if !/^nobody-here@/
${reports_host:+/@${reports_host//./\\.}\$/ answers/
}/@/ mail/
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
bounce unix - - n - 0 bounce$reports_by
defer unix - - n - 0 bounce$reports_by
trace unix - - n - 0 bounce$reports_by
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

  if [[ "$reports_host" ]]; then configure_reports; fi
}

# What a start with a host for reports has besides.
configure_reports() {
  cat >>"$dir/etc/main.cf" <<END

smtpd_recipient_restrictions = check_recipient_access regexp:$dir/etc/access
transport_maps = regexp:$dir/etc/transport
# So that a delay is reported within seconds, not hours.
delay_warning_time = 1s
minimal_backoff_time = 1s
maximal_backoff_time = 2s
queue_run_delay = 1s
END

  cat >"$dir/etc/access" <<'END'
/^greylisted@/ 450 4.2.0 Greylisted
END

  cat >"$dir/etc/next_hop_access" <<'END'
/^slow@/ 450 4.2.0 The mailbox is busy
END

  # Not the transports error and retry: the server refuses at once what would go there.
  cat >"$dir/etc/transport" <<END
/^late-failure@/ late-failure:
/^(slow|relayed)@/ without-dsn:[127.0.0.2]:$port
END

  # Reports to other senders stay out of DIR/mail.
  cat >"$dir/etc/report_checks" <<END
/^To: .*@${reports_host//./\\.}>?\$/ DUNNO
/^To: / REDIRECT postfix-reports@localhost
END

  # late-failure knows no user at all; the next hop on 127.0.0.2 delivers itself, or it would hand the mail on again.
  cat >>"$dir/etc/master.cf" <<END
cleanup-reports unix n - n - 0 cleanup
  -o header_checks=regexp:$dir/etc/report_checks -o nested_header_checks= -o mime_header_checks=
late-failure unix - n n - - virtual -o virtual_mailbox_maps=
without-dsn unix - - n - - smtp
127.0.0.2:$port inet n - n - - smtpd
  -o smtpd_discard_ehlo_keywords=dsn -o smtpd_tls_security_level=none
  -o smtpd_recipient_restrictions=check_recipient_access,regexp:$dir/etc/next_hop_access
  -o content_filter=virtual: -o myhostname=next-hop.example
END
}

start() {
  ((EUID == 0)) || fail "Postfix needs root"
  command -v postfix >/dev/null || fail "Postfix is not installed; see install.sh"
  [[ -r "$cert" ]] || fail "no certificate at $cert"
  [[ -r "$key" ]] || fail "no key at $key"
  [[ "$reports_host" =~ ^[A-Za-z0-9.-]*$ ]] || fail "$reports_host is not the name of a host"
  local address
  if is_running; then fail "already running in $dir"; fi
  # Postfix shares a listening port with another Postfix without a word, so look before.
  for address in 127.0.0.1 ${reports_host:+127.0.0.2}; do
    if (exec 3<>"/dev/tcp/$address/$port") 2>/dev/null; then fail "$address:$port is taken"; fi
  done
  chmod go+x "$dir"
  setpriv --reuid postfix --regid postfix --clear-groups test -x "$dir/." ||
    fail "the user postfix cannot reach $dir: a directory above it is closed to others"
  drop_short_way
  configure
  local output
  output=$(postfix -c "$dir/etc" start 2>&1) || {
    [[ ! -f "$dir/postfix.log" ]] || tail -n 10 "$dir/postfix.log" >&2
    drop_short_way
    fail "did not start: $output"
  }
  for _ in {1..600}; do
    # An answer alone may come from somebody else on that port, while ours has just given up.
    is_running || break
    if answers && is_running; then return; fi
    sleep 0.1
  done
  tail -n 10 "$dir/postfix.log" >&2 || true
  postfix -c "$dir/etc" stop >/dev/null 2>&1 || true
  drop_short_way
  fail "127.0.0.1:$port is not answered by this Postfix"
}

stop() {
  is_running || return 0
  local output
  output=$(postfix -c "$dir/etc" stop 2>&1) || fail "did not stop: $output"
  drop_short_way
}

usage() {
  sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

case "${1:-} $#" in
"start "[567])
  mkdir -p "$2"
  dir=$(cd "$2" && pwd) port=$3 cert=$(realpath "$4") key=$(realpath "$5") host=${6:-localhost}
  reports_host=${7:-${POSTFIX_REPORTS_HOST:-}}
  start
  ;;
"stop 2")
  [[ -d "$2" ]] || exit 0
  dir=$(cd "$2" && pwd)
  stop
  ;;
*) usage ;;
esac

#!/bin/bash
# dovecot.sh start DIR PORT CERT KEY USER PASSWORD_FILE MAILDIR [MAILBOX...]: a Dovecot of our own on 127.0.0.1:PORT.
# dovecot.sh stop DIR: stops it; the mail stays in MAILDIR.
#
# It offers IMAP over TLS from the first byte (IMAPS) and nothing else, to one user, whose password is the first line
# of PASSWORD_FILE. INBOX is MAILDIR, which the Postfix of postfix.sh may deliver into; the mailboxes named (as a rule
# Waypost.Unmatched) are there from the first login on, others can be created. "." separates the levels of names.
# Configuration, state and the log DIR/dovecot.log are in DIR. DIR/run is a link to the sockets, in /tmp while Dovecot
# runs: they cannot have long names. Silent unless something fails.
set -euo pipefail

fail() {
  echo "dovecot.sh: $*" >&2
  exit 1
}

# The process that was started for DIR and still runs, as it says itself in its arguments.
pid() {
  local number
  number=$(cat "$dir/run/master.pid" 2>/dev/null) && [[ "$number" =~ ^[0-9]+$ ]] || return 1
  grep -qzxF -- "$dir/etc/dovecot.conf" "/proc/$number/cmdline" 2>/dev/null || return 1
  echo "$number"
}

answers() {
  local greeting
  greeting=$(printf 'a LOGOUT\r\n' | timeout 5 openssl s_client -connect "127.0.0.1:$port" -quiet 2>/dev/null) || return 1
  [[ "$greeting" == "* OK"* ]]
}

drop_sockets() {
  local sockets
  sockets=$(readlink "$dir/run") || return 0
  [[ ! "$sockets" =~ ^/tmp/dovecot\.[A-Za-z0-9]{6}$ ]] || rm -rf "$sockets"
  rm -f "$dir/run"
}

# As postfix.sh has it, so that both may write to the same Maildir.
owner=${SUDO_UID:-65534} group=${SUDO_GID:-65534}

configure() {
  local sockets mailbox hash
  mkdir -p "$dir"/{etc,state,home}
  chmod 755 "$dir"/{etc,state}
  chown "$owner:$group" "$dir/home"

  # Dovecot resolves links and then names its sockets by full paths, which cannot have more than 107 bytes.
  drop_sockets
  sockets=$(mktemp -d /tmp/dovecot.XXXXXX)
  chmod 755 "$sockets"
  ln -s "$sockets" "$dir/run"

  # From standard input, since other users can read arguments.
  hash=$(head -n 1 "$password_file" | tr -d '\r\n' | openssl passwd -6 -stdin)
  rm -f "$dir/etc/users"
  (umask 077 && echo "$user:{SHA512-CRYPT}$hash:$owner:$group::$dir/home::" >"$dir/etc/users")
  chown dovecot "$dir/etc/users"

  {
    cat <<END
base_dir = $sockets
state_dir = $dir/state
log_path = $dir/dovecot.log
instance_name = $(basename "$sockets")
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <$cert
ssl_key = <$key
ssl_min_protocol = TLSv1.2
auth_mechanisms = plain login
# A wrong password is refused at once, however often.
auth_failure_delay = 0
service anvil {
  unix_listener anvil-auth-penalty {
    mode = 0
  }
}
service imap-login {
  inet_listener imap {
    port = 0
  }
  inet_listener imaps {
    port = $port
    ssl = yes
  }
}
passdb {
  driver = passwd-file
  args = $dir/etc/users
}
userdb {
  driver = passwd-file
  args = $dir/etc/users
}
mail_location = maildir:$maildir
mail_max_userip_connections = 100
namespace inbox {
  inbox = yes
  separator = .
END
    for mailbox in "${mailboxes[@]}"; do
      printf '  mailbox %s {\n    auto = create\n  }\n' "$mailbox"
    done
    echo "}"
  } >"$dir/etc/dovecot.conf"
}

start() {
  ((EUID == 0)) || fail "Dovecot needs root"
  command -v dovecot >/dev/null || fail "Dovecot is not installed; see install.sh"
  [[ -r "$cert" ]] || fail "no certificate at $cert"
  [[ -r "$key" ]] || fail "no key at $key"
  [[ -s "$password_file" ]] || fail "no password in $password_file"
  [[ "$user" =~ ^[A-Za-z0-9._+@-]+$ ]] || fail "the user $user has characters that a passwd-file cannot hold"
  if pid >/dev/null; then fail "already running in $dir"; fi
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then fail "127.0.0.1:$port is taken"; fi
  chmod go+x "$dir"
  mkdir -p "$maildir"/{new,cur,tmp}
  chown "$owner:$group" "$maildir" "$maildir"/{new,cur,tmp}
  local who
  for who in dovecot dovenull; do
    setpriv --reuid "$who" --regid "$who" --clear-groups test -x "$dir/." ||
      fail "the user $who cannot reach $dir: a directory above it is closed to others"
  done
  setpriv --reuid "$owner" --regid "$group" --clear-groups test -w "$maildir/." ||
    fail "the user $owner cannot write to $maildir: a directory above it is closed to others"
  configure
  # With no signal blocked, as test runners may start their children: Dovecot would never see the one that stops it.
  # With nothing open that is not its own: whoever reads what this script says would wait for Dovecot's end. And in the
  # foreground (of a session of its own): what puts itself into the background is gone before it has said its number.
  python3 -c 'import os, signal, sys
os.setsid()
signal.pthread_sigmask(signal.SIG_SETMASK, [])
os.closerange(3, 1024)
os.execvp(sys.argv[1], sys.argv[1:])' dovecot -F -c "$dir/etc/dovecot.conf" >"$dir/output" 2>&1 </dev/null &
  local started=$!
  # An answer alone may come from somebody else on that port, while ours has just given up.
  while kill -0 "$started" 2>/dev/null; do
    if answers && [[ "$(pid)" == "$started" ]]; then return; fi
    sleep 0.1
  done
  cat "$dir/output" >&2
  tail -n 10 "$dir/dovecot.log" >&2 || true
  drop_sockets
  fail "Dovecot ended before it answered on 127.0.0.1:$port"
}

stop() {
  local number
  if number=$(pid); then
    kill -TERM "$number"
    for _ in {1..100}; do
      pid >/dev/null || break
      sleep 0.1
    done
    if pid >/dev/null; then fail "process $number did not stop"; fi
    # Its children wait for clients that have not logged in. The group is only theirs: it has the number of the first.
    kill -KILL -- "-$number" 2>/dev/null || true
  fi
  drop_sockets
}

usage() {
  sed -n '2,3s/^# //p' "${BASH_SOURCE[0]}" >&2
  exit 2
}

case "${1:-}" in
start)
  (($# >= 8)) || usage
  mkdir -p "$2" "$8"
  dir=$(cd "$2" && pwd -P) port=$3 cert=$(realpath "$4") key=$(realpath "$5") user=$6 password_file=$(realpath "$7")
  maildir=$(cd "$8" && pwd -P)
  mailboxes=("${@:9}")
  ((${#mailboxes[@]})) || mailboxes=(Waypost.Unmatched)
  start
  ;;
stop)
  (($# == 2)) || usage
  [[ -d "$2" ]] || exit 0
  dir=$(cd "$2" && pwd -P)
  stop
  ;;
*) usage ;;
esac

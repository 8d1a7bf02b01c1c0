#!/usr/bin/env bash
# Refuses what the house style keeps out: clocks and chance in pure code, prints, forced unwraps, private keys.
set -euo pipefail
cd "$(dirname "$0")/../.."
failed=0

# refuse WHAT PATTERN PATHS...: lists every line that matches.
refuse() {
  local what="$1" pattern="$2"
  shift 2
  if grep -rnE --include='*.swift' -- "$pattern" "$@"; then
    echo "tidy: $what" >&2
    failed=1
  fi
}

refuse "the wall clock is read outside the shells (take an Instant or a TimeSource)" \
  'Date\(\)|ContinuousClock|SuspendingClock|clock_gettime|DispatchTime' \
  Sources/Routing Sources/Delivery Sources/Ledger Sources/Console Sources/Simulation
refuse "randomness without a generator that was passed in" '\.random\(in: [^,]*\)|UUID\(\)|arc4random' \
  Sources/Routing Sources/Delivery Sources/Ledger Sources/Simulation
refuse "a detached task has no owner" 'Task\.detached|(^|[^A-Za-z])Task \{' Sources
refuse "print belongs to Output" '(^|[^.A-Za-z])print\(' Sources/Routing Sources/Delivery Sources/Ledger Sources/Transports Sources/Console Sources/Sink
refuse "force" 'try!|as!|fatalError' Sources
# OpenSSLHandles.swift says in its first lines why what it holds may go from thread to thread.
refuse "unproven Sendable" '@unchecked Sendable|nonisolated\(unsafe\)' \
  $(find Sources -name '*.swift' ! -name OpenSSLHandles.swift)
refuse "real sleeping in a test" 'Task\.sleep|Thread\.sleep|usleep' Tests

for target in Ledger Transports Console; do
  for other in Ledger Transports Console; do
    [ "$target" = "$other" ] || refuse "$target imports $other" "^(package |public )?import $other\$" "Sources/$target"
  done
done

if git grep -lE -- '-----BEGIN ((EC|RSA|ENCRYPTED) )?PRIVATE KEY-----' -- . ':!Tests/Support/tidy.sh'; then
  echo "tidy: a private key is in the tree" >&2
  failed=1
fi
if grep -rnoE '[A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+' Routes Sources | grep -vE '\.example|\.invalid|@sink|@\\\(|@domain|@[a-z]+$|@\[' ; then
  echo "tidy: a mailbox outside the reserved names" >&2
  failed=1
fi
exit "$failed"

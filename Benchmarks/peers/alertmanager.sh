#!/bin/bash
# alertmanager.sh: how fast Debian's Prometheus Alertmanager turns one alert into three mails and three webhooks.
# Prints key=value lines; installs what is missing. Run it from anywhere; `make bench-peers` does.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$top/Tests/Support/packages.sh"

need_packages prometheus-alertmanager python3-venv
need_modules "$top/.venv" uvloop==0.23.0

scratch=$(mktemp -d -t waypost-peers.XXXXXX)
trap 'rm -rf "$scratch"' EXIT
"$top/.venv/bin/python" "$here/alertmanager.py" "$scratch"

# Sourced by the scripts that need Debian packages or Python modules. Each function does nothing when nothing is missing.

# need_packages PACKAGE...: installs with apt-get what dpkg does not have; no service is started.
need_packages() {
  local package missing=()
  for package in "$@"; do
    [[ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" == installed ]] || missing+=("$package")
  done
  ((${#missing[@]})) || return 0
  if ((EUID)); then
    echo "cannot install ${missing[*]}: this needs root" >&2
    return 1
  fi
  echo "installing ${missing[*]}" >&2
  # A subshell, so that a policy put in place only for this is taken away however it ends.
  (
    set -euo pipefail
    export DEBIAN_FRONTEND=noninteractive
    log=$(mktemp)
    policy=
    trap 'rm -f "$log" $policy' EXIT
    if [[ ! -e /usr/sbin/policy-rc.d ]]; then
      policy=/usr/sbin/policy-rc.d
      printf '#!/bin/sh\nexit 101\n' >"$policy"
      chmod 755 "$policy"
    fi
    if [[ " ${missing[*]} " == *" postfix "* ]]; then
      echo 'postfix postfix/main_mailer_type select No configuration' | debconf-set-selections
    fi
    if ! { apt-get update && apt-get install -y --no-install-recommends "${missing[@]}"; } >"$log" 2>&1; then
      tail -n 20 "$log" >&2
      echo "cannot install ${missing[*]}: apt-get failed, as above" >&2
      exit 1
    fi
  )
}

# need_modules VENV MODULE==VERSION...: a virtual environment with these PyPI packages, whose modules have the same name (PyYAML is `yaml`, and - is _).
need_modules() {
  local venv=$1 pin missing=()
  shift
  if [[ ! -x "$venv/bin/python" ]]; then
    echo "creating the Python environment $venv" >&2
    if ! python3 -m venv "$venv" >&2; then
      echo "cannot create the Python environment $venv" >&2
      return 1
    fi
  fi
  for pin in "$@"; do
    "$venv/bin/python" -c '
import importlib, importlib.metadata, sys
name, version = sys.argv[1].split("==")
importlib.import_module({"PyYAML": "yaml"}.get(name, name).replace("-", "_"))
sys.exit(importlib.metadata.version(name) != version)' "$pin" 2>/dev/null || missing+=("$pin")
  done
  ((${#missing[@]})) || return 0
  echo "installing ${missing[*]} into $venv" >&2
  if ! "$venv/bin/python" -m pip install --quiet --disable-pip-version-check "${missing[@]}" >&2; then
    echo "cannot install ${missing[*]}: pip failed, as above" >&2
    return 1
  fi
}

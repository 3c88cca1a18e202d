#!/usr/bin/env bash
# Ask PyPI for known vulnerabilities of what the lock files list. usage: scripts/audit.sh [ARGUMENT OF pip-audit...]  (needs .venv, for its uv)
set -euo pipefail
cd "$(dirname "$0")/.."
# Strict: what the service of vulnerabilities does not know was not looked at, and that is no pass.
.venv/bin/uv tool run --quiet pip-audit@2.10.1 --strict --no-deps --disable-pip --progress-spinner off \
    --requirement requirements-run.lock --requirement requirements-test.lock "$@"

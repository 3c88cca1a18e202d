#!/usr/bin/env bash
# Ask PyPI for known vulnerabilities of what the lock files list. usage: scripts/audit.sh [ARGUMENT OF pip-audit...]  (needs .venv, for its uv)
# Exit code: 0 none is known, 1 some are, 2 nobody could be asked, which says nothing of the packages.
set -uo pipefail
cd "$(dirname "$0")/.."
said=$(mktemp)
trap 'rm -f "$said"' EXIT
# Strict: what the service of vulnerabilities does not know was not looked at, and that is no pass.
.venv/bin/uv tool run --quiet pip-audit@2.10.1 --strict --no-deps --disable-pip --progress-spinner off \
    --requirement requirements-run.lock --requirement requirements-test.lock "$@" 2> >(tee "$said" >&2)
code=$?
wait
if [ "$code" -ne 0 ] && grep -q -E 'could not be audited|ConnectionError|Connection(Timeout)?|Max retries|timed out|ServiceError|ServiceUnavailable|error sending request|Failed to fetch' "$said"; then
    echo "audit: NOT ALL WAS LOOKED UP: the database of vulnerabilities cannot be reached from here, or does not know a" >&2
    echo "       package (a mirror may stand in its place). This is neither a pass nor a finding; ask where it is reached." >&2
    exit 2
fi
exit "$code"

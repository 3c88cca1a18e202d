#!/usr/bin/env bash
# Build a wheel of the service, of each plugin and of the Python client. usage: scripts/wheels.sh FOLDER  (needs .venv, for its uv)
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p "$1"
out=$(cd "$1" && pwd)
rm -f "$out"/moderation*.whl  # a wheel of another version would be taken by --find-links
for folder in . plugins/*/ clients/python; do
    .venv/bin/uv build --quiet --wheel --out-dir "$out" "$folder"
done
ls -1 "$out"/*.whl

#!/usr/bin/env bash
# Resolve all dependencies for Python 3.11 to 3.14 at once and write the lock files. usage: scripts/lock.sh PYTHON
set -euo pipefail
cd "$(dirname "$0")/.."
[ -x .venv/bin/uv ] || { "$1" -m venv .venv && .venv/bin/pip install --quiet uv; }
uv=$(.venv/bin/uv --version | cut -d' ' -f2)
compile=(.venv/bin/uv pip compile --quiet --universal --python-version 3.11 --no-header --no-annotate
    --no-emit-package moderation --no-emit-package moderation-nudenet)
# Our own distributions are installed from the checkout, so each resolves the others by path.
sources=$(mktemp)
for folder in . plugins/pii plugins/text plugins/vision plugins/models plugins/aws plugins/hashes plugins/llm plugins/example; do echo "-e $folder"; done > "$sources"
write() { # level, then more arguments
    local level=$1; shift
    { echo "# Made by 'make lock' from the pyproject files. Python 3.11 to 3.14."; echo "uv==$uv"
      "${compile[@]}" "$@" | grep -v -E '^(-e|uv==|#)|^\./|^ '; } > "requirements-$level.lock"
}
write run "$sources"
{ echo "-e .[test,lint]"; echo "-e plugins/film"; } >> "$sources"
# The test level adds the NudeNet library, but not our plugin for it: installing that is the user's own choice.
echo "nudenet>=3.4.2" >> "$sources"
write test "$sources"
rm -f "$sources"
# What makes the site of the documentation comes on top, in the versions that the tests have.
write docs --group docs --constraint requirements-test.lock

#!/usr/bin/env bash
# Make .venv in the checkout and install the locked dependencies and our own distributions into it.
# usage: scripts/venv.sh PYTHON run|test      (test adds what tests, lint and types need)
set -euo pipefail
cd "$(dirname "$0")/.."
python=$1 level=$2

if [ ! -x .venv/bin/pip ]; then
    # Debian splits the venv module's pip into a package of its own: python3.11 alone cannot make a virtual environment.
    if ! "$python" -c 'import ensurepip' 2>/dev/null; then
        version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
        echo "== $python has no ensurepip: installing python$version-venv"
        scripts/debian.sh "python$version-venv"
    fi
    echo "== making .venv with $("$python" --version)"
    "$python" -m venv .venv
fi

if [ ! -x .venv/bin/uv ]; then
    .venv/bin/pip install --quiet --disable-pip-version-check "$(grep '^uv==' requirements-$level.lock || grep '^uv==' requirements-run.lock)"
fi
echo "== installing what requirements-$level.lock lists (the first time this downloads about 300 MB)"
install=(.venv/bin/uv pip install --quiet --python .venv/bin/python)
"${install[@]}" --requirement "requirements-$level.lock"
"${install[@]}" --no-deps --editable . --editable plugins/pii --editable plugins/text --editable plugins/vision --editable plugins/models --editable plugins/aws --editable plugins/hashes --editable plugins/llm --editable plugins/example
if [ "$level" = test ]; then
    # An extra, of which tests ask whether it works: moderation[film].
    "${install[@]}" --no-deps --editable plugins/film --editable clients/python
fi
touch ".venv/.$level"

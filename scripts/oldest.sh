#!/usr/bin/env bash
# Run the A2I contracts with the oldest boto3 that pyproject.toml allows, in a virtual environment of its own.
# usage: scripts/oldest.sh      (needs .venv, for its uv)
set -euo pipefail
cd "$(dirname "$0")/.."
oldest=$(sed -n 's/^    "boto3>=\([0-9.]*\)",$/\1/p' pyproject.toml)

if [ ! -x .venv-oldest/bin/python ]; then
    .venv/bin/uv venv --quiet --python .venv/bin/python .venv-oldest
fi
install=(.venv/bin/uv pip install --quiet --python .venv-oldest/bin/python)
"${install[@]}" --requirement requirements-test.lock
"${install[@]}" --no-deps --editable . --editable plugins/pii --editable plugins/text --editable plugins/vision --editable plugins/models --editable plugins/aws --editable plugins/hashes --editable plugins/llm
# Its models are what requests and answers are checked against, so botocore is the oldest, too.
"${install[@]}" "boto3==$oldest" "botocore==$oldest"
contracts=(tests/review_ui/a2i tests/moderation/comprehend tests/moderation/review)
.venv-oldest/bin/python -c 'import boto3, botocore; print(f"== contracts with boto3 {boto3.__version__}, botocore {botocore.__version__}")'
.venv-oldest/bin/python -m pytest -q --durations=0 --durations-min=5 "${contracts[@]}" "$@"

#!/usr/bin/env bash
# Write what an installation consists of, with versions and licences, as CycloneDX 1.6. usage: scripts/sbom.sh FILE  (needs .venv, for its uv)
set -euo pipefail
cd "$(dirname "$0")/.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$(dirname "$1")"

# An environment with what the container installs and nothing of tests. Ours from an index of wheels: no path of this machine gets in.
scripts/wheels.sh "$work/dist" >/dev/null
.venv/bin/uv venv --quiet --python .venv/bin/python "$work/venv"
install=(.venv/bin/uv pip install --quiet --python "$work/venv/bin/python")
grep -v '^uv==' requirements-run.lock > "$work/requirements.txt"  # a tool of installing, not a part
"${install[@]}" --requirement "$work/requirements.txt"
"${install[@]}" --offline --no-index --find-links "$work/dist" 'moderation[plugins]'
.venv/bin/uv tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py environment --sv 1.6 --output-reproducible --validate \
    --pyproject pyproject.toml --output-file "$1" "$work/venv/bin/python"
.venv/bin/python - "$1" <<'END'
import json, sys
found = json.load(open(sys.argv[1], encoding="utf-8"))["components"]
print(f"{len(found)} parts in {sys.argv[1]}, {sum('licenses' not in each for each in found)} of them say no licence")
END

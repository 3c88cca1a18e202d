"""Compose files, those of deploy/ and the one of ``moderation init``, held against the schema of the Compose Specification.

Only by ``make test-chart``: `check-jsonschema`, which carries the schema, is installed from the index into an environment of its
own. Nothing was started: no daemon is needed.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from moderation import cli
from tests.paths import ROOT

pytestmark = [pytest.mark.faults, pytest.mark.timeout(600)]

CHECKER = "check-jsonschema==0.39.0"


@pytest.fixture(scope="module")
def checker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("checker") / "venv"
    uv = ROOT / ".venv" / "bin" / "uv"
    subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, made], check=True)
    subprocess.run([uv, "pip", "install", "--quiet", "--python", made / "bin" / "python", CHECKER], check=True)
    return made / "bin" / "check-jsonschema"


def checked(checker: Path, file: Path) -> subprocess.CompletedProcess[str]:
    how = [checker, "--builtin-schema", "vendor.compose-spec", file]
    return subprocess.run(how, capture_output=True, text=True)


def test_compose_files_are_what_the_specification_says(checker: Path, tmp_path: Path) -> None:
    assert cli.run(["init", str(tmp_path / "site")]) == 0
    files = [*sorted((ROOT / "deploy").glob("compose*.yaml")), tmp_path / "site" / "compose.yaml"]

    said = {file.name: checked(checker, file) for file in files}

    assert len(files) == 3
    assert {name: each.stdout + each.stderr for name, each in said.items() if each.returncode} == {}


def test_a_slip_is_seen(checker: Path, tmp_path: Path) -> None:
    file = tmp_path / "compose.yaml"
    file.write_text((ROOT / "deploy" / "compose.yaml").read_text(encoding="utf-8").replace("restart:", "restarts:"))

    assert checked(checker, file).returncode == 1

"""`moderation init`: a folder that works as it is written."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
import yaml

from moderation import cli
from moderation.service import Service
from moderation.settings import SETTINGS_FILE, load_settings


@pytest.fixture
def started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "site"
    assert cli.run(["init", str(folder)]) == 0
    monkeypatch.chdir(folder)
    monkeypatch.setenv(SETTINGS_FILE, "settings.yml")
    return folder


def test_its_policies_lint_and_pass_their_tests_and_its_settings_serve(
    started: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["rules", "lint"]) == 0
    assert cli.run(["rules", "test"]) == 0
    said = capsys.readouterr().out
    assert "2 files: 0 errors, 0 warnings" in said
    assert "0 failed" in said

    service = Service.open(load_settings())
    try:
        assert {policy.name for policy in service.policies.policies} == {"texts", "pictures"}
        assert "site.links" in service.judge.plugins.names
    finally:
        service.close()


def test_its_compose_file_names_what_is_there_and_its_password_is_for_its_owner_alone(started: Path) -> None:
    compose = yaml.safe_load((started / "compose.yaml").read_text())
    mounted = [each.split(":")[0] for each in compose["services"]["serve"]["volumes"] if each.startswith("./")]

    assert mounted
    assert all((started / each).is_dir() for each in mounted)
    assert (started / ".env").read_text().startswith("POSTGRES_PASSWORD=")
    assert stat.S_IMODE((started / ".env").stat().st_mode) == 0o600


def test_what_is_there_is_left_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "texts.yml").write_text("mine")

    assert cli.run(["init", str(tmp_path)]) == 2
    assert "rules/texts.yml is there already; nothing was written" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["texts.yml"]

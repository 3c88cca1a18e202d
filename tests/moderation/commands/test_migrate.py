"""``moderation migrate``: databases of an older program have the schema of today afterwards."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

import pytest

from moderation import cli

OLD = Path("tests") / "upgrade" / "data-1d3ac6d.zip"


def revisions(folder: Path) -> tuple[str, str]:
    found = []
    for name, table in (("moderation.db", "alembic_version"), ("review.db", "review_alembic_version")):
        connection = sqlite3.connect(next(folder.rglob(name)))
        found.append(str(connection.execute(f"SELECT version_num FROM {table}").fetchone()[0]))
        connection.close()
    return found[0], found[1]


def test_both_databases_get_the_schema_of_this_version(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with zipfile.ZipFile(OLD) as packed:
        packed.extractall(tmp_path)
    data = next(tmp_path.rglob("moderation.db")).parent
    before = revisions(data)

    assert cli.run(["migrate", "--data", str(data)]) == 0

    after = revisions(data)
    assert before < after
    assert before[1] < after[1]
    assert "schema of this version" in capsys.readouterr().out
    assert cli.run(["migrate", "--data", str(data)]) == 0
    assert revisions(data) == after


def test_where_there_is_no_installation_none_is_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["migrate", "--data", str(tmp_path / "none")]) == 2

    assert "there is no data folder" in capsys.readouterr().err
    assert not (tmp_path / "none").exists()

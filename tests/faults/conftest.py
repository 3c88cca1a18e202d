"""The seed of a run, and its closing table."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ground.blobs import FolderBlobs
from moderation.plugins import load_plugins
from moderation.policies.files import load_policies
from moderation.storage import tables
from moderation.storage.opening import open_database
from tests.faults.installation import Installation, settings_of
from tests.faults.machine import World, folder_for, numbered_id
from tests.faults.report import SEED, rows_of, table

Start = Callable[..., Installation]
Opener = Callable[[], World]

os.environ["FAULTS_SEED"] = str(SEED)  # the same in all processes of a run


def pytest_report_header() -> str:
    return f"faults: FAULTS_SEED={SEED}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Who asks for what is not slow means none of these."""
    for item in items:
        if item.get_closest_marker("faults"):
            item.add_marker(pytest.mark.slow)


@pytest.fixture
def chance(request: pytest.FixtureRequest) -> random.Random:
    """Chance that the seed and the test's name settle."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Opens installations, which end with the test."""
    opened: list[Installation] = []

    def starter(**given: Any) -> Installation:
        opened.append(Installation(tmp_path / f"house-{len(opened)}", **given))
        return opened[-1]

    yield starter
    for installation in opened:
        installation.stop()


@pytest.fixture
def same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ids that are the same each time; see `numbered_id`."""
    monkeypatch.setattr("moderation.pipeline.intake.new_item_id", numbered_id)


@pytest.fixture
def open_on_sqlite(tmp_path: Path, same_ids: None) -> Opener:
    """Makes worlds over fresh files, whose writes are not flushed to the disk: no power is cut here."""
    given = settings_of(tmp_path)
    open_database(given).close()
    plugins = load_plugins(given)
    policies = load_policies(tmp_path / "rules", plugins.taxonomy, plugins.tools)

    def opener() -> World:
        folder = folder_for(tmp_path / "worlds")
        shutil.copy(given.data / "moderation.db", folder)
        database = open_database(given.model_copy(update={"data": folder}))
        sa.event.listen(database.engine, "connect", lambda c, _: c.execute("PRAGMA synchronous=OFF").close())
        database.engine.dispose()
        return World(database, plugins, policies, FolderBlobs(folder / "media", "moderation"))

    return opener


@pytest.fixture
def open_on_postgres(tmp_path: Path, postgres_url: str, same_ids: None) -> Opener:
    """Makes worlds over one database that is emptied."""
    given = settings_of(tmp_path, database_url=postgres_url)
    open_database(given).close()
    plugins = load_plugins(given)
    policies = load_policies(tmp_path / "rules", plugins.taxonomy, plugins.tools)
    names = ", ".join(table.name for table in tables.metadata.sorted_tables)

    def opener() -> World:
        database = open_database(given)
        database.write(lambda c: c.exec_driver_sql(f"TRUNCATE {names} CASCADE"), step="test.empty")
        return World(database, plugins, policies, FolderBlobs(folder_for(tmp_path / "worlds"), "moderation"))

    return opener


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def open_world(request: pytest.FixtureRequest) -> Opener:
    opener: Opener = request.getfixturevalue(f"open_on_{request.param}")
    return opener


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, [])]
    if rows := rows_of(reports):
        terminalreporter.section(f"faults, FAULTS_SEED={SEED}")
        for line in table(rows):
            terminalreporter.write_line(line)

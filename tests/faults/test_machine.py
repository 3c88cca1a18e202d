"""F-31: a hundred thousand random steps of items' paths, on SQLite and on Postgres; and that it sees what is broken."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test

from ground.blobs import FolderBlobs
from moderation.plugins import load_plugins
from moderation.policies.files import load_policies
from moderation.storage import tables
from moderation.storage.opening import open_database
from tests.faults.conftest import SEED
from tests.faults.installation import settings_of
from tests.faults.machine import ItemMachine, World, folder_for, numbered_id, steps_of
from tests.faults.report import Row, keep

STEPS = int(os.environ.get("STEPS", "100000"))
"""Of the long run, all in all; half of them on each database."""
Opener = Callable[[], World]


@pytest.fixture(autouse=True)
def _same_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.pipeline.intake.new_item_id", numbered_id)


@pytest.fixture
def open_on_sqlite(tmp_path: Path) -> Opener:
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
def open_on_postgres(tmp_path: Path, postgres_url: str) -> Opener:
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


def walk(opener: Opener, examples: int, steps: int, *, shrinks: bool = True) -> type[ItemMachine]:
    """Walk the machine from the run's seed; raises what it finds, as short as it can be made where it `shrinks`."""

    class Machine(ItemMachine):
        open_world = staticmethod(opener)

    Machine.counted.clear()
    phases = [Phase.generate, Phase.shrink] if shrinks else [Phase.generate]
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    how = settings(
        max_examples=examples,
        stateful_step_count=steps,
        phases=phases,
        deadline=None,
        database=None,
        suppress_health_check=checks,
        derandomize=False,
    )
    run_state_machine_as_test(seed(SEED)(Machine), settings=how)
    return Machine


def test_random_paths_keep_every_promise(open_world: Opener) -> None:
    counted = walk(open_world, examples=5, steps=50).counted

    assert steps_of(counted) > 100
    assert counted["killed"] > 0


@pytest.mark.faults
def test_a_hundred_thousand_steps_keep_every_promise(
    open_world: Opener, record_property: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = walk(open_world, examples=max(1, STEPS // 2 // 80), steps=80).counted

    with capsys.disabled():
        print(f"\nFAULTS_SEED={SEED}: {steps_of(counted)} steps, {counted['killed']} kills, {dict(counted)}")  # noqa: T201
    keep(record_property, Row("F-31 state machine", counted["killed"], note=f"{steps_of(counted)} steps or more"))


@pytest.mark.faults
def test_the_machine_sees_that_whoever_comes_late_decides_again(open_on_sqlite: Opener) -> None:
    def opener() -> World:
        world = open_on_sqlite()

        @sa.event.listens_for(world.database.engine, "before_cursor_execute", retval=True)
        def _(c: Any, cursor: Any, statement: str, given: Any, context: Any, many: bool) -> tuple[str, Any]:
            pattern = r"(?s)^(UPDATE items SET status=.*AND )(items\.status (?:=|!=) \?)"
            return re.sub(pattern, r"\1(\2 OR 1)", statement), given

        return world

    with pytest.raises(AssertionError, match=r"I\d|human loops|counts"):
        walk(opener, examples=400, steps=40, shrinks=False)


@pytest.mark.faults
def test_the_machine_sees_that_loops_never_end(open_on_sqlite: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("moderation.storage.items._end_loops", lambda c, ends: None)

    with pytest.raises(AssertionError, match="human loops"):
        walk(open_on_sqlite, examples=400, steps=40, shrinks=False)

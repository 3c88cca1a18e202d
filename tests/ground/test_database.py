"""The database under trouble: locks, a full disk, a transaction that is gone, several processes that migrate."""

from __future__ import annotations

import logging
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import moderation
from ground import database as database_module
from ground.database import Database
from moderation.core.errors import SettingsError, StoreUnavailable
from moderation.storage import tables
from tests.waiting import PATIENCE_SECONDS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
MIGRATIONS = Path(moderation.__file__).parent / "storage" / "migrations"


def opened(path: Path) -> Database:
    database = Database(f"sqlite:///{path}", MIGRATIONS, tables.metadata)
    database.migrate()
    return database


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    made = opened(tmp_path / "x.db")
    yield made
    made.close()


def add(name: str, secret: str = "s") -> Callable[[sa.Connection], None]:
    def work(connection: sa.Connection) -> None:
        connection.execute(sa.insert(tables.apps).values(name=name, webhook_secret=secret, created_at=NOW))

    return work


def names(database: Database) -> set[str]:
    return database.read(lambda c: set(c.execute(sa.select(tables.apps.c.name)).scalars()))


def outcomes(database: Database, works: list[Callable[[sa.Connection], Any]]) -> list[str]:
    """What became of writes that wait together for a writer that is busy."""
    go, began = threading.Event(), threading.Event()

    def hold(_: sa.Connection) -> None:
        began.set()
        go.wait(PATIENCE_SECONDS)

    def run(work: Callable[[sa.Connection], Any]) -> str:
        try:
            database.write(work, step="test.write")
        except Exception as error:
            return type(error).__name__
        return "stored"

    with ThreadPoolExecutor(len(works) + 1) as threads:
        busy = threads.submit(database.write, hold, step="test.hold")
        assert began.wait(PATIENCE_SECONDS)
        waiting = [threads.submit(run, work) for work in works]
        while database._writer.waiting < len(works):
            pass
        go.set()
        busy.result(PATIENCE_SECONDS)
        return [one.result(PATIENCE_SECONDS) for one in waiting]


def test_a_locked_database_refuses_every_waiting_write_and_takes_the_next_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_module._make_engine, "__kwdefaults__", {"lock_seconds": 0.1, "foreign_keys": True})
    database = opened(tmp_path / "x.db")
    other = sqlite3.connect(tmp_path / "x.db", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    with ThreadPoolExecutor(3) as threads:
        waiting = [threads.submit(database.write, add(name), step="test.add") for name in "abc"]
        refused = [type(one.exception(timeout=PATIENCE_SECONDS)) for one in waiting]
    other.execute("ROLLBACK")
    other.close()
    database.write(add("d"), step="test.write")

    assert refused == [StoreUnavailable] * 3
    assert names(database) == {"d"}
    database.close()


def test_writes_that_wait_together_share_one_commit_and_fail_alone(database: Database) -> None:
    commits: list[int] = []
    sa.event.listen(database.engine, "commit", lambda c: commits.append(1))

    assert outcomes(database, [add("a"), add("b"), add("a"), add("c")]).count("stored") == 3
    assert names(database) == {"a", "b", "c"}
    assert len(commits) == 2, "the one that held the writer, and the group"


def test_a_small_write_is_on_disk_before_large_ones_that_came_first(database: Database) -> None:
    go, began = threading.Event(), threading.Event()
    commits: list[str] = []

    def hold(_: sa.Connection) -> None:
        began.set()
        go.wait(PATIENCE_SECONDS)

    def named(name: str) -> Callable[[sa.Connection], None]:
        return lambda _: commits.append(name)

    sa.event.listen(database.engine, "commit", lambda c: commits.append("commit"))
    with ThreadPoolExecutor(4) as threads:
        busy = threads.submit(database.write, hold, step="test.hold")
        assert began.wait(PATIENCE_SECONDS)
        waiting = []
        for name, rows in (("large", 80), ("larger", 90), ("small", 1)):
            waiting.append(threads.submit(database.write, named(name), step="test.write", rows=rows))
            while database._writer.waiting < len(waiting):
                pass
        go.set()
        for one in (busy, *waiting):
            one.result(PATIENCE_SECONDS)

    assert commits == ["commit", "small", "commit", "large", "commit", "larger", "commit"]


def test_what_shared_a_transaction_that_the_database_gave_up_is_not_called_stored(database: Database) -> None:
    def gives_up(connection: sa.Connection) -> None:
        connection.exec_driver_sql("ROLLBACK")  # as SQLite does by itself when the disk is full
        raise sa.exc.OperationalError("INSERT", {}, sqlite3.OperationalError("database or disk is full"))

    assert outcomes(database, [add("a"), gives_up, add("b")]) == ["StoreUnavailable"] * 3
    assert names(database) == set()
    database.write(add("c"), step="test.write")
    assert names(database) == {"c"}


def test_a_full_disk_refuses_the_write_keeps_what_was_stored_and_mends_by_itself(database: Database) -> None:
    database.write(add("before"), step="test.write")
    database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=70").all(), step="test.write")
    with pytest.raises(StoreUnavailable, match="full"):
        database.write(add("large", "x" * 4_000_000), step="test.write")
    assert names(database) == {"before"}
    database.write(lambda c: c.exec_driver_sql("PRAGMA max_page_count=100000").all(), step="test.write")
    database.write(add("after"), step="test.write")

    assert names(database) == {"before", "after"}
    assert database.read(lambda c: c.exec_driver_sql("PRAGMA integrity_check").scalar()) == "ok"


def test_a_result_is_on_disk_before_the_caller_has_it(database: Database, tmp_path: Path) -> None:
    database.write(add("a"), step="test.write")
    other = sqlite3.connect(tmp_path / "x.db")

    assert other.execute("SELECT name FROM apps").fetchall() == [("a",)]
    assert database.read(lambda c: c.exec_driver_sql("PRAGMA synchronous").scalar()) == 2, "FULL"
    other.close()


def test_a_closed_database_refuses_writes(database: Database) -> None:
    database.close()

    with pytest.raises(StoreUnavailable, match="closed"):
        database.write(add("a"), step="test.write")


def test_a_schema_of_a_later_version_is_left_as_it_is(
    database: Database, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    database.write(lambda c: c.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'"), step="test.write")
    with caplog.at_level(logging.WARNING):
        older = opened(tmp_path / "x.db")
    older.write(add("a"), step="test.write")

    assert names(database) == {"a"}
    assert "9999" in caplog.text
    older.close()


def test_a_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "50% of ünïcode?"
    database = Database(str(sa.URL.create("sqlite", database=str(folder / "x.db"))), MIGRATIONS, tables.metadata)
    database.migrate()

    assert (folder / "x.db").is_file()
    database.close()


def test_an_in_memory_database_is_refused() -> None:
    with pytest.raises(SettingsError, match="must be a file"):
        Database("sqlite://", MIGRATIONS, tables.metadata)


MIGRATE = """
import sys
from pathlib import Path
from moderation.storage import tables
from ground.database import Database
from tests.waiting import PATIENCE_SECONDS
database = Database(sys.argv[1], Path(sys.argv[2]), tables.metadata)
database.migrate()
"""


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_processes_that_start_at_once_migrate_one_after_the_other(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = f"sqlite:///{tmp_path / 'x.db'}"
    if kind == "postgres":
        url = request.getfixturevalue("postgres_url")
        engine = sa.create_engine(url)
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()
    command = [sys.executable, "-c", MIGRATE, url, str(MIGRATIONS)]
    running = [subprocess.Popen(command, stderr=subprocess.PIPE, text=True) for _ in range(4)]

    assert [(process.communicate(timeout=PATIENCE_SECONDS)[1], process.returncode) for process in running] == [
        ("", 0)
    ] * 4


@pytest.mark.parametrize("door", ["read", "write"])
def test_what_fails_while_it_reads_keeps_nobody_from_writing(database: Database, door: str) -> None:
    """Whoever keeps the error keeps its cursor too, which must not keep an old state of the database open."""
    database.write(lambda c: [add(f"app{number}")(c) for number in range(500)], step="test.add")

    def fails_half_way(c: sa.Connection) -> None:
        rows = c.execute(sa.select(tables.apps.c.name))
        for _ in rows:
            raise KeyError("parts")

    kept = []
    for _ in range(3):
        with pytest.raises(KeyError) as error:
            database.read(fails_half_way) if door == "read" else database.write(fails_half_way, step="test.fail")
        kept.append(error)
        other = sqlite3.connect(database.engine.url.database or "")
        other.execute(
            "INSERT INTO apps (name, webhook_secret, created_at) VALUES (?, 's', ?)",
            (f"o{len(kept)}", NOW.isoformat(" ")),
        )
        other.commit()
        other.close()
        database.write(add(f"late{len(kept)}"), step="test.add")

    assert len(names(database)) == 500 + 2 * len(kept)

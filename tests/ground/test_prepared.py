"""Prepared statements for many rows, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.dialects import sqlite

from ground.database import Database, UTCDateTime
from ground.prepared import add_many, insert_many, ready_insert, run_all
from moderation.storage import tables
from moderation.storage.tables import apps, tallies
from tests.paths import MIGRATIONS

NOW = datetime(2026, 1, 1, tzinfo=UTC)
ZONES = st.integers(-23 * 60, 23 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
TIMES = st.datetimes(datetime(1971, 1, 1), datetime(2900, 1, 1), timezones=ZONES)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    made = Database(url, MIGRATIONS, tables.metadata)
    made.migrate()
    yield made
    made.close()


def app(name: str) -> dict[str, object]:
    return {"name": name, "webhook_secret": "s", "created_at": NOW}


def names(database: Database) -> set[str]:
    return database.read(lambda c: set(c.execute(sa.select(apps.c.name)).scalars()))


def test_numbers_are_added_to_those_that_are_there(database: Database) -> None:
    for amount in (1.0, 2.5):
        rows = [{"figure": name, "labels": "[]", "amount": amount} for name in ("asked", "told")]
        database.write(lambda c, rows=rows: add_many(c, tallies, rows), step="test.add")  # type: ignore[misc]

    query = sa.select(tallies.c.figure, tallies.c.amount).where(tallies.c.labels == "[]")
    found = database.read(lambda c: dict(c.execute(query.order_by(tallies.c.figure)).all()))  # type: ignore[arg-type]
    assert {name: found[name] for name in ("asked", "told")} == {"asked": 3.5, "told": 3.5}


def test_statements_that_are_run_together_say_how_many_rows_each_wrote(database: Database) -> None:
    dialect = database.engine.dialect
    shops = [app("one"), app("two")]
    statements = [
        ready_insert(dialect, apps, shops),
        ready_insert(dialect, apps, []),
        ready_insert(dialect, apps, [*shops, app("three")], or_nothing=True),
    ]

    assert database.write(lambda c: run_all(c, statements), step="test.run") == [2, 0, 1]
    assert {"one", "two", "three"} <= names(database)


def test_of_statements_that_are_run_together_none_stays_when_one_fails(database: Database) -> None:
    dialect = database.engine.dialect
    database.write(lambda c: insert_many(c, apps, [app("there")]), step="test.there")
    statements = [ready_insert(dialect, apps, [app(name)]) for name in ("before", "there", "behind")]

    with pytest.raises(sa.exc.IntegrityError):
        database.write(lambda c: run_all(c, statements), step="test.run")

    assert names(database).isdisjoint({"before", "behind"})
    database.write(lambda c: insert_many(c, apps, [app("after")]), step="test.after")
    assert "after" in names(database)


@given(TIMES)
def test_a_time_is_stored_in_sqlite_as_sqlalchemy_stores_it(at: datetime) -> None:
    dialect = sqlite.dialect()
    usual = UTCDateTime().dialect_impl(dialect).bind_processor(dialect)
    assert usual is not None

    statement = ready_insert(dialect, apps, [{**app("x"), "created_at": at}])

    assert statement._values == [("x", "s", usual(at))]


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without a zone"):
        ready_insert(sqlite.dialect(), apps, [{**app("x"), "created_at": datetime(2026, 1, 1)}])

"""Leases on both databases: one holder at a time, none for ever, and whoever lost a row learns of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection

from ground.database import Database, UTCDateTime
from ground.leases import Lease

METADATA = sa.MetaData()
CHORES = sa.Table(
    "chores",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("room", sa.String(20), nullable=False),
    sa.Column("holder", sa.String(20)),
    sa.Column("attempts", sa.Integer, nullable=False, default=0),
    sa.Column("held_until", UTCDateTime),
)
ROOMS = sa.Table("rooms", METADATA, sa.Column("room", sa.String(20), primary_key=True), sa.Column("floor", sa.Integer))
LEASE = Lease(CHORES.c.id, CHORES.c.held_until)
NOW = datetime(2026, 1, 1, 12, 0, 0, 123_456, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Chores:
    """A table of chores, and those who do them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(self, *ids: int, room: str = "hall") -> None:
        rows = [{"id": each, "room": room} for each in ids]
        self.database.write(lambda c: c.execute(sa.insert(CHORES), rows), step="test.write")

    def claim(self, holder: str, *, limit: int = 10, now: datetime = NOW, lease: timedelta = MINUTE) -> list[int]:
        chosen = sa.select(CHORES.c.id).order_by(CHORES.c.id).limit(limit)
        more: dict[str, Any] = {"holder": holder, "attempts": CHORES.c.attempts + 1}
        rows = self.database.write(lambda c: LEASE.claim(c, chosen, now, now + lease, **more), step="test.write")
        assert all((row.holder, row.held_until) == (holder, now + lease) for row in rows)
        return sorted(row.id for row in rows)

    def extend(self, one: int, held_until: datetime, until: datetime) -> bool:
        return self.database.write(lambda c: LEASE.extend(c, one, held_until, until), step="test.write")

    def release(self, ids: Collection[int], held_until: datetime | None = None, **more: Any) -> int:
        return self.database.write(lambda c: LEASE.release(c, ids, held_until, **more), step="test.write")

    def row(self, one: int) -> Any:
        return self.database.read(lambda c: c.execute(sa.select(CHORES).where(CHORES.c.id == one)).one())


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def chores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Chores]:
    url = f"sqlite:///{tmp_path / 'x.db'}" if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    database = Database(url, tmp_path, METADATA)
    METADATA.drop_all(database.engine)
    METADATA.create_all(database.engine)
    yield Chores(database)
    database.close()


def test_what_is_held_is_nobody_elses_until_the_time_is_over(chores: Chores) -> None:
    chores.add(1, 2, 3)

    assert chores.claim("ann", limit=2) == [1, 2]
    assert chores.claim("bob") == [3]
    assert chores.claim("cleo", now=NOW + MINUTE - timedelta(microseconds=1)) == []
    assert chores.claim("cleo", now=NOW + MINUTE) == [1, 2, 3]
    assert [chores.row(one).attempts for one in (1, 2, 3)] == [2, 2, 2]


def test_those_who_claim_at_the_same_time_share_without_taking_any_twice(chores: Chores) -> None:
    chores.add(*range(60))
    begin = threading.Barrier(6)

    def work(holder: str) -> list[int]:
        begin.wait(60)
        taken: list[int] = []
        while mine := chores.claim(holder, limit=5):
            assert len(mine) <= 5
            taken += mine
        return taken

    with ThreadPoolExecutor(6) as pool:
        taken = [one for each in pool.map(work, "abcdef") for one in each]

    # Whoever passes over what others are just taking may leave before the end; nothing is taken twice.
    taken += chores.claim("last", limit=60)
    assert Counter(taken) == Counter(range(60))


@pytest.mark.postgres
def test_rows_that_another_process_is_just_taking_are_passed_over(tmp_path: Path, postgres_url: str) -> None:
    database = Database(postgres_url, tmp_path, METADATA)
    METADATA.drop_all(database.engine)
    METADATA.create_all(database.engine)
    chores = Chores(database)
    chores.add(1, 2)
    with database.engine.begin() as connection:
        first = LEASE.claim(connection, sa.select(CHORES.c.id).order_by(CHORES.c.id).limit(1), NOW, NOW + MINUTE)
        assert chores.claim("bob", limit=1) == [2]

    assert [row.id for row in first] == [1]
    database.close()


def test_the_choice_may_join_other_tables(chores: Chores) -> None:
    chores.add(1, room="hall")
    chores.add(2, room="attic")
    chores.database.write(lambda c: c.execute(sa.insert(ROOMS), [{"room": "hall", "floor": 0}]), step="test.write")
    chores.database.write(lambda c: c.execute(sa.insert(ROOMS), [{"room": "attic", "floor": 3}]), step="test.write")

    def work(c: Connection) -> list[int]:
        high = sa.select(CHORES.c.id, ROOMS.c.floor).join(ROOMS, ROOMS.c.room == CHORES.c.room)
        chosen = high.where(ROOMS.c.floor > 1).order_by(CHORES.c.id).limit(5)
        return [row.id for row in LEASE.claim(c, chosen, NOW, NOW + MINUTE)]

    assert chores.database.write(work, step="test.write") == [2]
    assert chores.row(1).held_until is None


def test_a_lease_is_extended_by_whoever_holds_it_and_by_nobody_else(chores: Chores) -> None:
    chores.add(1)
    chores.claim("ann")

    assert chores.extend(1, NOW + MINUTE, NOW + 2 * MINUTE)
    assert not chores.extend(1, NOW + MINUTE, NOW + 9 * MINUTE), "that was the end of the lease before"
    assert chores.row(1).held_until == NOW + 2 * MINUTE

    assert chores.claim("bob", now=NOW + 3 * MINUTE) == [1]
    assert not chores.extend(1, NOW + 2 * MINUTE, NOW + 9 * MINUTE)
    assert chores.row(1).holder == "bob"


def test_a_lease_that_ran_out_is_extended_as_long_as_nobody_took_the_row(chores: Chores) -> None:
    chores.add(1)
    chores.claim("ann")

    assert chores.extend(1, NOW + MINUTE, NOW + 60 * MINUTE)
    assert chores.claim("bob", now=NOW + 30 * MINUTE) == []


def test_what_is_given_back_is_free_at_once(chores: Chores) -> None:
    chores.add(1, 2)
    chores.claim("ann")

    assert chores.release([1, 2], NOW + MINUTE, holder=None) == 2
    assert chores.row(1).holder is None
    assert chores.claim("bob") == [1, 2]


def test_whoever_lost_a_row_gives_nothing_back(chores: Chores) -> None:
    chores.add(1)
    chores.claim("ann")
    chores.claim("bob", now=NOW + 2 * MINUTE)

    assert chores.release([1], NOW + MINUTE) == 0
    assert chores.row(1).held_until == NOW + 3 * MINUTE
    assert chores.release([1]) == 1, "without a time it is given back whoever holds it"


def test_rows_that_name_their_holder_are_given_back_when_the_time_is_over(chores: Chores) -> None:
    chores.add(1, 2, 3)
    chores.claim("ann", limit=1)
    chores.claim("bob", limit=1, lease=5 * MINUTE)

    gone = chores.database.write(lambda c: LEASE.expire(c, sa.true(), NOW + 2 * MINUTE, holder=None), step="test.write")

    assert gone == 1
    assert [chores.row(one).holder for one in (1, 2, 3)] == [None, "bob", None]

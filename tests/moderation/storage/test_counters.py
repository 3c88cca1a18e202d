"""Counters in the database say what the pure rules say of the same marks, and marks are written once or not at all."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ground.database import Database
from moderation.core import counting
from moderation.core.counting import Counted, Mark, Marks, Question
from moderation.core.errors import CountsMoved
from moderation.storage import tables
from moderation.storage.counters import Counters, check_and_mark, keyed_hash, number_of, prune_marks
from moderation.storage.item_ids import first_item_id, new_item_id
from tests.examples import examples
from tests.paths import MIGRATIONS

NOW = datetime(2026, 3, 1, tzinfo=UTC)
IDS = [new_item_id(NOW + timedelta(hours=hour)) for hour in range(12)]
examples_setting = settings(max_examples=examples(200), deadline=None, suppress_health_check=list(HealthCheck))
KEYS = ["a", "b", "c"]
BITS = [0, 0b1, 0b1111, 1 << 63, (1 << 64) - 1]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('db') / 'm.db'}", MIGRATIONS, tables.metadata)
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture(scope="module")
def on_postgres(postgres_url: str) -> Iterator[Database]:
    name = f"counters_{uuid.uuid4().hex[:8]}"
    engine = sa.create_engine(postgres_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as c:
        c.execute(sa.text(f"CREATE DATABASE {name}"))
    engine.dispose()
    opened = Database(postgres_url.rpartition("/")[0] + f"/{name}", MIGRATIONS, tables.metadata)
    opened.migrate()
    yield opened
    opened.close()


@st.composite
def kept_and_asked(draw: st.DrawFn) -> tuple[list[Mark], Question]:
    """Marks as items leave them, and a question that may come: under one key either items or values are counted."""
    is_distinct = draw(st.booleans())
    whos = ["x", "y", "z"] if is_distinct else [""]
    made = st.builds(
        Mark,
        st.sampled_from(KEYS),
        st.sampled_from(IDS),
        st.just("posted"),
        st.sampled_from(whos),
        st.sampled_from(BITS),
    )
    kept = draw(st.lists(made, max_size=25, unique_by=lambda mark: (mark.key, mark.item_id, mark.who)))
    keys = draw(st.dictionaries(st.sampled_from(KEYS), st.sampled_from([None, None, *BITS]), max_size=3))
    first, last = draw(st.sampled_from(["", *IDS])), draw(st.sampled_from(IDS))
    is_days = not is_distinct and draw(st.booleans())
    if is_days:
        keys = dict.fromkeys(keys)
    edges = draw(st.sampled_from([(), (2,), (1, 30)]))
    return kept, Question("p/c", tuple(keys.items()), first, last, is_distinct, is_days, edges)


def hold(database: Database, given_: tuple[list[Mark], Question]) -> None:
    """Half of the marks are in the database, those of other items on their way there."""
    kept, question = given_
    there = kept[: len(kept) // 2]
    known = {mark.item_id for mark in there}
    coming = [mark for mark in kept[len(there) :] if mark.item_id not in known]
    database.write(lambda c: c.execute(sa.delete(tables.counter_marks)), step="test.empty")
    database.write(lambda c: check_and_mark(c, [Marks("", tuple(there))]), step="test.mark")

    ((found,),) = Counters(database).found([[question]])

    assert number_of(question, found, coming) == question.number(question.found([*there, *coming]))


@given(kept_and_asked())
@examples_setting
def test_the_database_counts_as_the_rules_say(shared: Database, given_: tuple[list[Mark], Question]) -> None:
    hold(shared, given_)


@pytest.mark.postgres
@given(kept_and_asked())
@examples_setting
def test_postgres_counts_as_the_rules_say(on_postgres: Database, given_: tuple[list[Mark], Question]) -> None:
    hold(on_postgres, given_)


def strike(key: str, hour: int) -> Mark:
    return Mark(key, IDS[hour], "reject")


def asked(key: str, hour: int, told: int, edges: tuple[int, ...] = (2,)) -> Counted:
    return Counted((Question("p/c", ((key, None),), "", IDS[hour], False, False, edges),), {"p/c": told})


@pytest.fixture
def empty(shared: Database) -> Database:
    shared.write(lambda c: c.execute(sa.delete(tables.counter_marks)), step="test.empty")
    return shared


def rows(database: Database) -> list[tuple[str, str, str]]:
    table = tables.counter_marks.c
    query = sa.select(table.key, table.item_id, table.of).order_by(table.item_id, table.of)
    return database.read(lambda c: [tuple(row) for row in c.execute(query)])


def test_marks_are_written_once_however_often_it_is_tried(empty: Database) -> None:
    for _ in range(2):
        empty.write(lambda c: check_and_mark(c, [Marks(IDS[0], (strike("a", 0),))]), step="test.mark")

    assert rows(empty) == [("a", IDS[0], "reject")]


def test_who_was_told_what_does_not_hold_any_more_leaves_nothing(empty: Database) -> None:
    given_ = [Marks(IDS[hour], (strike("a", hour),)) for hour in (0, 1)]
    empty.write(lambda c: check_and_mark(c, given_), step="test.mark")

    third = Marks(IDS[2], (strike("a", 2),), asked("a", 2, told=1))
    with pytest.raises(CountsMoved):
        empty.write(lambda c: check_and_mark(c, [third]), step="test.mark")
    assert len(rows(empty)) == 2
    unchanged = Marks(IDS[2], (strike("a", 2),), asked("a", 2, told=1, edges=(5,)))
    empty.write(lambda c: check_and_mark(c, [unchanged]), step="test.mark")
    assert len(rows(empty)) == 3


def test_of_several_in_one_transaction_each_knows_of_those_before_it(empty: Database) -> None:
    right = [Marks(IDS[hour], (strike("a", hour),), asked("a", hour, told=hour, edges=(1, 2))) for hour in range(3)]
    wrong = [*right[:2], replace(right[2], counted=asked("a", 2, told=1, edges=(1, 2)))]

    with pytest.raises(CountsMoved):
        empty.write(lambda c: check_and_mark(c, wrong), step="test.mark")
    empty.write(lambda c: check_and_mark(c, right), step="test.mark")

    assert len(rows(empty)) == 3


def race(database: Database) -> int:
    """Twenty try to be the second strike of an author at the same time; says how many were."""
    database.write(lambda c: c.execute(sa.delete(tables.counter_marks)), step="test.empty")
    ids = [new_item_id(NOW + timedelta(minutes=n)) for n in range(20)]

    def one(number: int) -> bool:
        # Told that nobody came before, whoever did; all ask about all others.
        question = Question("p/c", (("race", None),), "", IDS[-1], False, False, (1,))
        mark = Mark("race", ids[number], "reject")
        try:
            given_ = [Marks(ids[number], (mark,), Counted((question,), {"p/c": 0}))]
            database.write(lambda c: check_and_mark(c, given_), step="test.mark")
        except CountsMoved:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        return sum(pool.map(one, range(20)))


def test_of_those_that_are_told_the_same_at_the_same_time_one_goes_on(shared: Database) -> None:
    assert race(shared) == 1


@pytest.mark.postgres
def test_of_those_that_are_told_the_same_at_the_same_time_one_goes_on_in_postgres(on_postgres: Database) -> None:
    assert race(on_postgres) == 1


def test_what_is_decided_anew_counts_as_what_it_became(empty: Database) -> None:
    posted, strike_ = Mark("p", IDS[0], "posted"), Mark("r", IDS[0], "reject")
    first, label = Mark("d", IDS[0], "known_days"), Mark("l", IDS[0], "Violence")
    other = Mark("r", IDS[1], "reject")
    empty.write(lambda c: check_and_mark(c, [Marks("", (posted, strike_, first, label, other))]), step="test.mark")
    approved = Marks(IDS[0], (posted, Mark("a", IDS[0], "approve")), replaces=True)
    for _ in range(2):
        empty.write(lambda c: check_and_mark(c, [approved]), step="test.mark")

    assert rows(empty) == [
        ("a", IDS[0], "approve"),
        ("d", IDS[0], "known_days"),
        ("p", IDS[0], "posted"),
        ("r", IDS[1], "reject"),
    ]


def test_of_known_days_the_first_is_kept_alone_and_for_good(empty: Database) -> None:
    for hour in (3, 5):
        mark = Mark("d", IDS[hour], "known_days")
        empty.write(lambda c, mark=mark: check_and_mark(c, [Marks("", (mark, strike("r", 3)))]), step="test.mark")  # type: ignore[misc]

    assert rows(empty) == [("d", IDS[3], "known_days"), ("r", IDS[3], "reject")]
    assert empty.write(lambda c: prune_marks(c, NOW + timedelta(days=400), 10), step="test.prune") == 1
    assert rows(empty) == [("d", IDS[3], "known_days")]


def test_marks_are_pruned_from_before_a_time_a_few_at_a_time(empty: Database) -> None:
    empty.write(lambda c: check_and_mark(c, [Marks("", tuple(strike("a", h) for h in range(12)))]), step="test.mark")
    before = NOW + timedelta(hours=5)

    assert [empty.write(lambda c: prune_marks(c, before, 3), step="test.prune") for _ in range(3)] == [3, 2, 0]
    assert min(row[1] for row in rows(empty)) >= first_item_id(before)


def test_counting_ends_at_the_most_that_a_rule_can_ask_for(empty: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counting, "COUNTED_TO", 3)
    empty.write(lambda c: check_and_mark(c, [Marks("", tuple(strike("a", h) for h in range(9)))]), step="test.mark")
    question = Question("p/c", (("a", None),), "", IDS[-1], False, False, (2, 5))

    ((found,),) = Counters(empty).found([[question]])

    assert number_of(question, found) == 5


def test_an_installation_hashes_under_a_key_of_its_own(shared: Database, tmp_path: Path) -> None:
    other = Database(f"sqlite:///{tmp_path / 'm.db'}", MIGRATIONS, tables.metadata)
    other.migrate()
    one, again, elsewhere = (keyed_hash(database, NOW)("ann@example.org") for database in (shared, shared, other))
    other.close()

    assert one == again != elsewhere
    assert len(one) == 22

"""Decisions counted by their shapes: every figure is what stating each of them by itself comes to."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from moderation.core.statements import Statement
from moderation.evidence.explained import explained
from moderation.policies.versions import PolicyVersions
from moderation.reporting import figures as figures_module
from moderation.reporting import shapes, statements
from moderation.reporting.figures import Figures, figures
from moderation.reporting.shapes import Counted
from moderation.reporting.statements import Stated, statement_of
from moderation.settings import load_settings
from moderation.storage.items import Store
from moderation.storage.tables import decisions, items
from tests.houses.docket import NEW_YEAR, Docket

LABELS = (None, "PII/SSN", "Weapons", "Gambling", "Swimwear or Underwear")
DAYS = st.integers(0, 6)
"""Few, so that decisions of one time are common."""
OUTCOMES = st.sampled_from(["approve", "reject"])
Act = Callable[[Docket], Any]


def _first(made: Docket) -> list[str]:
    query = sa.select(decisions.c.item_id).distinct().order_by(decisions.c.item_id)
    return made.database.read(lambda c: list(c.execute(query).scalars()))


def _on(which: int, act: Callable[[Docket, str], Any]) -> Act:
    """Something that happens to one of the items that are decided, where its ruling is known; else nothing."""

    def happen(made: Docket) -> None:
        known = [item_id for item_id in _first(made) if made.store.get_item(item_id).ruling is not None]
        if known:
            act(made, known[which % len(known)])

    return happen


def _appeal(made: Docket, item_id: str, day: int, outcome: str) -> None:
    loops = made.store.get_item(item_id).loops
    if len([loop for loop in loops if loop.purpose == "appeal"]) < 4:
        made.appealed(item_id, 20 + len(loops), outcome, days=day)


def _stored_before_rulings(made: Docket, item_id: str) -> None:
    """What its row has of the rules becomes the whole verdict, as it was stored once."""
    told = explained(made.store.get_item(item_id), made.versions)
    _set_verdict(made, item_id, told)


def _set_verdict(made: Docket, item_id: str, value: Any) -> None:
    update = sa.update(items).where(items.c.id == item_id).values(verdict=value)
    made.database.write(lambda c: c.execute(update), step="test.verdict")


WHICH = st.integers(0, 30)
ACTS: st.SearchStrategy[list[Act]] = st.lists(
    st.one_of(
        st.builds(
            lambda label, day, app, hours: lambda made: made.by_rules(label, day, app=app, hours=hours),
            st.sampled_from(LABELS),
            DAYS,
            st.sampled_from(["shop", "forum"]),
            st.floats(0.001, 50),
        ),
        st.builds(
            lambda outcome, day, reasons: lambda made: made.by_people(outcome, day, reasons=reasons),
            OUTCOMES,
            DAYS,
            st.sampled_from([[], ["fraud"], ["rude"]]),
        ),
        st.builds(lambda n, d, o: _on(n, lambda made, item: _appeal(made, item, d, o)), WHICH, DAYS, OUTCOMES),
        st.builds(
            lambda n, d, o: _on(n, lambda made, item: made.reported(item, 10 + d, o)),
            WHICH,
            DAYS,
            st.one_of(OUTCOMES, st.none()),
        ),
        st.builds(lambda n: _on(n, _stored_before_rulings), WHICH),
        st.builds(lambda n: _on(n, lambda made, item: _set_verdict(made, item, None)), WHICH),
    ),
    min_size=4,
    max_size=25,
)


def each_by_itself(
    database: Any,
    versions: PolicyVersions,
    since: datetime,
    until: datetime,
    app: str | None = None,
    progress: Any = None,
) -> Iterator[Counted]:
    """As `shapes.counted`, of one decision each, stated as its user is told it."""
    store = Store(database)
    query = sa.select(decisions.c.item_id).distinct().order_by(decisions.c.item_id)
    for item_id in database.read(lambda c: list(c.execute(query).scalars())):
        record = store.get_item(item_id)
        was: Statement | None = None
        for number, decision in enumerate(record.decisions, 1):
            said = statement_of(record, database, versions, number)
            is_new = said.restriction is not None and (was is None or was.restriction is None)
            was = said
            if not (since <= decision.decided_at < until and app in (None, record.item.app)):
                continue
            ruling = record.ruling
            is_sure = ruling is not None and ruling.outcome != "review"
            wanted = (ruling.policy.name, ruling.outcome) if ruling is not None and is_sure else None
            one = Counted(Stated(said, is_new, wanted), 1)
            if number == 1:
                one.hours.append((decision.decided_at - record.item.created_at).total_seconds() / 3600)
            if said.source == "notice":
                one.upholding.append((item_id, decision.decided_at))
            yield one


def told(made: Figures) -> dict[str, Any]:
    """All of the figures; durations in the order of their lengths, for which nobody asks."""
    return vars(made) | {"hours": {key: sorted(hours) for key, hours in made.hours.items() if hours}}


def compare(made: Docket, since: datetime, until: datetime, app: str | None) -> None:
    """Count by shapes and one by one."""
    new: list[Statement] = []
    found = figures(made.database, made.versions, since, until, app, new.append)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(figures_module, "counted", each_by_itself)
        plain = figures(made.database, made.versions, since, until, app)
    alone = list(each_by_itself(made.database, made.versions, since, until, app))

    assert told(found) == told(plain)
    imposed = {(one.stated.statement.item_id, one.stated.statement.number) for one in alone if one.stated.is_new}
    assert {(said.item_id, said.number) for said in new} == imposed
    assert len(new) == len(imposed)
    assert [said.decided_at for said in new] == sorted(said.decided_at for said in new)


def docket(folder: str, **more: Any) -> Docket:
    return Docket(load_settings(data=Path(folder) / "data", **more), Path(folder) / "rules")


@pytest.fixture(autouse=True)
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "PAGE", 4)
    monkeypatch.setattr(shapes, "FEW", 2)
    monkeypatch.setattr(statements, "PAGE", 3)


@settings(max_examples=12, deadline=None, database=None, phases=(Phase.generate,))
@given(acts=ACTS, first=st.integers(-1, 12), days=st.integers(1, 60), app=st.sampled_from([None, "shop", "forum"]))
def test_counting_by_shapes_is_counting_one_by_one(acts: list[Act], first: int, days: int, app: str | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        made = docket(folder)
        try:
            for act in acts:
                act(made)
            since = NEW_YEAR + timedelta(days=first)
            compare(made, since, since + timedelta(days=days), app)
            compare(made, NEW_YEAR, NEW_YEAR + timedelta(days=365), None)
        finally:
            made.database.close()


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_both_databases_count_a_year_alike(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    more: dict[str, Any] = {}
    if kind == "postgres":
        more["database_url"] = request.getfixturevalue("postgres_url")
        engine = sa.create_engine(more["database_url"])
        with engine.begin() as connection:
            connection.execute(sa.text("DROP SCHEMA public CASCADE"))
            connection.execute(sa.text("CREATE SCHEMA public"))
        engine.dispose()
    made = docket(str(tmp_path), **more)
    for day, label in enumerate([*LABELS, *LABELS, None, None]):
        made.by_rules(label, day // 2, hours=1 + day / 7, sampled=None)
    looked_at = [
        made.by_people("reject", 3),
        made.by_people("approve", 3),
        made.by_people("reject", 4, reasons=["fraud"]),
    ]
    made.reported(looked_at[1], 10, "reject")
    made.appealed(looked_at[0], 12, "approve")
    made.appealed(looked_at[2], 12, "reject")
    _stored_before_rulings(made, looked_at[2])
    _set_verdict(made, looked_at[1], None)

    compare(made, NEW_YEAR, NEW_YEAR + timedelta(days=365), None)
    compare(made, NEW_YEAR + timedelta(days=2), NEW_YEAR + timedelta(days=11), "shop")
    made.database.close()


def test_decisions_of_one_shape_are_stated_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = docket(str(tmp_path))
    for n in range(30):
        made.by_rules(None, n / 10)
        made.by_rules("PII/SSN", n / 10)
    asked: list[Any] = []

    def state(c: sa.Connection, versions: PolicyVersions, keys: Iterable[statements.DecisionKey]) -> Any:
        asked.extend(keys := list(keys))
        return statements.state(c, versions, keys)

    monkeypatch.setattr(shapes, "state", state)

    found = shapes.counted(made.database, made.versions, NEW_YEAR, NEW_YEAR + timedelta(days=9))

    assert sorted(one.number for one in found) == [30, 30]
    assert len(asked) == 2
    made.database.close()


def test_what_a_restriction_hangs_on_is_told_apart(tmp_path: Path) -> None:
    made = docket(str(tmp_path))
    for outcome in ("reject", "approve"):  # then only what was decided before tells whether a restriction is new
        made.appealed(made.by_people(outcome, 3), 5, "reject")
    by_other_rule = [made.by_rules("Weapons", 4) for _ in range(2)][1]
    ruling = made.store.get_item(by_other_rule).ruling
    assert ruling is not None
    of_policy = ruling.policies[0].model_copy(update={"deciding": ("numbers.reject",)})
    _set_verdict(made, by_other_rule, ruling.model_copy(update={"policies": (of_policy,)}))

    compare(made, NEW_YEAR, NEW_YEAR + timedelta(days=365), None)
    made.database.close()

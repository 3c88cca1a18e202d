"""Roll-ups: whatever happens to items, the figures are what a count over the whole store gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from ground import failpoints
from ground.database import Database
from moderation.core.decisions import Decision, PolicyRef
from moderation.core.detections import Detection, Failure
from moderation.core.items import Item, Part, Tool
from moderation.core.rulings import Ruling
from moderation.core.verdicts import Examined, PolicyVerdict, RuleResult, Verdict
from moderation.storage import tables
from moderation.storage.deciding import Ruled
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.records import LoopEnd, LoopRecord
from moderation.storage.roll_up_history import RollUpHistory, posted
from moderation.storage.roll_ups import SPANS, start_of, sums
from tests.examples import examples
from tests.paths import MIGRATIONS

START = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)
POLICY = PolicyRef(name="words", version="1")
TOOL = Tool(name="words.detector", version="1")
ALWAYS = ("0000-00-00", "9999")

Shape = tuple[str, str, int, tuple[str, ...], bool, str]
"""App, what the rules want, minutes after the start, labels, whether the detector failed, what people say."""
SHAPES = st.tuples(
    st.sampled_from(["shop", "forum"]),
    st.sampled_from(["approve", "reject", "review"]),
    st.integers(0, 60 * 30),
    st.lists(st.sampled_from(["Threat", "Insult", "Weapons"]), unique=True, max_size=2).map(tuple),
    st.booleans(),
    st.sampled_from(["", "approve", "reject"]),
)


def verdict(outcome: str, labels: Sequence[str], failed: bool) -> Verdict:
    rules = tuple(RuleResult("true", f"on-{label}", outcome, "said so", "words.yml:1") for label in labels)  # type: ignore[arg-type]
    failures = (Failure(detector=TOOL, part="p0", kind="raised", message="broke"),) if failed else ()
    own = PolicyVerdict(policy=POLICY, outcome=outcome, because="so", deciding=rules)  # type: ignore[arg-type]
    return Verdict(
        outcome=outcome,  # type: ignore[arg-type]
        queue="people" if outcome == "review" else None,
        policy=POLICY,
        reason="so",
        policies=(own,),
        failures=failures,
        examined=(Examined("p0", ("words.detector",)),),
    )


def live(store: Store, shapes: Sequence[Shape], together: bool) -> None:
    """Post and judge items of these shapes; people answer some, and an appeal is decided."""
    ruled = []
    for app, outcome, minutes, labels, failed, said in shapes:
        at = START + timedelta(minutes=minutes)
        metadata = {"site": "Quay"} if labels else {}
        item = Item(
            id=new_item_id(at),
            app=app,
            parts=(Part(id="p0", type="text", text="hi"),),
            metadata=metadata,
            created_at=at,
        )
        told = verdict(outcome, labels, failed)
        found = Ruling.told_by(told)
        findings = Findings(
            item.parts,
            tuple(Detection(label=each, confidence=90, detector=TOOL, part="p0") for each in labels),
            told.failures,
        )
        store.add_items([item])
        if outcome == "review":
            loop = LoopRecord(f"{item.id}-1", item.id, 1, "words", "1", "people", "people", "starting", 0, at)
            assert store.send_to_people(item.id, findings, found, [loop])
            if said:
                store.decide(
                    item.id, decision(said, "people", at + timedelta(hours=1)), None, None, [LoopEnd(loop.name)]
                )
                appeal = LoopRecord(
                    f"{item.id}-a1", item.id, 1, "words", "1", "people", "people", "starting", 0, at, purpose="appeal"
                )
                store.open_appeal(item, appeal)
                again = decision(said, "people", at + timedelta(hours=2))
                store.decide(item.id, again, None, None, [LoopEnd(appeal.name)])
        elif together:
            ruled.append(Ruled(item, decision(outcome, "rules", at), findings, found, (), None, ()))
        else:
            store.decide(item.id, decision(outcome, "rules", at), findings, found)
    for each in ruled:
        assert store.decide_together([each]) == {each.item.id}


def decision(outcome: str, by: str, at: datetime) -> Decision:
    return Decision(outcome=outcome, decided_by=by, reason="so", policy=POLICY, decided_at=at)  # type: ignore[arg-type]


def counted(database: Database) -> dict[str, Counter[tuple[str, ...]]]:
    """The figures by day, each with app, name and detail; of posted items by app."""
    by = ("start", "app", "name", "detail")

    def work(c: Any) -> dict[str, Counter[tuple[str, ...]]]:
        found = {
            f: Counter(sums(c, f, "day", *ALWAYS, by))
            for f in ("judged", "label", "rule", "failure", "place", "decided", "queue", "looked")
        }
        found["posted"] = Counter(posted(c, "day", "2026-01-01", "2027-01-01"))
        return found

    return database.read(work)


def recounted(database: Database) -> dict[str, Counter[tuple[str, ...]]]:
    """The same, counted over the tables of items one by one."""
    found: dict[str, Counter[tuple[str, ...]]] = {}

    def add(figure: str, *key: str) -> None:
        found.setdefault(figure, Counter())[key] += 1

    def work(c: Any) -> None:
        labels = c.execute(sa.select(tables.item_labels.c.item_id, tables.item_labels.c.label)).all()
        made = c.execute(sa.select(tables.decisions).order_by(tables.decisions.c.number)).all()
        loops = c.execute(sa.select(tables.item_loops.c.item_id, tables.item_loops.c.created_at)).all()
        for item in c.execute(sa.select(tables.items)):
            add("posted", item.created_at.date().isoformat(), item.app)
            times = [row.decided_at for row in made if row.item_id == item.id]
            times += [row.created_at for row in loops if row.item_id == item.id]
            day, outcome = min(times).date().isoformat(), item.verdict["outcome"]
            add("judged", day, item.app, outcome, "words")
            add("looked", day, item.app, "words.detector", "")
            if outcome == "review":
                add("queue", day, item.app, "words/people", "")
            for failure in item.findings["failures"]:
                add("failure", day, item.app, failure["detector"]["name"], failure["kind"])
            place = item.document["metadata"].get("site")
            if place:
                add("place", day, item.app, place, "")
            for rule in item.verdict["policies"][0].get("deciding", ()):
                add("rule", day, item.app, f"words/{rule}", "reject" if outcome == "reject" else "")
                add("place", day, item.app, place, f"words/{rule}")
            for row in labels:
                if row.item_id == item.id:
                    add("label", day, item.app, row.label, outcome)
            for row in made:
                if row.item_id == item.id:
                    how = row.document["decided_by"] if row.number == 1 else "again"
                    add("decided", row.decided_at.date().isoformat(), item.app, row.document["outcome"], how)

    database.read(work)
    return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database that many stores take turns in."""
    opened = Database(f"sqlite:///{tmp_path_factory.mktemp('roll-ups') / 'x.db'}", MIGRATIONS, tables.metadata)
    opened.migrate()
    yield opened
    opened.close()


def cleared(database: Database) -> Database:
    """As it is when it is new, but for the marks of roll-ups."""

    def work(c: Any) -> None:
        for table in reversed(tables.metadata.sorted_tables):
            if table is not tables.roll_up_marks:
                c.execute(sa.delete(table))

    database.write(work, step="tests.cleared")
    emptied(database)
    return database


def emptied(database: Database) -> None:
    """As it was before there were roll-ups: nothing is counted, and everything is to be."""

    def work(c: Any) -> None:
        c.execute(sa.delete(tables.roll_ups))
        c.execute(sa.delete(tables.item_facets))
        c.execute(sa.delete(tables.roll_up_marks).where(tables.roll_up_marks.c.name == "history"))
        c.execute(sa.insert(tables.roll_up_marks).values(name="history", at=datetime.now(UTC), position=""))
        c.execute(
            sa.update(tables.roll_up_marks)
            .where(tables.roll_up_marks.c.name == "posted")
            .values(at=datetime.fromtimestamp(0, UTC))
        )

    database.write(work, step="tests.emptied")


@settings(max_examples=examples(40), deadline=None)
@given(shapes=st.lists(SHAPES, min_size=1, max_size=12), together=st.booleans())
def test_figures_are_what_a_count_over_all_items_gives(shared: Database, shapes: list[Shape], together: bool) -> None:
    database = cleared(shared)
    live(Store(database), shapes, together)
    expected = recounted(database)

    assert {name: counts for name, counts in counted(database).items() if counts} == expected

    emptied(database)
    history = RollUpHistory(database)
    while history.count(datetime.now(UTC)):
        pass
    assert history.is_complete()
    assert {name: counts for name, counts in counted(database).items() if counts} == expected


def test_hours_and_days_say_the_same(database: Database) -> None:
    live(Store(database), [("shop", "reject", minutes, ("Threat",), False, "") for minutes in (0, 10, 200)], False)

    by_hour = database.read(lambda c: sums(c, "label", "hour", *ALWAYS, ("start",)))
    by_day = database.read(lambda c: sums(c, "label", "day", *ALWAYS, ("start",)))

    assert by_hour == {("2026-03-01T22",): 2, ("2026-03-02T01",): 1}
    assert by_day == {("2026-03-01",): 2, ("2026-03-02",): 1}


@pytest.mark.parametrize("step", ["roll_ups.count_history", "roll_ups.seal_posted"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_what_was_there_before_counts_once_wherever_counting_is_killed(
    database: Database, step: str, when: str
) -> None:
    class Killed(BaseException):
        pass

    def kill(_: Any) -> None:
        raise Killed

    live(Store(database), [("shop", "reject", minutes, ("Threat",), True, "") for minutes in range(5)], True)
    expected = counted(database)
    emptied(database)
    history = RollUpHistory(database)
    failpoints.arm(f"{step}:{when}", kill)
    try:
        with pytest.raises(Killed):
            history.count(datetime.now(UTC))
    finally:
        failpoints.arm(None)

    while history.count(datetime.now(UTC)):
        pass

    assert counted(database) == expected


def test_items_posted_are_counted_to_this_moment_before_their_hour_is_sealed_and_after(database: Database) -> None:
    store, history = Store(database), RollUpHistory(database)
    live(store, [("shop", "approve", 0, (), False, ""), ("forum", "approve", 65, (), False, "")], False)
    first = {("2026-03-01", "shop"): 1, ("2026-03-01", "forum"): 1}

    def by_day() -> Any:
        return database.read(lambda c: posted(c, "day", "2026-03-01", "2026-03-02"))

    assert by_day() == first
    history.count(START + timedelta(minutes=50))  # of the two hours, the first is over
    assert by_day() == first
    live(store, [("shop", "approve", 66, (), False, "")], False)
    assert by_day() == {("2026-03-01", "shop"): 2, ("2026-03-01", "forum"): 1}
    history.count(START + timedelta(days=1))
    assert by_day() == {("2026-03-01", "shop"): 2, ("2026-03-01", "forum"): 1}
    assert database.read(lambda c: posted(c, "day", "2026-03-01", "2026-03-02", "forum")) == {
        ("2026-03-01", "forum"): 1
    }


def test_an_hour_and_a_day_are_those_of_utc() -> None:
    at = datetime(2027, 1, 1, 0, 30, tzinfo=UTC)

    assert [start_of(span, at) for span in SPANS] == ["2027-01-01T00", "2027-01-01"]

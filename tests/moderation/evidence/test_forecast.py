"""A forecast is true: unchanged policies reproduce what was decided and reviewed, over random stores.

The stores are filled as the pipeline fills them: with samplings, roll-outs, app changes and daily caps.
"""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ground.database import Database
from moderation.core.decisions import Decision
from moderation.core.detections import Detection, Failure
from moderation.core.errors import CapReached
from moderation.core.items import Item, Part, Tool
from moderation.core.policy.checks import parse_policy
from moderation.core.policy.policies import Policy, PolicySet
from moderation.core.rules.caps import caps
from moderation.core.rules.ruling import rule_on
from moderation.core.rulings import Ruling
from moderation.core.taxonomy import Taxonomy
from moderation.detection.subjects import subject_of
from moderation.evidence.backtest import Comparer, Comparison
from moderation.evidence.history import cases, cases_of
from moderation.settings import Settings
from moderation.storage.findings import Findings
from moderation.storage.item_ids import new_item_id
from moderation.storage.items import Store
from moderation.storage.opening import open_database
from moderation.storage.records import LoopRecord
from moderation.storage.tables import item_loops
from tests.examples import examples

TAXONOMY = Taxonomy()
START = datetime(2027, 3, 1, 22, tzinfo=UTC)
REACH = {"pii.text": frozenset({"PII/SSN", "PII/EMAIL"})}
MANY = settings(max_examples=examples(60), deadline=None, suppress_health_check=list(HealthCheck))


def policy(**parts: Any) -> Policy:
    """A policy that rejects by a capped band and a capped rule, and samples what it decides."""
    data = {
        "policy": "words",
        "format": 1,
        "applies_to": {"content_type": ["text"]},
        "if_nothing_matches": "approve",
        "if_a_detector_fails": {"review": "people"},
        "queues": [
            {"name": "people", "a2i_flow": "people", "reviewers": 2, "agree": 2},
            {"name": "qa", "a2i_flow": "qa"},
        ],
        **parts,
    }
    made, slips = parse_policy(data, TAXONOMY, version=str(hash(str(data))))
    assert made is not None, slips
    return made


CAPS = st.one_of(st.none(), st.integers(1, 4))
SHARES = st.sampled_from([1, 5, 50, 100])


@st.composite
def random_policies(draw: st.DrawFn) -> Policy:
    band: dict[str, Any] = {"label": "PII/SSN", "review_from": 50, "reject_from": 80, "queue": "people"}
    rule: dict[str, Any] = {"id": "mail", "when": {"label": "PII/EMAIL", "at_least": 60}, "then": "reject"}
    for thing in (band, rule):
        if (cap := draw(CAPS)) is not None:
            thing["at_most_per_day"] = cap
        if draw(st.booleans()):
            thing["mode"] = {"percent": draw(SHARES)}
    sampling = [
        {"id": f"s{n}", "of": draw(st.sampled_from(["approve", "reject"])), "percent": draw(SHARES), "queue": "qa"}
        | {"hold": draw(st.booleans())}
        for n in range(draw(st.integers(0, 2)))
    ]
    more: dict[str, Any] = {}
    rules = [rule]
    if draw(st.booleans()):
        more["counters"] = {"strikes": {"of": "reject", "by": "metadata.author", "within": "2h"}}
        rules += [{"id": "third", "when": {"counter": "strikes", "at_least": 2}, "then": {"review": "people"}}]
    apps = {"kids": {"change": {"numbers": {"reject_from": 60}}}} if draw(st.booleans()) else {}
    return policy(bands={"numbers": band}, rules=rules, sampling=sampling, apps=apps, **more)


class Filled:
    """Items that were judged one after the other, a quarter of an hour apart on the whole."""

    def __init__(self, database: Database) -> None:
        self.database, self.store = database, Store(database)

    def judge(self, policies: PolicySet, posts: Sequence[tuple[str, int | None, int | None, int, bool]]) -> None:
        """Judge items as the pipeline does.

        Args:
            posts: of each its app, the confidence of a number and of a mail address in it, minutes until the next, and
                whether its detector failed.
        """
        now, rejected = START, list[tuple[str, str, datetime]]()
        for n, (app, number, mail, minutes, has_failed) in enumerate(posts):
            now += timedelta(minutes=minutes, seconds=1)
            part, author = Part(id="p0", type="text", text="mail me"), "ann" if n % 3 else "bob"
            item = Item(id=new_item_id(now), app=app, parts=(part,), created_at=now, metadata={"author": author})
            strikes = [each for each in rejected if each[:2] == (app, author) and now - each[2] < timedelta(hours=2)]
            found = [
                Detection(
                    label=label,
                    parents=TAXONOMY.parents(label),
                    confidence=c,
                    part="p0",
                    detector=Tool(name="pii.text", version="1"),
                )
                for label, c in (("PII/SSN", number), ("PII/EMAIL", mail))
                if c is not None
            ]
            failures = [Failure(detector=Tool(name="pii.text", version="1"), part="p0", kind="raised", message="x")]
            self.store.add_items([item])
            # Decisions are stored a little later than the time they bear, so that neighbours may change places.
            counts = {"words/strikes": len(strikes)} if policies.policies[0].file.counters else {}
            at = now + timedelta(minutes=minutes % 3)
            if self._conclude(policies, item, counts, found, failures if has_failed else [], at) == "reject":
                rejected.append((app, author, now))

    def _conclude(
        self,
        policies: PolicySet,
        item: Item,
        counts: Mapping[str, int],
        found: list[Detection],
        failed: list[Failure],
        now: datetime,
    ) -> str:
        spent: frozenset[str] = frozenset()
        while True:
            subject = subject_of(item, item.parts, counts)
            ruling = rule_on(policies.policies, subject, [*found, *failed], TAXONOMY, REACH, spent)
            reach = {name: sorted(labels) for name, labels in REACH.items()}
            basis: dict[str, Any] = {
                "engine": "1",
                "policies": {},
                "reach": reach,
                "custom_labels": [],
                "tools": ["pii.text"],
            }
            basis |= {"counts": counts}
            findings = Findings(item.parts, tuple(found), tuple(failed), basis)
            held = [sample for sample in ruling.samples if sample.hold]
            if ruling.outcome == "review" or held:
                queue = held[0].queue if held else str(ruling.queue)
                loop = _loop(item, f"{item.id}-1", 1, ruling, queue, now)
                self.store.send_to_people(item.id, findings, ruling, [loop])
                return ruling.outcome
            loops = [
                _loop(item, f"{item.id}-s{n}", n, ruling, s.queue, now, "sample")
                for n, s in enumerate(ruling.samples, 1)
            ]
            decision = Decision(
                outcome=ruling.outcome, decided_by="rules", reason="r", policy=ruling.policy, decided_at=now
            )
            try:
                self.store.decide(item.id, decision, findings, ruling, samples=loops, caps=caps(ruling, policies))
            except CapReached as reached:
                spent |= frozenset(reached.rules)
            else:
                return ruling.outcome

    def loops_by_day(self) -> Counter[str]:
        query = sa.select(item_loops.c.created_at)
        moments = self.database.read(lambda c: list(c.execute(query).scalars()))
        return Counter(moment.date().isoformat() for moment in moments)


def _loop(
    item: Item, name: str, number: int, ruling: Ruling, queue: str, now: datetime, purpose: str = "review"
) -> LoopRecord:
    return LoopRecord(
        name=name,
        item_id=item.id,
        round=number,
        policy="words",
        policy_version=ruling.policy.version,
        queue=queue,
        flow=queue,
        state="starting",
        looks=0,
        created_at=now,
        purpose=purpose,
    )


def forecast(database: Database, new: Policy, old: Policy | None = None) -> Comparison:
    comparer = Comparer(PolicySet((new,)), PolicySet((old,)) if old else None, TAXONOMY, REACH)
    for _ in comparer.add_all(cases(database), lambda ids: cases_of(database, ids)):
        pass
    return comparer.result


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database, made once."""
    folder = tmp_path_factory.mktemp("empty")
    open_database(Settings(data=folder)).close()
    return folder


def opened(template: Path, folder: Path, number: int) -> Iterator[Filled]:
    copy = folder / str(number)
    shutil.copytree(template, copy)
    database = open_database(Settings(data=copy))
    try:
        yield Filled(database)
    finally:
        database.close()


POSTS = st.lists(
    st.tuples(
        st.sampled_from(["shop", "kids"]),
        st.sampled_from([None, 40, 55, 70, 90]),
        st.sampled_from([None, None, 50, 95]),
        st.sampled_from([0, 0, 1, 2, 20, 60]),
        st.sampled_from([False, False, False, True]),
    ),
    min_size=1,
    max_size=25,
)


def test_unchanged_policies_move_nothing_and_reproduce_the_recorded_reviews(template: Path, tmp_path: Path) -> None:
    numbers = iter(range(1_000_000))

    @MANY
    @given(random_policies(), POSTS)
    def holds(made: Policy, posts: list[tuple[str, int | None, int | None, int, bool]]) -> None:
        for store in opened(template, tmp_path, next(numbers)):
            store.judge(PolicySet((made,)), posts)

            result = forecast(store.database, made)

            event(f"counters {bool(made.file.counters)}, reviews {bool(result.was.reviews)}")
            assert result.moved == 0
            assert (result.items, result.was.tasks) == (len(posts), result.would_be.tasks)
            assert result.would_be.reviews == result.was.reviews == store.loops_by_day()

    holds()


def test_more_sampling_is_more_reviews_whether_or_not_decisions_wait_for_it(template: Path, tmp_path: Path) -> None:
    for hold in (False, True):
        for store in opened(template, tmp_path, hold):
            few, many = (
                policy(sampling=[{"id": "qa", "of": "approve", "percent": percent, "queue": "qa", "hold": hold}])
                for percent in (5, 50)
            )
            store.judge(PolicySet((few,)), [("shop", None, None, 1, False)] * 200)

            result = forecast(store.database, many)

            assert result.moved == 0
            assert result.was.reviews.total() < 30 < 70 < result.would_be.reviews.total() < 130
            assert result.would_be.samples == result.would_be.reviews.total()


def test_a_cap_that_is_new_sends_the_rejects_after_it_to_people_day_by_day(template: Path, tmp_path: Path) -> None:
    band = {"label": "PII/SSN", "reject_from": 80}
    for store in opened(template, tmp_path, 0):
        free, capped = (policy(bands={"numbers": {**band, **more}}) for more in ({}, {"at_most_per_day": 2}))
        # Four on the first day (22:30 to 23:59), three on the second.
        minutes = [30, 20, 20, 15, 60, 60, 60]
        store.judge(PolicySet((free,)), [("shop", 90, None, each, False) for each in minutes])

        result = forecast(store.database, capped)

        assert {key[2:]: count for key, count in result.moves.items()} == {
            ("reject", "reject"): 4,
            ("reject", "review"): 3,
        }
        assert result.would_be.reviews == {"2027-03-01": 2, "2027-03-02": 1}
        again = forecast(store.database, free, capped)
        assert {key[2:]: count for key, count in again.moves.items()} == {
            ("reject", "reject"): 4,
            ("review", "reject"): 3,
        }


def test_days_without_items_count_as_days(template: Path, tmp_path: Path) -> None:
    band = {"label": "PII/SSN", "review_from": 80, "queue": "people"}
    for store in opened(template, tmp_path, 0):
        made = policy(bands={"numbers": band})
        store.judge(PolicySet((made,)), [("shop", 90, None, each, False) for each in (0, 3 * 24 * 60)])

        result = forecast(store.database, made)

        assert len(result.days) == 4
        assert result.reviews_a_day(result.was) == 2 / 4

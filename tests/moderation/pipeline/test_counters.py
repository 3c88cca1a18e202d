"""Rules with memory, by the whole path of items: read before, written with the outcome, the same when it is replayed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from moderation.core.errors import StoreUnavailable
from moderation.core.items import Item
from moderation.evidence.replaying import replay
from moderation.pipeline import moderate
from moderation.pipeline.moderate import moderate_waiting
from moderation.pipeline.people import look_at_loops
from moderation.settings import Settings
from moderation.storage import tables
from moderation.storage.counters import Counters
from moderation.storage.records import ItemRecord
from tests.houses.idle import IdleHouse
from tests.houses.service import HEAD
from tests.paths import EXAMPLES

STRIKES = (
    HEAD
    + """\
counters:
  strikes: {of: reject, by: metadata.author, within: 24h}
bands:
  numbers: {label: PII/SSN, reject_from: 50}
rules:
  - {id: third, when: {counter: strikes, at_least: 2}, then: {review: people}, why: Two strikes in 24 hours}
"""
)
SSN, FINE = "my number is 123-45-6780", "have a nice day"


@pytest.fixture
def open_house(settings: Settings, tmp_path: Path) -> Iterator[Callable[[str], IdleHouse]]:
    opened: list[IdleHouse] = []

    def open_(policy: str) -> IdleHouse:
        opened.append(IdleHouse(settings, tmp_path / f"rules{len(opened)}", policy))
        return opened[-1]

    yield open_
    for house in opened:
        house.service.close()


def outcomes(records: Sequence[ItemRecord]) -> list[str]:
    return [record.ruling.outcome for record in records if record.ruling is not None]


def counts(record: ItemRecord) -> Any:
    return record.basis.get("counts")


def test_the_third_strike_of_an_author_goes_to_people(open_house: Callable[[str], IdleHouse]) -> None:
    house = open_house(STRIKES)

    ann = [house.post(text) for text in (SSN, FINE, SSN, FINE)]
    others = [house.post(FINE, "bob"), house.post(FINE, None), house.post(FINE, "ann", app="forum")]

    assert outcomes(ann) == ["reject", "approve", "reject", "review"]
    assert outcomes(others) == ["approve", "approve", "approve"]
    assert [counts(record) for record in ann] == [{"words/strikes": number} for number in (0, 1, 1, 2)]
    verdict = ann[-1].ruling
    assert verdict is not None
    assert verdict.reason == "Two strikes in 24 hours. (counter strikes at 2)"


def test_those_that_are_judged_together_know_of_each_other_in_the_order_of_posting(
    open_house: Callable[[str], IdleHouse],
) -> None:
    house = open_house(STRIKES)
    posted = [house.add(text, author) for text in (SSN, SSN, FINE) for author in ("ann", "bob")]

    assert moderate_waiting(house.ports) == len(posted)
    records = [house.service.store.get_item(item.id) for item in posted]

    assert outcomes(records) == ["reject", "reject", "reject", "reject", "review", "review"]
    assert [counts(record)["words/strikes"] for record in records] == [0, 0, 1, 1, 2, 2]


def test_together_or_one_by_one_the_same_is_counted(
    open_house: Callable[[str], IdleHouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [SSN, FINE, SSN, FINE, SSN, FINE, FINE]
    together = open_house(STRIKES)
    posted = [together.add(text, author) for text in texts for author in ("ann", "bob")]
    moderate_waiting(together.ports)
    alone = open_house(STRIKES.replace("policy: words", "policy: others"))
    one_by_one = [alone.add(text, author) for text in texts for author in ("ann", "bob")]
    monkeypatch.setattr(moderate, "CLAIMED_AT_ONCE", {"texts": 1, "media": 1})
    for _ in one_by_one:
        moderate_waiting(alone.ports)

    first = [together.service.store.get_item(item.id) for item in posted]
    second = [alone.service.store.get_item(item.id) for item in one_by_one]
    assert outcomes(first) == outcomes(second)
    assert [list(counts(each).values()) for each in first] == [list(counts(each).values()) for each in second]


def test_a_replay_has_the_numbers_of_its_time(open_house: Callable[[str], IdleHouse]) -> None:
    house = open_house(STRIKES)
    records = [house.post(text) for text in (SSN, SSN, FINE, FINE)]

    assert [replay(record, house.service.versions).is_identical for record in records] == [True] * 4


def test_a_reject_that_people_overturn_counts_as_an_approval(open_house: Callable[[str], IdleHouse]) -> None:
    both = STRIKES.replace("bands:", "  fine: {of: approve, by: metadata.author, within: 24h}\nbands:")
    house = open_house(
        both.replace(
            "{counter: strikes, at_least: 2}", "{any: [{counter: strikes, at_least: 2}, {counter: fine, at_least: 90}]}"
        )
    )
    first, second = house.post(SSN), house.post(SSN)
    assert [each for each in house.kept() if each[1] != "posted"] == [
        (first.item.id, "reject"),
        (second.item.id, "reject"),
    ]

    house.service.pipeline.appeal(house.service.store.get_item(first.item.id), "it was a test number")
    house.people.said[f"{first.item.id}-a1"] = "approve"
    for _ in range(2):
        with house.service.database.engine.begin() as c:
            c.execute(sa.update(tables.item_loops).values(next_look_at=house.ports.clock()))
        look_at_loops(house.ports)
    assert house.service.store.get_item(first.item.id).status == "decided"

    assert house.kept() == [(first.item.id, "approve"), (second.item.id, "reject")]
    assert counts(house.post(FINE)) == {"words/strikes": 1, "words/fine": 1}


def test_what_people_decide_counts_as_what_they_decide(open_house: Callable[[str], IdleHouse]) -> None:
    policy = STRIKES.replace("reject_from: 50", "review_from: 50, queue: people")
    house = open_house(
        policy.replace(
            "bands:", "  asked: {of: review, by: app, within: 24h}\n  found: {of: PII, by: app, within: 24h}\nbands:"
        )
    )
    record = house.post(SSN)
    assert house.kept() == [(record.item.id, "PII"), (record.item.id, "review")]

    house.people.said[f"{record.item.id}-1"] = "reject"
    for _ in range(2):  # it is started, and then answered
        with house.service.database.engine.begin() as c:
            c.execute(sa.update(tables.item_loops).values(next_look_at=house.ports.clock()))
        look_at_loops(house.ports)

    decided = house.service.store.get_item(record.item.id)
    assert decided.decision is not None
    assert decided.decision.labels  # of the rules: the person named none
    assert house.kept() == [(record.item.id, "PII"), (record.item.id, "reject"), (record.item.id, "review")]


def test_a_store_that_cannot_be_read_is_unknown_and_goes_to_people(
    open_house: Callable[[str], IdleHouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(STRIKES)
    house.post(SSN)

    def away(*_: Any) -> Any:
        raise StoreUnavailable("the database did not answer")

    with monkeypatch.context() as patched:
        patched.setattr(Counters, "found", away)
        fine, rejected = house.post(FINE), house.post(SSN)

    assert outcomes([fine, rejected]) == ["review", "reject"]
    assert [failure.detector.name for failure in fine.failures] == ["counters"]
    assert fine.ruling is not None
    assert fine.ruling.reason == "No answer from counters, which could have changed the outcome."
    assert [replay(record, house.service.versions).is_identical for record in (fine, rejected)] == [True, True]
    assert counts(house.post(FINE))["words/strikes"] == 2


def test_another_that_comes_between_is_counted(
    open_house: Callable[[str], IdleHouse], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(STRIKES)
    house.post(SSN)
    judge_texts = house.service.judge.judge_texts
    between: list[ItemRecord] = []

    def slowly(items: Sequence[Item]) -> Any:
        judged = judge_texts(items)
        monkeypatch.setattr(house.service.judge, "judge_texts", judge_texts)
        between.append(house.post(SSN))  # another worker is faster
        return judged

    monkeypatch.setattr(house.service.judge, "judge_texts", slowly)
    late = house.post(FINE)

    assert outcomes([between[0], late]) == ["reject", "review"]
    assert counts(late) == {"words/strikes": 2}


def test_several_workers_at_once_let_no_more_through_than_a_rule_lets(open_house: Callable[[str], IdleHouse]) -> None:
    house = open_house(
        HEAD
        + """\
counters:
  posts: {of: posted, by: metadata.author, within: 1h}
rules:
  - {id: flood, when: {counter: posts, at_least: 3}, then: reject, why: Three posts an hour are enough}
needs: [text.blocklist]
"""
    )
    posted = [house.add(f"{FINE} {n}", author) for n in range(40) for author in ("ann", "bob")]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: moderate_waiting(house.ports, ["texts"]), range(len(posted) // 10)))
    while moderate_waiting(house.ports):
        pass

    records = [house.service.store.get_item(item.id) for item in posted]
    for author in ("ann", "bob"):
        theirs = [record for record in records if record.item.metadata["author"] == author]
        assert sorted(outcomes(theirs)) == ["approve"] * 3 + ["reject"] * 37


def test_the_same_picture_of_several_accounts_is_noticed(open_house: Callable[[str], IdleHouse]) -> None:
    house = open_house(
        HEAD.replace("[text]", "[text, image]")
        + """\
counters:
  copies: {of: posted, same: picture, distinct: metadata.author, within: 7d}
rules:
  - {id: copies, when: {counter: copies, at_least: 2}, then: reject, why: Posted by two others}
"""
    )
    photo, other = (EXAMPLES / "face.jpg").read_bytes(), (EXAMPLES / "landscape.jpg").read_bytes()

    records = [house.picture(photo, author) for author in ("ann", "ann", "bob", "cleo")]
    another = house.picture(other, "dora")

    assert [counts(record)["words/copies"] for record in records] == [0, 1, 1, 2]
    assert counts(another) == {"words/copies": 0}
    assert records[-1].ruling is not None
    assert records[-1].ruling.policies[0].deciding[0] == "copies"


def test_no_value_of_an_author_is_kept_with_the_marks(open_house: Callable[[str], IdleHouse]) -> None:
    house = open_house(STRIKES)
    house.post(SSN, "ann@example.org")

    with house.service.database.engine.connect() as c:
        kept = c.exec_driver_sql("SELECT * FROM counter_marks").all()
    assert kept
    assert "ann@example.org" not in repr(kept)


def test_a_policy_without_counters_keeps_nothing(open_house: Callable[[str], IdleHouse]) -> None:
    house = open_house(HEAD + "bands:\n  numbers: {label: PII/SSN, reject_from: 50}\n")
    record = house.post(SSN)

    assert house.kept() == []
    assert "counts" not in record.basis

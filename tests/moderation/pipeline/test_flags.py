"""Users' reports: enough of them have an approved item judged again, and reporters who are often wrong count less."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from moderation.core.errors import NotFound
from moderation.storage.flags import weight
from tests.houses.service import HEAD, House
from tests.waiting import wait_for

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LOOKS = HEAD + "needs: [pii.text]\n"
RULE = "rules:\n  - {{id: reported, when: {{flags: {{at_least: 3}}}}, then: {then}, why: reported by users}}\n"
ASKS = LOOKS + RULE.format(then="{review: people}")
REJECTS = LOOKS + RULE.format(then="reject")


def report(house: House, item_id: str, *reporters: str) -> None:
    """Report an item, and wait until the rules were asked."""
    for reporter in reporters:
        house.service.flags.add("shop", item_id, reporter, "spam", datetime.now(UTC))
    house.service.flagging.rounds.ring()
    wait_for(lambda: not house.service.flags.news(10) or house.service.store.get_item(item_id).status != "decided")


def decide(house: House, item_id: str, said: str) -> None:
    """Have the reviewer answer the open loop."""
    (loop,) = [each for each in house.service.store.get_item(item_id).loops if each.state != "ended"]
    wait_for(lambda: loop.name in house.people.started)
    house.people.said[loop.name] = said
    house.wait(item_id, lambda record: record.status == "decided")


def test_people_are_asked_once_enough_users_have_reported_an_item(open_house: Callable[[str], House]) -> None:
    house = open_house(ASKS)
    item_id = house.post("hello").item.id

    report(house, item_id, "ann", "bob")
    assert house.service.store.get_item(item_id).status == "decided"
    report(house, item_id, "cleo")

    record = house.wait(item_id, lambda record: record.status == "in_review")
    assert record.ruling is not None
    assert (record.ruling.outcome, record.ruling.reason) == ("review", "reported by users.")


def test_what_people_say_supersedes_and_reporters_are_told(open_house: Callable[[str], House]) -> None:
    house = open_house(ASKS)
    item_id = house.post("hello").item.id
    report(house, item_id, "ann", "bob", "cleo")
    house.wait(item_id, lambda record: record.status == "in_review")

    decide(house, item_id, "reject")

    record = house.service.store.get_item(item_id)
    assert [each.outcome for each in record.decisions] == ["approve", "reject"]
    assert record.decisions[-1].supersedes == 1
    found = house.service.flags.find("shop", reporter=None, item=item_id, limit=9)
    assert {(each.reporter, each.outcome) for each in found} == {(n, "upheld") for n in ("ann", "bob", "cleo")}


def test_what_people_have_approved_is_not_asked_about_again_for_the_same_reports(
    open_house: Callable[[str], House],
) -> None:
    house = open_house(ASKS)
    item_id = house.post("hello").item.id
    report(house, item_id, "ann", "bob", "cleo")
    house.wait(item_id, lambda record: record.status == "in_review")
    decide(house, item_id, "approve")

    report(house, item_id, "dan")
    assert house.service.store.get_item(item_id).status == "decided"
    assert house.service.flags.weighed(item_id) == 1.0
    report(house, item_id, "eve", "fay")

    house.wait(item_id, lambda record: record.status == "in_review")
    decide(house, item_id, "approve")


def test_rules_that_reject_decide_anew_and_never_against_people(open_house: Callable[[str], House]) -> None:
    house = open_house(REJECTS)
    item_id = house.post("hello").item.id
    report(house, item_id, "ann", "bob", "cleo")
    rejected = house.wait(item_id, lambda record: len(record.decisions) == 2)
    assert rejected.decision is not None
    assert (rejected.decision.outcome, rejected.decision.decided_by) == ("reject", "rules")

    house.service.pipeline.appeal(rejected, "it is a joke")
    decide(house, item_id, "approve")
    report(house, item_id, "dan", "eve", "fay")

    house.wait(item_id, lambda record: record.status == "in_review")


def test_without_a_rule_about_reports_nothing_is_judged_again(open_house: Callable[[str], House]) -> None:
    house = open_house(LOOKS)
    item_id = house.post("hello").item.id

    report(house, item_id, "ann", "bob", "cleo", "dan")

    assert house.service.flags.news(10) == {}
    assert len(house.service.store.get_item(item_id).decisions) == 1


def test_a_reporter_reports_an_item_once(open_house: Callable[[str], House]) -> None:
    house = open_house(LOOKS)
    item_id = house.post("hello").item.id
    flags = house.service.flags

    first, is_new = flags.add("shop", item_id, "ann", "spam", NOW)
    again, is_new_again = flags.add("shop", item_id, "ann", "rude", NOW)

    assert (first, is_new, is_new_again) == (again, True, False)
    with pytest.raises(NotFound):
        flags.add("forum", item_id, "ann", "spam", NOW)


def test_reporters_who_were_wrong_count_less(open_house: Callable[[str], House]) -> None:
    house = open_house(ASKS)
    wrongly = house.post("hello").item.id
    report(house, wrongly, "ann", "bob", "cleo")
    house.wait(wrongly, lambda record: record.status == "in_review")
    decide(house, wrongly, "approve")

    item_id = house.post("hello").item.id
    report(house, item_id, "ann", "dan", "eve")

    assert house.service.flags.weighed(item_id) == pytest.approx(2 + 2 / 3, abs=0.001)
    assert house.service.store.get_item(item_id).status == "decided"


@pytest.mark.parametrize(("right", "wrong", "counts"), [(0, 0, 1), (5, 0, 1), (0, 4, 1 / 3), (2, 4, 0.5)])
def test_a_reporter_counts_by_how_often_they_were_right(right: int, wrong: int, counts: float) -> None:
    assert weight(right, wrong) == pytest.approx(counts)


def test_an_item_that_cannot_be_judged_anew_holds_up_none_behind_it(
    open_house: Callable[[str], House], monkeypatch: pytest.MonkeyPatch
) -> None:
    house = open_house(ASKS)
    poisoned, sound = house.post("first"), house.post("second")
    judged: list[str] = []
    judge_anew = house.service.pipeline.judge_anew

    def fails(item_id: str) -> object:
        if item_id == poisoned.item.id:
            raise RuntimeError("nobody thought of this")
        judged.append(item_id)
        return judge_anew(item_id)

    monkeypatch.setattr(house.service.pipeline, "judge_anew", fails)
    for record in (poisoned, sound):
        house.service.flags.add("shop", record.item.id, "ann", "spam", NOW)
    house.service.flagging.rounds.ring()

    wait_for(lambda: judged == [sound.item.id])
    wait_for(lambda: list(house.service.flags.news(9)) == [poisoned.item.id])
